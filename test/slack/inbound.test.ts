/** Where the answer to a press is shown: where it was pressed, and never unseen. */
import { describe, expect, test } from 'vitest'
import { readInbound } from '../../src/slack/inbound.ts'

const pressIn = (container: object, message: object) => {
  const read = readInbound({
    type: 'block_actions',
    user: { id: 'U1', team_id: 'T1' },
    trigger_id: '1.2.3',
    channel: { id: 'C1' },
    container: { type: 'message', channel_id: 'C1', ...container },
    message,
    actions: [{ action_id: 'train.hold', action_ts: '9.9' }],
  })
  if (read?.type !== 'press') throw new Error('it was not read as a press')
  return read
}

const threadOf = (container: object, message: object) => pressIn(container, message).thread
const rootOf = (container: object, message: object) => pressIn(container, message).root

describe('the answer to a press', () => {
  test('stands in the channel for a message of the channel, also once it has replies', () => {
    expect(threadOf({ message_ts: '1.0' }, {})).toBeNull()
    expect(threadOf({ message_ts: '1.0', thread_ts: '1.0' }, { thread_ts: '1.0' })).toBeNull()
  })

  test('stands in the channel for a reply that the channel shows too', () => {
    const shown = { thread_ts: '1.0', subtype: 'thread_broadcast' }
    expect(threadOf({ message_ts: '2.0', thread_ts: '1.0' }, shown)).toBeNull()
  })

  test('stands in the thread for a reply that is nowhere else', () => {
    expect(threadOf({ message_ts: '2.0', thread_ts: '1.0' }, { thread_ts: '1.0' })).toBe('1.0')
  })

  test('stands in the channel for what one person alone was shown', () => {
    expect(threadOf({ message_ts: '2.0', thread_ts: '1.0', is_ephemeral: true }, {})).toBeNull()
  })
})

describe('the thread to which a pressed button belongs', () => {
  test('is that of the message, where it starts one and where it stands in one', () => {
    expect(rootOf({ message_ts: '1.0' }, {})).toBe('1.0')
    expect(rootOf({ message_ts: '2.0', thread_ts: '1.0' }, {})).toBe('1.0')
    expect(rootOf({ message_ts: '2.0' }, { thread_ts: '1.0' })).toBe('1.0')
  })

  test('is the same where the channel shows the reply too', () => {
    const shown = { thread_ts: '1.0', subtype: 'thread_broadcast' }
    expect(rootOf({ message_ts: '2.0', thread_ts: '1.0' }, shown)).toBe('1.0')
  })

  test('is none for what one person alone was shown', () => {
    expect(rootOf({ message_ts: '2.0', thread_ts: '1.0', is_ephemeral: true }, {})).toBeNull()
  })
})
