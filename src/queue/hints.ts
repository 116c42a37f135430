/**
 * Hints between processes: "look at pipeline P". BullMQ, on PostgreSQL or on Redis.
 *
 * Invariant: a hint holds no truth, and nobody waits for one: the sweep finds the same work by
 * itself. A hint that cannot be sent or followed is told to the log and dropped; nothing fails.
 */
import type { Logger } from 'pino'
import { type Backend, openQueue } from './backend.ts'

export interface Hints {
  /** Tells every process that something of this pipeline changed; never throws, never waits. */
  readonly send: (pipeline: string) => void
  readonly stop: () => Promise<void>
}

export interface HintsOptions {
  readonly backend: Backend
  /** The queue's name: the same in every process of one installation, and in no other. */
  readonly name: string
  /** What a worker does about a hint; null: this process leaves that to others. */
  readonly work: ((pipeline: string) => Promise<void>) | null
  /** Told in every process at every hint, whoever follows it. */
  readonly news: () => void
  readonly log: Logger
}

/** Every connection of a queue that is away would tell of it once a second. */
const TELL_AGAIN_MS = 30_000

/** Answers at once; the queue's server may come later, or never. */
export function startHints({ backend, name, work, news, log }: HintsOptions): Hints {
  const failed = onceInAWhile((fault) =>
    log.warn({ err: fault, queue: backend.kind }, 'the queue is away: the sweep does its work'),
  )
  const queue = openQueue(backend, { name, work: work && following(work, log), news, failed })
  let stopping = false
  return {
    send: (pipeline) => {
      if (!stopping) queue.send(pipeline).catch(failed)
    },
    stop: () => {
      stopping = true
      return queue.close()
    },
  }
}

/** A fault of the work is told once: to try the hint again would only repeat what the sweep does. */
const following =
  (work: (pipeline: string) => Promise<void>, log: Logger) =>
  async (pipeline: string): Promise<void> => {
    try {
      await work(pipeline)
    } catch (fault) {
      log.warn({ err: fault, pipeline }, 'a hint could not be followed: the sweep tries again')
    }
  }

function onceInAWhile(tell: (fault: unknown) => void): (fault: unknown) => void {
  let quietUntil = 0
  return (fault) => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + TELL_AGAIN_MS
    tell(fault)
  }
}
