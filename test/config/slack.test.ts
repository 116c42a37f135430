/** Slack is configured whole, or not at all. */
import { expect, test } from 'vitest'
import { readEnvironment } from '../../src/config/environment.ts'

const BOT = { SLACK_BOT_TOKEN: 'xoxb-0123456789-abc' }
const SIGNING = { SLACK_SIGNING_SECRET: '0123456789abcdef' }
const SOCKET = { SLACK_APP_TOKEN: 'xapp-0123456789-abc' }

const slackOf = (env: NodeJS.ProcessEnv) => {
  const read = readEnvironment(env)
  return read.ok ? read.config.slack : read.problems.map(({ variable }) => variable)
}

test('nothing set is no Slack', () => {
  expect(slackOf({})).toBeNull()
})

test('a bot token with a signing secret is Slack over HTTP', () => {
  expect(slackOf({ ...BOT, ...SIGNING })).toMatchObject({
    appToken: null,
    apiUrl: 'https://slack.com/api/',
  })
})

test('a bot token with an app token is Slack through a socket', () => {
  expect(slackOf({ ...BOT, ...SOCKET })).toMatchObject({ signingSecret: null })
})

test('the base address ends with a slash, however it was given', () => {
  const env = { ...BOT, ...SIGNING, SLACK_API_URL: 'http://localhost:1/api' }
  expect(slackOf(env)).toMatchObject({ apiUrl: 'http://localhost:1/api/' })
})

test.each([
  [BOT, 'SLACK_SIGNING_SECRET'],
  [SIGNING, 'SLACK_BOT_TOKEN'],
  [SOCKET, 'SLACK_BOT_TOKEN'],
])('half of it is refused, naming the other half', (env, missing) => {
  expect(slackOf(env)).toEqual([missing])
})
