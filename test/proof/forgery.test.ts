/** Signed requests that come again, as whoever recorded them would send them. */
import { createHmac } from 'node:crypto'
import type { App } from '@slack/bolt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeOnce, untake } from '../../src/db/slack-requests.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createReceiver } from '../../src/slack/receiver.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { measured, size } from './size.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const hmac = (secret: string, timestamp: string, body: Uint8Array): string =>
  createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')

test('a signed request of Slack that comes again, also at the same moment, acts once', async () => {
  const rounds = size({ ci: 25, full: 1_000 })
  const secret = 'a signing secret'
  let acted = 0
  const receiver = createReceiver({
    signingSecret: secret,
    log: quiet,
    take: (key) => inTransaction(database.pool, (tx) => takeOnce(tx, [key])),
    untake: (key) => inTransaction(database.pool, (tx) => untake(tx, [key])),
  })
  receiver.init({
    processEvent: async ({ ack }: { readonly ack: () => Promise<void> }) => {
      acted += 1
      await ack()
    },
  } as unknown as App)
  for (let round = 1; round <= rounds; round += 1) {
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const body = Buffer.from(JSON.stringify({ type: 'event_callback', round }))
    const headers: Readonly<Record<string, string>> = {
      'content-type': 'application/json',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${hmac(secret, timestamp, body)}`,
    }
    const send = () => receiver.handle({ body, header: (name) => headers[name] })
    const answers = await Promise.all(Array.from({ length: 6 }, send))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(acted).toBe(round)
  }
  measured('signed requests of Slack, each six times at once: acted twice', `${rounds}: 0`)
}, 600_000)
