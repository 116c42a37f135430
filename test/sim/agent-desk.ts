/**
 * The server's side of the run protocol, on one replica.
 *
 * Invariant: the steps of `app/agents.ts` and `app/accounts.ts`: a claim is committed before the
 * agent hears of it, to one instance.
 */

import { LEASE_MS } from '../../src/app/agents.ts'
import type { Pipeline } from '../../src/core/model.ts'
import { isAtWork, stepsLeft } from '../../src/core/steps.ts'
import type { Books } from './books.ts'
import type { Outcome } from './machine.ts'
import type { Steps } from './process.ts'
import { type Replica, SYSTEM_ACTOR } from './replica.ts'

export interface Order {
  readonly run: string
  readonly environment: string
  readonly sha: string
  readonly epoch: number
  /** `verify`: of a migration. */
  readonly kind: 'forward' | 'rollback' | 'migration' | 'verify'
  /** A step with others to come: what runs there for everybody stays. */
  readonly isPartial: boolean
}

export interface Polled {
  readonly claims: readonly Order[]
  readonly cancels: readonly string[]
}

type Run = Order & { readonly status: string; readonly cancelling: boolean }

/** Runs at work, or still to begin: of deployments and of migrations, which an agent runs alike. */
export const runsOf = ({ deployments, migrations }: Pipeline): readonly Run[] => [
  ...deployments.filter(isAtWork).map((one) => ({ ...one, isPartial: stepsLeft(one) > 0 })),
  ...migrations.flatMap(({ environment, run }): readonly Run[] => {
    if (run === null || (run.status !== 'requested' && run.status !== 'running')) return []
    const kind = run.kind === 'verify' ? 'verify' : 'migration'
    return [{ ...run, environment, kind, cancelling: false, isPartial: false }]
  }),
]

/** Every third increment is the last one; now and then one says what nobody can read. */
function saidBy({ kind, epoch }: Order): readonly string[] {
  if (kind !== 'migration') return []
  if (epoch % 11 === 5) return ['signalbox: soon']
  return [epoch % 3 === 0 ? 'signalbox: done' : `signalbox: ${epoch}/999 row-${epoch}`]
}

export class AgentDesk {
  private readonly books: Books

  constructor(books: Books) {
    this.books = books
  }

  *look(
    replica: Replica,
    instance: string,
    runs: readonly string[],
    draining: boolean,
  ): Steps<Polled> {
    const { store, clock } = replica.shell
    yield* replica.tx(() => {
      for (const run of runs) {
        const held = store.held.get(run)
        if (held?.instance === instance) held.until = clock.now + LEASE_MS
      }
    })
    if (!draining) {
      const waiting = yield* replica.tx(() =>
        runsOf(store.pipeline).filter(
          (one) => one.status === 'requested' && !store.held.has(one.run) && !one.cancelling,
        ),
      )
      for (const { run } of waiting) {
        yield* replica.dispatch({ type: 'claim_run', run }, SYSTEM_ACTOR, () => {
          if (store.held.has(run)) return
          store.held.set(run, { instance, until: clock.now + LEASE_MS })
        })
      }
    }
    return yield* replica.tx(() => {
      const mine = runsOf(store.pipeline).filter(
        ({ run }) => store.held.get(run)?.instance === instance,
      )
      return {
        claims: mine.map((one) => {
          const { run, environment, sha, epoch, kind, isPartial } = one
          return { run, environment, sha, epoch, kind, isPartial }
        }),
        cancels: mine.filter(({ cancelling }) => cancelling).map(({ run }) => run),
      }
    })
  }

  *report(
    replica: Replica,
    instance: string,
    order: Order,
    status: Outcome | 'running',
  ): Steps<'recorded' | 'stale'> {
    const { run, epoch } = order
    const { store } = replica.shell
    const held = yield* replica.tx(() => store.held.get(run))
    if (held?.instance !== instance) return 'stale'
    const tail = status === 'succeeded' ? saidBy(order) : []
    const report = { type: 'record_run', run, epoch, status, reason: null, tail } as const
    const outcome = yield* replica.dispatch(report, SYSTEM_ACTOR)
    return outcome.ok ? 'recorded' : 'stale'
  }

  /** What a person did by hand on the agent's machine. */
  *account(replica: Replica, order: Order, by: string, ended: Outcome): Steps<'recorded'> {
    const { store } = replica.shell
    const { run, environment, sha, epoch } = order
    const kind = 'forward' as const
    const known = yield* replica.tx(() => store.pipeline.deployments.some((one) => one.run === run))
    if (known) return 'recorded'
    const hand = { by, reason: 'the server was away' }
    const account = { agent: 'embedded', epoch, status: ended, hand }
    const told = { environment, run, kind, sha, account, begun: true, reason: 'by hand', tail: [] }
    const actor = { name: by, kind: 'person', groups: [] } as const
    yield* replica.dispatch({ type: 'take_account', ...told }, actor, () => {
      const left = (this.books.targets.untold.get(environment) ?? 1) - 1
      if (left <= 0) this.books.targets.untold.delete(environment)
      else this.books.targets.untold.set(environment, left)
    })
    return 'recorded'
  }
}
