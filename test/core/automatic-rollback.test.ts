/**
 * What an environment does by itself about a failure: the countdown, the way back, the lock and the
 * veto; and when it leaves that to people.
 */
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/core/command.ts'
import type { Event } from '../../src/core/event.ts'
import type { Look } from '../../src/core/finding.ts'
import type { Deployment, Environment } from '../../src/core/model.ts'
import { type EnvironmentPolicy, HOLD } from '../../src/core/policy.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { wakeAt } from '../../src/core/wake.ts'
import { wholePolicy } from '../../src/core/whole.ts'
import { change, environment, policy, readWindows, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { back as BY_HAND } from './release-story.ts'

const version: VerifyStep = {
  kind: 'http',
  name: 'version',
  urls: ['http://web-01'],
  status: 200,
  path: null,
  expect: { is: 'sha' },
  everyMs: 30_000,
  timeoutMs: 10_000,
  times: 1,
  withinMs: 0,
}

const GOOD: Look = { outcome: 'pass', says: 'all agree', good: 1, all: 1, behind: [] }
const BAD: Look = { ...GOOD, outcome: 'fail', says: 'on 00000000', good: 0 }
const SILENT: Look = { ...GOOD, outcome: 'inconclusive', says: 'no answer', good: 0 }

const checks = { require: [], timeoutMs: 3_600_000, settleMs: 0 }

const rollBack = { act: 'roll_back', afterMs: 30_000, dryRun: false } as const

const KEEP = {
  type: 'cancel_countdown',
  environment: null,
  deployment: null,
  since: null,
  reason: null,
} as const

const lock = (by: string, of: string | null = 'production'): Command => ({
  type: 'lock',
  id: `${by}-${of}`,
  environment: of,
  reason: 'the migration runs',
  forMs: null,
  takeOver: false,
})

/** Production alone, which takes itself back after 30 s. */
class Story extends LineStory {
  constructor(over: Partial<EnvironmentPolicy> = {}) {
    const production = environment('production', { onFailure: rollBack, ...over })
    super(policy({ environments: [production], checks }))
  }

  private head: string | null = null

  hear(name: string, number: number): this {
    this.pass(1_000)
    this.merge(change(name, { number, parent: this.head }))
    this.head = sha(name)
    return this
  }

  /** Merged and sent; its deployment waits for its agent. */
  send(name: string, number: number): this {
    this.hear(name, number).depart()
    return this
  }

  /** It runs, and where something is asked, it is found well. */
  arrives(name: string, number: number): this {
    this.send(name, number).run('production', 'succeeded')
    if (this.place().live !== null && this.here()?.status === 'succeeded') this.look(GOOD)
    expect(this.live('production')).toBe(sha(name))
    return this
  }

  look(look: Look): readonly string[] {
    this.pass(1_000)
    const { run } = this.deployment()
    const its = { run, step: 'version', at: this.now, before: null, look }
    return this.act('signalbox', { type: 'record_verification', ...its })
  }

  place(): Environment {
    const [found] = this.pipeline.environments
    if (found === undefined) throw new Error('there is no production')
    return found
  }

  here(): Deployment | undefined {
    return this.pipeline.deployments.at(-1)
  }

  deployment(): Deployment {
    const found = this.here()
    if (found === undefined) throw new Error('nothing was deployed')
    return found
  }

  told<T extends Event['type']>(type: T): readonly Extract<Event, { type: T }>[] {
    return this.log.flatMap((one) =>
      one.type === type ? [one as Extract<Event, { type: T }>] : [],
    )
  }

  withheld() {
    return this.told('reaction_withheld').map(({ why }) => why)
  }
}

const sick = (over: Partial<EnvironmentPolicy> = {}): Story => {
  const story = new Story({ verify: [version], ...over })
  story.arrives('a', 1).send('b', 2)
  story.run('production', 'succeeded')
  story.look(BAD)
  return story
}

const failed = (over: Partial<EnvironmentPolicy> = {}): Story => {
  const story = new Story(over)
  story.arrives('a', 1).send('b', 2)
  story.run('production', 'failed')
  return story
}

describe('A deployment that failed', () => {
  it('is taken back once the countdown is over, and not a moment before', () => {
    const story = failed()
    const began = story.now
    expect(story.told('countdown_begun')).toMatchObject([
      {
        environment: 'production',
        countdown: {
          cause: 'the deployment failed: it failed',
          since: began,
          at: began + 30_000,
          to: sha('a'),
        },
      },
    ])
    expect(wakeAt(story.pipeline, story.now)).toBe(began + 30_000)
    story.pass(29_999)
    expect(story.told('rollback_ordered')).toEqual([])
    story.pass(1)
    expect(story.log.slice(-4).map(({ type }) => type)).toEqual([
      'locked',
      'rollback_ordered',
      'deployment_settled',
      'deployment_requested',
    ])
    expect(story.told('rollback_ordered')[0]?.order).toMatchObject({
      by: 'signalbox',
      reason: 'the deployment failed: it failed',
      from: sha('b'),
      to: { sha: sha('a') },
    })
    expect(story.underWay('production')).toMatchObject({ kind: 'rollback', sha: sha('a') })
  })

  it('leaves its environment locked, and is vetoed until a person lets it go again', () => {
    const story = failed()
    story.pass(30_000)
    story.run('production', 'succeeded')
    expect(story.place()).toMatchObject({
      live: { sha: sha('a') },
      lock: { by: 'signalbox', reason: 'rolled back: the deployment failed: it failed' },
      vetoes: [{ from: sha('b'), target: sha('a'), by: 'signalbox' }],
    })
    expect(story.status(2)).toBe('rolled_back')
    story.depart()
    story.pass(3_600_000)
    expect(story.gates()).toEqual(['lock', 'veto'])
    story.act('ana', { type: 'unlock', environment: 'production', id: null })
    expect(story.gates()).toEqual(['veto'])
    story.act('ana', { type: 'release_veto', train: 3, reason: 'it was the network' })
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('b'))
  })

  it('is held where the policy says no more, as it always was', () => {
    const story = failed({ onFailure: HOLD })
    story.pass(3_600_000)
    expect(story.deployment().reaction).toEqual({ is: 'left' })
    expect(story.told('rollback_ordered')).toEqual([])
  })

  it('explains in its blocker that time will clear it, and what else would', () => {
    const [blocker] = failed().blockers()
    expect(blocker?.gate).toBe('failed')
    expect(blocker?.clearBy).toContain(`goes back to ${sha('a').slice(0, 8)} by itself`)
    expect(blocker?.clearBy).toContain('or roll back')
  })
})

describe('A deployment that is found sick', () => {
  it('is taken back with what was seen as the reason', () => {
    const story = sick()
    story.pass(30_000)
    story.run('production', 'succeeded')
    expect(story.place().live?.sha).toBe(sha('a'))
    expect(story.place().lock?.reason).toContain('its verification failed: version: 0 of 1')
  })

  it('is taken back while it soaks, too', () => {
    const story = new Story({ verify: [version], soakMs: 600_000 })
    story.send('a', 1).run('production', 'succeeded')
    story.look(GOOD)
    story.pass(600_000)
    story.look(GOOD)
    story.send('b', 2).run('production', 'succeeded')
    story.look(GOOD)
    story.pass(120_000)
    expect(story.look(BAD)).toContain('countdown_begun')
    story.pass(30_000)
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  it('is left to people while nobody can tell', () => {
    const story = new Story({ verify: [version] })
    story.arrives('a', 1).send('b', 2).run('production', 'succeeded')
    story.look(SILENT)
    story.pass(3_600_000)
    expect(story.deployment().reaction).toBe(null)
  })

  it('goes on by a person’s word, and counts down again if it gets worse than that', () => {
    const story = new Story({ verify: [version, { ...version, name: 'errors' }] })
    story.arrives('a', 1)
    const look = (step: string, look: Look) => {
      story.pass(1_000)
      const { run } = story.deployment()
      const its = { run, step, at: story.now, before: null, look }
      return story.act('signalbox', { type: 'record_verification', ...its })
    }
    look('errors', GOOD)
    story.send('b', 2).run('production', 'succeeded')
    expect(look('version', BAD)).toContain('countdown_begun')
    story.act('bob', { type: 'continue', environment: null, reason: 'the site is fine' })
    story.pass(60_000)
    expect(story.told('rollback_ordered')).toEqual([])
    const [shown] = story.told('countdown_begun')
    expect(look('errors', BAD)).toContain('countdown_begun')
    const drawn = { deployment: story.deployment().key, since: shown?.countdown.since ?? 0 }
    expect(story.refused('bob', { ...KEEP, ...drawn })).toBe('no_countdown')
    expect(story.told('countdown_begun').at(-1)?.countdown.cause).toContain('errors')
  })
})

describe('A countdown', () => {
  it('is cancelled by whoever may hold, and does not begin again', () => {
    const story = failed()
    story.pass(10_000)
    expect(story.act('bob', { ...KEEP, reason: 'a hiccup' })).toEqual(['countdown_cancelled'])
    expect(story.told('countdown_cancelled')).toMatchObject([{ by: 'bob', reason: 'a hiccup' }])
    story.pass(3_600_000)
    expect(story.told('rollback_ordered')).toEqual([])
    expect(story.gates()).toEqual(['failed'])
    expect(story.refused('bob', KEEP)).toBe('no_countdown')
  })

  it('is cancelled wherever one runs by whoever names no environment', () => {
    const environments = ['staging', 'production'].map((name) =>
      environment(name, { onFailure: { ...rollBack, afterMs: 600_000 } }),
    )
    const story = new LineStory(policy({ environments, checks }))
    story.merge(change('a', { number: 1 }))
    story.depart()
    story.run('staging', 'succeeded')
    story.run('production', 'succeeded')
    story.merge(change('b', { number: 2, parent: sha('a') }))
    story.depart()
    story.run('staging', 'succeeded')
    story.run('production', 'failed')
    story.merge(change('c', { number: 3, parent: sha('b') }))
    story.depart()
    story.run('staging', 'failed')
    expect(story.act('bob', KEEP)).toEqual(['countdown_cancelled', 'countdown_cancelled'])
    expect(story.refused('bob', KEEP)).toBe('no_countdown')
  })

  it('is cancelled by no machine that was granted nothing', () => {
    expect(failed().refused('ci', KEEP)).toBe('not_allowed')
  })

  it('is cancelled only by a button that was drawn for it', () => {
    const story = failed()
    const old = story.deployment().key
    story.act('ana', { type: 'retry', train: null, reason: null })
    story.run('production', 'failed')
    expect(story.refused('bob', { ...KEEP, deployment: old })).toBe('no_countdown')
    expect(story.refused('bob', { ...KEEP, environment: 'nowhere' })).toBe('no_such_environment')
    const deployment = story.deployment().key
    expect(story.act('bob', { ...KEEP, deployment })).toEqual(['countdown_cancelled'])
  })

  it('ends when somebody retries, and begins anew when that fails as well', () => {
    const story = failed()
    story.pass(20_000)
    story.act('ana', { type: 'retry', train: null, reason: null })
    story.pass(20_000)
    expect(story.told('rollback_ordered')).toEqual([])
    story.run('production', 'failed')
    story.pass(30_000)
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  it('goes back to what the first attempt replaced, when a retry of a sick one is sick as well', () => {
    const story = sick()
    story.act('ana', { type: 'retry', train: null, reason: null })
    story.run('production', 'succeeded')
    story.look(BAD)
    story.pass(30_000)
    expect(story.underWay('production')).toMatchObject({ kind: 'rollback', sha: sha('a') })
  })

  it('ends when the train is cancelled', () => {
    const story = failed()
    story.act('ana', { type: 'cancel', train: 2, reason: 'wrong base' })
    story.pass(60_000)
    expect(story.told('rollback_ordered')).toEqual([])
  })

  it('ends when somebody says what is live', () => {
    const story = failed()
    const said = { environment: 'production', sha: sha('a'), reason: 'looked' }
    story.act('ana', { type: 'record_release', ...said })
    story.pass(60_000)
    expect(story.told('rollback_ordered')).toEqual([])
  })

  it('is overtaken by a rollback by hand, which is done at once', () => {
    const story = failed()
    story.act('bob', BY_HAND)
    expect(story.underWay('production').kind).toBe('rollback')
    story.pass(60_000)
    expect(story.told('rollback_ordered').map(({ order }) => order.by)).toEqual(['bob'])
    expect(story.place().lock?.by).toBe('bob')
  })

  it('is not begun by a policy that was written only after it went wrong', () => {
    for (const story of [failed({ onFailure: HOLD }), sick({ onFailure: HOLD })]) {
      const [production] = story.pipeline.policy.environments
      if (production === undefined) throw new Error('there is no production')
      const environments = [{ ...production, onFailure: rollBack }]
      story.pipeline = { ...story.pipeline, policy: { ...story.pipeline.policy, environments } }
      story.pass(3_600_000)
      expect(story.told('countdown_begun')).toEqual([])
      story.act('ana', { type: 'retry', train: null, reason: null })
      story.run('production', 'failed')
      expect(story.told('countdown_begun')).toHaveLength(1)
    }
  })

  it('ends when the policy does not ask for it any more', () => {
    const story = failed()
    story.pipeline = {
      ...story.pipeline,
      policy: policy({ environments: [environment('production')] }),
    }
    story.pass(60_000)
    expect(story.withheld()).toEqual([{ is: 'policy' }])
    expect(story.told('rollback_ordered')).toEqual([])
  })

  it('ends with the line stopped when the policy asks for that meanwhile', () => {
    const story = failed()
    const stop = { ...HOLD, act: 'stop' } as const
    story.pipeline = {
      ...story.pipeline,
      policy: policy({ environments: [environment('production', { onFailure: stop })] }),
    }
    story.pass(60_000)
    expect(story.pipeline.stopped).toMatchObject({ by: 'signalbox', owner: null })
    expect(story.told('rollback_ordered')).toEqual([])
    expect(story.pipeline.deployments.at(-1)?.reaction).toEqual({ is: 'stopped' })
  })

  it('is kept up by neither a stopped line nor closed windows', () => {
    const story = failed({ windows: readWindows({ deny: ['00:17-00:18'] }) })
    story.act('bob', { type: 'stop', reason: 'smoke' })
    story.pass(30_000)
    expect(new Date(story.now).toISOString()).toContain('00:17:')
    expect(story.underWay('production').kind).toBe('rollback')
  })
})

describe('A lock', () => {
  it.each(['production', null])('turns it into a question to its holder (%s)', (of) => {
    const story = failed()
    story.pass(10_000)
    const asked = { is: 'locked', by: 'bob', reason: 'the migration runs', to: sha('a') }
    expect(story.act('bob', lock('bob', of))).toEqual(['locked', 'reaction_withheld'])
    expect(story.withheld()).toEqual([asked])
    story.pass(3_600_000)
    expect(story.told('rollback_ordered')).toEqual([])
    story.act('bob', BY_HAND)
    expect(story.underWay('production').kind).toBe('rollback')
  })

  it('asks its holder at once where it stood before', () => {
    const story = new Story()
    story.arrives('a', 1).send('b', 2)
    story.act('bob', lock('bob'))
    expect(story.run('production', 'failed')).toEqual(['deployment_ended', 'reaction_withheld'])
    expect(story.withheld()).toMatchObject([{ is: 'locked', by: 'bob' }])
  })

  it('on everything does the same, also when it comes in the last moment', () => {
    const story = failed()
    const all = { id: 'all', environment: null, by: 'cem', reason: 'incident', since: story.now }
    story.pipeline = { ...story.pipeline, lockAll: { ...all, expires: null } }
    story.pass(60_000)
    expect(story.withheld()).toMatchObject([{ is: 'locked', by: 'cem' }])
    expect(story.told('rollback_ordered')).toEqual([])
  })

  it('of an automatic rollback is anybody’s to release, and does not come back', () => {
    const story = failed()
    story.pass(30_000)
    story.act('ana', { type: 'unlock', environment: 'production', id: null })
    story.pass(60_000)
    expect(story.place().lock).toBe(null)
    expect(story.told('locked')).toHaveLength(1)
  })
})

describe('What was not well before', () => {
  const notWell = (story: Story): unknown => {
    story.pass(3_600_000)
    expect(story.told('countdown_begun')).toEqual([])
    expect(story.told('rollback_ordered')).toEqual([])
    return story.withheld().at(-1)
  }

  it('is no first deployment’s: there is nothing to go back to', () => {
    const story = new Story()
    story.send('a', 1).run('production', 'failed')
    expect(notWell(story)).toEqual({ is: 'nothing_before' })
  })

  it('is not gone back to where its own verification had to be answered for', () => {
    const story = new Story({ verify: [version] })
    story.arrives('a', 1).send('b', 2).run('production', 'succeeded')
    story.look(SILENT)
    story.act('bob', { type: 'continue', environment: null, reason: 'the site is fine' })
    story.send('c', 3).run('production', 'succeeded')
    story.look(BAD)
    expect(notWell(story)).toEqual({ is: 'sick_before', ailment: 'bob had to answer for version' })
  })

  it('is not gone back to where it was recorded by hand', () => {
    const story = new Story()
    story.arrives('a', 1).hear('b', 2)
    const said = { environment: 'production', sha: sha('b'), reason: 'by hand' }
    story.act('ana', { type: 'record_release', ...said })
    story.send('c', 3).run('production', 'failed')
    expect(notWell(story)).toEqual({ is: 'sick_before', ailment: 'it was never verified' })
  })

  it('is not gone back to where it had drifted, however often it is tried', () => {
    const story = new Story({ verify: [version], reality: { everyMs: 60_000, times: 1 } })
    story.arrives('a', 1)
    const { epoch } = story.place()
    const asked = { environment: 'production', epoch, at: story.now, look: BAD }
    story.act('signalbox', { type: 'record_reality', ...asked })
    story.send('b', 2).run('production', 'failed')
    const drifted = { is: 'sick_before', ailment: 'it had drifted: 0 of 1 agree' }
    expect(notWell(story)).toEqual(drifted)
    story.act('ana', { type: 'retry', train: null, reason: null })
    story.run('production', 'failed')
    expect(notWell(story)).toEqual(drifted)
  })

  it('is not gone back to where it had drifted, by a later train either', () => {
    const story = new Story({ verify: [version], reality: { everyMs: 60_000, times: 1 } })
    story.arrives('a', 1)
    const { epoch } = story.place()
    const asked = { environment: 'production', epoch, at: story.now, look: BAD }
    story.act('signalbox', { type: 'record_reality', ...asked })
    story.send('b', 2).run('production', 'failed')
    story.hear('c', 3)
    story.act('ana', { type: 'cancel', train: 2, reason: 'wrong base' })
    const hold = { type: 'withdraw', train: 3, what: 'hold', of: 'ana', reason: 'go' } as const
    story.act('ana', hold)
    story.depart()
    story.run('production', 'failed')
    expect(notWell(story)).toEqual({ is: 'sick_before', ailment: 'it had drifted: 0 of 1 agree' })
  })

  it('is well again once it was verified', () => {
    const story = new Story({ verify: [version] })
    story.arrives('a', 1).send('b', 2).run('production', 'succeeded')
    story.look(SILENT)
    story.act('bob', { type: 'continue', environment: null, reason: 'the site is fine' })
    story.arrives('c', 3).send('d', 4).run('production', 'failed')
    story.pass(30_000)
    expect(story.underWay('production').sha).toBe(sha('c'))
  })

  it('takes no second step back when the rollback fails, or is sick itself', () => {
    const story = failed()
    story.pass(30_000)
    story.run('production', 'failed')
    story.pass(3_600_000)
    expect(story.withheld()).toEqual([{ is: 'rollback' }])
    expect(story.told('rollback_ordered')).toHaveLength(1)

    const other = sick()
    other.pass(30_000)
    other.run('production', 'succeeded')
    other.look(BAD)
    other.pass(3_600_000)
    expect(other.withheld()).toEqual([{ is: 'rollback' }])
    expect(other.told('rollback_ordered')).toHaveLength(1)
  })
})

describe('Nothing is taken back', () => {
  it('while nobody knows how it ended, nor when a person ended it', () => {
    for (const status of ['unknown', 'aborted'] as const) {
      const story = new Story()
      story.arrives('a', 1).send('b', 2).run('production', status)
      story.pass(3_600_000)
      expect(story.deployment().reaction).toBe(null)
    }
  })

  it('where nobody knew, and a person says that it failed', () => {
    for (const onFailure of [rollBack, { ...HOLD, act: 'stop' } as const]) {
      const story = new Story({ onFailure })
      story.arrives('a', 1).send('b', 2).run('production', 'unknown')
      const its = { environment: 'production', outcome: 'failed', reason: 'looked' } as const
      expect(story.act('ana', { type: 'settle_unknown', ...its })).toEqual(['deployment_ended'])
      story.pass(3_600_000)
      expect(story.told('rollback_ordered')).toEqual([])
      expect(story.pipeline.stopped).toBe(null)
    }
  })

  it('by a dry run, which says once what it would have done', () => {
    const story = failed({ onFailure: { ...rollBack, dryRun: true } })
    story.pass(3_600_000)
    const would = { is: 'dry_run', act: 'roll_back', to: sha('a'), asks: null }
    expect(story.withheld()).toEqual([would])
    expect(story.told('rollback_ordered')).toEqual([])
    expect(story.place().lock).toBe(null)
  })

  it('and by a dry run under a lock, which asks nobody and says whom it would have asked', () => {
    const story = new Story({ onFailure: { ...rollBack, dryRun: true } })
    story.arrives('a', 1).send('b', 2)
    story.act('dee', lock('dee'))
    story.run('production', 'failed')
    const would = { is: 'dry_run', act: 'roll_back', to: sha('a'), asks: 'dee' }
    expect(story.withheld()).toEqual([would])
  })

  it('for a policy that was kept before it could ask for that', () => {
    const asks = policy({ environments: [environment('production', { onFailure: rollBack })] })
    const [production] = asks.environments
    if (production === undefined) throw new Error('there is no production')
    const { onFailure: _, ...old } = production
    const stored = { ...asks, environments: [old as EnvironmentPolicy] }
    expect(wholePolicy(stored, asks).environments[0]?.onFailure).toEqual(HOLD)
    expect(wholePolicy(asks, stored).environments[0]?.onFailure).toEqual(rollBack)
  })
})

describe('A policy that stops the line', () => {
  const stop = { ...HOLD, act: 'stop' } as const

  it('stops it once, with the cause as its reason and for anybody to claim', () => {
    const story = failed({ onFailure: stop })
    expect(story.pipeline.stopped).toMatchObject({
      by: 'signalbox',
      reason: 'production: the deployment failed: it failed',
      owner: null,
    })
    story.act('bob', { type: 'claim' })
    story.act('bob', { type: 'resume', reason: 'the disk was full' })
    story.pass(3_600_000)
    expect(story.pipeline.stopped).toBe(null)
  })

  it('finds it stopped already, and does not stop it again behind whoever resumes it', () => {
    const story = new Story({ onFailure: stop })
    story.arrives('a', 1).send('b', 2)
    story.act('cem', { type: 'stop', reason: 'smoke' })
    story.run('production', 'failed')
    expect(story.withheld()).toEqual([{ is: 'stopped', by: 'cem' }])
    story.act('cem', { type: 'resume', reason: 'aired' })
    story.pass(3_600_000)
    expect(story.pipeline.stopped).toBe(null)
  })

  it('only says so in a dry run', () => {
    const story = failed({ onFailure: { ...stop, dryRun: true } })
    expect(story.withheld()).toEqual([{ is: 'dry_run', act: 'stop' }])
    expect(story.pipeline.stopped).toBe(null)
  })
})
