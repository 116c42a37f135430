/**
 * Watching places: a lock that was forgotten, nothing deployed for long, one failure after another.
 *
 * Invariant: what has an end of its own, or is closed on purpose by a window, is nobody's concern.
 */
import { ownLocks } from '../advance.ts'
import { branchOrder } from '../line.ts'
import type { Lock, Pipeline } from '../model.ts'
import { isActive } from '../people.ts'
import { occupant } from '../releases.ts'
import { standing } from '../windows.ts'
import { type Concern, type History, isOver } from './concern.ts'

const NOBODY = { train: null, runs: [] } as const

/** One for each lock without an end, the one on everything included. */
export function lockConcerns(pipeline: Pipeline, now: number): readonly Concern[] {
  const { name, lockAll, policy } = pipeline
  const all = [...ownLocks(pipeline), ...(lockAll === null ? [] : [lockAll])]
  return all
    .filter(({ expires, since }) => expires === null && isOver(since, policy.watch.lockMs, now))
    .map((lock): Concern => {
      const isAll = lock === lockAll
      const where = isAll ? 'every pipeline' : [name, lock.environment ?? ''].join(' ').trim()
      return {
        ...NOBODY,
        kind: 'lock',
        about: lock.id,
        since: lock.since,
        says: `${lock.by} keeps ${where} locked: ${lock.reason}`,
        act: 'release it, or lock it again with an end',
        command: isAll ? '/lock all release' : `/lock ${where} release`,
        environment: lock.environment,
        to: toHolder(pipeline, lock),
      }
    })
}

const toHolder = (pipeline: Pipeline, { by }: Lock): Concern['to'] =>
  isActive(pipeline, by) ? { at: 'direct', people: [by] } : { at: 'channel' }

/** Changes wait, the last environment is open, and nothing was deployed there for too long. */
export function noDeployConcerns(pipeline: Pipeline, now: number): readonly Concern[] {
  const { name, policy, stopped, environments } = pipeline
  const place = policy.environments.at(-1)
  const here = environments.find((one) => one.name === place?.name)
  const waiting = branchOrder(pipeline).filter(({ carried }) => carried)
  if (place === undefined || here === undefined || waiting.length === 0) return []
  // Both are told and counted already.
  if (stopped !== null || occupant(pipeline, place.name) !== undefined) return []
  const window = place.windows && standing(place.windows, now)
  if (window?.isOpen === false) return []
  const oldest = Math.min(...waiting.map(({ mergedAt }) => mergedAt))
  const since = Math.max(oldest, here.live?.since ?? 0, window?.since ?? 0)
  if (!isOver(since, policy.watch.noDeployMs, now)) return []
  const changes = waiting.length === 1 ? 'a change waits' : `${waiting.length} changes wait`
  return [
    {
      ...NOBODY,
      kind: 'no_deploy',
      about: `${place.name} after ${here.live?.epoch ?? 0}`,
      since,
      says: `nothing was deployed to ${place.name}, and ${changes}`,
      act: 'see what is in the way',
      command: `/deploy why ${name}`,
      environment: place.name,
      to: { at: 'channel' },
    },
  ]
}

/** After so long without another one, a streak is the past. */
const STREAK_ENDS_MS = 24 * 60 * 60_000

/** So many failures in a row that the next one would not help; none once the line is stopped. */
export function failureConcerns(
  pipeline: Pipeline,
  { failures }: History,
  now: number,
): readonly Concern[] {
  const { name, policy, stopped } = pipeline
  if (stopped !== null) return []
  const limit = policy.watch.failures
  return policy.environments.flatMap((place): readonly Concern[] => {
    const streak = failures.filter(({ environment }) => environment === place.name)
    const [first] = streak
    if (first === undefined || limit === null || streak.length < limit) return []
    if (now - Math.max(...streak.map(({ at }) => at)) > STREAK_ENDS_MS) return []
    return [
      {
        ...NOBODY,
        kind: 'failures',
        about: `${place.name} ${first.run}`,
        since: first.at,
        says: `${streak.length} deployments to ${place.name} failed in a row`,
        act: 'look at their logs, or stop the line until somebody knows why',
        command: `/deploy stop ${name} REASON`,
        environment: place.name,
        runs: streak.slice(-LOGS_MAX).map(({ run }) => run),
        to: { at: 'channel' },
      },
    ]
  })
}

const LOGS_MAX = 3
