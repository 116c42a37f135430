/**
 * A configuration file that conflicts with what is under way, as the channel hears of it.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPolicies, type Policies } from '../../src/app/policies.ts'
import { withRepositoryFile } from '../../src/config/repository-file.ts'
import type { Policy } from '../../src/core/policy.ts'
import { toldInSlack } from '../../src/slack-edge.ts'
import { quiet } from '../world/database.ts'
import { environment, people, policy } from '../world/policy.ts'
import { CHANNEL } from '../world/slack.ts'
import { EdgeTown } from './edge-town.ts'

const BOTH = policy({
  channel: CHANNEL,
  environments: [environment('staging'), environment('production')],
})
const STAGING_ONLY = policy({ channel: CHANNEL, environments: [environment('staging')] })

let town: EdgeTown
let policies: Policies

beforeEach(async () => {
  town = await EdgeTown.open({ environments: BOTH.environments })
  policies = createPolicies({
    pool: town.database.pool,
    carries: () => true,
    ridesAlone: () => false,
    understand: withRepositoryFile,
    delivers: toldInSlack,
    log: quiet,
  })
  await read(BOTH)
})
afterEach(() => town.close())

const read = (its: Policy): Promise<void> =>
  policies.propose({
    path: '/etc/signalbox/signalbox.yml',
    people,
    policies: [its],
    lines: { api: { environments: 7 } },
  })

const notes = (): readonly string[] =>
  town.slack
    .roots()
    .filter(({ metadata }) => metadata?.['event_type'] === 'signalbox_event')
    .map(({ blocks }) => JSON.stringify(blocks))
    .filter((blocks) => blocks.includes('policy'))

async function lockProduction(): Promise<void> {
  const lock = { type: 'lock', environment: 'production', reason: 'a migration' } as const
  const ana = { name: 'ana', kind: 'person', groups: [] } as const
  await town.act({ ...lock, id: 'l1', forMs: null, takeOver: false }, ana)
}

async function unlockProduction(): Promise<void> {
  const ana = { name: 'ana', kind: 'person', groups: [] } as const
  await town.act({ type: 'unlock', environment: 'production', id: null }, ana)
}

test('it says which line, and what must end first; then that it is in force', async () => {
  await lockProduction()
  await read(STAGING_ONLY)
  await policies.look()
  await town.settle()
  expect(notes()).toHaveLength(1)
  expect(notes()[0]).toContain('signalbox.yml:7 production is no longer')
  expect(notes()[0]).toContain('ana keeps production locked')
  expect(notes()[0]).toContain('it waits until')
  expect(notes()[0]).not.toContain('/etc/')
  await unlockProduction()
  await policies.look()
  await town.settle()
  expect(notes()).toHaveLength(2)
  expect(notes()[1]).toContain('is in force')
})

test('it is told once, also when the answer of Slack is lost', async () => {
  await lockProduction()
  await town.settle()
  await read(STAGING_ONLY)
  town.slack.fail('chat.postMessage', { kind: 'lost' })
  await town.settle()
  expect(notes()).toHaveLength(1)
})

test('what no longer waits when Slack is back is told as it is now', async () => {
  await lockProduction()
  await read(STAGING_ONLY)
  await unlockProduction()
  await policies.look()
  await town.settle()
  expect(notes().map((note) => note.includes('is in force'))).toEqual([true])
})

test('a file that is put back takes the note back, once', async () => {
  await lockProduction()
  await read(STAGING_ONLY)
  await town.settle()
  await read(BOTH)
  await read(BOTH)
  await policies.look()
  await town.settle()
  expect(notes()).toHaveLength(2)
  expect(notes()[1]).toContain('signalbox.yml says again what is in force for api')
})

test('a first policy, and one that need not wait, are no news', async () => {
  await read(STAGING_ONLY)
  await town.settle()
  expect(notes()).toEqual([])
})

test('what a repository may not ask for is told with its line, and what it may when it counts', async () => {
  await read({ ...BOTH, fromRepository: { addresses: [] } })
  const own = (others: number): string =>
    `pipelines:\n  api:\n    environments: [{ name: production, approvals: { others: ${others} } }]\n`
  await policies.read('api', { ok: true, sha: 'a'.repeat(40), text: own(9) })
  await town.settle()
  expect(notes()).toHaveLength(1)
  expect(notes()[0]).toContain('nothing of it is used for api')
  expect(notes()[0]).toContain('.github/signalbox.yml:3 ')
  expect(notes()[0]).toContain('asks for 9, but only 4 may approve')
  await policies.read('api', { ok: true, sha: 'b'.repeat(40), text: own(1) })
  await town.settle()
  expect(notes()).toHaveLength(2)
  expect(notes()[1]).toContain('what .github/signalbox.yml says counts now')
})

test('a repository’s own file that is wrong is told with both ways out', async () => {
  const asking = { ...BOTH, fromRepository: { addresses: [] } }
  await read(asking)
  const body =
    '{ name: production, soak: 1s, verify: [{ name: up, http: { url: "http://web-01" } }] }'
  const text = `pipelines: { api: { environments: [${body}] } }`
  await policies.read('api', { ok: true, sha: 'c0ffee12'.repeat(5), text })
  await town.settle()
  expect(notes()).toHaveLength(1)
  expect(notes()[0]).toContain('is wrong in `c0ffee12`')
  expect(notes()[0]).toContain('the last accepted policy stays')
  expect(notes()[0]).toContain('asks http://web-01, which')
  expect(notes()[0]).toContain('with the next change, or let the server’s file allow')
  await read({ ...asking, fromRepository: { addresses: ['http://web-01'] } })
  await policies.read('api', { ok: true, sha: 'c0ffee12'.repeat(5), text })
  await town.settle()
  expect(notes()[1]).toContain('what .github/signalbox.yml says counts now')
  await read({ ...asking, timeZone: 'Europe/Berlin' })
  await town.settle()
  expect(notes()[2]).toContain('the server’s file counts alone')
})
