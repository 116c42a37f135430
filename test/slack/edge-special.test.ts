/** Special trains asked for in Slack: shown first, then confirmed. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RefSeen } from '../../src/core/look-up.ts'
import { policy, sha } from '../world/policy.ts'
import { ANA, BOB, EdgeTown } from './edge-town.ts'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open({
    permissions: { ...policy().permissions, special: ['ana'] },
  })
})

afterEach(async () => {
  await town.close()
})

const seen: RefSeen = {
  sha: sha('fix'),
  isOnBranch: false,
  fork: null,
  commits: [
    {
      sha: sha('fix'),
      parent: null,
      title: 'Fix <!channel> the price',
      name: 'Bob',
      email: 'bob@example.com',
      login: null,
      coAuthorEmails: [],
      at: Date.now(),
    },
  ],
  contains: [],
  lacks: [],
  within: [],
}

test('it is shown with what it carries and whose word it needs, and goes once confirmed', async () => {
  town.lookUp = async () => ({ ok: true, seen })
  await town.slack.slash(ANA, '/deploy api@hotfix/price')
  const shown = JSON.stringify(town.slack.ephemerals.at(-1)?.blocks)
  expect(shown).toContain('hotfix/price')
  expect(shown).toContain('Fix &lt;!channel&gt; the price')
  expect(shown).toContain('It needs 1 approval by others than you')
  expect((await town.pipeline()).trains).toEqual([])

  await town.slack.pressEphemeral(ANA, 'special.confirm')
  await town.slack.heard(ANA, 'sent special train #1 at hotfix/price')
  expect((await town.pipeline()).trains).toMatchObject([
    { number: 1, sha: sha('fix'), special: { ref: 'hotfix/price', by: 'ana' } },
  ])
  await town.settle()
  expect(town.root(1).text).toContain('Special train #1')
  expect(JSON.stringify(town.root(1).blocks)).toContain('hotfix/price')
})

test('what takes long is promised at once and told afterwards', async () => {
  let answer = (): void => undefined
  const looked = new Promise<void>((over) => {
    answer = over
  })
  town.lookUp = async () => {
    await looked
    return { ok: true, seen }
  }
  await town.slack.slash(ANA, '/deploy api@hotfix/price')
  await town.slack.heard(ANA, 'Looking hotfix/price up')
  answer()
  await town.slack.heard(ANA, 'past the line?')
  await town.slack.pressEphemeral(ANA, 'special.dismiss')
  expect((await town.pipeline()).trains).toEqual([])
})

test('somebody without the permission, or with a REF that is none, reads why', async () => {
  town.lookUp = async () => ({ ok: true, seen })
  await town.slack.slash(BOB, '/deploy api@hotfix/price')
  await town.slack.heard(BOB, 'permission')
  town.lookUp = async () => ({ ok: false, code: 'foreign_ref' })
  await town.slack.slash(ANA, `/deploy api@${sha('theirs')}`)
  await town.slack.heard(ANA, 'found on no branch or tag')
  town.lookUp = () => Promise.reject(new Error('the network is away'))
  await town.slack.slash(ANA, '/deploy api@main')
  await town.slack.heard(ANA, 'could not be looked up')
  expect((await town.pipeline()).trains).toEqual([])
})

test('confirmed after what it displaces has changed, nothing is sent and the present is shown', async () => {
  town.lookUp = async () => ({ ok: true, seen })
  await town.slack.slash(ANA, '/deploy api@hotfix/price')
  const release = { type: 'record_release', environment: 'production', sha: sha('live') } as const
  const ana = { name: 'ana', kind: 'person', groups: [] } as const
  await town.act({ ...release, reason: 'it was there before' }, ana)
  await town.slack.pressEphemeral(ANA, 'special.confirm')
  await town.slack.heard(ANA, 'no longer so')
  expect((await town.pipeline()).trains).toEqual([])
})
