/**
 * A release reaches everybody in steps: what starts the next one, what keeps it, what ends it.
 */
import { describe, expect, it } from 'vitest'
import type { Look } from '../../src/core/finding.ts'
import type { Deployment } from '../../src/core/model.ts'
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import type { RolloutStep } from '../../src/core/rollout.ts'
import { nextLookAt } from '../../src/core/verification.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { askAuthors, change, environment, policy, readWindows, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { HOUR, MigrationStory } from './migration-story.ts'

const MINUTE = 60_000

const percent = (traffic: number, bakeMs = 10 * MINUTE): RolloutStep => ({
  name: String(traffic),
  traffic,
  bakeMs,
})

const errors: VerifyStep = {
  kind: 'comparison',
  name: 'checkout errors',
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

const look = (outcome: Look['outcome'], says: string = outcome): Look => ({
  outcome,
  says,
  good: outcome === 'pass' ? 1 : 0,
  all: 1,
  behind: [],
})

const worse = look('fail', '0.041 against 0.003 of the old release, Mann–Whitney p = 0.0004')

class Rollout extends LineStory {
  constructor(over: Partial<EnvironmentPolicy> = {}, analysis: readonly VerifyStep[] = []) {
    const steps = [percent(10), percent(50), percent(100)]
    super(
      policy({
        environments: [environment('production', { rollout: { steps, analysis }, ...over })],
      }),
    )
    this.merge(change('a', { number: 1 }))
    this.depart()
    this.arriveFirst()
    this.merge(change('b', { number: 2, parent: sha('a') }))
    this.depart()
  }

  /** The first release has nothing to go back to; it arrives as any other. */
  private arriveFirst(): void {
    const count = this.here().rollout?.steps.length ?? 1
    for (let at = 0; at < count; at += 1) {
      this.run('production', 'succeeded')
      this.concludeAll()
    }
    expect(this.status(1)).toBe('arrived')
  }

  /** The bake passes and every comparison is well at its end. */
  concludeAll(): void {
    this.pass(11 * MINUTE)
    for (const { name } of this.here().rollout?.analysis ?? []) this.compare(look('pass'), name)
    this.act('signalbox', { type: 'tick' })
  }

  here(): Deployment {
    const found = this.pipeline.deployments.findLast(
      ({ environment: where }) => where === 'production',
    )
    if (found === undefined) throw new Error('nothing was deployed to production')
    return found
  }

  /** `10 running`, `10 baking`, `50 requested`. */
  at(): string {
    const { status, rollout } = this.here()
    const resting = status === 'running' && rollout?.bakesSince != null
    return `${rollout?.steps[rollout.at]?.name} ${resting ? 'baking' : status}`
  }

  private last: number | null = null

  compare(seen: Look, step = 'checkout errors'): readonly string[] {
    const before = this.last
    this.last = this.now
    const { run } = this.here()
    const its = { run, step, at: this.now, before, look: seen }
    return this.act('signalbox', { type: 'record_verification', ...its })
  }

  /** A step's run ends well, and its bake passes without trouble. */
  step(): void {
    this.run('production', 'succeeded')
    this.pass(11 * MINUTE)
  }
}

const PAUSE = { type: 'pause_rollout', environment: null, reason: 'the queue looks long' } as const
const SKIP = { type: 'skip_to_full', environment: null, reason: 'it is urgent' } as const
const CONTINUE = { type: 'continue', environment: null, reason: 'it is fine' } as const
const BACK = {
  type: 'roll_back',
  environment: null,
  to: null,
  reason: 'prices are wrong',
  takeOver: false,
  settle: false,
  abort: true,
} as const

describe('A rollout in steps', () => {
  it('goes from step to step, each in a run and an epoch of its own', () => {
    const story = new Rollout()
    const seen: string[] = []
    for (const _ of [1, 2, 3]) {
      const { run, epoch } = story.here()
      seen.push(`${story.at()} ${run} ${epoch}`)
      story.run('production', 'succeeded')
      if (story.here().status === 'succeeded') break
      seen.push(story.at())
      story.pass(9 * MINUTE)
      expect(story.at()).toContain('baking')
      story.pass(2 * MINUTE)
    }
    expect(seen).toEqual([
      '10 requested api-2-production-forward-1 4',
      '10 baking',
      '50 requested api-2-production-forward-1-step-2 5',
      '50 baking',
      '100 requested api-2-production-forward-1-step-3 6',
    ])
    expect(story.here().status).toBe('succeeded')
    story.pass(11 * MINUTE)
    expect(story.status(2)).toBe('arrived')
  })

  it('is not live before its last step is done', () => {
    const story = new Rollout()
    story.step()
    story.step()
    expect(story.at()).toBe('100 requested')
    expect(story.live('production')).toBe(sha('a'))
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('b'))
  })

  it('takes nothing new while it bakes, and says where it is', () => {
    const story = new Rollout()
    story.run('production', 'succeeded')
    story.merge(change('c', { number: 3, parent: sha('b') }))
    story.depart()
    expect(story.blockers().map(({ message }) => message)).toEqual([
      'it bakes in production at 10 %',
    ])
    expect(story.blockersAt(3, 'production').map(({ gate }) => gate)).toEqual(['order', 'occupied'])
    story.pass(60 * MINUTE)
    expect(story.status(3)).toBe('departed')
  })

  it('hears of a step once: what an agent tells again, or late, changes nothing', () => {
    const story = new Rollout()
    const { run, epoch } = story.here()
    story.run('production', 'succeeded')
    expect(story.report(run, epoch, 'succeeded')).toEqual([])
    expect(story.report(run, epoch, 'failed')).toEqual([])
    story.pass(11 * MINUTE)
    expect(story.at()).toBe('50 requested')
    const late = {
      type: 'record_run',
      run,
      epoch,
      status: 'failed',
      reason: null,
      tail: [],
    } as const
    expect(story.refused('signalbox', late)).toBe('no_such_run')
  })

  it('goes the last step alone on the way back', () => {
    const story = new Rollout()
    story.step()
    story.act('ana', BACK)
    const { kind, rollout } = story.here()
    expect([kind, rollout?.steps.map(({ name }) => name)]).toEqual(['rollback', ['100']])
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('a'))
  })

  it('keeps the steps it started with, whatever the policy says since', () => {
    const story = new Rollout()
    const [place] = story.pipeline.policy.environments
    const environments = [{ ...(place as EnvironmentPolicy), rollout: null }]
    story.pipeline = { ...story.pipeline, policy: { ...story.pipeline.policy, environments } }
    story.step()
    expect(story.at()).toBe('50 requested')
  })
})

describe('A step that goes wrong', () => {
  it('ends the deployment as failed, with what was seen at which step', () => {
    const story = new Rollout({}, [errors])
    story.run('production', 'succeeded')
    story.pass(MINUTE)
    expect(story.compare(worse)).toEqual(['verification_recorded', 'deployment_ended'])
    expect(story.here()).toMatchObject({
      status: 'failed',
      reason: `at 10 %: checkout errors: ${worse.says}`,
    })
    expect(story.gates()).toContain('failed')
  })

  it('is taken back and locked without a hand where its environment says so', () => {
    const onFailure = { act: 'roll_back', afterMs: 30_000, dryRun: false } as const
    const story = new Rollout({ onFailure }, [errors])
    story.run('production', 'succeeded')
    story.pass(MINUTE)
    expect(story.compare(worse)).toContain('countdown_begun')
    story.pass(MINUTE)
    expect(story.here()).toMatchObject({ kind: 'rollback', sha: sha('a'), status: 'requested' })
    story.run('production', 'succeeded')
    expect(story.pipeline.environments[0]?.lock).toMatchObject({ by: 'signalbox' })
    expect(story.pipeline.environments[0]?.lock?.reason).toContain('at 10 %: checkout errors')
  })

  it('begins at its first step when it is tried again', () => {
    const story = new Rollout()
    story.step()
    story.run('production', 'failed')
    expect(story.here().reason).toBe('it failed')
    story.act('ana', { type: 'retry', train: null, reason: null })
    expect([story.at(), story.here().run]).toEqual(['10 requested', 'api-2-production-forward-2'])
  })

  it('fails also while a person keeps it', () => {
    const story = new Rollout({}, [errors])
    story.run('production', 'succeeded')
    story.act('bob', PAUSE)
    story.compare(worse)
    expect(story.here().status).toBe('failed')
  })
})

describe('A comparison', () => {
  it('concludes at the end of the bake, and what nobody can tell waits for a person', () => {
    const story = new Rollout({}, [errors])
    story.run('production', 'succeeded')
    story.pass(5 * MINUTE)
    expect(story.compare(look('pass'))).toEqual(['verification_recorded'])
    expect(story.here().verification.findings[0]?.outcome).toBe('waiting')
    expect(story.compare(look('inconclusive'))).toEqual([])
    story.pass(5 * MINUTE)
    story.compare(look('inconclusive', 'the metrics server: out of time'))
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    expect(story.blockers()[0]?.message).toContain('is inconclusive')
    story.act('dee', CONTINUE)
    expect(story.at()).toBe('50 requested')
  })

  it('says on the way when there is something to compare, and when there no longer is', () => {
    const story = new Rollout({}, [errors])
    const nothing = (says: string): Look => ({ ...look('inconclusive', says), all: 0 })
    story.run('production', 'succeeded')
    const seen = (its: Look): readonly string[] => {
      story.pass(30_000)
      return story.compare(its)
    }
    seen(nothing('0 of at least 5 numbers of the new release'))
    expect(seen(nothing('1 of at least 5 numbers of the new release'))).toEqual([])
    seen(look('pass', '0.01 against 0.02 of the old release'))
    expect(story.blockers()[0]?.message).toBe(
      'it is being verified in production at 10 %: checkout errors: 0.01 against 0.02 of the old release',
    )
    expect(seen(look('pass', '0.02 against 0.02 of the old release'))).toEqual([])
    seen(nothing('the metrics server: nothing listens there'))
    expect(story.blockers()[0]?.message).toContain('the metrics server: nothing listens there')
  })

  it('on the way is no part of the cause where something else fails', () => {
    const smoke: VerifyStep = { ...errors, kind: 'run', name: 'smoke', run: 'true', in: null }
    const story = new Rollout({}, [errors])
    const environments = story.pipeline.policy.environments.map((one) => ({
      ...one,
      verify: [smoke],
    }))
    story.pipeline = { ...story.pipeline, policy: { ...story.pipeline.policy, environments } }
    story.run('production', 'succeeded')
    story.compare(look('inconclusive', '0 of at least 5 numbers of the new release'))
    story.compare(look('fail', 'exit status 1'), 'smoke')
    expect(story.here().reason).toBe('at 10 %: smoke: exit status 1')
  })

  it('answers for one step only when a person continues', () => {
    const story = new Rollout({}, [errors])
    for (const next of ['50', '100']) {
      story.run('production', 'succeeded')
      story.pass(10 * MINUTE)
      story.compare(look('inconclusive'))
      story.pass(60 * MINUTE)
      expect(story.at()).not.toBe(`${next} requested`)
      story.act('dee', CONTINUE)
      expect(story.at()).toBe(`${next} requested`)
    }
  })

  it('never passes without a look at the end', () => {
    const story = new Rollout({}, [errors])
    story.run('production', 'succeeded')
    story.pass(MINUTE)
    story.compare(look('pass'))
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    const here = story.here()
    const at = nextLookAt(story.pipeline, here, { step: errors, last: story.now - 60 * MINUTE })
    expect(at).toBe(story.now - 60 * MINUTE + 30_000)
  })

  describe('of a release that waits for its next step', () => {
    const lock = { type: 'lock', id: 'l1', environment: 'production', reason: 'migration' } as const
    const unlock = { type: 'unlock', environment: 'production', id: null } as const

    /** Its bake is over, and a lock keeps it. */
    const waiting = (): Rollout => {
      const story = new Rollout({}, [errors])
      story.run('production', 'succeeded')
      story.act('bob', { ...lock, forMs: null, takeOver: false })
      story.pass(10 * MINUTE)
      story.compare(look('pass'))
      return story
    }

    it('is recorded now and then, so that it goes on at once', () => {
      const story = waiting()
      const recorded: string[] = []
      for (let passed = 0; passed < 60 * MINUTE; passed += MINUTE) {
        story.pass(MINUTE)
        recorded.push(...story.compare(look('pass')))
      }
      expect(recorded).toHaveLength(12)
      story.act('bob', unlock)
      expect(story.at()).toBe('50 requested')
    })

    it('must be a new one, where nobody has looked since', () => {
      const story = waiting()
      story.pass(60 * MINUTE)
      story.act('bob', unlock)
      expect(story.at()).toBe('10 baking')
      expect(story.blockers()[0]).toMatchObject({
        message: 'nobody has looked at it in production at 10 % for too long',
        clearBy: 'wait for the next look',
        until: null,
      })
      story.compare(look('pass'))
      expect(story.at()).toBe('50 requested')
    })

    it('takes it back where it has fallen sick unseen', () => {
      const story = waiting()
      story.pass(60 * MINUTE)
      story.act('bob', unlock)
      story.compare(worse)
      expect(story.here().status).toBe('failed')
    })
  })

  it('goes on through the soak of the last step', () => {
    const story = new Rollout({}, [errors])
    for (const _ of [1, 2]) {
      story.run('production', 'succeeded')
      story.concludeAll()
    }
    story.run('production', 'succeeded')
    story.pass(60 * MINUTE)
    expect(story.status(2)).toBe('departed')
    story.compare(look('pass'))
    expect(story.status(2)).toBe('arrived')
  })
})

describe('The next step is a start', () => {
  const kept = (story: Rollout): readonly string[] => {
    story.run('production', 'succeeded')
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    return story.blockers().map(({ gate, message }) => `${gate}: ${message}`)
  }

  it('waits for a lock, and goes on once that is released', () => {
    const story = new Rollout()
    const lock = { type: 'lock', id: 'l1', environment: 'production', reason: 'migration' } as const
    story.act('bob', { ...lock, forMs: null, takeOver: false })
    expect(kept(story)).toEqual(['lock: at 10 %: production is locked by bob: migration'])
    story.act('bob', { type: 'unlock', environment: 'production', id: null })
    expect(story.at()).toBe('50 requested')
  })

  it('waits for a stopped line', () => {
    const story = new Rollout()
    story.act('bob', { type: 'stop', reason: 'smoke' })
    expect(kept(story)).toEqual(['stopped: at 10 %: the line was stopped by bob: smoke'])
    story.act('bob', { type: 'resume', reason: 'it was steam' })
    expect(story.at()).toBe('50 requested')
  })

  it('waits for a window to open', () => {
    // The story begins a quarter past midnight, and its first release takes half an hour.
    const story = new Rollout({ windows: readWindows({ allow: ['00:00-00:55'] }) })
    const found = kept(story)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain('window: at 10 %: production is outside its windows')
    story.pass(24 * 60 * MINUTE)
    expect(story.at()).toBe('50 requested')
  })

  it('waits for the word for its plan once a force-push has taken what it carries', () => {
    const story = new Rollout()
    story.run('production', 'succeeded')
    const gone = { head: sha('z'), gone: [sha('b')], by: 'bob', at: story.now }
    story.act('signalbox', { type: 'record_force_push', ...gone })
    story.act('bob', { type: 'resume', reason: 'it was meant' })
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    const [blocker] = story.blockers()
    expect(blocker?.gate).toBe('diverged')
    expect(blocker?.message).toContain('at 10 %: a force-push took #2 off main')
    story.act('ana', {
      ...{ type: 'depart', train: 2, ref: null, environment: null },
      plan: story.plan(2),
    })
    story.pass(MINUTE)
    expect(story.at()).toBe('50 requested')
    story.step()
    expect(story.at()).toBe('100 requested')
  })

  it('is kept by a hold that comes while it is under way', () => {
    const story = new Rollout()
    story.act('bob', { type: 'hold', train: 2, reason: 'wait for the release notes' })
    expect(kept(story)).toEqual(['hold: at 10 %: held by bob: wait for the release notes'])
    story.act('bob', { type: 'withdraw', train: 2, what: 'hold', of: null, reason: null })
    expect(story.at()).toBe('50 requested')
  })

  it('is kept by an author who takes the consent back', () => {
    const story = new Rollout()
    const [place] = story.pipeline.policy.environments
    const environments = [{ ...(place as EnvironmentPolicy), approvals: askAuthors }]
    story.pipeline = { ...story.pipeline, policy: { ...story.pipeline.policy, environments } }
    expect(kept(story).map((one) => one.split(':')[0])).toEqual(['consent'])
  })

  it('refuses a hold once its last step is under way', () => {
    const story = new Rollout()
    story.step()
    story.step()
    const hold = { type: 'hold', train: 2, reason: 'wait' } as const
    expect(story.refused('bob', hold)).toBe('under_way')
  })

  it('goes on past what was passed by name at its start, and not past what closed since', () => {
    const story = new Rollout()
    story.act('ana', { type: 'cancel', train: 2, reason: 'anew, under a lock' })
    const lock = { type: 'lock', id: 'l1', environment: 'production', reason: 'migration' } as const
    story.act('bob', { ...lock, forMs: null, takeOver: false })
    const train = story.pipeline.nextTrain - 1
    story.act('ana', { type: 'withdraw', train, what: 'hold', of: null, reason: 'as planned' })
    story.depart()
    expect(story.gates()).toEqual(['lock'])
    story.act('bob', { type: 'depart', train, ref: null, environment: 'production', plan: null })
    expect(story.at()).toBe('10 requested')
    story.step()
    expect(story.at()).toBe('50 requested')
    story.act('ana', { ...lock, id: 'l2', forMs: null, takeOver: true })
    story.step()
    expect(story.at()).toBe('50 baking')
    expect(story.gates()).toEqual(['lock'])
  })
})

describe('Broken glass', () => {
  /** Train 3 waits before its first step: its check is pending, consents and an approval are missing. */
  const waiting = (approvals: EnvironmentPolicy['approvals']): Rollout => {
    const story = new Rollout()
    for (const _ of [1, 2, 3]) story.step()
    expect(story.status(2)).toBe('arrived')
    const [place] = story.pipeline.policy.environments
    const environments = [{ ...(place as EnvironmentPolicy), approvals }]
    const checks = { require: ['test'], timeoutMs: 24 * 60 * MINUTE, settleMs: 0 }
    const permissions = { ...story.pipeline.policy.permissions, break_glass: ['dee'] }
    const its = { ...story.pipeline.policy, environments, checks, permissions }
    story.pipeline = { ...story.pipeline, policy: its }
    story.merge(change('c', { number: 3, parent: sha('b') }))
    return story
  }
  const GLASS = { type: 'break_glass', environment: null, gates: [], reason: 'it burns' } as const

  it('lets each step past what stood closed when it was broken', () => {
    const story = waiting({ ...askAuthors, authors: 'none' })
    story.check('c', 'pending')
    story.depart()
    expect(story.gates()).toEqual(['checks'])
    story.act('dee', { ...GLASS, train: 3 })
    for (const next of ['10', '50', '100']) {
      expect(story.at()).toBe(`${next} requested`)
      story.step()
    }
    expect(story.status(3)).toBe('arrived')
  })

  it('lets each step past what is left of it, when a part was said meanwhile', () => {
    const story = waiting({ ...askAuthors, authors: 'none', others: 2 })
    story.check('c', 'success')
    story.depart()
    const approve = { type: 'approve', train: 3, environment: null, plan: null } as const
    story.act('dee', { ...GLASS, train: 3 })
    story.run('production', 'succeeded')
    story.act('bob', approve)
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('50 requested')
    story.run('production', 'succeeded')
    const withdraw = {
      type: 'withdraw',
      train: 3,
      what: 'approval',
      of: null,
      reason: null,
    } as const
    story.act('bob', withdraw)
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('100 requested')
  })

  it('lets each step past a migration that has gone on meanwhile, and is not verified', () => {
    const steps = [percent(10, 2 * HOUR), percent(100)]
    const permissions = { ...policy().permissions, break_glass: ['dee'] }
    const story = new MigrationStory({
      environments: [environment('production', { rollout: { steps, analysis: [] } })],
      permissions,
    })
    for (const [name, over] of [
      ['c1', {}],
      ['c2', { migrates: true, alone: true }],
    ] as const) {
      story.hear(name, over)
      if (name === 'c1') story.depart()
      for (const { bakeMs } of steps) {
        story.run('production', 'succeeded')
        story.pass(bakeMs + MINUTE)
      }
    }
    story.hear('c3', { contracts: true })
    story.depart()
    const [closed] = story.blockers()
    expect(closed?.message).toContain('it is live there for less than 1h')
    const train = story.pipeline.trains.find(({ status }) => status === 'departed')?.number ?? 0
    story.act('dee', { ...GLASS, train, gates: ['migration'] })
    story.run('production', 'succeeded')
    story.pass(3 * HOUR)
    expect(story.phase()).toBe('ready')
    expect(story.underWay('production').rollout?.at).toBe(1)
  })

  it('is no word about a bake, and says so', () => {
    const story = waiting({ ...askAuthors, authors: 'none' })
    story.check('c', 'pending')
    story.depart()
    story.act('dee', { ...GLASS, train: 3 })
    story.run('production', 'succeeded')
    expect(story.refusal('dee', { ...GLASS, train: 3, gates: ['soak'] })).toMatchObject({
      ...{ code: 'not_breakable', gate: 'soak', rollout: 'production' },
    })
    story.act('dee', { ...GLASS, train: 3 })
    expect(story.train(3).overrides[0]?.gates).toEqual(['checks', 'consent', 'approvals', 'window'])
    expect(story.at()).toBe('10 baking')
  })

  it('lets no step past a check that turned red in a bake', () => {
    const story = waiting({ ...askAuthors, authors: 'none' })
    story.check('c', 'pending')
    story.depart()
    story.act('dee', { ...GLASS, train: 3 })
    story.run('production', 'succeeded')
    story.check('c', 'failure')
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    expect(story.gates()).toEqual(['checks'])
    story.act('dee', { ...GLASS, train: 3 })
    expect(story.at()).toBe('50 requested')
    story.step()
    expect(story.at()).toBe('100 requested')
  })

  it('lets no step past a gate that it named, and that stood open then', () => {
    const story = waiting({ ...askAuthors, others: 1 })
    story.check('c', 'success')
    story.depart()
    story.consent('ana', 3)
    expect(story.gates()).toEqual(['approvals'])
    story.act('dee', { ...GLASS, train: 3 })
    story.run('production', 'succeeded')
    story.pass(MINUTE)
    story.check('c', 'failure')
    const withdraw = {
      type: 'withdraw',
      train: 3,
      what: 'consent',
      of: null,
      reason: null,
    } as const
    story.act('ana', withdraw)
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    expect(story.gates()).toEqual(['checks', 'consent'])
  })
})

describe('People and a rollout', () => {
  it('keep it at its step, and let it go on', () => {
    const story = new Rollout()
    story.act('bob', PAUSE)
    story.run('production', 'succeeded')
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    expect(story.blockers().map(({ message }) => message)).toEqual([
      'paused at 10 % by bob: the queue looks long',
    ])
    expect(story.refused('ana', PAUSE)).toBe('already_done')
    expect(story.act('ana', CONTINUE)).toEqual(['rollout_continued', 'step_requested'])
    expect(story.at()).toBe('50 requested')
  })

  it('send it to everybody, past the bake and no gate', () => {
    const story = new Rollout()
    story.run('production', 'succeeded')
    story.act('bob', { type: 'stop', reason: 'smoke' })
    story.act('ana', SKIP)
    expect(story.at()).toBe('10 baking')
    expect(story.act('bob', { type: 'resume', reason: 'steam' })).toContain('step_requested')
    expect(story.at()).toBe('100 requested')
    story.run('production', 'succeeded')
    // There it still has to stay well.
    expect(story.status(2)).toBe('departed')
    story.pass(11 * MINUTE)
    expect(story.status(2)).toBe('arrived')
  })

  it('keep it also after somebody has sent it to everybody', () => {
    const story = new Rollout()
    story.act('ana', SKIP)
    story.act('bob', PAUSE)
    story.run('production', 'succeeded')
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    story.act('ana', CONTINUE)
    expect(story.at()).toBe('100 requested')
  })

  it('say nothing to what has no step to come', () => {
    const story = new Rollout()
    story.step()
    story.step()
    expect(story.refused('bob', PAUSE)).toBe('no_rollout')
    expect(story.refused('bob', SKIP)).toBe('no_rollout')
    expect(story.refused('bob', CONTINUE)).toBe('nothing_doubtful')
  })

  it('continue nothing once what was paused has failed', () => {
    const story = new Rollout()
    story.act('bob', PAUSE)
    story.run('production', 'failed')
    expect(story.refused('ana', CONTINUE)).toBe('nothing_doubtful')
  })

  it('continue the attempt that is under way, not the paused one before it', () => {
    const story = new Rollout()
    story.act('bob', PAUSE)
    story.run('production', 'failed')
    story.act('ana', { type: 'retry', train: null, reason: null })
    story.act('bob', PAUSE)
    story.run('production', 'succeeded')
    story.pass(60 * MINUTE)
    expect(story.at()).toBe('10 baking')
    story.act('ana', CONTINUE)
    expect([story.here().attempt, story.at()]).toEqual([2, '50 requested'])
  })

  it('mean the rollout that they were shown, never the one after it', () => {
    const story = new Rollout()
    const shown = { environment: 'production', deployment: story.here().key }
    story.run('production', 'failed')
    story.act('ana', { type: 'retry', train: null, reason: null })
    expect(story.refused('bob', { ...PAUSE, ...shown })).toBe('no_rollout')
    expect(story.refused('bob', { ...SKIP, ...shown })).toBe('no_rollout')
    story.act('bob', { ...PAUSE, ...shown, deployment: story.here().key })
    expect(story.refused('bob', { ...CONTINUE, ...shown })).toBe('nothing_doubtful')
    story.act('bob', { ...CONTINUE, ...shown, deployment: story.here().key })
  })

  it('end it at once by a cancel while it bakes', () => {
    const story = new Rollout()
    story.run('production', 'succeeded')
    const happened = story.act('ana', { type: 'cancel', train: 2, reason: 'wrong base' })
    expect(happened).toContain('train_cancelled')
    expect(story.status(2)).toBe('cancelled')
    expect(story.live('production')).toBe(sha('a'))
  })

  it('take it back at once while it bakes', () => {
    const story = new Rollout()
    story.run('production', 'succeeded')
    expect(story.refused('ana', { ...BACK, abort: false })).toBe('must_abort')
    story.act('ana', BACK)
    expect(story.here()).toMatchObject({ kind: 'rollback', sha: sha('a'), status: 'requested' })
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('a'))
    expect(story.status(2)).toBe('rolled_back')
  })

  it('settle a step whose end is unknown, and it goes on from there', () => {
    const story = new Rollout()
    story.run('production', 'unknown')
    const settle = {
      type: 'settle_unknown',
      environment: 'production',
      reason: 'I looked',
    } as const
    expect(story.act('ana', { ...settle, outcome: 'succeeded' })).toEqual(['step_done'])
    expect(story.at()).toBe('10 baking')
    story.pass(11 * MINUTE)
    expect(story.at()).toBe('50 requested')
  })

  it('hear of no silence while it bakes', () => {
    const story = new Rollout()
    story.run('production', 'succeeded')
    expect(story.refused('bob', { ...settleFailed })).toBe('not_unknown')
  })
})

const settleFailed = {
  type: 'settle_unknown',
  environment: 'production',
  outcome: 'failed',
  reason: 'no',
} as const
