/**
 * A hotfix past the waiting line, with everything real: processes, git, HTTP, PostgreSQL.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'

const TWO = `    permissions: { special: [ana] }
    environments:
      - { name: staging, deploy: { run: sh deploy.sh } }
      - { name: production, approvals: { authors: none }, deploy: { run: sh deploy.sh } }`

let database: TestDatabase
let world: Installation

beforeEach(async () => {
  database = await testDatabase()
})

afterEach(async () => {
  await world.clean()
  await database.dropWhole()
})

test('a hotfix cut from what is live goes past the line, and the line then says what it lacks', async () => {
  world = new Installation(database.url, { script: () => 'true', pipeline: TWO })
  await world.start()
  const good = await world.merge('ana', 'Good')
  await world.command('ana', { type: 'depart' })
  await world.until('it arrives', ({ trains }) => trains.length === 0)
  const waiting = await world.merge('bob', 'Waits')

  world.git('checkout', '--quiet', '-b', 'hotfix/price', good)
  writeFileSync(join(world.repository, 'price'), '12\n')
  world.git('add', 'price')
  world.git('commit', '--quiet', '-m', 'Fix the price')
  const fix = world.git('rev-parse', 'HEAD')
  world.git('checkout', '--quiet', 'main')

  expect((await world.call('ana', '/pipelines/api/special?ref=hotfix/price')).body).toMatchObject({
    special: {
      sha: fix,
      changes: [{ sha: fix, title: 'Fix the price' }],
      stops: [
        { environment: 'staging', contains: 'yes', others: 0 },
        { environment: 'production', contains: 'yes', lost: [], others: 1 },
      ],
    },
  })
  const depart = { type: 'depart', ref: 'hotfix/price' }
  expect(await world.command('bob', depart)).toMatchObject({
    status: 403,
    body: { refusal: { code: 'not_allowed', permission: 'special' } },
  })
  expect((await world.command('ana', depart)).status).toBe(200)
  const sent = await world.until('it waits for approval', ({ trains }) =>
    Boolean(
      trains.some((one) => one.number === 3 && one.blockers.some((b) => b.gate === 'approvals')),
    ),
  )
  expect(sent.trains).toMatchObject([
    { number: 2, status: 'boarding', changes: [{ sha: waiting }] },
    { number: 3, sha: fix, special: { ref: 'hotfix/price', by: 'ana', fork: good } },
  ])
  expect(sent.environments[0]).toMatchObject({ live: { sha: fix }, lock: { by: 'ana' } })
  expect(await world.command('ana', { type: 'approve', train: 3 })).toMatchObject({
    body: { refusal: { code: 'own_special' } },
  })
  expect((await world.command('bob', { type: 'approve', train: 3 })).status).toBe(200)
  await world.until('the hotfix is live', ({ environments }) => environments[1]?.live?.sha === fix)

  await world.command('ana', { type: 'unlock', environment: 'staging' })
  await world.command('bob', { type: 'depart' })
  const lacks = await world.until('the line lacks it', ({ trains }) =>
    Boolean(trains[0]?.blockers.some(({ gate }) => gate === 'diverged')),
  )
  expect(lacks.trains[0]?.blockers).toMatchObject([
    {
      gate: 'diverged',
      environment: 'production',
      clear_by: 'merge it back first, or depart with this plan',
    },
  ])
  expect(world.witness().map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    `staging ${good}`,
    `production ${good}`,
    `staging ${fix}`,
    `production ${fix}`,
    `staging ${waiting}`,
  ])

  world.git('merge', '--quiet', '--no-ff', '-m', 'Merge back', 'hotfix/price')
  const back = world.git('rev-parse', 'HEAD')
  const merged_at = new Date().toISOString()
  const change = { sha: back, parent: waiting, title: 'Merge back', author: 'ana', merged_at }
  await world.command('ci', { type: 'record_change', ...change })
  await world.until('it is seen on the branch', ({ trains }) =>
    Boolean(trains[0]?.blockers.some(({ clear_by }) => clear_by.startsWith('cancel the train'))),
  )
  await world.command('bob', { type: 'cancel', train: 2, reason: 'travel with the fix' })
  await world.command('bob', { type: 'withdraw', train: 4 })
  await world.command('bob', { type: 'depart' })
  await world.until('all is live', ({ environments }) => environments[1]?.live?.sha === back)
})
