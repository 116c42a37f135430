/** Tokens for people: given once, looked up by digest, ended by date or by hand. */

import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTokens, type Tokens } from '../../src/app/tokens.ts'
import type { Actor } from '../../src/core/model.ts'
import type { Person } from '../../src/core/policy.ts'
import { chainNames, readAudit, verifyAudit } from '../../src/db/audit.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { identifying } from '../../src/http/identity.ts'
import { createTokenRoutes } from '../../src/http/token-routes.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'

const person = (name: string): Person => ({
  name,
  slack: null,
  github: null,
  email: null,
  groups: ['sre'],
  active: true,
})

let database: TestDatabase
let tokens: Tokens

beforeAll(async () => {
  database = await testDatabase()
  tokens = createTokens(database.pool)
})
afterAll(() => database.drop())

const given = async (name: string): Promise<{ secret: string; id: string }> => {
  const issued = await tokens.issue(name)
  if (issued === undefined) throw new Error('too many')
  return { secret: issued.secret, id: issued.token.id }
}

const identify = (people: readonly Person[]): ReturnType<typeof identifying> =>
  identifying({ configured: [], people, listed: people, given: tokens.personBehind })

test('a token acts as the person it was given to, with that person’s groups', async () => {
  const { secret } = await given('ana')
  expect(await identify([person('ana')])(`Bearer ${secret}`)).toEqual({
    name: 'ana',
    kind: 'person',
    groups: ['sre'],
  })
})

test('a token of somebody who left the configuration is nobody’s', async () => {
  const { secret } = await given('bob')
  expect(await identify([person('ana')])(`Bearer ${secret}`)).toBeUndefined()
})

test('a token of somebody whose account is deactivated is nobody’s', async () => {
  const { secret } = await given('eva')
  const gone = [{ ...person('eva'), active: false }]
  expect(await identify(gone)(`Bearer ${secret}`)).toBeUndefined()
  const configured = [{ name: 'eva', secret: 'configured-for-eva' }]
  const who = identifying({ configured, people: gone, listed: gone, given: tokens.personBehind })
  expect(await who('Bearer configured-for-eva')).toBeUndefined()
})

test('a linked login that is called like a machine’s token never acts with it', async () => {
  const configured = [{ name: 'robot', secret: 'configured-for-robot' }]
  const known = { configured, people: [person('robot')], listed: [], given: tokens.personBehind }
  expect((await identifying(known)('Bearer configured-for-robot'))?.kind).toBe('machine')
})

test('a token that is one character off, empty or of another kind is nobody’s', async () => {
  const { secret } = await given('cem')
  const who = identify([person('cem')])
  const off = secret.slice(0, -1) + (secret.endsWith('A') ? 'B' : 'A')
  for (const header of [`Bearer ${off}`, 'Bearer sbx_', 'Bearer ', `Basic ${secret}`, undefined]) {
    expect(await who(header)).toBeUndefined()
  }
})

test('the secret stands nowhere in the database, and every issue is audited', async () => {
  const { secret, id } = await given('dee')
  const { rows } = await database.pool.query('SELECT t::text AS row FROM api_tokens t')
  const bare = secret.slice('sbx_'.length)
  expect(rows.map(({ row }) => String(row)).join()).not.toContain(bare)
  const told = await inTransaction(database.pool, (tx) =>
    readAudit(tx, 'system', { after: 0, limit: 100 }),
  )
  expect(told.at(-1)).toMatchObject({ type: 'token_issued', actor: 'dee', body: { token: id } })
  expect(JSON.stringify(told)).not.toContain(bare)
  expect(await inTransaction(database.pool, verifyAudit)).toEqual([])
  expect(await inTransaction(database.pool, chainNames)).toContain('system')
})

test('a revoked token ends at once, and only its owner may end it', async () => {
  const { secret, id } = await given('eve')
  expect(await tokens.revoke({ id, person: 'mallory' })).toBe(false)
  expect(await identify([person('eve')])(`Bearer ${secret}`)).toBeDefined()
  const routes = new Hono<{ Variables: { actor: Actor } }>()
  routes.use(async (c, next) => {
    c.set('actor', { name: 'eve', kind: 'person', groups: [] })
    return next()
  })
  routes.route('/', createTokenRoutes(tokens))
  expect(await (await routes.request('/')).json()).toMatchObject({ tokens: [{ id }] })
  expect((await routes.request(`/${id}`, { method: 'DELETE' })).status).toBe(200)
  expect((await routes.request(`/${id}`, { method: 'DELETE' })).status).toBe(404)
  expect(await identify([person('eve')])(`Bearer ${secret}`)).toBeUndefined()
})

test('an expired token is nobody’s, and makes room for a new one', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => given('fay')))
  expect(await tokens.issue('fay')).toBeUndefined()
  await database.pool.query(
    `UPDATE api_tokens SET issued_at = now() - interval '91 days', expires_at = now() - interval '1 s'
      WHERE id = $1`,
    [all[0]?.id],
  )
  expect(await tokens.personBehind(all[0]?.secret ?? '')).toBeUndefined()
  expect(await tokens.issue('fay')).toBeDefined()
})
