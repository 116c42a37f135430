/**
 * The agent's journal: what it was told, what it started, how that ended.
 *
 * Invariant: append-only, every line on the disk before the act it announces. After any death the
 * journal says whether a command may have been started, so none is started twice.
 */
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { lockJournal } from './journal-lock.ts'
import type { Hand, RunOrder, RunOutcome } from './protocol.ts'

/** Why a command is not left to end by itself: somebody's word, or a limit it is over. */
export type Ending = 'cancelled' | { readonly over: string }

export type Entry =
  /** Told to run this; nothing has been done. */
  | { readonly type: 'claimed'; readonly order: RunOrder; readonly hand?: Hand }
  /** The next act is the start of the command: from here on it may have run. */
  | { readonly type: 'starting'; readonly run: string }
  | {
      readonly type: 'spawned'
      readonly run: string
      readonly pid: number
      readonly startTime: string
      readonly at: number
    }
  /** The next act is a signal to its process group: from here on, this is why it ends. */
  | { readonly type: 'ending'; readonly run: string; readonly why: Ending }
  | {
      readonly type: 'ended'
      readonly run: string
      readonly outcome: RunOutcome
      readonly reason: string
      readonly at: number
      readonly tail: readonly string[]
    }
  /** The server has recorded the end: nobody has to be told any more. */
  | { readonly type: 'acknowledged'; readonly run: string }

/** All that the journal says about one run. */
export interface RunRecord {
  readonly order: RunOrder
  /** Who ordered it on this machine; null: a server did. */
  readonly hand: Hand | null
  readonly starting: boolean
  readonly spawned: Extract<Entry, { type: 'spawned' }> | null
  readonly ending: Ending | null
  readonly ended: Extract<Entry, { type: 'ended' }> | null
  readonly acknowledged: boolean
}

export interface Journal {
  /** Kept beside the journal: a copied machine shares it, and is told so by the server's refusals. */
  readonly instance: string
  readonly append: (entry: Entry) => void
  readonly runs: () => ReadonlyMap<string, RunRecord>
  /** The highest epoch seen for an environment; 0 when none was. */
  readonly highestEpoch: (pipeline: string, environment: string) => number
  readonly close: () => void
}

/** Opens the journal in `directory`, made if missing; throws when another agent has it open. */
export function openJournal(directory: string): Journal {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const unlock = lockJournal(directory)
  const path = join(directory, 'journal.jsonl')
  const { entries, ...read } = readEntries(path)
  // What a torn line announced was not done; the next entry must not be glued to it.
  let { torn } = read
  const file = openSync(path, 'a', 0o600)
  const instance = readInstance(directory)
  syncDirectory(directory)
  const runs = new Map<string, RunRecord>()
  for (const entry of entries) apply(runs, entry)
  return {
    instance,
    append: (entry) => {
      const line = Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(entry)}\n`)
      torn = true
      for (let at = 0; at < line.length; ) at += writeSync(file, line, at)
      fsyncSync(file)
      torn = false
      apply(runs, entry)
    },
    runs: () => runs,
    highestEpoch: (pipeline, environment) =>
      Math.max(
        0,
        ...[...runs.values()]
          .filter(({ order }) => order.pipeline === pipeline && order.environment === environment)
          .map(({ order }) => order.epoch),
      ),
    close: () => {
      closeSync(file)
      unlock()
    },
  }
}

function readEntries(path: string): { readonly entries: readonly Entry[]; readonly torn: boolean } {
  const text = readIfThere(path) ?? ''
  const entries: Entry[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    try {
      entries.push(JSON.parse(line))
    } catch {
      // A line cut off by a power failure: what it announced had not been done yet.
    }
  }
  return { entries, torn: text !== '' && !text.endsWith('\n') }
}

function apply(runs: Map<string, RunRecord>, entry: Entry): void {
  if (entry.type === 'claimed') {
    // Told again: what is known of the run stays, or it would look as if never started. Under a
    // higher epoch it is another one, of a server that has forgotten that it gave the name before.
    const { order, hand = null } = entry
    const before = runs.get(order.run)
    if (before !== undefined && order.epoch <= before.order.epoch) return
    const none = { starting: false, spawned: null, ending: null, ended: null }
    runs.set(order.run, { order, hand, ...none, acknowledged: false })
    return
  }
  const known = runs.get(entry.run)
  if (known === undefined) return
  switch (entry.type) {
    case 'starting':
      runs.set(entry.run, { ...known, starting: true })
      return
    case 'spawned':
      runs.set(entry.run, { ...known, spawned: entry })
      return
    case 'ending':
      runs.set(entry.run, { ...known, ending: entry.why })
      return
    case 'ended':
      runs.set(entry.run, { ...known, ended: entry })
      return
    case 'acknowledged':
      runs.set(entry.run, { ...known, acknowledged: true })
      return
  }
}

function readInstance(directory: string): string {
  const path = join(directory, 'instance')
  const known = readIfThere(path)?.trim() ?? ''
  if (known !== '') return known
  const instance = randomUUID()
  writeFileSync(`${path}.new`, instance, { mode: 0o600, flush: true })
  renameSync(`${path}.new`, path)
  return instance
}

/** Only a missing file is no file: an unreadable journal must not pass for an empty one. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return null
    throw fault
  }
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
