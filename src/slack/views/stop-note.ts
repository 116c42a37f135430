/**
 * That somebody stopped the line, with what people may do about it; and later, that it goes on.
 *
 * Invariant: buttons stand there only while that very stop does.
 */
import type { Narration, Told } from '../scene.ts'
import { md, spoken } from '../words/mrkdwn.ts'
import { type Around, sentence } from '../words/sentence.ts'
import { actions, sections } from './blocks.ts'
import { claim, resume } from './choices.ts'

/** `told`: the stop. */
export function stopNote({ event, at }: Told, around: Around): Narration {
  const { pipeline } = around
  const said = md`⛔ ${sentence(event, around)}`
  const isStanding = pipeline.stopped?.since === at
  return {
    text: spoken(said),
    blocks: [
      ...sections([said]),
      ...(isStanding ? actions([claim({ pipeline }), resume({ pipeline })]) : []),
    ],
    broadcast: true,
  }
}

/** `resumed`: what ended it. */
export function endedStopNote(told: Told, around: Around, resumed: Told): Narration {
  const said = md`⛔ ${sentence(told.event, around)}`
  const { event, actor } = resumed
  const on = md`🟢 The line goes on: ${sentence(event, { ...around, actor })}`
  return { text: spoken(said), blocks: sections([said, on]), broadcast: true }
}
