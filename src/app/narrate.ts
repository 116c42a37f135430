/**
 * Events told: each one reply in its train's thread, or one catch-up for those that waited long.
 *
 * Invariant: an event is told once. After a doubtful attempt the thread is searched for replies
 * that say in their metadata which events they tell.
 */
import { forgetMessage } from '../db/messages.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Metadata } from '../slack/client.ts'
import { SlackFault } from '../slack/fault.ts'
import type { Message, Narration, Told } from '../slack/scene.ts'
import { catchUp } from '../slack/views/catch-up.ts'
import { narrate } from '../slack/views/narration.ts'
import {
  type Announcing,
  announced,
  type Delivery,
  DONE,
  SEARCH_BACK_MS,
  sent,
} from './announce.ts'
import { loadStage, type Stage } from './scene.ts'
import { findTold } from './told.ts'

/** Events of one lane, oldest first. */
export interface Telling {
  readonly pipeline: string
  readonly train: number | null
  readonly seqs: readonly number[]
  readonly unsure: boolean
  readonly sinceMs: number
}

interface Line {
  readonly seq: number
  readonly told: Told
  readonly narration: Narration
}

/** Tells the events; several become one reply. */
export async function tell(parts: Announcing, telling: Telling): Promise<Delivery> {
  const { pipeline, train, unsure, sinceMs } = telling
  const stage = await loadStage(parts.staging, pipeline, train)
  const lines = await narrations(parts, telling, stage)
  const channel = stage.pipeline.policy.channel
  if (lines.length === 0 || channel === null) return DONE
  const asked = { pipeline, unsure, sinceMs }
  const root = train === null ? null : await announced(parts, { ...asked, train })
  const place = { channel: root?.channel ?? channel, thread: root?.ts ?? null }
  const told = unsure ? await toldIn(parts, place, telling) : []
  const open = lines.filter(({ seq }) => !told.some(({ from, to }) => from <= seq && seq <= to))
  const [first] = open
  const last = open.at(-1)
  if (first === undefined || last === undefined) return DONE
  const missed = open.map((line) => line.told)
  const message: Message =
    (open.length > 1 ? catchUp(missed, stage.scene, stage.pipeline) : null) ?? first.narration
  const broadcast = open.some(({ narration }) => narration.broadcast)
  const metadata: Metadata = {
    event_type: 'signalbox_event',
    event_payload: { pipeline, event: last.seq, from: first.seq },
  }
  try {
    await sent(message, (shown) => parts.slack.post({ ...place, broadcast }, shown, metadata))
    //! failpoint narrate.posted
  } catch (fault) {
    // Its announcement was deleted in Slack: the next attempt posts a new one to tell this under.
    if (train !== null && fault instanceof SlackFault && fault.kind === 'gone') {
      await inTransaction(parts.staging.pool, (tx) => forgetMessage(tx, pipeline, train))
    }
    throw fault
  }
  return DONE
}

async function narrations(
  { staging }: Announcing,
  { pipeline, seqs }: Telling,
  { scene, pipeline: present }: Stage,
): Promise<readonly Line[]> {
  const told = await inTransaction(staging.pool, async (tx) => {
    const found = []
    for (const seq of seqs) found.push(await findTold(tx, pipeline, seq))
    return found
  })
  return told.flatMap((one) => {
    const narration = one && narrate(one, scene, present)
    return one && narration ? [{ seq: one.seq, told: one, narration }] : []
  })
}

/** Ranges of events that replies here already tell; a lane tells its events in order. */
async function toldIn(
  { slack }: Announcing,
  place: { readonly channel: string; readonly thread: string | null },
  { pipeline, sinceMs }: Telling,
): Promise<readonly { readonly from: number; readonly to: number }[]> {
  const found = await slack.ours(place, sinceMs - SEARCH_BACK_MS)
  return found.flatMap(({ metadata: { event_type, event_payload: of } }) => {
    const to = Number(of['event'])
    return event_type === 'signalbox_event' && of['pipeline'] === pipeline
      ? [{ from: Number(of['from'] ?? to), to }]
      : []
  })
}
