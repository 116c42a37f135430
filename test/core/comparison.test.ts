/** Whose numbers of which minutes a look compares, and how sure it must be to find one worse. */
import { expect, test } from 'vitest'
import { type ComparisonStep, comparisonAt } from '../../src/core/comparison.ts'
import type { Deployment } from '../../src/core/model.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const MINUTE = 60_000
const BAKE = 10 * MINUTE

const errors: ComparisonStep = {
  kind: 'comparison',
  name: 'errors',
  url: 'http://prom',
  query: 'errors{release="{{release}}"}',
  better: 'lower',
  test: 'mann-whitney',
  fail: 0.01,
  pass: 0.05,
  samples: 5,
  by: 0.1,
  everyMs: 30_000,
  timeoutMs: 10_000,
  times: 1,
  withinMs: 0,
}

/** `a` bakes at its first step. */
function baking(bakeMs: number): { readonly story: LineStory; readonly here: Deployment } {
  const steps = [10, 100].map((traffic) => ({ name: `${traffic}`, traffic, bakeMs }))
  const rollout = { steps, analysis: [errors] }
  const story = new LineStory(policy({ environments: [environment('production', { rollout })] }))
  story.merge(change('a', { parent: sha('before') }))
  story.depart()
  story.run('production', 'succeeded')
  const here = story.pipeline.deployments.at(-1)
  if (here?.rollout?.bakesSince == null) throw new Error('it does not bake')
  return { story, here }
}

const long = baking(BAKE)
const brief = baking(150_000)

/** What is compared so long after the bake began. */
function after(ms: number, { story, here } = long) {
  const began = here.rollout?.bakesSince ?? 0
  const at = began + ms
  const found = comparisonAt(story.pipeline, here, { step: errors, at, before: at - 30_000 })
  const { from, until } = found.minutes
  return { from: from - began, until: until - began, worseBelow: found.worseBelow }
}

test('in its bake a release is compared since the bake began', () => {
  expect(after(3 * MINUTE)).toMatchObject({ from: 0, until: 3 * MINUTE })
  expect(after(BAKE)).toMatchObject({ from: 0, until: BAKE })
})

test('while it waits for its next step, by the newest minutes: a night of health hides nothing', () => {
  expect(after(720 * MINUTE)).toMatchObject({ from: 710 * MINUTE, until: 720 * MINUTE })
})

test('after a short bake, by twenty numbers: of fewer no look of a wait could be sure', () => {
  expect(after(150_000, brief)).toMatchObject({ from: 0, until: 150_000 })
  expect(after(8 * MINUTE, brief)).toMatchObject({ from: 0, until: 8 * MINUTE })
  expect(after(720 * MINUTE, brief)).toMatchObject({ from: 710 * MINUTE, until: 720 * MINUTE })
})

test('looks on the way share what is allowed for one, and the look at the end has it whole', () => {
  expect(after(3 * MINUTE).worseBelow).toBeCloseTo(0.01 / 20, 8)
  expect(after(BAKE).worseBelow).toBe(0.01)
})

test('all looks of the longest wait together may find it worse by chance no oftener than one', () => {
  let chances = 0
  for (let at = BAKE + 30_000; at < 30_000 * 3_000; at += 30_000) chances += after(at).worseBelow
  expect(chances).toBeLessThan(0.01)
  // As long as one bake after the end, what is plainly sick is still found by twenty numbers.
  expect(after(BAKE + 9 * MINUTE).worseBelow).toBeGreaterThan(1e-4)
})
