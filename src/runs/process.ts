/**
 * Starting, ending and proving dead a process group.
 *
 * Invariant: output goes to a file and the exit status to another, so both survive the agent; the
 * command reaches the shell as one argument, and data only through the environment.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'

/** Runs `$1`, then writes its status to `$2` in one step: a half-written status is never read. */
const WRAPPER = '/bin/sh -c "$1"; code=$?; printf %s "$code" > "$2.new" && mv "$2.new" "$2"'

export interface Spawning {
  readonly command: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Both streams are appended here. */
  readonly output: string
  readonly exitStatus: string
}

/** Starts the command as a process group of its own, in a session of its own. */
export function spawnGroup(spawning: Spawning): ChildProcess {
  const output = openSync(spawning.output, 'a', 0o600)
  try {
    const args = ['-c', WRAPPER, 'signalbox-run', spawning.command, spawning.exitStatus]
    const child = spawn('/bin/sh', args, {
      cwd: spawning.cwd,
      env: { ...spawning.env },
      stdio: ['ignore', output, output],
      detached: true,
    })
    child.unref()
    return child
  } finally {
    closeSync(output)
  }
}

/** When a process started, as the system counts it; empty when it is gone (or a zombie). */
export function startTimeOf(pid: number): string {
  if (process.platform !== 'linux') return startTimeByPs(pid)
  const fields = statOf(pid)
  // Ticks count from the boot: without its id, another process after a reboot could match.
  return fields === null || fields[0] === 'Z' ? '' : `${bootId()} ${fields[19] ?? ''}`
}

function startTimeByPs(pid: number): string {
  try {
    const args = ['-o', 'stat=,lstart=', '-p', String(pid)]
    const line = execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return line.trim().startsWith('Z') ? '' : line.trim().replace(/^\S+\s+/, '')
  } catch {
    return ''
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/**
 * Whether the group that `leader` was started for still lives. Its number may have been given to
 * another process since: that one is not ours to end, and not in the way.
 */
export function isOwnGroupAlive(leader: number, startTime: string): boolean {
  if (process.platform === 'linux' && startTime !== '' && !startTime.startsWith(`${bootId()} `)) {
    return false
  }
  const now = startTimeOf(leader)
  return (now === '' || startTime === '' || now === startTime) && isGroupAlive(leader)
}

/** The fields of /proc/PID/stat after the command's name, which may hold spaces. */
function statOf(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

/** Whether any process of the group still lives; a zombie does not. */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch (fault) {
    // Refused (EPERM) is alive: somebody else's process, by sudo or setuid, is in it.
    if (fault instanceof Error && 'code' in fault && fault.code === 'ESRCH') return false
  }
  if (process.platform !== 'linux') return true
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false
    const fields = statOf(Number(name))
    return fields !== null && fields[0] !== 'Z' && Number(fields[2]) === group
  })
}

/** Sends a signal to every process of the group; one that is gone needs none. */
export function signalGroup(group: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-group, signal)
  } catch {
    // The group is gone: that is what was wanted.
  }
}
