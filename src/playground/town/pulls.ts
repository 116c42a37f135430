/**
 * The two queues of pull requests: the shop's and the till's, each merged in its order.
 *
 * Invariant: pure. A number says whose it is: nobody merges four hundred into the shop by hand.
 */
import type { Given, PullRequest } from './pull-request.ts'
import { shopPull } from './shop-pulls.ts'
import { tillPull } from './till-pulls.ts'

export type Queue = 'shop' | 'till'

const FIRST = { shop: 101, till: 501 } as const satisfies Record<Queue, number>

export const queueOf = (number: number): Queue => (number < FIRST.till ? 'shop' : 'till')

/** The pull request of that place in a queue; the first is 0. */
export const pullAt = (queue: Queue, index: number): PullRequest =>
  whole(FIRST[queue] + index, queue === 'shop' ? shopPull(index) : tillPull(index))

export function pullNumbered(number: number): PullRequest {
  const queue = queueOf(number)
  return pullAt(queue, number - FIRST[queue])
}

const whole = (number: number, given: Given): PullRequest => ({
  number,
  mergedBy: given.author,
  labels: [],
  reverts: null,
  edit: () => ({}),
  ...given,
})
