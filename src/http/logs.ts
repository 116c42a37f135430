/**
 * The logs that agents push: one file per run, appended in order.
 *
 * Invariant: bytes land at the offset the agent names or not at all, so a repeated chunk is never
 * written twice and a lost one is asked for again.
 */
import { createReadStream, type ReadStream } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Run ids come from names and numbers of ours; anything else never becomes a path. */
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

export interface Logs {
  /** Appends `bytes` at `offset`; answers the length now, and whether they were taken. */
  readonly append: (
    run: string,
    offset: number,
    bytes: Uint8Array,
  ) => Promise<{ readonly taken: boolean; readonly length: number }>
  /** Moves away what is left of an earlier run of this name, which a restored database forgot. */
  readonly setAside: (run: string) => Promise<void>
  /** How long the log of a run is; 0 when there is none yet. */
  readonly length: (run: string) => Promise<number>
  /** The last lines of what is there now. */
  readonly tail: (run: string) => Promise<readonly string[]>
  /** The bytes from `start` on, up to what is there now. */
  readonly read: (run: string, start: number) => ReadStream
}

const TAIL_BYTES = 8 * 1024

export function createLogs(directory: string): Logs {
  const path = (run: string): string => {
    if (!RUN_ID.test(run)) throw new Error('not a run id')
    return join(directory, `${run}.log`)
  }
  const length = (run: string): Promise<number> =>
    stat(path(run)).then(
      ({ size }) => size,
      () => 0,
    )
  return {
    length,
    setAside: async (run) => {
      if ((await length(run)) === 0) return
      await rename(path(run), join(directory, `${run}.${Date.now()}.log`))
    },
    tail: async (run) => {
      const size = await length(run)
      if (size === 0) return []
      const from = Math.max(0, size - TAIL_BYTES)
      let text = ''
      for await (const part of createReadStream(path(run), { start: from, encoding: 'utf8' })) {
        text += part
      }
      const lines = text.replace(/\n$/, '').split('\n')
      // The first of them may have begun before.
      return from === 0 ? lines : lines.slice(1)
    },
    read: (run, start) => createReadStream(path(run), { start }),
    append: async (run, offset, bytes) => {
      await mkdir(directory, { recursive: true })
      const file = await open(path(run), 'a', 0o600)
      try {
        const { size } = await file.stat()
        if (size !== offset) return { taken: false, length: size }
        await file.appendFile(bytes)
        return { taken: true, length: size + bytes.length }
      } finally {
        await file.close()
      }
    },
  }
}

export const isRunId = (run: string): boolean => RUN_ID.test(run)
