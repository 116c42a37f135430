/** A database that keeps people waiting: they are answered in time, and told in the end. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ANA, EdgeTown } from './edge-town.ts'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open()
})

afterEach(async () => {
  await town.close()
})

/** Holds what whoever wants to act (or, even to ask) needs, so that they have to wait. */
async function hold(from: 'those who act' | 'everyone'): Promise<() => Promise<void>> {
  const client = await town.database.pool.connect()
  await client.query('BEGIN')
  await client.query(
    from === 'everyone' ? 'LOCK TABLE slack_people' : 'SELECT FROM pipelines FOR UPDATE',
  )
  return async () => {
    await client.query('ROLLBACK')
    client.release()
  }
}

test('a command is answered while its work still waits, and its outcome follows', async () => {
  const release = await hold('those who act')
  const answer = await town.slack.slash(ANA, '/lock api production careful')
  expect(answer.status).toBe(200)
  expect(String(answer.body?.['text'])).toContain('the database does not answer')
  expect(await town.rows('locks')).toBe(0)
  await release()
  await town.slack.heard(ANA, 'careful')
  expect(await town.rows('locks')).toBe(1)
})

test('a press is acknowledged while its work still waits, and its outcome follows', async () => {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  const button = town.button('train.consent')
  const release = await hold('those who act')
  expect((await town.slack.press(ANA, 'train.consent', button)).status).toBe(200)
  await town.slack.heard(ANA, 'the database does not answer')
  await release()
  await town.slack.heard(ANA, 'said yes')
  expect((await town.events()).filter(({ type }) => type === 'consent_given')).toHaveLength(1)
})

test('a dialog that Slack opens no longer is not promised', async () => {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
  const button = town.button('train.hold')
  const release = await hold('everyone')
  expect((await town.slack.press(ANA, 'train.hold', button)).status).toBe(200)
  await town.slack.heard(ANA, 'the database does not answer')
  await release()
  await town.slack.heard(ANA, 'Press again')
  expect(town.slack.views).toEqual([])
})

test('a preview that is dismissed goes away, also where that takes long', async () => {
  const value = JSON.stringify({ pipeline: 'api' })
  const container = { type: 'message', message_ts: '1.1', is_ephemeral: true }
  const release = await hold('everyone')
  await town.slack.click(ANA, { action: 'rollback.dismiss', value, container }, {})
  await town.slack.heard(ANA, 'the database does not answer')
  await release()
  await expect.poll(() => town.slack.removed).toBe(1)
})

test('a command that could not even be taken says that nothing was done', async () => {
  const client = await town.database.pool.connect()
  await client.query('BEGIN')
  await client.query('LOCK TABLE slack_seen')
  const answer = await town.slack.slash(ANA, '/lock api production careful')
  expect(answer.status).toBe(200)
  expect(String(answer.body?.['text'])).toContain('nothing was done')
  await client.query('ROLLBACK')
  client.release()
  await expect.poll(() => town.rows('slack_seen')).toBe(0)
  expect(await town.rows('locks')).toBe(0)
})
