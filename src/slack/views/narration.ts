/**
 * One event told in a train's thread.
 *
 * Invariant: pure; null is deliberate silence.
 */
import type { KnownBlock } from '@slack/types'
import { planOf } from '../../core/line.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Narration, Scene, Told } from '../scene.ts'
import { valueOf as drawn } from '../words/button-value.ts'

const SILENT = new Set([
  'change_recorded',
  'change_enriched',
  'check_recorded',
  'train_opened',
  'run_claimed',
  'run_started',
])

export function narrate(told: Told, scene: Scene | null, pipeline: Pipeline): Narration | null {
  const { event, actor } = told
  if (SILENT.has(event.type)) return null
  const words = event.type.replaceAll('_', ' ')
  const text = `${actor}: ${words}${scene === null ? ` (${pipeline.name})` : ''}`
  const blocks: KnownBlock[] = [{ type: 'section', text: { type: 'plain_text', text } }]
  if (event.type === 'train_departed' && scene !== null) blocks.push(asking(scene))
  const broadcast = event.type === 'train_departed' || event.type === 'train_arrived'
  return { text, blocks, broadcast }
}

function asking({ pipeline, train }: Scene): KnownBlock {
  const last = pipeline.policy.environments.at(-1)
  const plan = last && planOf(pipeline, train, last)
  const of = { pipeline: pipeline.name, train: train.number }
  const bound = plan ? { ...of, environment: plan.environment, plan: plan.hash } : of
  return {
    type: 'actions',
    elements: [
      {
        type: 'button',
        action_id: 'train.consent',
        text: { type: 'plain_text', text: 'Good to go' },
        value: drawn(of),
      },
      {
        type: 'button',
        action_id: 'train.approve',
        text: { type: 'plain_text', text: 'Approve' },
        value: drawn(bound),
      },
    ],
  }
}
