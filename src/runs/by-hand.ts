/**
 * A deploy that a person orders on the agent's machine, while the server is away.
 *
 * Invariant: the same executor, the same journal and the same fencing as for any other run; who
 * ordered it and why are on the disk before it starts.
 */
import { randomBytes } from 'node:crypto'
import { type Control, type Ended, type Executing, execute, follow, tidy } from './execute.ts'
import type { Journal, RunRecord } from './journal.ts'
import { isOwnGroupAlive } from './process.ts'
import { type Hand, isDeploy, isExclusive, type RunOrder } from './protocol.ts'

export interface HandDeploy {
  /** `pipeline/environment`, or an environment that only one pipeline has. */
  readonly place: string
  readonly sha: string
  readonly kind: 'forward' | 'rollback'
  readonly hand: Hand
  /** The word that a run there, of which nobody knows the end, is dead. */
  readonly settle: boolean
}

/** An expected no, in the words that its reader needs. */
export class HandRefusal extends Error {
  override readonly name = 'HandRefusal'
}

/** Makes the order, from the newest one of that environment; throws a HandRefusal. */
export async function orderByHand(executing: Executing, asked: HandDeploy): Promise<RunOrder> {
  const { journal } = executing
  const { pipeline, environment } = placeOf(journal, asked.place)
  const there = (): readonly RunRecord[] =>
    recordsOf(journal).filter(
      ({ order }) =>
        isDeploy(order) && order.pipeline === pipeline && order.environment === environment,
    )
  const shas = [...new Set(there().map(({ order }) => order.sha))]
  if (!/^[0-9a-f]{40,64}$/.test(asked.sha)) {
    throw new HandRefusal(
      `${asked.sha} is not a full sha; the journal knows of ${environment}: ${shas.slice(-5).join(', ')}`,
    )
  }
  const atWork = (): readonly RunRecord[] =>
    recordsOf(journal).filter(
      ({ order }) =>
        isExclusive(order) && order.pipeline === pipeline && order.environment === environment,
    )
  for (const record of atWork()) await conclude(executing, record)
  refuseUnlessFree(atWork(), asked.settle)
  const newest = there().at(-1)?.order
  if (newest === undefined) throw new HandRefusal(`nothing was ever ordered for ${asked.place}`)
  const live = there().findLast(({ ended }) => ended?.outcome === 'succeeded')
  const epoch = journal.highestEpoch(pipeline, environment) + 1
  return {
    run: `${pipeline}-${environment}-by-hand-${epoch}-${randomBytes(4).toString('hex')}`,
    epoch,
    pipeline,
    environment,
    kind: asked.kind,
    sha: asked.sha,
    baseSha: live?.order.sha ?? newest.baseSha,
    train: null,
    repository: newest.repository,
    command: newest.command,
    in: newest.in,
    timeoutMs: newest.timeoutMs,
    silenceTimeoutMs: newest.silenceTimeoutMs,
  }
}

/** Executes it to its end, journaled like any other run. */
export async function deployByHand(
  executing: Executing,
  {
    order,
    hand,
    control,
  }: { readonly order: RunOrder; readonly hand: Hand; readonly control: Control },
): Promise<Ended> {
  const { journal } = executing
  journal.append({ type: 'claimed', order, hand })
  const ended = await execute(executing, order, control)
  await journalEnd(executing, order.run, ended)
  return ended
}

const recordsOf = (journal: Journal): readonly RunRecord[] =>
  [...journal.runs().values()].sort((a, b) => a.order.epoch - b.order.epoch)

function placeOf(
  journal: Journal,
  place: string,
): { readonly pipeline: string; readonly environment: string } {
  const known = [
    ...new Set(
      recordsOf(journal).map(
        ({ order: { pipeline, environment } }) => `${pipeline}/${environment}`,
      ),
    ),
  ]
  const matching = known.filter((one) => one === place || one.endsWith(`/${place}`))
  const [found] = matching
  if (found === undefined) {
    const what = known.length === 0 ? 'no environment at all' : known.join(', ')
    throw new HandRefusal(
      `nothing was ever ordered for ${place} on this machine, so its command is not known here; the journal knows ${what}`,
    )
  }
  if (matching.length > 1) {
    throw new HandRefusal(`there is more than one ${place}: say ${matching.join(' or ')}`)
  }
  const [pipeline = '', environment = ''] = found.split('/')
  return { pipeline, environment }
}

/** A run whose agent died may have ended since: its exit status is on the disk. */
async function conclude(executing: Executing, { order, ...record }: RunRecord): Promise<void> {
  if (!record.starting || record.ended !== null) return
  const { spawned } = record
  if (spawned !== null && isOwnGroupAlive(spawned.pid, spawned.startTime)) return
  const ended = await follow(executing, order, { cancelled: false })
  await journalEnd(executing, order.run, ended)
}

async function journalEnd(executing: Executing, run: string, ended: Ended): Promise<void> {
  const at = executing.timing.now()
  executing.journal.append({ type: 'ended', run, at, ...ended })
  await tidy(executing, run)
}

/** Nothing may live there, and how the newest run ended must be known, or be a person's word. */
function refuseUnlessFree(there: readonly RunRecord[], settle: boolean): void {
  for (const { order, spawned, ended } of there) {
    if (spawned === null || (ended !== null && ended.outcome !== 'unknown')) continue
    if (isOwnGroupAlive(spawned.pid, spawned.startTime)) {
      throw new HandRefusal(
        `run ${order.run} still lives in ${order.environment} (process group ${spawned.pid}): wait for its end, or end it with \`kill -- -${spawned.pid}\``,
      )
    }
  }
  const newest = there.findLast(({ starting }) => starting)
  if (newest?.ended?.outcome === 'unknown' && !settle) {
    const { order, ended } = newest
    throw new HandRefusal(
      `nobody knows how run ${order.run} ended in ${order.environment} (${ended.reason}): look at the target, then say --settle to declare it dead`,
    )
  }
}
