/**
 * Whose change is suspected of a failure: by the signals of the policy, and by what it names.
 */
import { describe, expect, it } from 'vitest'
import { effectsOf } from '../../src/core/effects.ts'
import type { Look } from '../../src/core/finding.ts'
import type { Change, Deployment } from '../../src/core/model.ts'
import { suspectsIn, watchedBy } from '../../src/core/suspects.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const errors: VerifyStep = {
  kind: 'prometheus',
  name: 'errors',
  url: 'http://prom',
  query: 'rate(checkout_errors[5m])',
  min: null,
  max: 1,
  everyMs: 30_000,
  timeoutMs: 10_000,
  times: 1,
  withinMs: 0,
}
const RISING: Look = { outcome: 'fail', says: '9 (at most 1)', good: 0, all: 1, behind: [] }
const SILENT: Look = { ...RISING, outcome: 'inconclusive', says: 'no data' }

const SIGNALS = [
  { match: 'checkout_', paths: ['services/checkout/**'] },
  { match: 'cart', paths: ['services/**'] },
]

/** Three changes of ana, bob and a bot, on their way into production. */
class Failing extends LineStory {
  constructor(over: readonly Partial<Change>[] = [], verify: readonly VerifyStep[] = []) {
    const production = environment('production', { verify, soakMs: 60_000 })
    super(policy({ environments: [production], signals: SIGNALS }))
    const its = [
      { number: 1, author: 'ana' },
      { number: 2, author: 'bob' },
      { number: 3, author: 'dependabot', mergedBy: 'cem' },
    ]
    for (const [index, one] of its.entries()) {
      const parent = index === 0 ? null : sha(`n${index - 1}`)
      this.merge(change(`n${index}`, { parent, ...one, ...over[index] }))
    }
    this.depart()
  }

  fail(...tail: readonly string[]): this {
    this.end('production', 'failed', tail)
    return this
  }

  look(look: Look): this {
    this.end('production', 'succeeded', [])
    const { run } = this.deployment('production')
    const its = { type: 'record_verification', run, step: 'errors', before: null } as const
    this.act('signalbox', { ...its, at: this.now, look })
    return this
  }

  end(where: string, status: 'failed' | 'succeeded', tail: readonly string[]): void {
    const { run, epoch } = this.deployment(where)
    this.act('signalbox', { type: 'claim_run', run })
    const report = { type: 'record_run', run, epoch } as const
    this.act('signalbox', { ...report, status, reason: 'exit status 1', tail })
  }

  deployment(where: string): Deployment {
    const found = this.pipeline.deployments.findLast((one) => one.environment === where)
    if (found === undefined) throw new Error(`nothing was deployed to ${where}`)
    return found
  }

  suspects(): readonly string[] {
    return suspectsIn(this.pipeline, this.deployment('production')).map(
      ({ change: { number }, people, evidence }) =>
        `#${number} (${people.join(', ')}): ${evidence.join('; ')}`,
    )
  }
}

describe('Suspected of a failed deployment is', () => {
  it('whose files its log names', () => {
    const story = new Failing([{ paths: ['a/x.ts'] }, { paths: ['b/y.ts', 'b/z.ts'] }])
    expect(story.fail('b/y.ts:3: oops', 'b/z.ts:1: oops').suspects()).toEqual([
      '#2 (bob): the failure names b/y.ts, b/z.ts, which it changed',
    ])
  })

  it('whose paths a signal watches that its log says', () => {
    const story = new Failing([{ paths: ['services/checkout/a.ts'], watched: ['checkout_'] }])
    expect(story.fail('checkout_errors are up').suspects()).toEqual([
      '#1 (ana): it touches services/checkout/**, which the signal checkout_ watches',
    ])
  })

  it('first whom a signal points at, then whom the log does, the newest first', () => {
    const story = new Failing([
      { paths: ['services/checkout/a.ts'], watched: ['checkout_', 'cart'] },
      { paths: ['b/y.ts'] },
      { paths: ['b/y.ts'] },
    ])
    expect(story.fail('checkout_errors: the cart is empty, see b/y.ts').suspects()).toEqual([
      '#1 (ana): it touches services/checkout/**, which the signal checkout_ watches; it touches services/**, which the signal cart watches',
      '#3 (cem): the failure names b/y.ts, which it changed',
      '#2 (bob): the failure names b/y.ts, which it changed',
    ])
  })

  it('nobody without evidence, however large or dangerous the change', () => {
    const story = new Failing([
      { lines: 90_000, paths: ['migrations/1_drop.sql'], watched: ['checkout_'] },
    ])
    expect(story.fail('exit status 1').suspects()).toEqual([])
  })

  it('nobody any more once it is tried again', () => {
    const story = new Failing([{ paths: ['a/x.ts'] }]).fail('a/x.ts')
    expect(story.suspects()).toHaveLength(1)
    const key = story.deployment('production').key
    story.act('ana', { type: 'retry', train: null, reason: null })
    const settled = story.pipeline.deployments.find((one) => one.key === key)
    expect(settled && suspectsIn(story.pipeline, settled)).toEqual([])
  })
})

describe('Suspected of a release that is not healthy is', () => {
  const touching = [{}, { paths: ['services/checkout/a.ts'], watched: ['checkout_'] }]

  it('whom a signal in the query of the failing step points at', () => {
    expect(new Failing(touching, [errors]).look(RISING).suspects()).toEqual([
      '#2 (bob): it touches services/checkout/**, which the signal checkout_ watches',
    ])
  })

  it('nobody while nobody can tell whether it is healthy', () => {
    expect(new Failing(touching, [errors]).look(SILENT).suspects()).toEqual([])
  })

  it('nobody once somebody answers for it', () => {
    const story = new Failing(touching, [errors]).look(RISING)
    story.act('dee', { type: 'continue', environment: null, reason: 'a test' })
    expect(story.suspects()).toEqual([])
  })
})

describe('The suspects are looked for', () => {
  it('when a deployment fails and when a step begins to, and at no other time', () => {
    const alerts = (story: Failing) =>
      story.log
        .filter((event) => effectsOf(event).some(({ type }) => type === 'alert'))
        .map(({ type }) => type)
    expect(alerts(new Failing().fail())).toEqual(['deployment_ended'])
    expect(alerts(new Failing([], [errors]).look(RISING))).toEqual(['verification_recorded'])
    expect(alerts(new Failing([], [errors]).look(SILENT))).toEqual([])
  })

  it('never for a rollback: nothing of what it puts back is new', () => {
    const key = 'api/1:production:rollback:1'
    const event = { type: 'deployment_ended', key, status: 'failed', reason: null } as const
    const types = effectsOf({ ...event, tail: [], source: 'agent' }).map(({ type }) => type)
    expect(types).not.toContain('alert')
  })
})

describe('A signal watches', () => {
  const carries = (paths: readonly string[], globs: readonly string[] | null): boolean =>
    paths.some((path) => globs?.some((glob) => path.startsWith(glob.replace('**', ''))))

  it('a change that touches one of its paths, and none of which nobody knows the paths', () => {
    expect(watchedBy(SIGNALS, ['services/checkout/a.ts'], carries)).toEqual(['checkout_', 'cart'])
    expect(watchedBy(SIGNALS, ['services/b.ts'], carries)).toEqual(['cart'])
    expect(watchedBy(SIGNALS, ['lib/b.ts'], carries)).toEqual([])
    expect(watchedBy(SIGNALS, null, carries)).toEqual([])
  })
})
