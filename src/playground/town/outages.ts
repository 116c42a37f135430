/**
 * What goes wrong outside of Slack: GitHub away, a process killed.
 *
 * Invariant: both are real. While GitHub is away, no git can read the repository; a killed process is
 * gone without a word, as after a crash.
 */
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { holderOf } from '../../config/home-lock.ts'

/** Without it, a folder is no repository to any git. */
const HEAD = '.git/HEAD'

/** Takes the repository out of everybody's reach, or brings it back. */
export function reach(repository: string, isAway: boolean): void {
  const here = join(repository, HEAD)
  const away = `${here}.away`
  if (isAway && existsSync(here)) renameSync(here, away)
  if (!isAway && existsSync(away)) renameSync(away, here)
}

type Kept = 'agent' | 'worker'

/** The process that deploys, or the one that works; null: it is just being started. */
export const processOf = (home: string, which: Kept): Promise<number | null> =>
  holderOf(home, which)

/** Kills it, as a crash would; what went wrong, or null. */
export async function kill(home: string, which: Kept): Promise<string | null> {
  const pid = await processOf(home, which)
  if (pid === null) return `There is no ${which} at this moment: it is just being started.`
  process.kill(pid, 'SIGKILL')
  return null
}
