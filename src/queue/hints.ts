/**
 * Hints between processes: "look at pipeline P". BullMQ, on PostgreSQL or on Redis.
 *
 * Invariant: a hint holds no truth, and nobody waits for one: the sweep finds the same work by
 * itself. A hint that cannot be sent or followed is told to the log and dropped; nothing fails.
 */
import type { Logger } from 'pino'
import { type Backend, type Opened, openQueue } from './backend.ts'

export interface Hints {
  /** Tells every process that something of this pipeline changed; never throws, never waits. */
  readonly send: (pipeline: string) => void
  /** Throws when the queue's server does not answer. */
  readonly look: () => Promise<void>
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

const OPEN_AGAIN_MS = 2_000

/** Answers at once; the queue's server may come later, or never. */
export function startHints({ backend, name, work, news, log }: HintsOptions): Hints {
  const failed = onceInAWhile((fault) =>
    log.warn(
      // Its message alone: a fault of a pool carries the whole client, keys included.
      { err: fault instanceof Error ? fault.message : fault, queue: backend.kind },
      'the queue is away: the sweep does its work',
    ),
  )
  const opening = { name, work: work && following(work, log), news, failed }
  const stopping = new AbortController()
  let queue = openQueue(backend, opening)
  const keepOpen = async (): Promise<void> => {
    while (!(await isReady(queue, failed)) && !stopping.signal.aborted) {
      await queue.close()
      await rest(OPEN_AGAIN_MS, stopping.signal)
      if (!stopping.signal.aborted) queue = openQueue(backend, opening)
    }
  }
  // Not awaited by `stop`: a server that is away keeps it waiting.
  void keepOpen()
  const send = oneAtATime((pipeline) => queue.send(pipeline).catch(failed))
  return {
    send: (pipeline) => {
      if (!stopping.signal.aborted) send(pipeline)
    },
    look: () => queue.look(),
    stop: () => {
      stopping.abort()
      return queue.close()
    },
  }
}

const isReady = ({ ready }: Opened, failed: (fault: unknown) => void): Promise<boolean> =>
  ready.then(
    () => true,
    (fault: unknown) => {
      failed(fault)
      return false
    },
  )

const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      done()
    })
  })

/**
 * However much happens while the server is frozen, one hint of a pipeline waits for it, and one more
 * follows.
 */
function oneAtATime(send: (pipeline: string) => Promise<void>): (pipeline: string) => void {
  const again = new Map<string, boolean>()
  const go = async (pipeline: string): Promise<void> => {
    do {
      again.set(pipeline, false)
      await send(pipeline)
    } while (again.get(pipeline))
    again.delete(pipeline)
  }
  return (pipeline) => {
    if (again.has(pipeline)) again.set(pipeline, true)
    else void go(pipeline)
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
