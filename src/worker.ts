/**
 * The part of a process that moves what time and hints move.
 *
 * Invariant: everything it finds to do stands in the database, so any number of workers may look.
 */
import type { Logger } from 'pino'
import { readOwnFilesForever } from './app/read-own-files.ts'
import { sweepForever } from './app/sweep.ts'
import type { Edge } from './edges.ts'
import type { LineUp } from './line-up.ts'

export interface Worker {
  readonly stop: () => Promise<void>
}

export function startWorker(
  line: LineUp,
  { edges, log }: { readonly edges: readonly Edge[]; readonly log: Logger },
): Worker {
  const { pool, plain, lockAll, agents, watch, signal, pipelines, policies } = line
  const stopping = new AbortController()
  const known = (name: string): boolean => pipelines.has(name)
  const sweeping = sweepForever(
    { pool, dispatch: plain, agents, lockAll, watch, log, known, rest: signal.wait },
    stopping.signal,
  )
  const reading = readOwnFilesForever(
    { pool, policies, file: line.lookUp.file, log, clock: () => performance.now() },
    { rest: signal.wait, stopping: stopping.signal },
  )
  for (const edge of edges) edge.start()
  return {
    stop: async () => {
      stopping.abort()
      await Promise.all([sweeping, reading, ...edges.map((edge) => edge.stop())])
    },
  }
}
