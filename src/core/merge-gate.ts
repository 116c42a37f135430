/**
 * Whether more merges are welcome: what open pull requests are shown of the line.
 *
 * Invariant: derived from the line alone; a stop tells before a backlog does.
 */
import { aboard, line } from './line.ts'
import type { Pipeline, Stop } from './model.ts'
import type { Policy } from './policy.ts'

export interface MergeGate {
  readonly state: 'open' | 'stopped' | 'backlogged'
  /** One sentence, in which names and reasons stand as people wrote them. */
  readonly description: string
}

/** How many changes wait on the line. */
export const waitingOn = (pipeline: Pipeline): number =>
  line(pipeline).reduce((count, train) => count + aboard(pipeline, train).length, 0)

export function mergeGateOf({
  policy,
  stopped,
  waiting,
}: {
  readonly policy: Pick<Policy, 'pipeline' | 'backlog'>
  readonly stopped: Stop | null
  /** Changes on the line. */
  readonly waiting: number
}): MergeGate {
  const { pipeline, backlog } = policy
  if (stopped !== null) {
    const description = `${pipeline} was stopped by ${stopped.by}: ${stopped.reason}`
    return { state: 'stopped', description }
  }
  if (backlog !== null && waiting > backlog) {
    const description = `${pipeline} is backlogged: more than ${backlog} ${backlog === 1 ? 'change waits' : 'changes wait'} to be deployed`
    return { state: 'backlogged', description }
  }
  return { state: 'open', description: `${pipeline} takes merges` }
}
