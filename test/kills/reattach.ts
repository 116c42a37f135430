/**
 * How soon a run is attended to again after its agent, or the server it reports to, was killed.
 *
 * Invariant: counted in looks and in polls, of which there is one a second; never in time, for how
 * long a process takes to start is the machine's affair. That is told, and asserts nothing.
 */
import type { Hit } from './failpoints.ts'
import type { Death } from './town.ts'

/** A second each: what is promised within ten seconds may take so many. */
export const LOOKS_MAX = 10

export interface Return {
  /** Where who was killed. */
  readonly after: string
  /** Of an agent: looks at its orders until it had its run again. Of a server: polls it turned away. */
  readonly count: number
  /** From the death until then, the start of a process included. */
  readonly ms: number
}

/** Where only an agent with a run in its hands can be. */
const WITH_RUN = [
  'agent.claimed',
  'run.checked_out',
  'run.journalled',
  'run.spawned',
  'run.attached',
  'run.log_drained',
  'run.exit_seen',
  'run.proven_dead',
  'run.end_journalled',
  'run.tidied',
  'run.end_told',
  'run.signalled',
]

/** Each agent that was killed over a run, until the next one attends to a run. */
export function agentReturns(hits: readonly Hit[]): readonly Return[] {
  return hits.flatMap(({ name, pid, did, at }, index) => {
    if (did !== 'kill' || !WITH_RUN.includes(name)) return []
    const rest = hits.slice(index + 1)
    const next = rest.findIndex((one) => one.pid !== pid && WITH_RUN.includes(one.name))
    const again = rest[next]
    const looks = rest
      .slice(0, next < 0 ? rest.length : next)
      .filter((one) => one.name === 'poll.looked')
    return [{ after: name, count: looks.length, ms: (again?.at ?? at) - at }]
  })
}

/**
 * Each death of the process that answers agents, until its successor has looked for one. `refused`:
 * when an agent said that it reached nobody. Only what comes once everything runs again counts.
 */
export function serverReturns(
  hits: readonly Hit[],
  deaths: readonly Death[],
  refused: readonly number[],
): readonly Return[] {
  return deaths.flatMap(({ pid, at }) => {
    const served = hits.some((one) => one.pid === pid && one.name === 'poll.looked')
    const looked = hits.find((one) => one.at > at && one.name === 'poll.looked')
    if (!served || looked === undefined || looked.pid === pid) return []
    const started = hits.find((one) => one.pid === looked.pid && one.name === 'serve.started')
    if (started === undefined) return []
    const late = refused.filter((moment) => moment > started.at && moment < looked.at)
    return [{ after: 'the server', count: late.length, ms: looked.at - at }]
  })
}

/** Moments at which an agent's log says that it reached nobody. */
export function refusalsIn(log: string): readonly number[] {
  return log.split('\n').flatMap((line) => {
    if (!line.includes('the server cannot be reached')) return []
    const { time } = JSON.parse(line) as { readonly time: number }
    return [time]
  })
}
