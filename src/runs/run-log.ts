/**
 * The log of one run: the raw output, redacted, on disk.
 *
 * Invariant: bounded, in memory, on disk and in time per look. The beginning and the last lines are
 * always kept; what falls between is said. A full disk costs the log, never the run.
 */
import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { createListener, type Listener } from './last-word.ts'
import { createRedactor, type Redactor } from './redact.ts'

export const LOG_BYTES_MAX = 16 * 1024 * 1024
const TAIL_CHARACTERS = 64 * 1024
const RAW_BYTES_MAX = 64 * 1024 * 1024
/** Read at one look: more would keep the agent from its other runs and from its time limits. */
const LOOK_BYTES_MAX = 8 * 1024 * 1024

export interface RunLog {
  /** Takes what the command has written since; answers how many bytes that was. */
  readonly drain: () => number
  /** The last part of what was written, redacted. */
  readonly tail: () => string
  /** The last marked line of all that was written, as people may see it; null: none. */
  readonly lastWord: () => string | null
  /** Writes the rest. The raw file is its owner's to remove, once the end is journaled. */
  readonly end: () => void
}

export interface RunLogOptions {
  readonly raw: string
  readonly log: string
  readonly secrets: readonly string[]
  /** For tests. */
  readonly bytesMax?: number
  readonly rawBytesMax?: number
}

/** Follows `raw` into `log`. After an agent's death the log is made again from the raw file. */
export function openRunLog(options: RunLogOptions): RunLog {
  const { raw, log, secrets, bytesMax = LOG_BYTES_MAX, rawBytesMax = RAW_BYTES_MAX } = options
  rmSync(log, { force: true })
  const file = openSync(raw, 'a+', 0o600)
  const listener = createListener()
  const sink = cappedSink(log, { bytesMax, listener })
  const buffer = Buffer.alloc(256 * 1024)
  let redactor: Redactor = createRedactor(secrets)
  let decoder = new StringDecoder('utf8')
  let position = 0
  let skippingLine = false
  const take = (bytes: Buffer): void => {
    let text = decoder.write(bytes)
    if (skippingLine) {
      const at = text.indexOf('\n')
      if (at === -1) return
      text = text.slice(at + 1)
      skippingLine = false
    }
    sink.write(redactor.push(text))
  }
  const readTo = (end: number): void => {
    while (position < end) {
      const count = readSync(file, buffer, 0, Math.min(buffer.length, end - position), position)
      if (count === 0) return
      position += count
      take(buffer.subarray(0, count))
    }
  }
  // After a gap a secret may have lost its first half: nothing is shown up to the next line.
  const jump = (to: number): void => {
    position = to
    redactor = createRedactor(secrets)
    decoder = new StringDecoder('utf8')
    skippingLine = true
    sink.gap()
  }
  const drain = (): number => {
    const { size } = fstatSync(file)
    const before = position
    if (size - position > LOOK_BYTES_MAX) jump(size - LOOK_BYTES_MAX / 2)
    readTo(size)
    const total = position - before
    if (position > rawBytesMax) {
      ftruncateSync(file, 0)
      jump(0)
    }
    return total
  }
  return {
    drain,
    tail: sink.tail,
    lastWord: listener.lastWord,
    end: () => {
      drain()
      if (!skippingLine) sink.write(redactor.push(decoder.end()) + redactor.end())
      sink.end()
      closeSync(file)
    },
  }
}

interface Sink {
  readonly write: (text: string) => void
  /** Output was lost here. */
  readonly gap: () => void
  readonly tail: () => string
  readonly end: () => void
}

/** Writes the head as it comes, and the last lines, with a word on what was cut, at the end. */
function cappedSink(
  path: string,
  { bytesMax, listener }: { readonly bytesMax: number; readonly listener: Listener },
): Sink {
  let written = 0
  let cutting = false
  let cut = 0
  let last = ''
  let tail = ''
  const append = (text: string): void => {
    try {
      appendFileSync(path, text, { mode: 0o600 })
    } catch {
      // No space left: the run goes on without a log; its last lines are reported from memory.
      cutting = true
    }
  }
  return {
    write: (text) => {
      if (text === '') return
      listener.hear(text)
      tail = (tail + text).slice(-TAIL_CHARACTERS)
      const bytes = Buffer.from(text)
      const fits = cutting ? 0 : Math.min(bytes.length, bytesMax - written)
      // Once something is cut, nothing later may land in the head, or the order would lie.
      if (fits < bytes.length) cutting = true
      if (fits > 0) append(fits < bytes.length ? bytes.toString('utf8', 0, fits) : text)
      written += fits
      cut += bytes.length - fits
      if (fits < bytes.length) last = (last + bytes.toString('utf8', fits)).slice(-TAIL_CHARACTERS)
    },
    gap: () => {
      cutting = true
      listener.gap()
    },
    tail: () => tail,
    end: () => {
      if (!cutting) return
      const bytes = Math.max(0, cut - Buffer.byteLength(last))
      const what = bytes > 0 ? `${bytes} bytes or more were cut here` : 'output may be missing here'
      append(`\n[${what}; the last lines follow]\n${last}`)
    },
  }
}
