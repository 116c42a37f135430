/**
 * The processes beside the server, and their end.
 *
 * Invariant: it is real. A killed process is gone without a word, as after a crash.
 */
import { holderOf } from '../../config/home-lock.ts'

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
