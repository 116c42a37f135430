/**
 * The two homes of the queue, behind the same three objects.
 *
 * Invariant: nobody else knows which one it is. Whatever goes wrong is reported to `failed`; an
 * 'error' event without a listener would end the process.
 */
import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type Queue,
  type QueueEvents,
  type Worker,
  withBackend,
} from 'bullmq'
import { Redis } from 'ioredis'

export type Backend =
  /** Its tables live in the schema `bullmq` of that database, made when they are missing. */
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'redis'; readonly url: string }

interface Hint {
  readonly pipeline: string
}

/** What a hint costs and promises is the same on both. */
export interface Opened {
  readonly send: (pipeline: string) => Promise<void>
  /** Asks the server something small; throws when it does not answer. */
  readonly look: () => Promise<void>
  /** Rejected for good when the queue could not be set up: then only another one helps. */
  readonly ready: Promise<unknown>
  readonly close: () => Promise<void>
}

export interface Opening {
  /** Installations that share a Redis are told apart by it. */
  readonly name: string
  readonly work: ((pipeline: string) => Promise<void>) | null
  /** A hint came in, to whomever. */
  readonly news: () => void
  readonly failed: (fault: unknown) => void
}

/** A hint is worth nothing once it was followed, or has failed. */
const JOB = { removeOnComplete: true, removeOnFail: true, attempts: 1 } as const

/** A killed worker's hint is free again after this long; until then the sweep does its work. */
const WORKER = { concurrency: 4, lockDuration: 10_000, stalledInterval: 5_000 } as const

/** A frozen server takes questions and answers none: nobody waits for it longer than this. */
const ANSWER_MS_MAX = 10_000

/** Opens the queue; its server may still be away. */
export function openQueue(backend: Backend, opening: Opening): Opened {
  switch (backend.kind) {
    case 'postgres': {
      const connection = {
        connectionString: backend.url,
        max: 3,
        migrate: true,
        application_name: 'signalbox-queue',
        connectionTimeoutMillis: 5_000,
        query_timeout: ANSWER_MS_MAX,
        // Without a listener, a connection lost while it is used would end the process.
        onConnect: (client: { on: (event: 'error', listener: Opening['failed']) => unknown }) => {
          client.on('error', opening.failed)
        },
      }
      return open(createPostgresBackend, () => connection, opening)
    }
    case 'redis': {
      const clients: Redis[] = []
      // Whoever sends must not wait for a Redis that is away; whoever listens has time.
      const connect = (waits: boolean): Redis => {
        const client = new Redis(backend.url, {
          maxRetriesPerRequest: null,
          enableOfflineQueue: waits,
          // A command that waits for a hint may rightly take its time.
          ...(waits ? {} : { commandTimeout: ANSWER_MS_MAX, socketTimeout: ANSWER_MS_MAX }),
        })
        client.on('error', opening.failed)
        clients.push(client)
        return client
      }
      const opened = open(createRedisBackend, connect, opening)
      const close = async (): Promise<void> => {
        await opened.close()
        for (const client of clients) client.disconnect()
      }
      // Its clients connect again by themselves, and need nothing set up.
      return { ...opened, ready: Promise.resolve(), close }
    }
  }
}

function open<B extends IQueueBackend, C>(
  factory: BackendFactory<B, C>,
  connect: (waits: boolean) => C,
  { name, work, news, failed }: Opening,
): Opened {
  const made = withBackend(factory)
  const queue = new made.Queue<Hint, void, 'look'>(name, {
    connection: connect(false),
    defaultJobOptions: JOB,
  })
  const events = new made.QueueEvents(name, { connection: connect(true) })
  const worker =
    work === null
      ? null
      : new made.Worker<Hint, void, 'look'>(name, ({ data }) => work(data.pipeline), {
          connection: connect(true),
          ...WORKER,
        })
  const parts: readonly (Pick<
    Queue | QueueEvents | Worker,
    'close' | 'disconnect' | 'waitUntilReady'
  > & {
    readonly on: (event: 'error', listener: (fault: Error) => void) => unknown
  })[] = [queue, events, ...(worker === null ? [] : [worker])]
  for (const part of parts) part.on('error', failed)
  events.on('waiting', news)
  events.on('deduplicated', news)
  return {
    send: async (pipeline) => {
      const once = { id: pipeline, keepLastIfActive: true } as const
      await queue.add('look', { pipeline }, { deduplication: once })
    },
    look: async () => {
      await queue.getWaitingCount()
    },
    ready: Promise.all(parts.map((part) => part.waitUntilReady())),
    close: async () => {
      // Closed while it still opens, a part would open a connection that nobody ends.
      await Promise.race([
        Promise.allSettled(parts.map((part) => part.waitUntilReady())),
        elapsed(2_000),
      ])
      // Without its server a close would wait for it.
      await Promise.race([Promise.allSettled(parts.map((part) => part.close())), elapsed(2_000)])
      await Promise.race([Promise.allSettled(parts.map((part) => part.disconnect())), elapsed(500)])
    },
  }
}

const elapsed = (ms: number): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, ms).unref()
  })
