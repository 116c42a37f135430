/**
 * Who gets in: signatures, repeats, strangers.
 *
 * Method: a lock is what every request asks for, because it needs no train; what must not act
 * leaves no lock behind.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ANA, BOB, EdgeTown } from './edge-town.ts'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open()
})

afterEach(async () => {
  await town.close()
})

const LOCK = '/lock api production careful'
const MINUTE = 60_000

test('a request whose signature does not hold is refused', async () => {
  const { status } = await town.slack.slash(ANA, LOCK, { secret: 'another-secret-entirely' })
  expect(status).toBe(401)
  expect(await town.rows('locks')).toBe(0)
})

test('a request without a signature is refused', async () => {
  const answer = await fetch(`${town.slack.botUrl}/slack/events`, { method: 'POST', body: '{}' })
  expect(answer.status).toBe(401)
})

test.each([
  ['the past', -6 * MINUTE],
  ['the future', 6 * MINUTE],
])('a well signed request from %s is refused', async (_, shift) => {
  const { status } = await town.slack.slash(ANA, LOCK, { at: Date.now() + shift })
  expect(status).toBe(401)
  expect(await town.rows('locks')).toBe(0)
})

test('a request repeated byte for byte is answered as done, and acts once', async () => {
  expect((await town.slack.slash(ANA, LOCK)).status).toBe(200)
  await town.slack.slash(ANA, '/lock api production release')
  expect((await town.slack.replay()).status).toBe(200)
  const first = await town.slack.slash(BOB, LOCK)
  expect(first.status).toBe(200)
  const again = await Promise.all([town.slack.replay(), town.slack.replay(), town.slack.replay()])
  expect(again.map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await town.events()).filter(({ type }) => type === 'locked').length).toBe(2)
})

test('a delivery that Slack repeats, signed anew, acts once', async () => {
  await town.slack.slash(ANA, LOCK)
  await town.slack.retry()
  expect((await town.events()).filter(({ type }) => type === 'locked').length).toBe(1)
})

test('Slack checks the address before anything is installed', async () => {
  const json = { type: 'url_verification', challenge: 'c-1' }
  expect((await town.slack.deliver({ json }, {})).body).toEqual({ challenge: 'c-1' })
})

test('a form that merely claims to be a check is not dispatched', async () => {
  const answer = await town.slack.deliver({ form: { ssl_check: '1', token: 'x' } }, {})
  expect(answer).toEqual({ status: 200, body: null })
})

test.each([
  ['U0GUEST', 'guests cannot act'],
  ['U0ROBOT', 'bots cannot act'],
  ['U0GONE', 'deactivated'],
])('%s is refused with the reason', async (user, words) => {
  const answer = await town.slack.slash(user, LOCK)
  expect(String(answer.body?.['text'])).toContain(words)
  expect(await town.rows('locks')).toBe(0)
})

test('somebody of another workspace is refused, though the request is genuine', async () => {
  const answer = await town.slack.slash(ANA, LOCK, { team: 'T0ELSE' })
  expect(String(answer.body?.['text'])).toContain('only members of this workspace')
  expect(await town.rows('locks')).toBe(0)
})

test('somebody never seen is asked about once, and may then act', async () => {
  town.slack.unlisted.push({ id: 'U0NEW', team_id: 'T0HOME', name: 'eve', profile: {} })
  await town.slack.slash('U0NEW', LOCK)
  expect((await town.pipeline()).environments[0]?.lock?.by).toBe('slack:U0NEW')
  await town.slack.slash('U0NEW', '/lock status')
  expect(town.slack.count('users.info')).toBe(1)
})

test('somebody never seen is told to try again while Slack does not say who it is', async () => {
  town.slack.unlisted.push({ id: 'U0NEW', team_id: 'T0HOME', name: 'eve', profile: {} })
  town.slack.fail('users.info', { kind: 'hang' })
  const answer = await town.slack.slash('U0NEW', LOCK)
  expect(String(answer.body?.['text'])).toContain('Try again')
  expect(town.slack.calls).not.toContain('respond')
  expect(await town.rows('locks')).toBe(0)
})

test('a member who became a guest may act no longer', async () => {
  const user = { id: ANA, team_id: 'T0HOME', name: 'ana', is_restricted: true, profile: {} }
  await town.slack.event({ type: 'user_change', user })
  const answer = await town.slack.slash(ANA, LOCK)
  expect(String(answer.body?.['text'])).toContain('guests cannot act')
})

test('a button that names the train of another thread is refused', async () => {
  for (const name of ['one', 'two']) {
    await town.merge(name)
    await town.slack.slash(ANA, '/deploy api')
  }
  await town.settle()
  const { ts, channel } = town.root(1)
  const value = JSON.stringify({ pipeline: 'api', train: 2 })
  const container = { message_ts: ts, channel_id: channel, is_ephemeral: false }
  await town.slack.click(ANA, { action: 'train.consent', value, container }, {})
  await town.slack.heard(ANA, 'does not belong')
  expect((await town.events()).some(({ type }) => type === 'consent_given')).toBe(false)
})

test.each(['', '{', '[]', '{"pipeline":"__proto__"}', '{"pipeline":"api","train":-1}'])(
  'a forged value (%s) does nothing',
  async (value) => {
    const container = { message_ts: '1.1', is_ephemeral: true }
    const answer = await town.slack.click(ANA, { action: 'train.consent', value, container }, {})
    expect(answer.status).toBe(200)
    await town.slack.heard(ANA, '')
    expect(await town.events()).toEqual([])
  },
)
