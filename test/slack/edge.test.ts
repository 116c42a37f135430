/** A train told and driven through Slack, with PostgreSQL and HTTP as they are. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ANA, BOB, EdgeTown } from './edge-town.ts'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open()
})

afterEach(async () => {
  await town.close()
})

test('a train rides through buttons: depart, consent, approve, arrive', async () => {
  await town.merge('one')
  await town.settle()
  expect(town.root().text).toContain('Train #1')

  expect((await town.slack.press(ANA, 'train.depart', town.root())).status).toBe(200)
  await town.settle()
  await town.slack.press(ANA, 'train.consent', town.button('train.consent'))
  await town.slack.press(BOB, 'train.approve', town.button('train.approve'))
  await town.deploys()
  await town.settle()

  const events = await town.events()
  expect(events.filter(({ type }) => /^(consent|approval)_given$/.test(type))).toEqual([
    { type: 'consent_given', actor: 'ana' },
    { type: 'approval_given', actor: 'bob' },
  ])
  expect(events.at(-1)?.type).toBe('train_arrived')
  expect(town.telling(events.length).length).toBe(1)
  expect(JSON.stringify(town.root().blocks)).not.toContain('train.hold')
  expect(town.slack.roots().length).toBe(1)
})

test('/deploy log shows the newest run, as far as it has come', async () => {
  await town.slack.slash(ANA, '/deploy log api')
  await town.slack.heard(ANA, 'Nothing has been deployed by api yet')
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  await town.slack.press(ANA, 'train.consent', town.button('train.consent'))
  await town.slack.press(BOB, 'train.approve', town.button('train.approve'))
  await town.slack.slash(ANA, '/deploy log api')
  await town.slack.heard(ANA, 'The deployment to production of')
  expect(JSON.stringify(town.slack.ephemerals.at(-1)?.blocks)).toContain('Restarting')
})

test('an author may not approve, and reads why', async () => {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  await town.slack.press(ANA, 'train.approve', town.button('train.approve'))
  await town.slack.heard(ANA, 'You wrote')
  expect((await town.pipeline()).trains[0]?.approvals).toEqual([])
})

test('an approval drawn for a plan that has changed is refused', async () => {
  for (const name of ['one', 'two']) {
    await town.merge(name)
    await town.slack.slash(ANA, '/deploy api')
  }
  await town.settle()
  const drawn = town.button('train.approve', 2)
  await town.slack.press(ANA, 'train.cancel', town.root(1))
  await town.slack.submit(ANA, 'travels with the next')
  await town.slack.press(BOB, 'train.approve', drawn)
  await town.slack.heard(BOB, 'The plan has changed')
  expect((await town.events()).some(({ type }) => type === 'approval_given')).toBe(false)
})

test('a hold asks for its reason, keeps the train, and is withdrawn by its holder', async () => {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  await town.slack.press(BOB, 'train.hold', town.root())
  expect((await town.slack.submit(BOB, 'the load test is not over')).body).toBeNull()
  const [train] = (await town.pipeline()).trains
  expect(train?.holds).toMatchObject([{ by: 'bob', reason: 'the load test is not over' }])
  await town.slack.heard(BOB, 'hold')

  const value = JSON.stringify({ pipeline: 'api', train: 1, of: 'bob' })
  const container = { is_ephemeral: true, message_ts: '1.1' }
  await town.slack.click(BOB, { action: 'hold.withdraw', value, container }, {})
  expect((await town.pipeline()).trains[0]?.holds).toEqual([])
})

test('somebody else withdraws a hold only with a reason', async () => {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  await town.slack.press(BOB, 'train.hold', town.root())
  await town.slack.submit(BOB, 'wait')
  const value = JSON.stringify({ pipeline: 'api', train: 1, of: 'bob' })
  const container = { is_ephemeral: true, message_ts: '1.1' }
  await town.slack.click(ANA, { action: 'hold.withdraw', value, container }, {})
  expect((await town.pipeline()).trains[0]?.holds.length).toBe(1)
  expect((await town.slack.submit(ANA, '  ')).body).toMatchObject({ response_action: 'errors' })
  await town.slack.submit(ANA, 'bob is on leave')
  expect((await town.pipeline()).trains[0]?.holds).toEqual([])
})

test('a cancel is told in the thread, and the announcement loses its buttons', async () => {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  await town.slack.press(ANA, 'train.cancel', town.root())
  await town.slack.submit(ANA, 'not today')
  await town.settle()
  expect(town.root().text).toContain('ana cancelled it: not today. Its changes fell to the next')
  expect(JSON.stringify(town.root().blocks)).not.toContain('train.cancel')
  const thread = JSON.stringify(town.slack.thread(town.root().ts))
  expect(thread).toContain('departed with 1 change')
  for (const button of ['train.consent', 'train.approve', 'train.hold']) {
    expect(thread).not.toContain(button)
  }
  expect((await town.events()).map(({ type }) => type)).toContain('train_cancelled')
})

async function arrive(name: string, train: number): Promise<void> {
  await town.merge(name)
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  await town.slack.press(ANA, 'train.consent', town.button('train.consent', train))
  await town.slack.press(BOB, 'train.approve', town.button('train.approve', train))
  await town.deploys()
}

test('a rollback is shown before it is done, and asks for the reason that is missing', async () => {
  await arrive('one', 1)
  await arrive('two', 2)
  await town.slack.slash(BOB, '/rollback api')
  expect((await town.events()).some(({ type }) => type === 'rollback_ordered')).toBe(false)
  await town.slack.pressEphemeral(BOB, 'rollback.confirm')
  await town.slack.submit(BOB, 'prices are wrong')
  const [production] = (await town.pipeline()).environments
  expect(production?.rollback).toMatchObject({ by: 'bob', reason: 'prices are wrong' })
})

test('a rollback confirmed after the line has moved does nothing and shows the present', async () => {
  await arrive('one', 1)
  await arrive('two', 2)
  await town.slack.slash(BOB, '/rollback api prices are wrong')
  await arrive('three', 3)
  await town.slack.pressEphemeral(BOB, 'rollback.confirm')
  await town.slack.heard(BOB, 'no longer so')
  expect((await town.events()).some(({ type }) => type === 'rollback_ordered')).toBe(false)
  await town.slack.slash(BOB, '/rollback api prices are wrong')
  await town.slack.pressEphemeral(BOB, 'rollback.confirm')
  expect((await town.events()).some(({ type }) => type === 'rollback_ordered')).toBe(true)
})

test('a preview that was confirmed gives way to its answer, buttons and all', async () => {
  await arrive('one', 1)
  await arrive('two', 2)
  await town.slack.slash(BOB, '/rollback api prices are wrong')
  expect(town.slack.showsEphemeral(BOB, 'rollback.confirm')).toBe(true)
  await town.slack.pressEphemeral(BOB, 'rollback.confirm')
  await town.slack.heard(BOB, 'rolls production back')
  expect(town.slack.showsEphemeral(BOB, 'rollback.confirm')).toBe(false)
})

test('it gives way to it also where the answer took long', async () => {
  await arrive('one', 1)
  await arrive('two', 2)
  await town.slack.slash(BOB, '/rollback api prices are wrong')
  const client = await town.database.pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT FROM pipelines FOR UPDATE')
  await town.slack.pressEphemeral(BOB, 'rollback.confirm')
  await town.slack.heard(BOB, 'the database does not answer')
  await client.query('ROLLBACK')
  client.release()
  await town.slack.heard(BOB, 'rolls production back')
  expect(town.slack.showsEphemeral(BOB, 'rollback.confirm')).toBe(false)
})

test('a lock is set and released by slash command, under the name of whoever typed it', async () => {
  await town.slack.slash(BOB, '/lock api production database work')
  expect((await town.pipeline()).environments[0]?.lock).toMatchObject({
    by: 'bob',
    reason: 'database work',
  })
  await town.slack.slash(BOB, '/lock api production release')
  expect((await town.pipeline()).environments[0]?.lock).toBeNull()
})

test('an unlinked member may lock where everyone may, and never consents', async () => {
  await town.slack.slash('U0CEM', '/lock api production careful')
  expect((await town.pipeline()).environments[0]?.lock?.by).toBe('slack:U0CEM')
  await town.merge('one')
  const value = JSON.stringify({ pipeline: 'api', train: 1 })
  const container = { is_ephemeral: true, message_ts: '1.1' }
  await town.slack.click('U0CEM', { action: 'train.consent', value, container }, {})
  await town.slack.heard('U0CEM', 'not a linked person')
})

test('a typo never acts', async () => {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy appi')
  expect(town.slack.said(ANA)).toContain('Nothing was done')
  expect((await town.pipeline()).trains[0]?.status).toBe('boarding')
})

test('a stopped line is looked after by one, who is relieved with a press, and goes on with a cause', async () => {
  await town.merge('one')
  await town.settle()
  await town.slack.slash(ANA, '/deploy stop api smoke in the office')
  await town.settle()
  expect(town.root().text).toContain('ana looks after it')
  expect(JSON.stringify(town.root().blocks)).toContain('{ago}')
  await town.slack.press(BOB, 'line.claim', town.root())
  await town.settle()
  expect((await town.pipeline()).stopped).toMatchObject({ by: 'ana', owner: 'bob' })
  expect(town.root().text).toContain('bob looks after it')
  await town.slack.slash(ANA, '/deploy claim api')
  expect((await town.pipeline()).stopped?.owner).toBe('ana')
  await town.slack.press(BOB, 'line.resume', town.root())
  await town.slack.submit(BOB, 'it was a fuse')
  expect((await town.pipeline()).stopped).toBeNull()
  expect((await town.events()).at(-1)).toEqual({ type: 'line_resumed', actor: 'bob' })
})

/** The channel's messages that told of a stop, oldest first. */
const stops = (): readonly string[] =>
  town.slack
    .roots()
    .map(({ blocks }) => JSON.stringify(blocks))
    .filter((shown) => shown.includes('stopped the line'))
    .filter((shown) => shown.includes('⛔'))

test('once the line goes on, the message that told of the stop says so, and has no button left', async () => {
  await town.slack.slash(ANA, '/deploy stop api smoke in the office')
  await town.settle()
  expect(stops()[0]).toContain('line.resume')
  await town.slack.slash(BOB, '/deploy resume api it was a fuse')
  await town.settle()
  expect(stops()[0]).toContain('The line goes on')
  expect(stops()[0]).toContain('it was a fuse')
  expect(stops()[0]).not.toMatch(/line\.(?:resume|claim)/)

  await town.slack.slash(ANA, '/deploy stop api smoke again')
  await town.settle()
  expect(stops()[0]).not.toContain('line.resume')
  expect(stops()[1]).toContain('line.resume')
})

test('a stop that is told only after the line goes on has no buttons', async () => {
  await town.slack.slash(ANA, '/deploy stop api smoke in the office')
  await town.slack.slash(BOB, '/deploy resume api it was a fuse')
  await town.settle()
  expect(stops()).toHaveLength(1)
  expect(stops()[0]).not.toMatch(/line\.(?:resume|claim)/)
})
