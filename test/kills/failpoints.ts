/**
 * Arming points in real processes, and reading what was reached.
 *
 * Invariant: everything is in files, so a point is armed for processes that run already, and what a
 * killed process reached is still known.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Hit {
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly at: number
  readonly pid: number
  readonly name: string
  /** What was under way there: a command, a stage, an effect. */
  readonly of: string | null
  /** What was done about it; a number: it was frozen for so many milliseconds. */
  readonly did: 'kill' | number | null
}

export interface Arming {
  readonly act?: 'kill' | number
  /** At which time of being reached in one process. */
  readonly hit?: number
}

export class Failpoints {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(join(folder, 'armed'), { recursive: true })
    writeFileSync(join(folder, 'hits'), '')
  }

  /** Variables for a process in which points can be armed. */
  get environment(): Readonly<Record<string, string>> {
    const hook = pathToFileURL(resolve('test/kills/hook.mjs')).href
    return { SIGNALBOX_FAILPOINTS: this.folder, NODE_OPTIONS: `--import=${hook}` }
  }

  /** `point`: a name, or a name and what is under way there (`dispatch.saved approve`). */
  arm(point: string, { act = 'kill', hit = 1 }: Arming = {}): void {
    writeFileSync(join(this.folder, 'armed', point), JSON.stringify({ act, hit }))
  }

  isArmed(point: string): boolean {
    return existsSync(join(this.folder, 'armed', point))
  }

  hits(): readonly Hit[] {
    const lines = readFileSync(join(this.folder, 'hits'), 'utf8').split('\n')
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Hit)
  }
}
