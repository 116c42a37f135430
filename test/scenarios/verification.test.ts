/**
 * Done means attested, with everything real: instances and metrics over HTTP, commands on the
 * agent, the server killed in between.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'
import { Instance, Metrics } from '../world/watched.ts'

let database: TestDatabase
let world: Installation
let one: Instance
let other: Instance
let metrics: Metrics

beforeEach(async () => {
  database = await testDatabase()
  ;[one, other, metrics] = [new Instance('nothing'), new Instance('nothing'), new Metrics()]
  for (const it of [one, other, metrics]) await it.up()
})

afterEach(async () => {
  await world.clean()
  for (const it of [one, other, metrics]) await it.down()
  await database.dropWhole()
})

const PACE = 'every: 1s, timeout: 1s, times: 2, within: 0s'

const version = (): string =>
  `{ name: version, http: { instances: ["${one.url}", "${other.url}"], path: $.build.sha, expect: sha }, ${PACE} }`

const errors = (): string =>
  `{ name: errors, prometheus: { url: "${metrics.url}", query: "errors", max: 1 }, ${PACE} }`

async function begin(steps: readonly string[], more = ''): Promise<void> {
  world = new Installation(database.url, {
    script: () => 'echo deploying',
    pipeline: `    checks: { require: [] }
    environments:
      - name: production
        approvals: { authors: none }
        deploy: { run: sh deploy.sh }
        soak: 2s
${more}        verify:
${steps.map((step) => `          - ${step}`).join('\n')}`,
  })
  await world.start()
}

/** Merged, on every instance, and sent. */
async function release(title: string): Promise<string> {
  const sha = await world.merge('ana', title)
  one.says = sha
  other.says = sha
  await world.command('ana', { type: 'depart' })
  return sha
}

interface Verification {
  readonly health: string
  readonly steps: readonly {
    readonly name: string
    readonly outcome: string
    readonly says: string
  }[]
}

const verificationOf = (state: Awaited<ReturnType<Installation['state']>>): Verification | null => {
  const [production] = state.environments as unknown as {
    deployment: { verification: Verification | null } | null
  }[]
  return production?.deployment?.verification ?? null
}

const health = (wanted: string) =>
  world.until(`the verification is ${wanted}`, (state) => verificationOf(state)?.health === wanted)

const arrives = () => world.until('it arrives', ({ trains }) => trains.length === 0)

const events = async (): Promise<readonly { readonly type: string; readonly actor: string }[]> =>
  (await world.call('ana', '/pipelines/api/events')).body['events'] as {
    type: string
    actor: string
  }[]

test('a release that every instance, the metrics and a command find healthy is verified', async () => {
  const witness = join(mkdtempSync(join(tmpdir(), 'signalbox-smoke-')), 'said')
  const smoke = `echo "$SIGNALBOX_KIND $SIGNALBOX_SHA" >> ${witness}`
  await begin([version(), errors(), `{ name: smoke, run: '${smoke}', every: 1s }`])
  const sha = await release('Cache the price list')
  await arrives()
  expect(readFileSync(witness, 'utf8')).toContain(`verify ${sha}`)
  await rm(dirname(witness), { recursive: true })
  expect(one.asked).toBeGreaterThan(1)
  expect((await events()).map(({ type }) => type)).toContain('deployment_verified')
})

test('a silent metrics server never counts as healthy, and a person may answer for it', async () => {
  await begin([version(), errors()])
  await metrics.down()
  await release('Cache the price list')
  const state = await health('inconclusive')
  expect(verificationOf(state)?.steps).toMatchObject([
    { name: 'version', outcome: 'pass', says: expect.stringContaining('2 of 2 on ') },
    {
      name: 'errors',
      outcome: 'inconclusive',
      says: 'the metrics server: nothing listens there',
    },
  ])
  const answer = await world.command('bob', { type: 'continue', reason: 'looked at the site' })
  expect(answer.status).toBe(200)
  await arrives()
  expect(await events()).toContainEqual(
    expect.objectContaining({ type: 'verification_accepted', actor: 'bob' }),
  )
})

test('an instance that stays behind is named, and keeps the release from being verified', async () => {
  await begin([version()])
  const sha = await release('Cache the price list')
  other.says = 'f'.repeat(40)
  const state = await health('failed')
  const host = new URL(other.url).host
  expect(verificationOf(state)?.steps[0]?.says).toMatch(
    new RegExp(`^1 of 2 on ${sha.slice(0, 8)}, ${host} stale \\d+s \\(on ffffffff\\)$`),
  )
  await world.command('ana', { type: 'retry' })
  other.says = sha
  await arrives()
  expect(world.witness()).toHaveLength(2)
})

test('a command that hangs says nothing, and is ended', async () => {
  await begin(['{ name: smoke, run: "sleep 600", every: 1s, timeout: 1s }'])
  await release('Cache the price list')
  const state = await health('inconclusive')
  expect(verificationOf(state)?.steps[0]?.says).toBe('over its time limit of 1 second')
})

test('a server killed while a release is verified goes on where it was', async () => {
  await begin([version(), '{ name: smoke, run: "sleep 1", every: 2s, timeout: 20s }'])
  one.manner = 'hangs'
  await release('Cache the price list')
  await world.until('it is being verified', () => one.asked > 0)
  await world.killServer()
  one.manner = 'well'
  await world.start()
  await arrives()
  expect(world.witness()).toHaveLength(1)
})

test('an environment that stops running what it should has drifted, and is told', async () => {
  await begin([version()], '        reality: { every: 10s, times: 1 }\n')
  await release('Cache the price list')
  await arrives()
  other.says = 'e'.repeat(40)
  const drift = (state: Awaited<ReturnType<Installation['state']>>) =>
    (state.environments as unknown as { drift: { says: string } | null }[])[0]?.drift
  const state = await world.until('it has drifted', (found) => drift(found) !== null)
  expect(drift(state)?.says).toContain('1 of 2 agree')
})
