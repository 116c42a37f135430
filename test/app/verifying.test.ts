/** Whoever looks: one look at a time at each thing, however long it takes. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import { createPolicies } from '../../src/app/policies.ts'
import { createVerifier } from '../../src/app/verifying.ts'
import { withRepositoryFile } from '../../src/config/repository-file.ts'
import type { Command } from '../../src/core/command.ts'
import type { VerifyStep } from '../../src/core/policy.ts'
import { actor } from '../core/line-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy } from '../world/policy.ts'
import { Instance } from '../world/watched.ts'

let database: TestDatabase
let instance: Instance
let over: AbortController

beforeEach(async () => {
  over = new AbortController()
  database = await testDatabase()
  instance = new Instance('nothing')
  await instance.up()
})
afterEach(async () => {
  await instance.down()
  await database.drop()
})

const version: Extract<VerifyStep, { kind: 'http' }> = {
  kind: 'http',
  name: 'version',
  urls: [],
  status: 200,
  path: '$.build.sha',
  expect: { is: 'sha' },
  everyMs: 1_000,
  timeoutMs: 30_000,
  times: 3,
  withinMs: 0,
}

/** A release of each pipeline, which its steps look at; answers what is configured. */
async function releasedOf(verified: Readonly<Record<string, readonly VerifyStep[]>>) {
  const { pool } = database
  const its = {
    carries: () => true,
    ridesAlone: () => false,
    understand: withRepositoryFile,
    delivers: () => false,
    log: quiet,
  }
  const policies = createPolicies({ pool, ...its })
  const file = { path: 'signalbox.yml', people, lines: {} }
  const asked = Object.entries(verified).map(([pipeline, verify]) =>
    policy({ pipeline, environments: [environment('production', { verify })] }),
  )
  await policies.propose({ ...file, policies: asked })
  const { pipelines } = policies
  const dispatch = createDispatch({ pool, pipelines, changed: () => {}, clock: null })
  for (const name of pipelines.keys()) {
    const act = async (who: string, command: Command) => {
      const outcome = await dispatch(name, command, actor(who))
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal))
      return outcome.pipeline
    }
    await act('ci', { type: 'record_change', change: change('a', { mergedAt: Date.now() }) })
    const words = { train: null, ref: null, environment: null, plan: null }
    const { deployments } = await act('ana', { type: 'depart', ...words })
    const [{ run, epoch } = { run: '', epoch: 0 }] = deployments
    await act('signalbox', { type: 'claim_run', run })
    const ended = { status: 'succeeded', reason: null, tail: [] } as const
    await act('signalbox', { type: 'record_run', run, epoch, ...ended })
  }
  return { pool, pipelines, dispatch }
}

/** A release of which every one of `count` instances is to be asked. `before`: of other pipelines. */
async function released(count: number, before: readonly string[] = []) {
  const urls = Array.from({ length: count }, (_, index) => `${instance.url}?${index}`)
  const { pool, pipelines, dispatch } = await releasedOf({ api: [{ ...version, urls }] })
  const [[name, configured] = []] = pipelines
  if (name === undefined || configured === undefined) throw new Error('nothing is configured')
  const others = before.map((other) => {
    const theirs = { ...configured, policy: { ...configured.policy, pipeline: other } }
    return [other, theirs] as const
  })
  const all = new Map([...others, [name, configured] as const])
  return createVerifier({ pool, pipelines: all, dispatch, log: quiet, signal: over.signal })
}

test('a look at many instances is nobody else’s until each of them had its time', async () => {
  const verifier = await released(81)
  instance.manner = 'hangs'
  await verifier.look()
  const { rows } = await database.pool.query<{ ms: number }>(
    `SELECT extract(epoch FROM held_until - clock_timestamp())::float8 * 1000 AS ms FROM looks`,
  )
  over.abort()
  await verifier.settled()
  // Eight at once: eleven turns of half a minute.
  expect(rows).toHaveLength(1)
  expect(rows[0]?.ms).toBeGreaterThan(11 * 30_000)
})

test('a pipeline that cannot be read keeps no other one from being looked at', async () => {
  const verifier = await released(1, ['a row that is not there'])
  await verifier.look()
  await verifier.settled()
  expect(instance.asked).toBe(1)
})

test('looks of one pipeline that hang leave the next turn to another', async () => {
  const other = new Instance('nothing')
  await other.up()
  instance.manner = 'hangs'
  const hanging = Array.from({ length: 17 }, (_, index) => ({
    ...version,
    name: `version-${index}`,
    urls: [instance.url],
    everyMs: 1,
  }))
  const parts = await releasedOf({ api: hanging, web: [{ ...version, urls: [other.url] }] })
  const verifier = createVerifier({ ...parts, log: quiet, signal: over.signal })
  await verifier.look()
  // Their connections end with it, and so do the looks.
  await instance.down()
  await verifier.settled()
  expect(other.asked).toBe(0)
  await instance.up()
  await verifier.look()
  await instance.down()
  await verifier.settled()
  expect(other.asked).toBe(1)
  await other.down()
})
