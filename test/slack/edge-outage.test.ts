/** Slack slow, limited or gone: deploys go on, and on its return the present is shown, once. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHANNEL } from '../world/slack.ts'
import { ANA, BOB, EdgeTown, until } from './edge-town.ts'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open()
})

afterEach(async () => {
  await town.close()
})

/** The waiting rows become `minutes` older, and due. */
async function pass(minutes: number): Promise<void> {
  await town.database.pool.query(
    `UPDATE outbox SET created_at = created_at - $1 * interval '1 minute', due_at = created_at
      WHERE delivered_at IS NULL AND gave_up_at IS NULL AND effect->>'type' <> 'remind'`,
    [minutes],
  )
}

/** The doors are closed: nothing is left to press that would close them. */
function showsDeparted(): void {
  const shown = JSON.stringify(town.root().blocks)
  expect(shown).toContain('train.hold')
  expect(shown).not.toContain('train.depart')
}

async function ride(): Promise<void> {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.act({ type: 'consent', train: 1 }, { name: 'ana', kind: 'person', groups: [] })
  const approve = { type: 'approve', train: 1, environment: null, plan: null } as const
  await town.act(approve, { name: 'bob', kind: 'person', groups: [] })
  await town.deploys()
}

test('while Slack is down a train arrives; afterwards one message and one catch-up tell it', async () => {
  town.slack.fail('*', { kind: 'down' }, 1_000)
  await ride()
  await town.relay.drain()
  expect((await town.events()).at(-1)?.type).toBe('train_arrived')
  expect(town.slack.messages).toEqual([])

  town.slack.heal()
  await pass(11)
  await town.settle()
  expect(town.slack.roots().length).toBe(1)
  const told = town.slack.thread(town.root().ts)
  expect(told.length).toBe(1)
  expect(town.telling(await town.seqOf('train_departed'))).toEqual(told)
  expect(town.telling(await town.seqOf('train_arrived'))).toEqual(told)
})

test('an announcement that could not be delivered waits on until Slack is back', async () => {
  const waits = async (): Promise<number> => {
    const { rows } = await town.database.pool.query(
      `SELECT 1 FROM outbox WHERE effect->>'type' = 'announce'
          AND delivered_at IS NULL AND gave_up_at IS NULL`,
    )
    return rows.length
  }
  town.slack.fail('*', { kind: 'down' }, 1_000)
  await town.merge('one')
  expect(await waits()).toBe(1)
  await town.relay.drain()
  expect(await waits()).toBe(1)

  town.slack.heal()
  await pass(0)
  await town.settle()
  expect(town.slack.roots().length).toBe(1)
})

test('an announcement whose answer was lost is found again, not posted twice', async () => {
  town.slack.fail('chat.postMessage', { kind: 'lost' })
  await town.merge('one')
  await town.settle()
  expect(town.slack.roots().length).toBe(1)
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  showsDeparted()
})

test('a narration whose answer was lost is not told twice', async () => {
  await town.merge('one')
  await town.settle()
  town.slack.fail('chat.postMessage', { kind: 'lost' })
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  expect(town.telling(await town.seqOf('train_departed')).length).toBe(1)
})

test('a server that died between the post and its record finds its own message', async () => {
  await town.merge('one')
  await town.settle()
  await town.database.pool.query(`DELETE FROM messages`)
  await town.database.pool.query(
    `UPDATE outbox SET delivered_at = NULL, unsure = true WHERE effect->>'type' = 'announce'`,
  )
  await town.settle()
  expect(town.slack.roots().length).toBe(1)
})

test('a limit is waited out, and keeps nobody from acting', async () => {
  town.slack.fail('chat.postMessage', { kind: 'limited', seconds: 2 })
  await town.merge('one')
  await town.relay.drain()
  await town.relay.drain()
  expect((await town.slack.slash(BOB, '/lock api production careful')).status).toBe(200)
  await town.settle()
  expect(town.slack.early).toEqual([])
  expect(town.slack.roots().filter(({ text }) => text.includes('Train')).length).toBe(1)
})

test('what Slack will never take is given up, told in the audit, and holds up nothing', async () => {
  town.slack.fail('chat.postMessage', { kind: 'error', error: 'channel_not_found' })
  await town.merge('one')
  await town.settle()
  expect((await town.events()).some(({ type }) => type === 'delivery_failed')).toBe(true)
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  showsDeparted()
})

test('blocks that the workspace does not take are sent as plain text', async () => {
  town.slack.fail('chat.postMessage', { kind: 'error', error: 'invalid_blocks' })
  await town.merge('one')
  await town.settle()
  expect(town.root().blocks).toMatchObject([{ type: 'section' }])
})

test('an announcement that somebody deleted is posted anew', async () => {
  await town.merge('one')
  await town.settle()
  town.slack.messages.length = 0
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  showsDeparted()
})

test('two processes deliver each thing once', async () => {
  const other = town.anotherRelay()
  await ride()
  await until('everything is delivered', async () => {
    await Promise.all([town.relay.drain(), other.drain(), town.relay.drain(), other.drain()])
    return (await town.waiting()) === 0
  })
  expect(town.slack.roots().length).toBe(1)
  const told = town.slack.thread(town.root().ts).map(({ metadata }) => JSON.stringify(metadata))
  expect(new Set(told).size).toBe(told.length)
  const seqs = told.map((one) => Number(/"event":(\d+)/.exec(one)?.[1]))
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
})

test('what shows nothing new is not sent again', async () => {
  await town.merge('one')
  await town.settle()
  const sent = town.slack.count('chat.update')
  await town.act(
    {
      type: 'lock',
      id: 'l1',
      environment: 'production',
      reason: 'x',
      forMs: null,
      takeOver: false,
    },
    { name: 'ana', kind: 'person', groups: [] },
  )
  await town.settle()
  expect(town.slack.count('chat.update')).toBe(sent)
})

test('an author who is silent half an hour after the departure is asked in person, once', async () => {
  await town.merge('one', 'bob')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  const soon = `UPDATE outbox SET due_at = clock_timestamp() WHERE effect->>'type' = 'remind'`
  await town.database.pool.query(soon)
  await town.relay.drain()
  await town.settle()
  const direct = () => town.slack.messages.filter(({ channel }) => channel !== CHANNEL)
  expect(direct().map(({ channel }) => channel)).toEqual(['D0BOB'])
  expect(direct()[0]?.text).toContain('for your yes to')
  await town.database.pool.query(
    `UPDATE outbox SET delivered_at = NULL WHERE effect->>'type' = 'remind'`,
  )
  await town.relay.drain()
  await town.settle()
  expect(direct().length).toBe(1)
})
