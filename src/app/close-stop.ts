/**
 * The message that told of a stop, drawn anew once the line goes on: no button is left to press.
 *
 * Invariant: only our own message about that stop is drawn anew, and none that tells other things
 * as well; repeating it is harmless.
 */
import { inTransaction } from '../db/transaction.ts'
import { endedStopNote } from '../slack/views/stop-note.ts'
import { type Announcing, type Delivery, DONE, SEARCH_BACK_MS, sent } from './announce.ts'
import { loadStage } from './scene.ts'
import { findTold } from './told.ts'

/** `seq`: of the event that let the line go on. */
export async function closeStop(
  { staging, slack }: Announcing,
  { pipeline, seq }: { readonly pipeline: string; readonly seq: number },
): Promise<Delivery> {
  const { pipeline: present } = await loadStage(staging, pipeline, null)
  const { channel } = present.policy
  const find = (one: number) => inTransaction(staging.pool, (tx) => findTold(tx, pipeline, one))
  const resumed = await find(seq)
  if (channel === null || resumed?.event.type !== 'line_resumed') return DONE
  const since = resumed.event.stopped?.since ?? resumed.at
  for (const { ts, metadata } of await slack.ours(
    { channel, thread: null },
    since - SEARCH_BACK_MS,
  )) {
    const { event_type, event_payload: of } = metadata
    const isOne = of['event'] === of['from'] && Number(of['event']) < seq
    if (event_type !== 'signalbox_event' || of['pipeline'] !== pipeline || !isOne) continue
    const told = await find(Number(of['event']))
    if (told?.event.type !== 'line_stopped' || told.at !== since) continue
    const around = { pipeline: present, changes: present.changes, actor: told.actor }
    const note = endedStopNote(told, around, resumed)
    await sent(note, (shown) => slack.update({ channel, ts }, shown, metadata))
  }
  return DONE
}
