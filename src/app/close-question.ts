/**
 * The question of a departure, taken back once its train is over: no button is left to press.
 *
 * Invariant: only our own reply that told the departure is drawn anew; repeating it is harmless.
 */
import { inTransaction } from '../db/transaction.ts'
import { narrate } from '../slack/views/narration.ts'
import { type Announcing, type Delivery, DONE, SEARCH_BACK_MS, sent } from './announce.ts'
import { loadStage } from './scene.ts'
import { findTold } from './told.ts'

export async function closeQuestion(
  { staging, slack }: Announcing,
  { pipeline, train }: { readonly pipeline: string; readonly train: number },
): Promise<Delivery> {
  const { scene, posted, pipeline: present } = await loadStage(staging, pipeline, train)
  if (scene === null || posted === null) return DONE
  const since = (scene.train.departedAt ?? scene.train.openedAt) - SEARCH_BACK_MS
  const place = { channel: posted.channel, thread: posted.ts }
  for (const { ts, metadata } of await slack.ours(place, since)) {
    const { event_type, event_payload: of } = metadata
    if (event_type !== 'signalbox_event' || of['pipeline'] !== pipeline) continue
    const seq = Number(of['event'])
    const told = await inTransaction(staging.pool, (tx) => findTold(tx, pipeline, seq))
    if (told?.event.type !== 'train_departed') continue
    const narration = narrate(told, scene, present)
    if (narration === null) continue
    await sent(narration, (shown) => slack.update({ channel: posted.channel, ts }, shown, metadata))
  }
  return DONE
}
