/**
 * One agent per journal.
 *
 * Invariant: the lock appears with its content, in one step, and names a process and when it
 * started: a number taken over by another process is not mistaken for the holder.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTimeOf } from './process.ts'

/** Takes the journal; answers how to give it back. Throws, naming the holder, when it is taken. */
export function lockJournal(directory: string): () => void {
  const path = join(directory, 'lock')
  const mine = `${process.pid} ${startTimeOf(process.pid)}`
  const draft = join(directory, `lock.${randomUUID()}`)
  writeFileSync(draft, mine, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (place(draft, path)) return () => rmSync(path, { force: true })
      const held = readOrEmpty(path)
      refuseIfAlive(held)
      if (held !== '') clear(path, held)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  throw new Error('this journal is being taken by another agent at this moment: try again')
}

function place(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'EEXIST') return false
    throw fault
  }
}

/** Moves a dead process's lock away; one that a faster agent has put there meanwhile goes back. */
function clear(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  const moved = readOrEmpty(aside)
  if (moved !== stale) place(aside, path)
  rmSync(aside, { force: true })
}

function refuseIfAlive(held: string): void {
  const space = held.indexOf(' ')
  const pid = held.slice(0, space)
  if (space > 0 && startTimeOf(Number(pid)) === held.slice(space + 1)) {
    throw new Error(
      `another agent (pid ${pid}) uses this journal: stop it, or give this one its own home`,
    )
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
