/**
 * What goes wrong outside of Slack: GitHub away, the agent killed.
 *
 * Invariant: both are real. While GitHub is away, no git can read the repository; a killed agent is
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

/** The process that deploys; null: it is just being started. */
export const agentOf = (home: string): Promise<number | null> => holderOf(home, 'agent')

/** Kills the agent, as a crash would; what went wrong, or null. */
export async function killAgent(home: string): Promise<string | null> {
  const pid = await agentOf(home)
  if (pid === null) return 'There is no agent at this moment: it is just being started.'
  process.kill(pid, 'SIGKILL')
  return null
}
