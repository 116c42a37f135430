/**
 * Done means attested: what a look does to a deployment, and what a person may answer for.
 */
import { describe, expect, it } from 'vitest'
import type { Look } from '../../src/core/finding.ts'
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import { findingText, nextLookAt } from '../../src/core/verification.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const MINUTE = 60_000

const version: VerifyStep = {
  kind: 'http',
  name: 'version',
  urls: ['http://web-01', 'http://web-07'],
  status: 200,
  path: '$.sha',
  expect: { is: 'sha' },
  everyMs: 30_000,
  timeoutMs: 10_000,
  times: 3,
  withinMs: 0,
}

const errors: VerifyStep = {
  kind: 'prometheus',
  name: 'errors',
  url: 'http://prom',
  query: 'errors',
  min: null,
  max: 1,
  everyMs: 30_000,
  timeoutMs: 10_000,
  times: 3,
  withinMs: 0,
}

const good: Look = { outcome: 'pass', says: 'all agree', good: 2, all: 2, behind: [] }
const stale: Look = {
  outcome: 'fail',
  says: 'on 00000000',
  good: 1,
  all: 2,
  behind: [{ name: 'web-07', says: 'on 00000000' }],
}
const silent: Look = { outcome: 'inconclusive', says: 'no data', good: 0, all: 0, behind: [] }

class Seen extends LineStory {
  constructor(over: Partial<EnvironmentPolicy> = {}, environments = 1) {
    const its = { verify: [version], soakMs: 5 * MINUTE, ...over }
    const before = environments === 1 ? [] : [environment('staging', its)]
    super(policy({ environments: [...before, environment('production', its)] }))
    this.merge(change('a', { number: 1 }))
    this.depart()
  }

  private last: number | null = null

  look(look: Look, { step = 'version', where = 'production' } = {}): readonly string[] {
    const found = this.deployment(where)
    const before = this.last
    this.last = this.now
    const { run } = found
    return this.act('signalbox', {
      type: 'record_verification',
      run,
      step,
      at: this.now,
      before,
      look,
    })
  }

  /** Looks at the pace of the policy, for so long. */
  keepLooking(look: Look, ms: number, step = 'version'): readonly string[] {
    const seen: string[] = []
    for (let passed = 0; passed < ms; passed += 30_000) {
      this.pass(30_000)
      if (this.deployment('production').status !== 'succeeded') return seen
      seen.push(...this.look(look, { step }))
    }
    return seen
  }

  deployment(where: string) {
    const found = this.pipeline.deployments.findLast((one) => one.environment === where)
    if (found === undefined) throw new Error(`nothing was deployed to ${where}`)
    return found
  }

  goOn(who = 'dee'): readonly string[] {
    return this.act(who, { type: 'continue', environment: null, reason: 'the site is fine' })
  }
}

/** As PostgreSQL gives back what it stored as JSON: the same members in another order. */
function stored<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).reverse()) as T
}

describe('A deployment that succeeded', () => {
  it('is no news with every look, also when what is known of it was stored meanwhile', () => {
    const story = new Seen()
    story.run('production', 'succeeded')
    story.pass(1_000)
    story.look(good)
    story.pipeline = {
      ...story.pipeline,
      deployments: story.pipeline.deployments.map((one) => ({
        ...one,
        verification: { ...one.verification, findings: one.verification.findings.map(stored) },
      })),
    }
    story.pass(30_000)
    expect(story.look(good)).toEqual([])
  })

  it('is verified once it was seen to be healthy through its soak', () => {
    const story = new Seen()
    story.run('production', 'succeeded')
    story.pass(1_000)
    expect(story.look(good)).toEqual(['verification_recorded'])
    // Healthy all along is no news, until the last look at the end of the soak.
    expect(story.keepLooking(good, 4 * MINUTE)).toEqual([])
    expect(story.keepLooking(good, 2 * MINUTE)).toEqual([
      'verification_recorded',
      'deployment_verified',
      'train_arrived',
    ])
  })

  it('is never verified by time alone', () => {
    const story = new Seen()
    story.run('production', 'succeeded')
    story.pass(60 * MINUTE)
    expect(story.status(1)).toBe('departed')
  })

  it('is not verified when nobody looked at the end of its soak', () => {
    const story = new Seen()
    story.run('production', 'succeeded')
    story.look(good)
    story.pass(60 * MINUTE)
    expect(story.status(1)).toBe('departed')
    // And what nobody looked at for an hour was not seen to hold: it soaks again.
    story.look(good)
    expect(story.status(1)).toBe('departed')
    story.keepLooking(good, 6 * MINUTE)
    expect(story.status(1)).toBe('arrived')
  })

  it('is verified by the first good look where there is no soak', () => {
    const story = new Seen({ soakMs: 0 })
    expect(story.run('production', 'succeeded')).toEqual(['deployment_ended'])
    expect(story.look(good)).toContain('deployment_verified')
  })

  it('forgives a bad look now and then, and not three in a row', () => {
    const story = new Seen()
    story.run('production', 'succeeded')
    story.look(good)
    story.keepLooking(stale, MINUTE)
    story.look(good)
    story.keepLooking(stale, 1.5 * MINUTE)
    expect(story.deployment('production').verification.findings[0]?.outcome).toBe('fail')
  })

  it('gives instances time to come along one by one', () => {
    const story = new Seen({ verify: [{ ...version, withinMs: 10 * MINUTE }] })
    story.run('production', 'succeeded')
    story.keepLooking(stale, 6 * MINUTE)
    expect(story.deployment('production').verification.findings[0]?.outcome).toBe('waiting')
    story.keepLooking(stale, 5 * MINUTE)
    expect(story.deployment('production').verification.findings[0]?.outcome).toBe('fail')
  })

  it('soaks from when the last instance came along', () => {
    const story = new Seen({ verify: [{ ...version, withinMs: 10 * MINUTE }] })
    story.run('production', 'succeeded')
    story.keepLooking(stale, 6 * MINUTE)
    story.keepLooking(good, 4 * MINUTE)
    expect(story.status(1)).toBe('departed')
    story.keepLooking(good, 2 * MINUTE)
    expect(story.status(1)).toBe('arrived')
  })

  it('says who is behind, and since when', () => {
    const story = new Seen({ verify: [{ ...version, withinMs: 10 * MINUTE }] }, 2)
    story.run('staging', 'succeeded')
    story.pass(6 * MINUTE)
    story.look(stale, { where: 'staging' })
    const [blocker] = story.blockers()
    expect(blocker?.gate).toBe('soak')
    expect(blocker?.message).toBe(
      `it is being verified in staging: version: 1 of 2 on ${sha('a').slice(0, 8)}, web-07 stale 6m (on 00000000)`,
    )
  })
})

describe('A failed verification', () => {
  const failed = (environments = 1): Seen => {
    const story = new Seen({}, environments)
    const where = environments === 1 ? 'production' : 'staging'
    story.run(where, 'succeeded')
    for (let times = 0; times < 3; times += 1) {
      story.pass(30_000)
      story.look(stale, { where })
    }
    return story
  }

  it('stands, however well later looks go', () => {
    const story = failed()
    story.keepLooking(good, 20 * MINUTE)
    expect(story.status(1)).toBe('departed')
  })

  it('keeps the train from the next environment, and the next train from this one', () => {
    const story = failed(2)
    story.merge(change('b', { number: 2, parent: sha('a') }))
    story.depart()
    expect(story.gates()).toEqual(['failed'])
    expect(story.blockersAt(2, 'staging').map(({ gate }) => gate)).toContain('failed')
  })

  it('is no gate that broken glass opens', () => {
    expect(
      failed(2).refused('dee', {
        type: 'break_glass',
        train: 1,
        environment: 'production',
        gates: ['failed'],
        reason: 'now',
      }),
    ).not.toBe('accepted')
  })

  it('may be deployed again', () => {
    const story = failed()
    story.act('ana', { type: 'retry', train: null, reason: 'a hiccup' })
    expect(story.underWay('production').attempt).toBe(2)
    expect(story.underWay('production').verification.findings).toEqual([])
  })

  it('ends in an environment when its train is cancelled', () => {
    const story = failed(2)
    const [cancelled] = story.act('ana', { type: 'cancel', train: 1, reason: 'sick' })
    expect(cancelled).toBe('cancel_requested')
    expect(story.status(1)).toBe('cancelled')
    story.merge(change('b', { number: 2, parent: sha('a') }))
    story.act('ana', { type: 'withdraw', train: 2, what: 'hold', of: null, reason: null })
    story.depart()
    expect(story.underWay('staging').sha).toBe(sha('b'))
  })

  it('can be taken back', () => {
    const story = new Seen({ soakMs: 0 })
    story.run('production', 'succeeded')
    story.look(good)
    story.merge(change('b', { number: 2, parent: sha('a') }))
    story.depart()
    story.run('production', 'succeeded')
    for (let times = 0; times < 3; times += 1) {
      story.pass(30_000)
      story.look(stale)
    }
    story.act('bob', {
      type: 'roll_back',
      environment: null,
      to: null,
      reason: 'sick',
      takeOver: false,
      settle: false,
      abort: false,
    })
    expect(story.underWay('production').sha).toBe(sha('a'))
    story.run('production', 'succeeded')
    expect(story.status(2)).toBe('rolled_back')
    // What was put back is looked at like anything else.
    expect(story.deployment('production').status).toBe('succeeded')
    story.pass(1_000)
    expect(story.look(good)).toContain('deployment_verified')
  })

  it('goes on when a named person answers for it', () => {
    const story = failed()
    expect(story.goOn()).toEqual(['verification_accepted'])
    story.pass(10 * MINUTE)
    expect(story.status(1)).toBe('arrived')
  })

  it('is answered for through the whole soak, also where it was well only late at first', () => {
    const story = new Seen()
    story.run('production', 'succeeded')
    story.pass(3 * MINUTE)
    story.look(good)
    for (let times = 0; times < 3; times += 1) {
      story.pass(30_000)
      story.look(stale)
    }
    expect(story.goOn()).toEqual(['verification_accepted'])
    story.pass(29_000)
    expect(story.status(1)).toBe('departed')
    story.pass(1_000)
    expect(story.status(1)).toBe('arrived')
  })

  it('soaks from the deployment on, not from the answer, which verifies at once after its end', () => {
    const early = failed()
    early.pass(5 * MINUTE - (early.now - endOf(early)) - 1_000)
    early.goOn()
    expect(early.status(1)).toBe('departed')
    early.pass(1_000)
    expect(early.status(1)).toBe('arrived')
    const late = failed()
    late.pass(24 * 60 * MINUTE)
    expect(late.goOn()).toEqual(['verification_accepted', 'deployment_verified', 'train_arrived'])
  })

  it('is answered for alone: what came along later soaks from then', () => {
    const story = new Seen({ verify: [version, errors] })
    story.run('production', 'succeeded')
    story.pass(3 * MINUTE)
    for (let times = 0; times < 3; times += 1) {
      story.pass(30_000)
      story.look(stale)
    }
    story.look(good, { step: 'errors' })
    story.goOn()
    story.keepLooking(good, 5 * MINUTE - 30_000, 'errors')
    expect(story.status(1)).toBe('departed')
    story.keepLooking(good, 30_000, 'errors')
    expect(story.status(1)).toBe('arrived')
  })
})

/** When the deployment to production ended. */
const endOf = (story: Seen): number => story.deployment('production').endedAt ?? 0

describe('What nobody can see', () => {
  const doubtful = (over: Partial<EnvironmentPolicy> = {}): Seen => {
    const story = new Seen({ verify: [errors], ...over })
    story.run('production', 'succeeded')
    for (let times = 0; times < 3; times += 1) {
      story.pass(30_000)
      story.look(silent, { step: 'errors' })
    }
    return story
  }

  it('never passes, and waits for a person', () => {
    const story = doubtful()
    expect(story.deployment('production').verification.findings[0]?.outcome).toBe('inconclusive')
    story.pass(24 * 60 * MINUTE)
    expect(story.status(1)).toBe('departed')
  })

  it('goes on by itself once it is seen again, after a whole soak', () => {
    const story = doubtful()
    story.pass(30_000)
    story.look(good, { step: 'errors' })
    story.pass(4 * MINUTE)
    expect(story.status(1)).toBe('departed')
  })

  it('soaks anew once it is seen again, also after somebody answered for it', () => {
    const story = doubtful()
    story.goOn()
    story.pass(30_000)
    story.look(good, { step: 'errors' })
    story.keepLooking(good, 5 * MINUTE - 30_000, 'errors')
    expect(story.status(1)).toBe('departed')
    story.keepLooking(good, 30_000, 'errors')
    expect(story.status(1)).toBe('arrived')
  })

  it('is no longer answered for once it looks bad', () => {
    const story = doubtful()
    story.goOn()
    for (let times = 0; times < 3; times += 1) {
      story.pass(30_000)
      story.look({ ...stale, behind: [] }, { step: 'errors' })
    }
    story.pass(60 * MINUTE)
    expect(story.status(1)).toBe('departed')
  })

  it('is no news with every look while it waits for a person, also past the soak', () => {
    const story = new Seen({ verify: [version, errors] })
    story.run('production', 'succeeded')
    const looks = (): readonly string[] => [
      ...story.look(good),
      ...story.look(silent, { step: 'errors' }),
    ]
    for (let times = 0; times < 12; times += 1) {
      story.pass(30_000)
      looks()
    }
    const hour = Array.from({ length: 120 }, () => {
      story.pass(30_000)
      return looks()
    })
    expect(hour.flat()).toEqual([])
    story.goOn()
    story.pass(30_000)
    story.look(good)
    expect(story.status(1)).toBe('arrived')
  })

  it('is answered for by a linked person with the right to settle alone, and once', () => {
    const story = doubtful()
    const word = { type: 'continue', environment: null, reason: 'fine' } as const
    expect(story.refused('ci', word)).toBe('not_allowed')
    expect(story.refused('dee', { ...word, environment: 'nowhere' })).toBe('no_such_environment')
    story.goOn()
    expect(story.refused('dee', word)).toBe('nothing_doubtful')
  })
})

describe('A look', () => {
  it('that comes after the deployment was taken back says nothing', () => {
    const story = new Seen({ soakMs: 0 })
    story.run('production', 'succeeded')
    story.look(good)
    story.merge(change('b', { number: 2, parent: sha('a') }))
    story.depart()
    story.run('production', 'succeeded')
    const { run } = story.deployment('production')
    const words = { takeOver: false, settle: false, abort: false }
    story.act('bob', { type: 'roll_back', environment: null, to: null, reason: 'sick', ...words })
    const look = { type: 'record_verification', run, step: 'version', before: null } as const
    expect(story.act('signalbox', { ...look, at: story.now, look: stale })).toEqual([])
  })

  it('of an older moment than the newest says nothing', () => {
    const story = new Seen()
    story.run('production', 'succeeded')
    story.pass(60_000)
    story.look(good)
    const { run } = story.deployment('production')
    const late = { type: 'record_verification', run, step: 'version', before: null } as const
    expect(story.act('signalbox', { ...late, at: story.now - 1, look: stale })).toEqual([])
    expect(story.act('signalbox', { ...late, at: 5, look: stale })).toEqual([])
  })

  it('of a run that nobody knows is refused', () => {
    const look = { type: 'record_verification', run: 'nobody-1', step: 'version' } as const
    expect(new Seen().refused('signalbox', { ...look, at: 9, before: null, look: good })).toBe(
      'no_such_run',
    )
  })

  it('is made at the pace of its step, and at the very end of the soak', () => {
    const story = new Seen()
    story.run('production', 'succeeded')
    const its = story.deployment('production')
    const ended = its.endedAt ?? 0
    const next = (last: number | null) =>
      nextLookAt(story.pipeline, story.deployment('production'), { step: version, last })
    expect(next(null)).toBe(ended)
    expect(next(ended)).toBe(ended + 30_000)
    expect(next(ended + 5 * MINUTE - 1_000)).toBe(ended + 5 * MINUTE)
  })
})

describe('Reality', () => {
  const asked = (): Seen => {
    const story = new Seen({ soakMs: 0, reality: { everyMs: 5 * MINUTE, times: 3 } })
    story.run('production', 'succeeded')
    story.look(good)
    return story
  }

  const answers = (story: Seen, look: Look): readonly string[] => {
    story.pass(5 * MINUTE)
    const epoch = story.pipeline.environments[0]?.epoch ?? 0
    return story.act('signalbox', {
      type: 'record_reality',
      environment: 'production',
      epoch,
      at: story.now,
      look,
    })
  }

  it('is a drift after several disagreeing answers in a row, told once', () => {
    const story = asked()
    expect(answers(story, stale)).toEqual(['reality_doubted'])
    expect(answers(story, stale)).toEqual(['reality_doubted'])
    expect(answers(story, stale)).toEqual(['drift_found'])
    expect(answers(story, stale)).toEqual([])
    expect(answers(story, good)).toEqual(['reality_agreed'])
  })

  it('that has drifted and says something else each time is no news with every look', () => {
    const story = asked()
    const saying = (says: string): Look => ({ ...stale, behind: [{ name: 'web-07', says }] })
    for (let times = 0; times < 3; times += 1) answers(story, saying(`up ${times}`))
    const day = Array.from({ length: 288 }, (_, times) => answers(story, saying(`now ${times}`)))
    expect(day.flat().length).toBeGreaterThan(0)
    expect(day.flat().length).toBeLessThanOrEqual(24)
  })

  it('of one look counts once, however often it is told', () => {
    const story = asked()
    answers(story, stale)
    const epoch = story.pipeline.environments[0]?.epoch ?? 0
    const again = { type: 'record_reality', environment: 'production', epoch } as const
    expect(story.act('signalbox', { ...again, at: story.now, look: stale })).toEqual([])
  })

  it('that agrees in between is no drift', () => {
    const story = asked()
    answers(story, stale)
    answers(story, stale)
    answers(story, good)
    expect(answers(story, stale)).toEqual(['reality_doubted'])
  })

  it('that does not answer is no drift either', () => {
    const story = asked()
    for (let times = 0; times < 9; times += 1) expect(answers(story, silent)).toEqual([])
  })

  it('of an earlier epoch says nothing', () => {
    const story = asked()
    expect(
      story.act('signalbox', {
        type: 'record_reality',
        environment: 'production',
        epoch: 0,
        at: story.now,
        look: stale,
      }),
    ).toEqual([])
  })
})

describe('What a step has found', () => {
  const found = (expect: Extract<VerifyStep, { kind: 'http' }>['expect'], says: string): string =>
    findingText(
      { ...version, expect },
      {
        ...{ step: 'version', outcome: 'fail', since: 0, failed: 3, missed: 3, at: 6 * MINUTE },
        ...{ says, good: 0, all: 1, behind: [{ name: '10.0.0.7', says, since: 0 }] },
      },
      sha('a'),
    )

  it('of a single instance is said without its name', () => {
    expect(found({ is: 'sha' }, 'on 00000000')).toBe(
      `on 00000000 for 6m, should be on ${sha('a').slice(0, 8)}`,
    )
    expect(found({ is: 'value', value: 'healthy' }, 'says sick')).toBe(
      'says sick for 6m, should say healthy',
    )
    expect(found(null, 'answers 500')).toBe('answers 500 for 6m, should answer 200')
  })
})
