/**
 * One run, from its order to its outcome.
 *
 * Invariant: the journal is on the disk before the command starts, and a run whose start is in it
 * is never started again. An outcome is reported only once the process group is proven dead.
 */
import { readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Checkouts } from './checkout.ts'
import { environmentOf } from './command-environment.ts'
import { RUN_ID, refusalOf } from './fencing.ts'
import type { Ending, Journal } from './journal.ts'
import { withWord } from './last-word.ts'
import { lastLines } from './plain.ts'
import { isOwnGroupAlive, signalGroup, spawnGroup, startTimeOf } from './process.ts'
import type { RunOrder, RunOutcome } from './protocol.ts'
import { openRunLog, type RunLog } from './run-log.ts'

export interface Executing {
  readonly home: string
  readonly journal: Journal
  readonly checkouts: Checkouts
  /** Variables of the agent's own environment that the command may see. */
  readonly pass: readonly string[]
  readonly secrets: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly timing: Timing
  /** False: the server has not been heard of for so long that it may have given the run up. */
  readonly mayStart?: () => boolean
}

export interface Timing {
  readonly now: () => number
  readonly rest: (ms: number) => Promise<void>
  /** Between TERM and KILL. */
  readonly graceMs: number
  /** Between two looks at a run. */
  readonly lookMs: number
}

export interface Ended {
  readonly outcome: RunOutcome
  readonly reason: string
  readonly tail: readonly string[]
}

/** What a person may ask of a run under way. */
export interface Control {
  cancelled: boolean
}

const TAIL_LINES = 20

const filesOf = (
  home: string,
  run: string,
): {
  readonly folder: string
  readonly raw: string
  readonly exit: string
  readonly log: string
} => {
  const name = RUN_ID.test(run) ? run : 'refused'
  const folder = join(home, 'runs', name)
  return {
    folder,
    raw: join(folder, 'raw'),
    exit: join(folder, 'exit-status'),
    log: join(home, 'runs', `${name}.log`),
  }
}

/** Where the redacted log of a run is. */
export const logOf = (home: string, run: string): string => filesOf(home, run).log

/** Executes an order the journal has as claimed and not started. */
export async function execute(
  executing: Executing,
  order: RunOrder,
  control: Control,
): Promise<Ended> {
  const { journal } = executing
  const refused = refusalOf(executing.journal, order)
  if (refused !== null) return { outcome: 'failed', reason: refused, tail: [] }
  let cwd: string
  try {
    cwd = order.in ?? (await executing.checkouts.checkOut(order.repository, order.sha, order.run))
  } catch (fault) {
    return { outcome: 'failed', reason: `no checkout: ${messageOf(fault)}`, tail: [] }
  }
  const files = filesOf(executing.home, order.run)
  await mkdir(files.folder, { recursive: true, mode: 0o700 })
  //! failpoint run.checked_out
  // Again, and with nothing awaited up to the start: much may have happened during the checkout.
  const late = refusalOf(executing.journal, order)
  if (control.cancelled || late !== null) {
    await tidy(executing, order.run)
    return late === null
      ? { outcome: 'aborted', reason: 'cancelled before it started', tail: [] }
      : { outcome: 'failed', reason: late, tail: [] }
  }
  if (executing.mayStart?.() === false) {
    await tidy(executing, order.run)
    const reason = 'the server was out of reach before it started, and may have given it up'
    return { outcome: 'aborted', reason, tail: [] }
  }
  journal.append({ type: 'starting', run: order.run })
  //! failpoint run.journalled
  const child = spawnGroup({
    command: order.command,
    cwd,
    env: environmentOf(order, executing),
    output: files.raw,
    exitStatus: files.exit,
  })
  //! failpoint run.spawned
  const { pid } = child
  if (pid === undefined) {
    const fault = await new Promise<Error>((resolve) => child.once('error', resolve))
    await tidy(executing, order.run)
    const reason = `it could not be started in ${cwd}: ${fault.message}`
    return { outcome: 'failed', reason, tail: [] }
  }
  const at = executing.timing.now()
  const startTime = startTimeOf(pid)
  journal.append({ type: 'spawned', run: order.run, pid, startTime, at })
  return follow(executing, order, control)
}

/** Follows a started run to its end; also one that an earlier agent started. */
export async function follow(
  executing: Executing,
  order: RunOrder,
  control: Control,
): Promise<Ended> {
  const { spawned = null, ending = null } = executing.journal.runs().get(order.run) ?? {}
  if (spawned === null) {
    const reason = 'the agent died while it started the command: nobody knows whether it ran'
    return { outcome: 'unknown', reason, tail: [] }
  }
  //! failpoint run.attached
  const { pid, startTime } = spawned
  const files = filesOf(executing.home, order.run)
  const log = openRunLog({ raw: files.raw, log: files.log, secrets: executing.secrets })
  const leads = (): boolean => startTime !== '' && startTimeOf(pid) === startTime
  // What an earlier agent had begun to end is ended for its reason, whether or not it still lives.
  const why = ending ?? (await watch(executing, { order, control, log, leads, at: spawned.at }))
  if (why !== 'ended' && ending === null) noteEnding(executing, order.run, why)
  //! failpoint run.exit_seen
  const alive = (): boolean => isOwnGroupAlive(pid, startTime)
  // What the command left running may end by itself first; it is no longer what decides.
  const dead =
    (why === 'ended' && (await isGone(executing.timing, alive))) ||
    (await endGroup(executing.timing, pid, alive))
  log.end()
  //! failpoint run.proven_dead
  const lines = lastLines(log.tail(), TAIL_LINES)
  // Its word counts however much it wrote after it.
  const isIncrement = order.kind === 'migration' && order.migration?.increment != null
  const tail = isIncrement ? withWord(lines, log.lastWord(), TAIL_LINES) : lines
  return { ...outcomeOf({ why, dead, status: readStatus(files.exit) }), tail }
}

/** So that a successor knows why, should this agent die over it. A full disk keeps nothing alive. */
function noteEnding({ journal }: Executing, run: string, why: Ending): void {
  try {
    journal.append({ type: 'ending', run, why })
  } catch {
    // Without it, a successor that finds the command dead says `unknown`, which is safe.
  }
}

/** Removes the checkout and the raw output, which may hold secrets: once the end is journaled. */
export async function tidy({ home, checkouts }: Executing, run: string): Promise<void> {
  if (!RUN_ID.test(run)) return
  await checkouts.remove(run)
  await rm(filesOf(home, run).folder, { recursive: true, force: true })
}

interface Watching {
  readonly order: RunOrder
  readonly control: Control
  readonly log: RunLog
  readonly leads: () => boolean
  /** When it was started. */
  readonly at: number
}

/** Waits until the command has ended by itself, or there is a reason to end it. */
async function watch(
  { timing }: Executing,
  { order, control, log, leads, at }: Watching,
): Promise<'ended' | Ending> {
  let heard = timing.now()
  for (;;) {
    const alive = leads()
    if (log.drain() > 0) {
      //! failpoint run.log_drained
      heard = timing.now()
    }
    if (!alive) return 'ended'
    if (control.cancelled) return 'cancelled'
    if (timing.now() - at >= order.timeoutMs) {
      return { over: `over its time limit of ${inWords(order.timeoutMs)}` }
    }
    if (order.silenceTimeoutMs !== null && timing.now() - heard >= order.silenceTimeoutMs) {
      return { over: `silent for ${inWords(order.silenceTimeoutMs)}` }
    }
    await timing.rest(timing.lookMs)
  }
}

/** TERM, a grace, KILL, then proof: whether the whole group is gone. */
async function endGroup(timing: Timing, group: number, alive: () => boolean): Promise<boolean> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    // Looked at before each signal: a number that is no longer ours is never signalled.
    if (!alive()) return true
    signalGroup(group, signal)
    //! failpoint run.signalled (signal)
    if (await isGone(timing, alive)) return true
  }
  return false
}

/** Waits a grace for a group to be gone; says whether it is. */
async function isGone(timing: Timing, alive: () => boolean): Promise<boolean> {
  for (let waited = 0; waited <= timing.graceMs; waited += timing.lookMs) {
    if (!alive()) return true
    await timing.rest(timing.lookMs)
  }
  return !alive()
}

function outcomeOf({
  why,
  dead,
  status,
}: {
  readonly why: 'ended' | Ending
  readonly dead: boolean
  readonly status: number | null
}): { readonly outcome: RunOutcome; readonly reason: string } {
  if (!dead) return { outcome: 'unknown', reason: 'a process of it could not be ended' }
  if (why === 'cancelled') return { outcome: 'aborted', reason: 'cancelled, and proven dead' }
  if (why !== 'ended') return { outcome: 'failed', reason: why.over }
  if (status === null) {
    return { outcome: 'unknown', reason: 'it was killed from outside, and left no exit status' }
  }
  if (status === 0) return { outcome: 'succeeded', reason: 'exit status 0' }
  // A shell says 128 + n of a command that signal n has ended.
  const [signal] = Object.entries(constants.signals).find(([, n]) => n === status - 128) ?? []
  const reason = signal === undefined ? `exit status ${status}` : `killed by ${signal}`
  return { outcome: 'failed', reason }
}

/** An empty file, as a power failure may leave it, is no status. */
function readStatus(path: string): number | null {
  try {
    const text = readFileSync(path, 'utf8')
    return /^\d+$/.test(text) ? Number(text) : null
  } catch {
    return null
  }
}

function inWords(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  const seconds = Math.round(ms / 1_000)
  const [count, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

export const messageOf = (fault: unknown): string =>
  fault instanceof Error ? (fault.message.split('\n')[0] ?? '') : String(fault)
