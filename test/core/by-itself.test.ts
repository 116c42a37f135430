/**
 * What happens by itself, one step after the other: in which order, and what each step says.
 */
import { describe, expect, test } from 'vitest'
import type { FoundRef } from '../../src/core/command.ts'
import type { Look } from '../../src/core/finding.ts'
import type { EnvironmentPolicy, Policy } from '../../src/core/policy.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { ride } from './release-story.ts'

const line = (names: readonly string[], over: Partial<Policy> = {}): LineStory => {
  const its = policy({ environments: names.map((name) => environment(name)), ...over })
  const permissions = { ...its.permissions, special: ['ana'], break_glass: ['dee'] }
  return new LineStory({ ...its, permissions })
}

const found = (over: Partial<FoundRef> = {}) =>
  ({
    type: 'depart_ref',
    train: null,
    environment: null,
    found: {
      ref: 'hotfix/x',
      sha: sha('x'),
      isOnBranch: false,
      fork: sha('a'),
      changes: [change('x', { parent: sha('a'), author: 'cem' })],
      contains: [sha('a')],
      lacks: [],
      within: [],
      ...over,
    },
  }) as const

describe('a cancel', () => {
  test('awaits the end of a run that has begun, and settles nothing that went well', () => {
    const story = line(['staging', 'production'])
    story.merge(change('a'))
    story.depart()
    story.run('staging', 'succeeded')
    const { run, epoch } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.report(run, epoch, 'running')
    story.act('bob', { type: 'cancel', train: 1, reason: 'no' })
    expect(story.status(1)).toBe('departed')
    expect(story.report(run, epoch, 'aborted')).toEqual([
      'deployment_ended',
      'deployment_settled',
      'train_opened',
      'train_cancelled',
    ])
    expect(story.log.find(({ type }) => type === 'deployment_settled')).toMatchObject({
      key: 'api/1:production:forward:1',
      why: 'cancel',
    })
  })

  test('of a special train names what it brought, which falls to nobody', () => {
    const story = line(['staging', 'production'])
    ride(story, 'a')
    story.act('ana', found())
    story.run('staging', 'succeeded')
    story.act('ana', { type: 'cancel', train: 2, reason: 'wrong one' })
    expect(story.log.find(({ type }) => type === 'train_cancelled')).toEqual({
      type: 'train_cancelled',
      train: 2,
      by: 'ana',
      reason: 'wrong one',
      changes: [sha('x')],
      receiver: null,
      coupled: null,
    })
  })

  test('frees an environment of which nobody could tell that it is well', () => {
    const step: VerifyStep = {
      kind: 'run',
      name: 'smoke',
      run: 'true',
      in: null,
      everyMs: 30_000,
      timeoutMs: 10_000,
      times: 1,
      withinMs: 0,
    }
    const verify: Partial<EnvironmentPolicy> = { verify: [step] }
    const environments = [environment('staging', verify), environment('production')]
    const story = line([], { environments })
    story.merge(change('a'))
    story.depart()
    story.run('staging', 'succeeded')
    story.pass(1_000)
    const run = story.pipeline.deployments.at(-1)?.run ?? ''
    const look: Look = { outcome: 'inconclusive', says: 'silent', good: 0, all: 1, behind: [] }
    const its = { run, step: 'smoke', at: story.now, before: null, look }
    story.act('signalbox', { type: 'record_verification', ...its })
    expect(story.act('bob', { type: 'cancel', train: 1, reason: 'no' })).toContain(
      'deployment_settled',
    )
    expect(story.status(1)).toBe('cancelled')
  })
})

test('tried again after somebody recorded another release, a deployment replaces that', () => {
  const story = line(['production'])
  ride(story, 'a')
  story.merge(change('b', { parent: sha('a') }))
  story.depart()
  story.run('production', 'failed')
  expect(story.pipeline.deployments.at(-1)?.replaces).toEqual({ sha: sha('a'), ailment: null })
  const release = { environment: 'production', sha: sha('x'), reason: 'x' }
  story.act('bob', { type: 'record_release', ...release })
  const go = { train: 2, ref: null, environment: null, plan: story.plan(2) }
  story.act('bob', { type: 'depart', ...go })
  expect(story.underWay('production').replaces.sha).toBe(sha('x'))
})

test('broken glass opens the way to the environment it names, and to none between', () => {
  const story = line(['test', 'staging', 'production'])
  story.act('bob', {
    type: 'lock',
    id: 'L',
    environment: 'test',
    reason: 'mine',
    forMs: null,
    takeOver: false,
  })
  story.merge(change('a'))
  story.depart()
  const glass = { type: 'break_glass', train: 1, reason: 'down' } as const
  story.act('dee', { ...glass, environment: 'staging', gates: ['checks'] })
  story.act('dee', { ...glass, environment: 'production', gates: ['order'] })
  expect(story.pipeline.deployments.map((one) => one.environment)).toEqual(['production'])
})

test('a special train that ends before the end takes nothing from the branch', () => {
  const story = line(['staging', 'production'])
  ride(story, 'a')
  story.merge(change('b', { parent: sha('a') }))
  const its = found({ fork: sha('b'), contains: [sha('a'), sha('b')] })
  story.act('ana', { ...its, environment: 'staging' })
  story.run('staging', 'succeeded')
  expect(story.log.findLast(({ type }) => type === 'train_arrived')).toMatchObject({
    changes: [sha('b'), sha('x')],
    span: [],
    lost: [],
  })
  expect(story.pipeline.environments[0]?.lock).toEqual({
    id: 'api-staging-special-3-2',
    environment: 'staging',
    by: 'ana',
    reason: 'special train #3 (hotfix/x) is there; released, it no longer counts',
    since: 1_000_000,
    expires: null,
  })
})

test('a special train that arrives takes along what of the branch it carries', () => {
  const story = line(['production'])
  ride(story, 'a')
  story.merge(change('b', { parent: sha('a') }))
  story.merge(change('c', { parent: sha('b') }))
  story.act('ana', found({ fork: sha('b'), contains: [sha('a'), sha('b')], lacks: [sha('c')] }))
  story.act('bob', { type: 'approve', train: 3, environment: null, plan: null })
  story.run('production', 'succeeded')
  expect(story.log.findLast(({ type }) => type === 'train_arrived')).toMatchObject({
    changes: [sha('b'), sha('x')],
    span: [sha('b')],
    lost: [],
  })
})

test('a release by hand that turns out to be a way back says so, in the name of its recorder', () => {
  const story = line(['production'])
  const hand = (name: string) =>
    ({ type: 'record_release', environment: 'production', sha: sha(name), reason: 'x' }) as const
  story.merge(change('d', { parent: sha('c') }))
  story.act('dee', hand('d'))
  story.merge(change('b', { parent: sha('a'), mergedAt: 0 }))
  story.act('dee', hand('b'))
  story.pass(1_000)
  story.merge(change('c', { parent: sha('b') }))
  const reason = 'it turned out to be behind what was live before'
  expect(story.log.find(({ type }) => type === 'rolled_back')).toMatchObject({
    order: { by: 'dee', reason, since: 1_001_000, epoch: 2, from: sha('d'), to: { sha: sha('b') } },
  })
  expect(story.pipeline.environments[0]?.lock).toMatchObject({
    by: 'dee',
    reason: `rolled back: ${reason}`,
    since: 1_001_000,
  })
})
