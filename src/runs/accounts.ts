/**
 * What the journal has to tell a server that did not order it, or has forgotten.
 *
 * Invariant: a deploy by hand is told until the server has recorded it, after every earlier run of
 * its environment, and before any new order is taken there.
 */
import type { Logger } from 'pino'
import { logOf } from './execute.ts'
import type { Journal, RunRecord } from './journal.ts'
import { pushLog } from './log-push.ts'
import { type DeployOrder, isDeploy, type RunAccount } from './protocol.ts'
import type { ServerLink } from './server-link.ts'

/** So that a poll stays small, whatever a journal holds. */
const SEEN_MAX = 500
const REASON_CHARACTERS_MAX = 500

type DeployRecord = RunRecord & { readonly order: DeployOrder }

const isDeployed = (record: RunRecord): record is DeployRecord => isDeploy(record.order)

function accountOf({ order, hand, starting, ended }: DeployRecord): RunAccount {
  const { pipeline, environment, run, epoch, kind, sha } = order
  const what = { pipeline, environment, run, epoch, kind, sha, begun: starting, hand }
  if (ended !== null) {
    const { outcome: status, reason, tail } = ended
    return { ...what, status, reason: reason.slice(0, REASON_CHARACTERS_MAX), tail }
  }
  const reason = starting ? 'it had not ended yet' : 'it had not been started yet'
  return { ...what, status: 'running', reason, tail: [] }
}

/** The newest run of each environment; deploys by hand once the server has recorded them. */
export function seenIn(journal: Journal): readonly RunAccount[] {
  const newest = new Map<string, DeployRecord>()
  for (const record of [...journal.runs().values()].filter(isDeployed)) {
    if (record.hand !== null && !record.acknowledged) continue
    const { pipeline, environment, epoch } = record.order
    const place = `${pipeline}/${environment}`
    if (epoch > (newest.get(place)?.order.epoch ?? 0)) newest.set(place, record)
  }
  return [...newest.values()].map((record) => ({ ...accountOf(record), tail: [] })).slice(-SEEN_MAX)
}

export interface Telling {
  readonly home: string
  readonly journal: Journal
  readonly link: ServerLink
  readonly log: Logger
  /** Runs whose end the server has not heard of yet. */
  readonly isLive: (run: string) => boolean
}

/** Tells of deploys by hand; false while one waits that the server should know before it orders. */
export async function tellByHand(telling: Telling): Promise<boolean> {
  const { home, journal, link, log, isLive } = telling
  const untold = [...journal.runs().values()]
    .filter(isDeployed)
    .filter(({ hand, acknowledged }) => hand !== null && !acknowledged)
  let all = true
  for (const record of untold.sort((a, b) => a.order.epoch - b.order.epoch)) {
    const { run } = record.order
    if (record.ended === null || runsThere(journal, record).some(isLive)) {
      all = false
      continue
    }
    const account = accountOf(record)
    const answer = await link.account({ instance: journal.instance, account })
    if (answer === 'done') {
      journal.append({ type: 'acknowledged', run })
      await pushLog(link, { run, path: logOf(home, run), offset: 0 })
      log.info({ run, status: account.status }, 'the server has recorded a deploy by hand')
    } else if (answer === 'unknown_place') {
      const { pipeline, environment } = account
      log.warn({ run, pipeline, environment }, 'a deploy by hand is nowhere on this server')
    } else all = false
  }
  return all
}

const runsThere = (journal: Journal, { order }: RunRecord): readonly string[] =>
  [...journal.runs().values()]
    .map((one) => one.order)
    .filter(
      ({ pipeline, environment }) =>
        pipeline === order.pipeline && environment === order.environment,
    )
    .map(({ run }) => run)
