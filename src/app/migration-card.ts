/**
 * A migration's card, posted once into its train's thread and then kept as it is; and what its
 * owners are told.
 *
 * Invariant: one message per change. After a doubtful attempt the thread is searched for it by its
 * metadata before another is posted, and nobody gets a second direct message.
 */
import { digest } from '../core/digest.ts'
import { ownersOf, trainWith } from '../core/migrations.ts'
import type { Pipeline } from '../core/model.ts'
import { findCard, findIssue, forgetCard, saveCard } from '../db/migration-messages.ts'
import { putOnce } from '../db/outbox.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Metadata, SlackApi } from '../slack/client.ts'
import { SlackFault } from '../slack/fault.ts'
import { sections } from '../slack/views/blocks.ts'
import { isReached } from '../slack/views/concern.ts'
import {
  type Migrating,
  mentioned,
  migrationCard,
  migrationWord,
} from '../slack/views/migration-card.ts'
import {
  type Announcing,
  announced,
  type Delivery,
  DONE,
  SEARCH_BACK_MS,
  sent,
} from './announce.ts'
import { tellInPerson } from './in-person.ts'
import { laneOf } from './outgoing.ts'
import { loadPresent, type Staging } from './scene.ts'

export interface CardAsked {
  readonly pipeline: string
  readonly change: string
  readonly unsure: boolean
  readonly sinceMs: number
}

/** Slack takes about one update a second of one message. */
const UPDATE_EVERY_MS = 1_000

/** Posts or updates it; later when it was updated just now. */
export async function drawCard(parts: Announcing, asked: CardAsked): Promise<Delivery> {
  const { staging, slack } = parts
  const { pipeline: name, change } = asked
  const seen = await look(staging, name, change)
  const { pipeline } = seen
  const { channel } = pipeline.policy
  if (channel === null || !pipeline.migrations.some((one) => one.change === change)) return DONE
  const message = migrationCard(seen)
  const hash = digest(message)
  const posted = await inTransaction(staging.pool, (tx) => findCard(tx, name, change))
  const place = await threadOf(parts, asked, pipeline)
  const standing = posted ?? (asked.unsure ? await searched(slack, asked, place) : null)
  const metadata: Metadata = {
    event_type: 'signalbox_migration',
    event_payload: { pipeline: name, migration: change },
  }
  const save = (it: { readonly channel: string; readonly ts: string }): Promise<void> =>
    inTransaction(staging.pool, (tx) => saveCard(tx, { pipeline: name, change }, { ...it, hash }))
  if (standing !== null) {
    if (hash === standing.hash && !asked.unsure) return DONE
    if (standing.ageMs < UPDATE_EVERY_MS) {
      return { done: false, laterMs: UPDATE_EVERY_MS - standing.ageMs }
    }
    try {
      await sent(message, (shown) => slack.update(standing, shown, metadata))
      await save(standing)
      return DONE
    } catch (fault) {
      if (!(fault instanceof SlackFault && fault.kind === 'gone')) throw fault
      await inTransaction(staging.pool, (tx) => forgetCard(tx, name, change))
    }
  }
  const to = { ...place, broadcast: false }
  const ts = await sent(message, (shown) => slack.post(to, shown, metadata))
  await save({ channel: place.channel, ts })
  return DONE
}

interface Place {
  readonly channel: string
  readonly thread: string | null
}

/** In the thread of the train that carries it, or brought it. */
async function threadOf(
  parts: Announcing,
  { pipeline: name, change, sinceMs }: CardAsked,
  pipeline: Pipeline,
): Promise<Place> {
  const train = trainWith(pipeline, change)
  const asked = { pipeline: name, unsure: false, sinceMs }
  const root = train === null ? null : await announced(parts, { ...asked, train })
  return root === null
    ? { channel: pipeline.policy.channel ?? '', thread: null }
    : { channel: root.channel, thread: root.ts }
}

async function searched(
  slack: SlackApi,
  { pipeline, change, sinceMs }: CardAsked,
  place: Place,
): Promise<NonNullable<Awaited<ReturnType<typeof findCard>>> | null> {
  const found = await slack.ours(place, sinceMs - SEARCH_BACK_MS)
  const mine = found.find(
    ({ metadata: { event_type, event_payload: of } }) =>
      event_type === 'signalbox_migration' &&
      of['pipeline'] === pipeline &&
      of['migration'] === change,
  )
  return mine === undefined
    ? null
    : { channel: place.channel, ts: mine.ts, hash: '', ageMs: UPDATE_EVERY_MS }
}

function look(staging: Staging, name: string, change: string): Promise<Migrating> {
  return inTransaction(staging.pool, async (tx) => {
    const { pipeline, now } = await loadPresent(tx, staging, name)
    const repository = staging.pageOf(pipeline.policy.repository)
    const issue = await findIssue(tx, name, change)
    const page = issue && repository ? `${repository}/issues/${issue.number}` : null
    return { pipeline, change, now, repository, logOf: staging.logOf, issue: page }
  })
}

export interface WordAsked {
  readonly pipeline: string
  readonly change: string
  readonly environment: string
}

/** One effect for each owner who can be written to; where none can, one for the thread. */
export async function askOwners(
  { staging }: Announcing,
  { pipeline: name, change, environment, seq }: WordAsked & { readonly seq: number },
): Promise<Delivery> {
  const { pipeline } = await look(staging, name, change)
  const owners = ownersOf(pipeline, change).filter((one) => isReached(pipeline, one))
  const people: readonly (string | null)[] = owners.length === 0 ? [null] : owners.slice(0, 10)
  await inTransaction(staging.pool, async (tx) => {
    for (const person of people) {
      const effect = { type: 'migration_word', change, environment, person, of: seq } as const
      const train = trainWith(pipeline, change)
      const lane = laneOf(name, train, effect)
      await putOnce(tx, { pipeline: name, train, lane, effect, seq, delayMs: 0 })
    }
  })
  return DONE
}

/** Tells one of them, or the thread, while it still waits for them. */
export async function tellOwner(
  parts: Announcing,
  asked: WordAsked & {
    readonly person: string | null
    readonly unsure: boolean
    readonly sinceMs: number
  },
): Promise<Delivery> {
  const { slack, staging } = parts
  const seen = await look(staging, asked.pipeline, asked.change)
  const { pipeline } = seen
  const message = migrationWord(seen, asked.environment)
  // It may have been sent: nobody is told the same twice.
  if (asked.unsure || message === null || pipeline.policy.channel === null) return DONE
  if (asked.person !== null) {
    await tellInPerson({ slack }, pipeline, { person: asked.person, message })
    return DONE
  }
  const place = await threadOf(parts, asked, pipeline)
  const owners = sections([mentioned(pipeline, ownersOf(pipeline, asked.change))])
  const shown = { text: message.text, blocks: [...owners, ...message.blocks] }
  const to = { ...place, broadcast: place.thread !== null }
  const payload = { pipeline: asked.pipeline, word: asked.change }
  const metadata: Metadata = { event_type: 'signalbox_migration', event_payload: payload }
  await sent(shown, (it) => slack.post(to, it, metadata))
  return DONE
}
