/**
 * The agent: polls for work, executes it, reports until it is acknowledged.
 *
 * Invariant: it needs the server for nothing but orders. A lost connection never ends or repeats a
 * run; after its own death it re-attaches to what still lives, and says `unknown` when it must.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { seenIn, tellByHand } from './accounts.ts'
import type { Checkouts } from './checkout.ts'
import {
  type Control,
  type Ended,
  type Executing,
  execute,
  follow,
  logOf,
  messageOf,
  type Timing,
  tidy,
} from './execute.ts'
import { type Entry, type Journal, openJournal, type RunRecord } from './journal.ts'
import { pushLog } from './log-push.ts'
import { keptByAgent, pruneLogs } from './log-retention.ts'
import type { PollAnswer, RunOrder } from './protocol.ts'
import type { ServerLink } from './server-link.ts'

export interface AgentOptions {
  readonly name: string
  readonly home: string
  readonly link: ServerLink
  readonly checkouts: Checkouts
  readonly pass: readonly string[]
  readonly secrets: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly log: Logger
  readonly timing: Timing
  /** Aborted: take no new work, finish what runs, then return. */
  readonly stopping: AbortSignal
  readonly waitMs: number
}

/** A run this process works on now. */
interface Live {
  readonly control: Control
  readonly done: Promise<void>
}

/** Shorter than the server's lease: after it, somebody may have settled a run that had not begun. */
const FENCE_MS = 45_000

const PRUNE_EVERY_MS = 3_600_000

/** Works until `stopping` is aborted and nothing runs any more. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const journal = openJournal(join(options.home, 'agent'))
  let heardAt = options.timing.now()
  const mayStart = (): boolean => options.timing.now() - heardAt < FENCE_MS
  const executing: Executing = { ...options, journal, mayStart }
  const live = new Map<string, Live>()
  const start = (order: RunOrder, work: () => Promise<Ended>): void => {
    const control = live.get(order.run)?.control ?? { cancelled: false }
    const done = carry(options, executing, order, work).finally(() => live.delete(order.run))
    live.set(order.run, { control, done })
  }
  for (const record of journal.runs().values()) {
    if (record.acknowledged) continue
    if (record.hand === null) recover(record, start, executing, live)
    else conclude(record, options, executing, live)
  }
  let prunedAt = Number.NEGATIVE_INFINITY
  while (!(options.stopping.aborted && live.size === 0)) {
    const now = options.timing.now()
    if (now - prunedAt > PRUNE_EVERY_MS) {
      prunedAt = now
      await pruneLogs(join(options.home, 'runs'), { now, kept: keptByAgent(journal) })
    }
    try {
      const isLive = (run: string): boolean => live.has(run)
      const told = await tellByHand({ ...options, journal, isLive })
      const draining = options.stopping.aborted || !told
      const answer = await options.link.poll(
        {
          agent: options.name,
          instance: journal.instance,
          runs: [...live.keys()],
          draining,
          waitMs: draining ? 500 : options.waitMs,
          seen: seenIn(journal),
        },
        options.stopping.aborted ? new AbortController().signal : options.stopping,
      )
      heardAt = options.timing.now()
      take(answer, { options, executing, live, start })
    } catch (fault) {
      // Being told to stop ends the open poll too: that is no news of the server.
      if (!options.stopping.aborted) {
        options.log.warn({ err: messageOf(fault) }, 'the server cannot be reached; runs go on')
        await options.timing.rest(1_000)
      }
    }
    if (options.stopping.aborted) await options.timing.rest(100)
  }
  //! failpoint agent.idle
  journal.close()
}

type Start = (order: RunOrder, work: () => Promise<Ended>) => void

/** What an earlier process of this agent left: reported if it ended, followed if it was started. */
function recover(
  record: RunRecord,
  start: Start,
  executing: Executing,
  live: Map<string, Live>,
): void {
  const { order, ended, starting } = record
  // Not begun: the server may have given it up since. What still stands comes with the next poll.
  if (ended === null && !starting) return
  const control: Control = { cancelled: false }
  live.set(order.run, { control, done: Promise.resolve() })
  if (ended !== null) start(order, async () => ended)
  else start(order, () => follow(executing, order, control))
}

/**
 * A deploy by hand whose process died: followed if it had begun. One that had not is over, for
 * nobody waits for it any more.
 */
function conclude(
  { order, starting, ended }: RunRecord,
  options: AgentOptions,
  executing: Executing,
  live: Map<string, Live>,
): void {
  if (ended !== null) return
  const { run } = order
  const control: Control = { cancelled: false }
  const work = async (): Promise<void> => {
    const its: Ended = starting
      ? await follow(executing, order, control)
      : { outcome: 'aborted', reason: 'it had not been started', tail: [] }
    const at = options.timing.now()
    await record(options, executing.journal, { type: 'ended', run, at, ...its })
    await tidy(executing, run)
  }
  const done = work()
    .catch((fault: unknown) => {
      options.log.error({ err: fault, run }, 'a deploy by hand could not be followed')
    })
    .finally(() => live.delete(run))
  live.set(run, { control, done })
}

function take(
  answer: PollAnswer,
  at: {
    readonly options: AgentOptions
    readonly executing: Executing
    readonly live: Map<string, Live>
    readonly start: Start
  },
): void {
  const { options, executing, live, start } = at
  for (const order of answer.claims) {
    if (live.has(order.run)) continue
    const known = executing.journal.runs().get(order.run)
    if (known?.ended != null && order.epoch <= known.order.epoch) {
      // The server has not heard of the end after all: it is told again.
      const { ended } = known
      start(order, async () => (isSameRun(known.order, order) ? ended : ANOTHER))
      continue
    }
    //! failpoint agent.ordered
    executing.journal.append({ type: 'claimed', order })
    const control: Control = { cancelled: false }
    live.set(order.run, { control, done: Promise.resolve() })
    //! failpoint agent.claimed
    start(order, () => execute(executing, order, control))
  }
  for (const run of answer.cancels) {
    //! failpoint agent.cancel_heard
    const found = live.get(run)
    if (found !== undefined) found.control.cancelled = true
  }
  for (const repository of answer.fetch) {
    options.checkouts.fetch(repository).catch((fault: unknown) => {
      options.log.warn({ repository, err: messageOf(fault) }, 'the mirror could not be fetched')
    })
  }
}

const isSameRun = (one: RunOrder, other: RunOrder): boolean =>
  one.epoch === other.epoch && one.sha === other.sha && one.kind === other.kind

/** A server restored from a backup gives a name again; under an old epoch it is not executed. */
const ANOTHER: Ended = {
  outcome: 'failed',
  reason: 'another run of this name was started here, under an epoch no older than this one',
  tail: [],
}

/** One run from here to its acknowledgement; a fault of ours is an `unknown`, never a silence. */
async function carry(
  options: AgentOptions,
  executing: Executing,
  order: RunOrder,
  work: () => Promise<Ended>,
): Promise<void> {
  const { journal, timing } = executing
  const { run, epoch } = order
  const { instance } = journal
  const tell = async (report: Parameters<ServerLink['report']>[0]): Promise<boolean> => {
    while ((await options.link.report(report)) === 'again') {
      // An agent told to stop leaves the rest to its journal: the next one tells it.
      if (options.stopping.aborted) return false
      await timing.rest(1_000)
    }
    return true
  }
  let over = false
  let reached = 0
  const pushing = (async () => {
    for (let last = false; !last; ) {
      last = over
      const path = logOf(options.home, run)
      reached = await pushLog(options.link, { run, path, offset: reached })
      if (!last) await timing.rest(timing.lookMs)
    }
  })()
  const started = tell({
    instance,
    run,
    epoch,
    status: 'started',
    at: new Date(timing.now()).toISOString(),
  })
  const ended = await work().catch((fault: unknown): Ended => {
    options.log.error({ err: fault, run }, 'a run could not be followed')
    return { outcome: 'unknown', reason: `the agent failed: ${messageOf(fault)}`, tail: [] }
  })
  const at = timing.now()
  if (journal.runs().get(run)?.ended == null) {
    await record(options, journal, { type: 'ended', run, at, ...ended })
  }
  //! failpoint run.end_journalled
  // Also of a run that ended before this process: its raw output may have been left behind.
  await tidy(executing, run).catch((fault: unknown) => {
    options.log.warn({ err: messageOf(fault), run }, 'files of a run could not be removed')
  })
  //! failpoint run.tidied
  over = true
  await started
  await pushing
  const { outcome: status, reason, tail } = ended
  const moment = new Date(at).toISOString()
  const told = await tell({ instance, run, epoch, status, reason, tail, at: moment })
  if (told) {
    // Once more: the server may have come back only now.
    await pushLog(options.link, { run, path: logOf(options.home, run), offset: reached })
    //! failpoint run.end_told
    await record(options, journal, { type: 'acknowledged', run })
  }
  options.log.info({ run, status, reason }, 'the run has ended')
}

/** A full disk delays an entry, it does not lose it: the agent would forget what it did. */
async function record(options: AgentOptions, journal: Journal, entry: Entry): Promise<void> {
  for (;;) {
    try {
      return journal.append(entry)
    } catch (fault) {
      options.log.error({ err: messageOf(fault) }, 'the journal cannot be written')
      await options.timing.rest(1_000)
    }
  }
}
