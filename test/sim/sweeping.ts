/**
 * The sweep and the inbox of a replica.
 *
 * Invariant: what `app/sweep.ts` and `app/hear.ts` do, in their steps; each may be repeated.
 */
import { runsOf } from './agent-desk.ts'
import { must } from './broken.ts'
import { Lost } from './lost.ts'
import type { Steps } from './process.ts'
import { type Replica, SYSTEM_ACTOR } from './replica.ts'

/** Declares silent runs unknown, then lets what is due move. */
export function* sweep(replica: Replica): Steps {
  const { store, clock } = replica.shell
  const silent = yield* replica.tx(() =>
    runsOf(store.pipeline).filter(
      ({ run }) => (store.held.get(run)?.until ?? Number.POSITIVE_INFINITY) < clock.now,
    ),
  )
  for (const { run, epoch } of silent) {
    const command = { type: 'record_run', run, epoch, status: 'unknown', tail: [] } as const
    yield* replica.dispatch({ ...command, reason: 'its agent is silent' }, SYSTEM_ACTOR)
  }
  const isDue = yield* replica.tx(() => store.dueAt !== null && store.dueAt <= clock.now)
  if (!isDue) return
  yield* replica.dispatch({ type: 'tick' }, SYSTEM_ACTOR)
}

/** A hint, perhaps one too many: a look that nobody asked for must change nothing before its time. */
export function* look(replica: Replica): Steps {
  const { store, clock } = replica.shell
  yield* replica.tx(() => {
    const due = store.dueAt
    const early = due === null || due > clock.now
    const outcome = store.dispatch({ type: 'tick' }, SYSTEM_ACTOR)
    const [first] = outcome.ok ? outcome.events : []
    must(!early || first === undefined, 'I-20', () => {
      return `${first?.event.type} was due before it was announced (${due}, now ${clock.now})`
    })
  })
}

const ROWS = 50
const LEASE_MS = 60_000

/** Takes what is due out of the inbox. */
export function* hear(replica: Replica): Steps {
  const { store, clock } = replica.shell
  const rows = yield* replica.tx(() => store.claimDeliveries(ROWS, LEASE_MS))
  for (const [id, row] of rows) {
    try {
      for (const command of row.commands) yield* replica.dispatch(command, SYSTEM_ACTOR)
      yield* replica.tx(() => store.inbox.delete(id))
    } catch (fault) {
      if (!(fault instanceof Lost)) throw fault
      yield* replica.tx(() => {
        row.dueAt = clock.now + Math.min(1_000 * 2 ** row.attempts, 60_000)
      })
    }
  }
}
