/**
 * What was done while nobody could be told: one reply instead of many.
 *
 * Invariant: only what would have been told at the time, by whom and when, in order.
 */

import type { Pipeline } from '../../core/model.ts'
import type { Narration, Scene, Told } from '../scene.ts'
import { md, spoken } from '../words/mrkdwn.ts'
import { counted } from '../words/names.ts'
import { sentence } from '../words/sentence.ts'
import { clock, moment } from '../words/time.ts'
import { fitting, sections } from './blocks.ts'
import { narrate } from './narration.ts'
import { yes } from './yes.ts'

/** Null: none of it was to be told. */
export function catchUp(
  told: readonly Told[],
  scene: Scene | null,
  pipeline: Pipeline,
): Narration | null {
  const missed = told
    .filter((one) => narrate(one, scene, pipeline) !== null)
    .sort((a, b) => a.seq - b.seq)
  const [first] = missed
  const last = missed.at(-1)
  if (first === undefined || last === undefined) return null
  const head = md`📮 While Slack could not be reached, from ${moment(first.at)} to ${moment(last.at)}, ${counted(missed.length, 'thing')} happened:`
  const changes = scene?.changes ?? pipeline.changes
  const lines = missed.map(({ at, event, actor }) => {
    const around = { pipeline, changes, actor }
    const said = event.type === 'consent_given' ? yes(event, around) : null
    return md`• ${clock(at)} ${said ?? sentence(event, around)}`
  })
  const { shown, left } = fitting(lines, 6_000)
  const more = left === 0 ? [] : [md`+ ${left} more; the announcement shows how it stands now.`]
  return { text: spoken(head), blocks: sections([head, ...shown, ...more]), broadcast: false }
}
