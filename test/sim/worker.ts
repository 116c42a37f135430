/**
 * One of the threads that play histories at once.
 *
 * Invariant: it knows its share alone, and answers once.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { runHistories } from './run.ts'

const { seconds, ...share } = workerData as {
  readonly from: number
  readonly step: number
  readonly count: number
  readonly seconds: number
}

const ran = runHistories({
  ...share,
  until: performance.now() + seconds * 1_000,
  progress: (histories) => parentPort?.postMessage({ progress: histories }),
})
parentPort?.postMessage({ ran })
