/**
 * An environment far behind production, with a real database: what it lacks is loaded again.
 *
 * Invariant: what happened long ago is told with the core and saved once; a transaction for each of
 * its commands would make this as slow as the machine is busy, and show nothing more.
 */
import { expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import type { Command } from '../../src/core/command.ts'
import { planOf } from '../../src/core/line.ts'
import { ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { duePipelines } from '../../src/db/runs.ts'
import { savePipeline } from '../../src/db/save.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor, LineStory } from '../core/line-story.ts'
import { testDatabase } from '../world/database.ts'
import { change, environment, people, policy, sha } from '../world/policy.ts'

const environments = [environment('staging'), environment('production')]
const one = {
  policy: policy({ environments }),
  people,
  carries: () => true,
  ridesAlone: () => false,
}

const merged = (index: number) =>
  change(`m${index}`, { parent: index === 0 ? null : sha(`m${index - 1}`) })

/** More releases than production's chain remembers. */
function released(): LineStory {
  const story = new LineStory(one.policy)
  for (let index = 0; index < 24; index += 1) {
    story.now += 60_000
    story.merge(merged(index))
    story.depart()
    for (const { name } of environments) story.run(name, 'succeeded')
  }
  return story
}

test('a plan for staging lists all that production has had since, however long ago that was', async () => {
  const { pool, drop } = await testDatabase()
  const { pipeline: after, now } = released()
  await inTransaction(pool, async (tx) => {
    await ensurePipeline(tx, one)
    const { pipeline: before } = await loadPipeline(tx, one, [])
    await savePipeline(tx, { before, after, dueAt: null, now })
  })
  const pipelines = new Map([['api', one]])
  const dispatch = createDispatch({ pool, pipelines, changed: () => {}, clock: () => now })
  const act = async (who: string, command: Command): Promise<void> => {
    const outcome = await dispatch('api', command, actor(who))
    if (!outcome.ok) throw new Error(outcome.refusal.code)
  }
  const release = { environment: 'staging', sha: sha('m1'), reason: 'restored from a backup' }
  await act('dee', { type: 'record_release', ...release })
  expect(await inTransaction(pool, duePipelines)).toContain('api')
  await act('ci', { type: 'record_change', change: { ...merged(24), mergedAt: now } })
  await act('ana', { type: 'depart', train: null, ref: null, environment: null, plan: null })
  const { pipeline } = await inTransaction(pool, (tx) => loadPipeline(tx, one, []))
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
