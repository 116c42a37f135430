/**
 * What the bot hears when people act on the page: signed, with tickets that work once.
 */
import type { View } from '@slack/web-api'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, type Heard, settle, startBench } from './bot.ts'

let bench: Bench

beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  expect(bench.heard.every(({ isSigned }) => isSigned)).toBe(true)
  await bench.stop()
})

const channel = 'C0DEPLOYS'
const plain = (text: string) => ({ type: 'plain_text', text }) as const
const form: View = {
  type: 'modal',
  callback_id: 'reason',
  title: plain('Hold train #1'),
  submit: plain('Hold'),
  private_metadata: 'api 1',
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      label: plain('Why'),
      element: { type: 'plain_text_input', action_id: 'text' },
    },
  ],
}

const last = (): Heard['body'] => bench.heard.at(-1)?.body ?? {}

/** Posts a message with one button; answers where the button is. */
async function postButton(): Promise<Record<string, string>> {
  const button = {
    type: 'button',
    action_id: 'train.hold',
    value: '1',
    text: plain('Hold'),
  } as const
  const blocks = [{ type: 'actions', block_id: 'b', elements: [button] }] as const
  const { ts = '' } = await bench.slack.chat.postMessage({
    channel,
    text: 'x',
    blocks: [...blocks],
  })
  return { channel, ts, block: 'b', action: 'train.hold' }
}

test('a command arrives as a form, with people and channels escaped', async () => {
  const done = await bench.act('say', { channel, text: '/lock api <now> for @bob in #deploys' })
  expect(done).toEqual({ ok: true })
  expect(bench.heard[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(last()).toMatchObject({
    command: '/lock',
    text: 'api &lt;now&gt; for <@U0BOB|bob> in <#C0DEPLOYS|deploys>',
    user_id: 'U0ANA',
    user_name: 'ana',
    channel_id: channel,
    team_id: 'T0SHOP',
  })
})

test('the answer to a command is shown to its speaker alone', async () => {
  bench.answer = (c) => c.json({ text: 'The board' })
  await bench.act('say', { channel, text: '/deploy' })
  const answer = await fetch(`${bench.url}/playground/state?as=U0ANA`)
  expect(await answer.json()).toMatchObject({ messages: [{ text: 'The board', to: 'U0ANA' }] })
})

test.each([
  ['with an error', 500, '/deploy failed with the error "dispatch_failed (status 500)"'],
  ['with a refusal', 401, '/deploy failed with the error "dispatch_failed (status 401)"'],
] as const)('a bot that answers %s is shown as Slack shows it', async (_, status, message) => {
  bench.answer = (c) => c.body(null, status)
  expect(await bench.act('say', { channel, text: '/deploy' })).toEqual({ ok: false, message })
})

test('a bot that is silent for 3 seconds is given up', async () => {
  let release = (): void => undefined
  bench.answer = (c) =>
    new Promise((resolve) => {
      release = () => resolve(c.body(null, 200))
    })
  const message = '/deploy failed with the error "operation_timeout"'
  expect(await bench.act('say', { channel, text: '/deploy' })).toEqual({ ok: false, message })
  release()
})

test('a command that no app has is no command, and nobody hears of it', async () => {
  expect(await bench.act('say', { channel, text: '/dance' })).toMatchObject({ ok: false })
  expect(bench.heard).toEqual([])
})

test('a press tells who, where and what, and its response address answers five times', async () => {
  const at = await postButton()
  expect(await bench.act('press', { ...at, as: 'U0BOB' })).toEqual({ ok: true })
  expect(last()).toMatchObject({
    type: 'block_actions',
    user: { id: 'U0BOB' },
    container: { type: 'message', message_ts: at['ts'], channel_id: channel },
    message: { ts: at['ts'], text: 'x' },
    actions: [{ type: 'button', action_id: 'train.hold', block_id: 'b', value: '1' }],
  })
  const url = String(last()['response_url'])
  const say = async (): Promise<string> => {
    const body = JSON.stringify({
      text: 'done',
      response_type: 'ephemeral',
      replace_original: false,
    })
    const headers = { 'content-type': 'application/json' }
    return (await fetch(url, { method: 'POST', headers, body })).text()
  }
  for (let times = 0; times < 5; times++) expect(await say()).toBe('ok')
  expect(JSON.parse(await say())).toEqual({ ok: false, error: 'used_url' })
})

test('an ephemeral message is replaced through its response address', async () => {
  const at = await postButton()
  await bench.act('press', at)
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ text: 'gone', replace_original: true, blocks: [] })
  await fetch(String(last()['response_url']), { method: 'POST', headers, body })
  const { messages } = await bench.slack.conversations.history({ channel })
  expect(messages).toMatchObject([{ text: 'gone' }])
})

test('a button that is gone cannot be pressed', async () => {
  const at = await postButton()
  await bench.slack.chat.update({ channel, ts: at['ts'] ?? '', text: 'over', blocks: [] })
  expect(await bench.act('press', at)).toMatchObject({ ok: false })
  expect(bench.heard).toEqual([])
})

test('a trigger opens one form; what is required is asked for before the bot hears', async () => {
  await bench.act('press', await postButton())
  const trigger_id = String(last()['trigger_id'])
  await bench.slack.views.open({ trigger_id, view: form })
  const again = await bench.slack.views
    .open({ trigger_id, view: form })
    .catch((fault: { data: unknown }) => fault.data)
  expect(again).toMatchObject({ error: 'exchanged_trigger_id' })
  expect(await bench.act('submit', { values: {} })).toMatchObject({
    errors: { reason: 'Please complete this required field.' },
  })
  expect(bench.heard).toHaveLength(1)
})

test('a form that is sent back stays open with its errors, and closes when it is taken', async () => {
  await bench.act('press', await postButton())
  await bench.slack.views.open({ trigger_id: String(last()['trigger_id']), view: form })
  const values = { reason: { text: { type: 'plain_text_input', value: 'migration' } } }
  bench.answer = (c) => c.json({ response_action: 'errors', errors: { reason: 'Too short.' } })
  expect(await bench.act('submit', { values })).toMatchObject({ errors: { reason: 'Too short.' } })
  bench.answer = (c) => c.body(null, 200)
  expect(await bench.act('submit', { values })).toEqual({ ok: true })
  expect(last()).toMatchObject({
    type: 'view_submission',
    view: { callback_id: 'reason', private_metadata: 'api 1', state: { values } },
  })
  const state = await fetch(`${bench.url}/playground/state?as=U0ANA`)
  expect(await state.json()).toMatchObject({ view: null })
})

test('a form beyond Slack’s limits is refused', async () => {
  await bench.act('press', await postButton())
  const view = { ...form, title: plain('A title of more than 24 characters') }
  const fault = await bench.slack.views
    .open({ trigger_id: String(last()['trigger_id']), view })
    .catch((one: { data: unknown }) => one.data)
  expect(fault).toMatchObject({ error: 'invalid_arguments' })
})

test('an event that is not answered is told again at once, marked as a repeat', async () => {
  bench.answer = (c) => c.body(null, bench.heard.length === 1 ? 500 : 200)
  await bench.act('home', {})
  await settle('the event is repeated', () => bench.heard.length === 2)
  const [first, second] = bench.heard
  expect(second?.body['event_id']).toBe(first?.body['event_id'])
  expect(second?.headers).toMatchObject({
    'x-slack-retry-num': '1',
    'x-slack-retry-reason': 'http_error',
  })
})
