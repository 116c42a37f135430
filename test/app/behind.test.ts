/**
 * An environment far behind production, with a real database: what it lacks is loaded again.
 */
import { expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import type { Command } from '../../src/core/command.ts'
import { planOf } from '../../src/core/line.ts'
import { ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { duePipelines } from '../../src/db/runs.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor } from '../core/line-story.ts'
import { testDatabase } from '../world/database.ts'
import { change, environment, people, policy, sha } from '../world/policy.ts'

test('a plan for staging lists all that production has had since, however long ago that was', async () => {
  const { pool, drop } = await testDatabase()
  const environments = [environment('staging'), environment('production')]
  const one = {
    policy: policy({ environments }),
    people,
    carries: () => true,
    ridesAlone: () => false,
  }
  await inTransaction(pool, (tx) => ensurePipeline(tx, one))
  let now = Date.parse('2026-01-07T08:00:00Z')
  const pipelines = new Map([['api', one]])
  const dispatch = createDispatch({ pool, pipelines, changed: () => {}, clock: () => now })
  const load = () => inTransaction(pool, (tx) => loadPipeline(tx, one, []))
  const act = async (who: string, command: Command): Promise<void> => {
    const outcome = await dispatch('api', command, actor(who))
    if (!outcome.ok) throw new Error(outcome.refusal.code)
  }
  const merge = (index: number): Promise<void> => {
    now += 60_000
    const parent = index === 0 ? null : sha(`m${index - 1}`)
    const told = change(`m${index}`, { mergedAt: now - 60_000, parent })
    return act('ci', { type: 'record_change', change: told })
  }
  const depart: Command = { type: 'depart', train: null, ref: null, environment: null, plan: null }
  // More releases than production's chain remembers.
  for (let index = 0; index < 24; index += 1) {
    await merge(index)
    await act('ana', depart)
    for (const { name } of environments) {
      const { pipeline } = await load()
      const found = pipeline.deployments.find(
        (its) => its.environment === name && its.status === 'requested',
      )
      if (found === undefined) throw new Error(`nothing is requested in ${name}`)
      await act('signalbox', { type: 'claim_run', run: found.run })
      const report = { run: found.run, epoch: found.epoch, status: 'succeeded' } as const
      await act('signalbox', { type: 'record_run', ...report, reason: null, tail: [] })
    }
  }
  const release = { environment: 'staging', sha: sha('m1'), reason: 'restored from a backup' }
  await act('dee', { type: 'record_release', ...release })
  expect(await inTransaction(pool, duePipelines)).toContain('api')
  await merge(24)
  await act('ana', depart)
  const { pipeline } = await load()
  const train = pipeline.trains.find(({ status }) => status === 'departed')
  const [staging] = environments
  if (train === undefined || staging === undefined) throw new Error('no train has departed')
  const plan = planOf(pipeline, train, staging)
  expect(plan?.baseSha).toBe(sha('m1'))
  expect(plan?.changes.map((its) => its.sha)).toEqual(
    Array.from({ length: 23 }, (_, index) => sha(`m${index + 2}`)),
  )
  await drop()
})
