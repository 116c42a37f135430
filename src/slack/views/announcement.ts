/**
 * A train's announcement.
 *
 * Invariant: pure; titles and names reach Slack as plain text only.
 */
import type { KnownBlock } from '@slack/types'
import { attemptAt } from '../../core/line.ts'
import type { Message, Scene } from '../scene.ts'
import { valueOf as drawn } from '../words/button-value.ts'

export function announcement({ pipeline, train, changes }: Scene): Message {
  const text = `Train #${train.number} · ${pipeline.name}: ${train.status}`
  const journey = pipeline.policy.environments.map(
    ({ name }) => `${name} ${attemptAt(pipeline, train, name)?.status ?? 'ahead'}`,
  )
  const rows = changes.map(({ number, title, author }) => `#${number ?? '–'} ${title} (${author})`)
  const value = drawn({ pipeline: pipeline.name, train: train.number })
  const button = (action_id: string, label: string) => ({
    type: 'button' as const,
    action_id,
    text: { type: 'plain_text' as const, text: label },
    value,
  })
  const blocks: KnownBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: text.slice(0, 150) } },
    {
      type: 'section',
      text: { type: 'plain_text', text: [journey.join(' → '), ...rows].join('\n').slice(0, 3_000) },
    },
  ]
  if (train.status === 'boarding') {
    blocks.push({ type: 'actions', elements: [button('train.depart', 'Depart now')] })
  } else if (train.status === 'departed') {
    blocks.push({
      type: 'actions',
      elements: [button('train.hold', 'Hold'), button('train.cancel', 'Cancel')],
    })
  }
  return { text, blocks }
}
