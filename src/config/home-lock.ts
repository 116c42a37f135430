/**
 * One server and one agent per home.
 *
 * Invariant: the lock names a process and when it started, so a number taken over by another
 * process is not mistaken for ours, and a lock left by a killed one does not stand in the way.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

type Holding = 'serve' | 'web' | 'worker' | 'agent'

/** Takes a role in a home; answers how to give it back. Throws, naming the holder, when taken. */
export async function lockHome(home: string, role: Holding): Promise<() => Promise<void>> {
  await mkdir(home, { recursive: true })
  const path = join(home, `${role}.lock`)
  const mine = `${process.pid} ${await startTime(process.pid)}`
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(path, mine, { flag: 'wx', mode: 0o600 })
      return () => rm(path, { force: true })
    } catch (fault) {
      if (!(fault instanceof Error) || !('code' in fault) || fault.code !== 'EEXIST') throw fault
    }
    const pid = await holderOf(home, role)
    if (pid !== null) {
      throw new Error(
        `another Signalbox ${role} (pid ${pid}) uses this home: stop it, or set SIGNALBOX_HOME to another folder`,
      )
    }
    await rm(path, { force: true })
  }
  throw new Error('this home is being taken by another Signalbox at this moment: try again')
}

/** The living process that holds a role in a home, or null. */
export async function holderOf(home: string, role: Holding): Promise<number | null> {
  const text = await readFile(join(home, `${role}.lock`), 'utf8').catch(() => '')
  const [pid = '', started = ''] = text.split(' ')
  const lives = pid !== '' && started !== '' && (await startTime(Number(pid))) === started
  return lives ? Number(pid) : null
}

/** When a process started, as the system counts it; empty when there is none. */
async function startTime(pid: number): Promise<string> {
  if (process.platform !== 'linux') return isAlive(pid) ? 'alive' : ''
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Field 22, counted after the command's name, which may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? '' : (fields[19] ?? '')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
