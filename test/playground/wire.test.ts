/**
 * The stand-in for Slack as the bot meets it, through Slack's own client.
 */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebClient } from '@slack/web-api'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPace } from '../../src/playground/wire/pace.ts'
import { type Bench, startBench } from './bot.ts'

let bench: Bench

beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  await bench.stop()
})

const channel = 'C0DEPLOYS'

/** Slack's error, and what it says besides. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (fault: { readonly data?: { readonly error?: string } }) => fault.data?.error ?? fault,
  )
}

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } }) as const
const button = (more: object) => ({
  type: 'actions',
  elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'Go' }, ...more }],
})

test('a message is posted, changed in place, and found again with its metadata', async () => {
  const metadata = { event_type: 'signalbox_train', event_payload: { pipeline: 'api', train: 1 } }
  const { ts } = await bench.slack.chat.postMessage({ channel, text: 'Train #1', metadata })
  await bench.slack.chat.update({ channel, ts: ts ?? '', text: 'Train #1 has departed' })
  const seen = await bench.slack.conversations.history({ channel, include_all_metadata: true })
  expect(seen.messages).toMatchObject([{ ts, text: 'Train #1 has departed', metadata }])
  const without = await bench.slack.conversations.history({ channel })
  expect(without.messages?.[0]).not.toHaveProperty('metadata')
})

test('replies stand in their thread, and a broadcast one in the channel too', async () => {
  const { ts: thread_ts = '' } = await bench.slack.chat.postMessage({ channel, text: 'root' })
  await bench.slack.chat.postMessage({ channel, text: 'quiet', thread_ts })
  await bench.slack.chat.postMessage({ channel, text: 'loud', thread_ts, reply_broadcast: true })
  const { messages } = await bench.slack.conversations.replies({ channel, ts: thread_ts })
  expect(messages?.map(({ text }) => text)).toEqual(['root', 'quiet', 'loud'])
  const history = await bench.slack.conversations.history({ channel })
  expect(history.messages?.map(({ text }) => text)).toEqual(['loud', 'root'])
  expect(history.messages?.[1]).toMatchObject({ reply_count: 2 })
})

test('pages of a history follow each other without a gap', async () => {
  for (const text of ['one', 'two', 'three']) await bench.slack.chat.postMessage({ channel, text })
  const first = await bench.slack.conversations.history({ channel, limit: 2 })
  const cursor = first.response_metadata?.next_cursor ?? ''
  const second = await bench.slack.conversations.history({ channel, limit: 2, cursor })
  const texts = [...(first.messages ?? []), ...(second.messages ?? [])].map(({ text }) => text)
  expect(texts).toEqual(['three', 'two', 'one'])
  expect([first.has_more, second.has_more]).toEqual([true, false])
})

test.each([
  ['an unknown channel', { channel: 'C0NOWHERE', text: 'x' }, 'channel_not_found'],
  ['nothing to say', { channel }, 'no_text'],
  ['a text without end', { channel, text: 'x'.repeat(40_001) }, 'msg_too_long'],
  ['no such thread', { channel, text: 'x', thread_ts: '1.2' }, 'thread_not_found'],
  ['metadata without a type', { channel, text: 'x', metadata: {} }, 'invalid_metadata_format'],
  [
    'too many blocks',
    { channel, text: 'x', blocks: Array(51).fill({ type: 'divider' }) },
    'invalid_blocks',
  ],
  ['an unknown block', { channel, text: 'x', blocks: [{ type: 'poem' }] }, 'invalid_blocks'],
  ['an input in a message', { channel, text: 'x', blocks: [{ type: 'input' }] }, 'invalid_blocks'],
  [
    'a long section',
    { channel, text: 'x', blocks: [section('x'.repeat(3_001))] },
    'invalid_blocks',
  ],
  ['an empty section', { channel, text: 'x', blocks: [section('')] }, 'invalid_blocks'],
  [
    'a long value',
    { channel, text: 'x', blocks: [button({ value: 'x'.repeat(2_001) })] },
    'invalid_blocks',
  ],
  [
    'a style of our own',
    { channel, text: 'x', blocks: [button({ style: 'loud' })] },
    'invalid_blocks',
  ],
  [
    'a confirm dialog with a long title',
    {
      channel,
      text: 'x',
      blocks: [
        button({
          confirm: {
            title: { type: 'plain_text', text: 'x'.repeat(101) },
            text: { type: 'plain_text', text: 'x' },
          },
        }),
      ],
    },
    'invalid_blocks',
  ],
  [
    'too much in all',
    { channel, text: 'x', blocks: Array(5).fill(section('x'.repeat(2_900))) },
    'msg_blocks_too_long',
  ],
])('Slack refuses %s', async (_, message, error) => {
  expect(await errorOf(bench.slack.apiCall('chat.postMessage', message))).toBe(error)
  const { messages } = await bench.slack.conversations.history({ channel })
  expect(messages).toEqual([])
})

test('a refused block is named by its place', async () => {
  const blocks = [{ type: 'divider' }, section('x'.repeat(3_001))]
  const fault = await bench.slack.chat
    .postMessage({ channel, text: 'x', blocks })
    .catch((one: { data: unknown }) => one.data)
  expect(fault).toMatchObject({
    errors: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]'],
  })
})

test('nothing can be changed that is not there, or is somebody else’s', async () => {
  const nowhere = bench.slack.chat.update({ channel, ts: '1.2', text: 'x' })
  expect(await errorOf(nowhere)).toBe('message_not_found')
  await bench.act('say', { channel, text: 'hello' })
  const { messages } = await bench.slack.conversations.history({ channel })
  const ts = messages?.[0]?.ts ?? ''
  const others = bench.slack.chat.update({ channel, ts, text: 'x' })
  expect(await errorOf(others)).toBe('cant_update_message')
})

test('a burst of messages passes, and a sustained stream is slowed with a time to wait', async () => {
  let clock = 0
  const pace = createPace(() => clock)
  const take = (): number => pace.take('chat.postMessage', channel)
  expect(Array.from({ length: 11 }, take)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  expect(pace.take('chat.postMessage', 'D0ANA')).toBe(0)
  clock = 1_000
  expect([take(), take()]).toEqual([0, 1])
  const posts = Array.from({ length: 12 }, (_, at) =>
    errorOf(bench.slack.chat.postMessage({ channel, text: `${at}` })),
  )
  const refused = (await Promise.all(posts)).filter((one) => one !== 'no error')
  expect(refused[0]).toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 1 })
})

test('an ephemeral message reaches one person, and no history', async () => {
  await bench.slack.chat.postEphemeral({ channel, user: 'U0ANA', text: 'only you' })
  const { messages } = await bench.slack.conversations.history({ channel })
  expect(messages).toEqual([])
  const seen = async (as: string): Promise<number> => {
    const answer = await fetch(`${bench.url}/playground/state?as=${as}`)
    return ((await answer.json()) as { messages: [] }).messages.length
  }
  expect([await seen('U0ANA'), await seen('U0BOB')]).toEqual([1, 0])
})

test('people are told apart: members, a guest, somebody of another workspace', async () => {
  const { members } = await bench.slack.users.list({})
  expect(members?.map(({ name }) => name)).toEqual(['ana', 'bob', 'cem', 'gus', 'signalbox'])
  const guest = await bench.slack.users.info({ user: 'U0GUS' })
  expect(guest.user).toMatchObject({ is_restricted: true, team_id: 'T0SHOP' })
  const stranger = await bench.slack.users.info({ user: 'U0FAY' })
  expect(stranger.user).toMatchObject({ is_stranger: true, team_id: 'T0ELSEWHERE' })
  expect(await errorOf(bench.slack.users.info({ user: 'U0NOBODY' }))).toBe('user_not_found')
})

test('a call without the right token is refused', async () => {
  const other = new WebClient('xoxb-wrong', { slackApiUrl: bench.playground.slack.apiUrl })
  expect(await errorOf(other.auth.test())).toBe('invalid_auth')
  expect(await bench.slack.auth.test()).toMatchObject({ team_id: 'T0SHOP', user: 'signalbox' })
})

test('while Slack is down it answers nobody, and afterwards all is as it was', async () => {
  await bench.slack.chat.postMessage({ channel, text: 'before' })
  await bench.act('slack', { down: true })
  const during = await fetch(`${bench.playground.slack.apiUrl}auth.test`, { method: 'POST' })
  expect(during.status).toBe(503)
  expect(await bench.act('say', { channel, text: 'hello?' })).toMatchObject({ ok: false })
  await bench.act('slack', { down: false })
  const { messages } = await bench.slack.conversations.history({ channel })
  expect(messages?.map(({ text }) => text)).toEqual(['before'])
})

test('what was said survives a restart, and so do the token and the secret', async () => {
  const home = mkdtempSync(join(tmpdir(), 'signalbox-playground-'))
  const first = await startBench(home)
  await first.slack.chat.postMessage({ channel, text: 'kept' })
  await first.stop()
  const second = await startBench(home)
  const { messages } = await second.slack.conversations.history({ channel })
  expect(messages?.map(({ text }) => text)).toEqual(['kept'])
  expect(second.playground.slack.botToken).toBe(first.playground.slack.botToken)
  await second.stop()
  await rm(home, { recursive: true })
})

test.each([
  ['another site', { origin: 'https://evil.example', 'content-type': 'application/json' }],
  ['a form of another site', { 'content-type': 'text/plain' }],
])('%s cannot act for anybody', async (_, headers) => {
  const body = JSON.stringify({ as: 'U0ANA', channel, text: 'hello' })
  const answer = await fetch(`${bench.url}/playground/do/say`, { method: 'POST', headers, body })
  expect(answer.status).toBe(403)
})
