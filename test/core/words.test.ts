import { describe, expect, test } from 'vitest'
import { planOf } from '../../src/core/line.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const production = (over: Parameters<typeof environment>[1] = {}) =>
  policy({ environments: [environment('production', over)] })

const asking = (others: number, over = {}) =>
  production({ approvals: { ...askAuthors, others, ...over } })

describe('consent', () => {
  test('is asked of the opener and of every linked co-author', () => {
    const story = new LineStory(asking(0))
    story.merge(change('a', { coAuthors: ['bob', 'a-stranger'] }))
    story.depart()
    story.consent('ana', 1)
    expect(story.gates()).toEqual(['consent'])
    story.consent('bob', 1)
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('falls to whoever merged it when the author is nobody we know, and to anyone for a bot', () => {
    const merged = new LineStory(asking(0))
    merged.merge(change('a', { author: 'dependabot', mergedBy: 'cem' }))
    merged.depart()
    expect(merged.refused('bob', { type: 'consent', train: 1 })).toBe('nothing_of_yours')
    expect(merged.consent('cem', 1)).toContain('deployment_requested')
    const bot = new LineStory(asking(0))
    bot.merge(change('a', { author: 'dependabot', mergedBy: 'merge-bot' }))
    bot.depart()
    expect(bot.consent('bob', 1)).toContain('deployment_requested')
  })

  test('is never given by a machine, nor for somebody else', () => {
    const story = new LineStory(asking(0))
    story.merge(change('a'))
    story.depart()
    expect(story.refused('ci', { type: 'consent', train: 1 })).toBe('people_only')
    expect(story.refused('bob', { type: 'consent', train: 1 })).toBe('nothing_of_yours')
  })

  test('can be withdrawn until the last environment is under way', () => {
    const story = new LineStory(asking(1))
    story.merge(change('a'))
    story.depart()
    story.consent('ana', 1)
    const withdraw = { type: 'withdraw', train: 1, what: null, of: null, reason: null } as const
    expect(story.act('ana', withdraw)).toEqual(['consent_withdrawn'])
    story.consent('ana', 1)
    story.act('bob', { type: 'approve', train: 1, environment: null, plan: null })
    expect(story.refused('ana', withdraw)).toBe('under_way')
  })

  test('to one change is none to another of the same author', () => {
    const story = new LineStory(asking(0))
    story.merge(change('a'))
    story.consent('ana', 1)
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    expect(story.blockers().map(({ message }) => message)).toEqual([
      `waits for the authors of ${sha('b').slice(0, 8)} (ana)`,
    ])
  })

  test('stays with a change that falls to the next train', () => {
    const story = new LineStory(asking(0))
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a'), author: 'bob' }))
    story.depart()
    story.consent('ana', 1)
    story.act('cem', { type: 'cancel', train: 1, reason: 'wait for c' })
    story.act('cem', { type: 'withdraw', train: 2, what: 'hold', of: null, reason: null })
    story.depart()
    expect(story.blockers().map(({ message }) => message)).toEqual([
      `waits for the authors of ${sha('b').slice(0, 8)} (bob)`,
    ])
  })
})

describe('approval', () => {
  const approve = { type: 'approve', train: 1, environment: null, plan: null } as const

  test('comes from people who wrote none of it', () => {
    const story = new LineStory(asking(1))
    story.merge(change('a', { coAuthors: ['bob'] }))
    story.depart()
    expect(story.refused('ana', approve)).toBe('own_change')
    expect(story.refused('bob', approve)).toBe('own_change')
    expect(story.act('cem', approve)).toEqual(['approval_given'])
    expect(story.refused('cem', approve)).toBe('no_approval_needed')
  })

  test('counts distinct people, and only those entitled', () => {
    const story = new LineStory(asking(2))
    story.merge(change('a'))
    story.depart()
    story.act('bob', approve)
    expect(story.refused('bob', approve)).toBe('already_done')
    expect(story.gates()).toEqual(['consent', 'approvals'])
    const entitled = new LineStory(asking(1, { from: ['sre'] }))
    entitled.merge(change('a'))
    entitled.depart()
    expect(entitled.refused('bob', approve)).toBe('not_entitled')
    expect(entitled.act('dee', approve)).toEqual(['approval_given'])
  })

  test('binds to the plan: another base voids it, and an old plan is refused', () => {
    const story = new LineStory(asking(1))
    story.merge(change('a'))
    story.depart()
    story.merge(change('b', { parent: sha('a'), author: 'bob' }))
    story.depart()
    const second = story.pipeline.trains[1]
    const where = story.pipeline.policy.environments[0]
    const plan = second && where ? planOf(story.pipeline, second, where)?.hash : undefined
    story.act('cem', { ...approve, train: 2, plan: plan ?? '' })
    story.act('ana', { type: 'cancel', train: 1, reason: 'together' })
    const now = story.pipeline.trains.find(({ number }) => number === 2)
    expect(now && where ? planOf(story.pipeline, now, where)?.hash : undefined).not.toBe(plan)
    expect(story.gates()).toContain('approvals')
    expect(story.refused('cem', { ...approve, train: 2, plan: plan ?? '' })).toBe('plan_changed')
  })

  test('expires, and is asked for again', () => {
    const story = new LineStory(asking(1, { expireMs: 60_000 }))
    story.merge(change('a'))
    story.depart()
    story.act('bob', approve)
    story.pass(59_999)
    expect(story.gates()).toEqual(['consent'])
    story.pass(1)
    expect(story.gates()).toEqual(['consent', 'approvals'])
    expect(story.act('bob', approve)).toEqual(['approval_given'])
  })

  test('no longer counts when the right is taken away before the start', () => {
    const story = new LineStory(asking(1, { from: ['sre'] }))
    story.merge(change('a'))
    story.depart()
    story.act('dee', approve)
    story.pipeline = {
      ...story.pipeline,
      people: story.pipeline.people.map((one) => ({ ...one, groups: [] })),
    }
    expect(story.consent('ana', 1)).toEqual(['consent_given'])
    expect(story.gates()).toEqual(['approvals'])
  })
})

describe('a hold', () => {
  test('keeps the train, names its reason, and is withdrawn by another with a reason only', () => {
    const story = new LineStory(production())
    story.merge(change('a'))
    story.act('bob', { type: 'hold', train: 1, reason: 'the demo' })
    story.depart()
    expect(story.blockers().map(({ message }) => message)).toEqual(['held by bob: the demo'])
    const withdraw = { type: 'withdraw', train: 1, what: 'hold', of: 'bob' } as const
    expect(story.refused('ana', { ...withdraw, reason: null })).toBe('reason_needed')
    expect(story.act('ana', { ...withdraw, reason: 'it is over' })).toEqual([
      'hold_withdrawn',
      'deployment_requested',
    ])
  })
})

describe('a lock', () => {
  const lock = (over = {}) =>
    ({
      type: 'lock',
      id: 'one',
      environment: 'production',
      reason: 'migration',
      forMs: null,
      takeOver: false,
      ...over,
    }) as const

  test('keeps the next train out, and its release lets it in', () => {
    const story = new LineStory(production())
    story.act('bob', lock())
    story.merge(change('a'))
    expect(story.depart()).toEqual(['train_departed'])
    expect(story.gates()).toEqual(['lock'])
    expect(story.act('bob', { type: 'unlock', environment: 'production', id: null })).toEqual([
      'unlocked',
      'deployment_requested',
    ])
  })

  test('lets nothing of its own holder through without his word for this plan, once', () => {
    const story = new LineStory(production())
    story.act('bob', lock({ environment: null }))
    story.merge(change('a'))
    story.depart()
    const go = {
      type: 'depart',
      train: 1,
      ref: null,
      environment: 'production',
      plan: null,
    } as const
    expect(story.refused('ana', go)).toBe('locked')
    expect(story.act('bob', go)).toEqual(['lock_passed', 'deployment_requested'])
    story.run('production', 'failed')
    story.act('bob', { type: 'retry', train: 1, reason: null })
    expect(story.gates()).toEqual(['lock'])
  })

  test('expires by itself', () => {
    const story = new LineStory(production())
    story.act('bob', lock({ forMs: 60_000 }))
    story.merge(change('a'))
    story.depart()
    story.pass(60_000)
    expect(story.underWay('production').sha).toBe(sha('a'))
    expect(story.log.map(({ type }) => type)).toContain('lock_expired')
  })

  test('is taken over only by saying so, and names whose it was', () => {
    const story = new LineStory(production())
    story.act('bob', lock())
    expect(story.refused('ana', lock({ id: 'two' }))).toBe('locked')
    story.act('ana', lock({ id: 'two', takeOver: true }))
    expect(story.log.at(-1)).toMatchObject({ type: 'locked', takenFrom: 'bob' })
    expect(story.refused('bob', { type: 'unlock', environment: 'production', id: 'one' })).toBe(
      'stale_lock',
    )
  })

  test('does not end what began before it', () => {
    const story = new LineStory(production())
    story.merge(change('a'))
    story.depart()
    story.act('bob', lock())
    expect(story.run('production', 'succeeded')).toContain('train_arrived')
  })
})

describe('checks', () => {
  const checking = (require: readonly string[] | null) =>
    policy({
      environments: [environment('production')],
      checks: { require, timeoutMs: 3_600_000, settleMs: 10_000 },
    })
  const check = (name: string, status: 'pending' | 'success' | 'failure', at: number) =>
    ({ type: 'record_check', sha: sha('a'), name, status, at }) as const

  test('are waited for when required, also before anybody reported them', () => {
    const story = new LineStory(checking(['test']))
    story.merge(change('a'))
    story.depart()
    expect(story.gates()).toEqual(['checks'])
    story.act('ci', check('test', 'failure', story.now))
    expect(story.blockers()[0]?.message).toContain('test failed')
    story.act('ci', check('test', 'success', story.now + 1))
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('of a sha are asked for also when all of it is live already, by another way', () => {
    const story = new LineStory({
      ...checking(['test']),
      environments: [environment('staging'), environment('production')],
    })
    story.merge(change('a'))
    story.depart()
    story.act('ci', check('test', 'failure', story.now))
    const byHand = { environment: 'production', sha: sha('a'), reason: 'by hand' }
    story.act('dee', { type: 'record_release', ...byHand })
    const doors = { train: 1, ref: null, environment: null }
    story.act('ana', { type: 'depart', ...doors, plan: story.plan(1) })
    expect(story.gates()).toEqual(['checks'])
  })

  test('the later report wins, whatever order they are heard in', () => {
    const story = new LineStory(checking(['test']))
    story.merge(change('a'))
    story.depart()
    story.act('ci', check('test', 'failure', story.now + 5))
    expect(story.act('ci', check('test', 'success', story.now + 4))).toEqual([])
    expect(story.gates()).toEqual(['checks'])
  })

  test('pending for longer than their time-out are red', () => {
    const story = new LineStory(checking(['test']))
    story.merge(change('a'))
    story.depart()
    story.pass(3_600_000)
    expect(story.blockers()[0]?.message).toContain('test failed')
  })

  test('where none is expected, the gate opens a little after the merge', () => {
    const story = new LineStory(checking(null))
    story.merge(change('a'))
    story.depart()
    expect(story.gates()).toEqual(['checks'])
    story.pass(10_000)
    expect(story.underWay('production').sha).toBe(sha('a'))
  })
})

describe('what is not known yet', () => {
  test('a change whose parent nobody reported keeps the train until it is', () => {
    const story = new LineStory(production())
    story.merge(change('a'))
    story.depart()
    story.run('production', 'succeeded')
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    expect(story.gates()).toEqual(['facts'])
    story.merge(change('b', { parent: sha('a'), author: 'bob' }))
    expect(story.underWay('production').sha).toBe(sha('c'))
  })
})
