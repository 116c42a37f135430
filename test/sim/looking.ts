/**
 * Whoever looks, of a replica: asks the targets what they run, and tells it.
 *
 * Invariant: what `app/verifying.ts` does, in its steps. What it is told is true, unless a fault has
 * it hear a lie or nothing; only the truth is kept in the books.
 */
import type { Look } from '../../src/core/finding.ts'
import { nextRealityAt, realityStep } from '../../src/core/reality.ts'
import { nextLookAt, stepsOf } from '../../src/core/verification.ts'
import type { Books } from './books.ts'
import { call } from './faults.ts'
import { Lost } from './lost.ts'
import type { Steps } from './process.ts'
import { type Replica, SYSTEM_ACTOR } from './replica.ts'

const PASS: Look = { outcome: 'pass', says: 'all agree', good: 1, all: 1, behind: [] }
const SILENT: Look = { outcome: 'inconclusive', says: 'no answer', good: 0, all: 1, behind: [] }
const WRONG: Look = {
  outcome: 'fail',
  says: 'on something else',
  good: 0,
  all: 1,
  behind: [{ name: 'web-01', says: 'on something else' }],
}

/** Every step that is due, of every deployment whose health is asked. */
export function* seeHealth(replica: Replica, books: Books): Steps {
  const { store, clock } = replica.shell
  const due = yield* replica.tx(() =>
    store.pipeline.deployments.flatMap((deployment) =>
      stepsOf(store.pipeline, deployment).flatMap((step) => {
        const before = store.looks.get(`${deployment.run} ${step.name}`) ?? null
        const next = nextLookAt(store.pipeline, deployment, { step, last: before })
        return next !== null && next <= clock.now ? [{ deployment, step, before }] : []
      }),
    ),
  )
  for (const { deployment, step: its, before } of due) {
    const step = its.name
    const { run, environment, sha } = deployment
    const at = clock.now
    // Beside the old one it does well where its command has put it.
    const isThere = (): boolean => books.targets.executions.get(run)?.end === 'succeeded'
    const isRight = (): boolean => books.targets.at(environment) === sha
    const look = yield* asked(replica, its.kind === 'comparison' ? isThere : isRight)
    const told = { type: 'record_verification', run, step, at, before, look } as const
    yield* replica.dispatch(told, SYSTEM_ACTOR, () => store.looks.set(`${run} ${step}`, at))
  }
}

/** What each environment runs while nothing is done to it. */
export function* seeReality(replica: Replica, books: Books): Steps {
  const { store, clock } = replica.shell
  const due = yield* replica.tx(() =>
    store.pipeline.environments.flatMap((environment) => {
      const policy = store.pipeline.policy.environments.find(
        ({ name }) => name === environment.name,
      )
      if (policy === undefined || realityStep(policy) === undefined) return []
      const last = store.looks.get(environment.name) ?? null
      const next = nextRealityAt(store.pipeline, environment, last)
      return next !== null && next <= clock.now ? [environment] : []
    }),
  )
  for (const { name: environment, epoch, live } of due) {
    const at = clock.now
    const look = yield* asked(replica, () => books.targets.at(environment) === live?.sha)
    const told = { type: 'record_reality', environment, epoch, at, look } as const
    yield* replica.dispatch(told, SYSTEM_ACTOR, () => store.looks.set(environment, at))
  }
}

function* asked(replica: Replica, isRight: () => boolean): Steps<Look> {
  const act = (): Look => (isRight() ? PASS : WRONG)
  try {
    return yield* call(replica.shell, {
      port: 'instances',
      kinds: ['delay', 'drop', 'server_error', 'wrong'],
      act,
      wrong: () => WRONG,
    })
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault
    return SILENT
  }
}
