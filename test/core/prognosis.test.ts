/**
 * What would happen to a train: where it would go, which gates it would meet, when they would open.
 */
import { expect, test } from 'vitest'
import { type Prognosis, prognosisOf } from '../../src/core/prognosis.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import {
  askAuthors,
  change,
  doors,
  environment,
  policy,
  readWindows,
  sha,
} from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const MINUTE = 60_000

/** 1970-01-01 00:16:40 UTC: where stories begin. */
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19)

function told({ departsAt, stages }: Prognosis): readonly string[] {
  return [
    `departs ${departsAt === null ? 'by hand' : clock(departsAt)}`,
    ...stages.flatMap(({ environment: name, notBefore, changes, gates }) => [
      `${name}: ${changes.length} not before ${clock(notBefore)}`,
      ...gates.map(
        ({ gate, opensAt }) => `  ${gate}${opensAt === null ? '' : ` opens ${clock(opensAt)}`}`,
      ),
    ]),
  ]
}

const of = (story: LineStory, number = 1) => {
  const before = structuredClone({ ...story.pipeline, shipped: [], dropped: [] })
  const found = prognosisOf(story.pipeline, story.train(number), story.now)
  expect({ ...story.pipeline, shipped: [], dropped: [] }).toEqual(before)
  return told(found)
}

const twoStage = (over = {}) =>
  new LineStory(
    policy({
      environments: [
        environment('staging', { soakMs: 5 * MINUTE }),
        environment('production', {
          approvals: { ...askAuthors, others: 1 },
          windows: readWindows({ allow: ['00:00-00:40', '01:00-02:00'] }),
        }),
      ],
      checks: { require: ['test'], timeoutMs: 3_600_000, settleMs: 0 },
      doors: doors({ departAfterMs: 20 * MINUTE }),
      ...over,
    }),
  )

test('before departure it tells the doors, the soak, the window that would be met, and the words', () => {
  const story = twoStage()
  story.merge(change('a'))
  expect(of(story)).toEqual([
    'departs 00:36:40',
    'staging: 1 not before 00:36:40',
    '  checks',
    'production: 1 not before 01:00:00',
    '  checks',
    '  consent',
    '  approvals',
    '  window opens 01:00:00',
  ])
})

test('locks open as they expire, and a stopped line with a word only', () => {
  const story = twoStage()
  story.merge(change('a'))
  story.check('a', 'success')
  const lock = { type: 'lock', id: 'L1', environment: 'staging', reason: 'x' } as const
  story.act('bob', { ...lock, forMs: 30 * MINUTE, takeOver: false })
  story.act('bob', { type: 'stop', reason: 'smoke' })
  expect(of(story).slice(1, 4)).toEqual([
    'staging: 1 not before 00:46:40',
    '  stopped',
    '  lock opens 00:46:40',
  ])
})

test('those that would stay for the next train are named', () => {
  const story = twoStage()
  story.merge(change('a'))
  story.merge(change('b', { parent: sha('a') }))
  story.check('a', 'success')
  const found = prognosisOf(story.pipeline, story.train(1), story.now)
  expect(found.left.map((one) => one.sha)).toEqual([sha('b')])
  expect(found.stages.map((one) => one.sha)).toEqual([sha('a'), sha('a')])
})

test('on its way it tells what is left of it, from the soak that runs', () => {
  const story = twoStage()
  story.merge(change('a'))
  story.check('a', 'success')
  story.depart()
  story.run('staging', 'succeeded')
  story.consent('ana', 1)
  story.act('bob', { type: 'approve', train: 1, environment: null, plan: null })
  expect(of(story)).toEqual(['departs by hand', 'production: 1 not before 00:21:40'])
  story.pass(5 * MINUTE)
  expect(story.underWay('production').requestedAt).toBe(1_000_000 + 5 * MINUTE)
})

test('what it says of the clock is what then happens, where nobody has to say a word', () => {
  const story = twoStage({
    environments: [
      environment('staging', { soakMs: 5 * MINUTE }),
      environment('production', { windows: readWindows({ allow: ['01:00-02:00'] }) }),
    ],
    checks: { require: [], timeoutMs: 3_600_000, settleMs: 0 },
  })
  story.merge(change('a'))
  const { stages } = prognosisOf(story.pipeline, story.train(1), story.now)
  story.pass(20 * MINUTE)
  expect(story.underWay('staging').requestedAt).toBe(stages[0]?.notBefore)
  story.run('staging', 'succeeded')
  story.pass(60 * MINUTE)
  expect(story.underWay('production').requestedAt).toBe(stages[1]?.notBefore)
})

test('a verification that nobody can see is a gate on the way, for a person has to answer', () => {
  const errors: VerifyStep = {
    kind: 'prometheus',
    name: 'errors',
    url: 'http://prom',
    query: 'errors',
    min: null,
    max: 1,
    everyMs: 30_000,
    timeoutMs: 10_000,
    times: 1,
    withinMs: 0,
  }
  const staging = environment('staging', { soakMs: 5 * MINUTE, verify: [errors] })
  const story = twoStage({ environments: [staging, environment('production')] })
  story.merge(change('a'))
  story.check('a', 'success')
  story.depart()
  story.run('staging', 'succeeded')
  const [{ run } = { run: '' }] = story.pipeline.deployments
  const look = { outcome: 'inconclusive', says: 'no data', good: 0, all: 0, behind: [] } as const
  const told = { type: 'record_verification', run, step: 'errors', before: null, look } as const
  expect(of(story).slice(1)).toEqual(['production: 1 not before 00:21:40', '  soak'])
  story.act('signalbox', { ...told, at: story.now })
  story.pass(10 * MINUTE)
  expect(of(story).slice(1)).toEqual(['production: 1 not before 00:26:40', '  soak'])
})
