/**
 * Words that are not taken: what each refusal names, so that people know whom it is about.
 */
import { describe, expect, test } from 'vitest'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const HOUR = 3_600_000

/** `a` by ana aboard the first train, in production alone. */
function boarding(approvals = {}, over = {}): LineStory {
  const story = new LineStory(
    policy({
      environments: [environment('production', { approvals: { ...askAuthors, ...approvals } })],
      ...over,
    }),
  )
  story.merge(change('a', { number: 12 }))
  return story
}

function departed(approvals = {}, over = {}): LineStory {
  const story = boarding(approvals, over)
  story.depart()
  return story
}

const consent = { type: 'consent', train: 1 } as const
const approve = { type: 'approve', train: 1, environment: null, plan: null } as const
const hold = { type: 'hold', train: 1, reason: 'the demo' } as const
const withdraw = { type: 'withdraw', train: 1, what: null, of: null, reason: null } as const
const vouch = { type: 'vouch', train: 1, change: '#12', reason: 'on a plane' } as const

describe('a yes is refused', () => {
  test('to a machine, and to somebody nobody linked, by name', () => {
    const story = departed()
    expect(story.refusal('ci', consent)).toEqual({ code: 'people_only', act: 'consent' })
    story.pipeline = { ...story.pipeline, people: story.pipeline.people.slice(1) }
    expect(story.refusal('ana', consent)).toEqual({ code: 'not_linked', name: 'ana' })
  })

  test('where nothing aboard is theirs, where no train is, and where all of it is said', () => {
    const story = departed({ others: 1 })
    expect(story.refusal('bob', consent)).toEqual({ code: 'nothing_of_yours', train: 1 })
    expect(story.refusal('ana', { ...consent, train: 9 })).toEqual({
      code: 'no_such_train',
      train: 9,
    })
    story.consent('ana', 1)
    expect(story.refusal('ana', consent)).toEqual({
      code: 'already_done',
      what: 'you have consented to all of yours aboard',
    })
  })

  test('where no environment asks the authors', () => {
    expect(departed({ authors: 'none', others: 1 }).refused('ana', consent)).toBe(
      'nothing_of_yours',
    )
  })
})

test('a yes is kept with who gave it, when, and for what of theirs aboard that lacked it', () => {
  const story = boarding({ others: 1 })
  story.merge(change('b', { parent: sha('a'), author: 'bob' }))
  story.pass(1_000)
  story.consent('ana', 1)
  story.merge(change('c', { parent: sha('b') }))
  story.consent('ana', 1)
  const own = { by: 'ana', at: 1_001_000, vouchedBy: null, reason: null }
  expect(story.pipeline.consents).toEqual([
    { ...own, change: sha('a') },
    { ...own, change: sha('c') },
  ])
})

test('a yes of one author counts once, however many said theirs before', () => {
  const story = boarding({ others: 1 })
  story.merge(change('b', { parent: sha('a'), author: 'bob' }))
  story.consent('bob', 1)
  expect(story.consent('ana', 1)).toEqual(['consent_given'])
  expect(story.pipeline.consents.map(({ by, change: its }) => [by, its])).toEqual([
    ['bob', sha('b')],
    ['ana', sha('a')],
  ])
})

describe('an approval is refused', () => {
  test('to a machine', () => {
    expect(departed({ others: 1 }).refusal('ci', approve)).toEqual({
      code: 'people_only',
      act: 'approve',
    })
  })

  test('while the train boards, for there is no plan yet', () => {
    expect(boarding({ others: 1 }).refusal('bob', approve)).toEqual({
      code: 'still_boarding',
      train: 1,
    })
  })

  test('to whoever wrote some of it, by its number, also what ships without being asked for', () => {
    const story = departed({ others: 1 })
    expect(story.refusal('ana', approve)).toEqual({ code: 'own_change', change: '#12' })
  })

  test('to whoever vouched for an author, by the change', () => {
    const story = departed({ others: 1 })
    story.pass(4 * HOUR)
    story.act('bob', vouch)
    expect(story.refusal('bob', approve)).toEqual({ code: 'vouched', change: '#12' })
  })

  test('to whoever may not, by the environment', () => {
    expect(departed({ others: 1, from: ['sre'] }).refusal('bob', approve)).toEqual({
      code: 'not_entitled',
      environment: 'production',
    })
  })

  test('of a plan that is no more, with the present one', () => {
    const story = departed({ others: 1 })
    expect(story.refusal('bob', { ...approve, plan: 'old' })).toEqual({
      code: 'plan_changed',
      plan: story.plan(1),
    })
    expect(story.act('bob', { ...approve, plan: story.plan(1) })).toEqual(['approval_given'])
  })

  test('where none is needed any more, and where it was given', () => {
    const one = departed({ others: 1 })
    one.act('bob', approve)
    expect(one.refusal('cem', approve)).toEqual({ code: 'no_approval_needed', train: 1 })
    expect(one.refusal('bob', { ...approve, environment: 'production' })).toEqual({
      code: 'already_done',
      what: 'you have approved this plan',
    })
    expect(departed().refused('bob', approve)).toBe('no_approval_needed')
  })

  test('for an environment that is not there, with those that are', () => {
    expect(departed({ others: 1 }).refusal('bob', { ...approve, environment: 'moon' })).toEqual({
      code: 'no_such_environment',
      environment: 'moon',
      known: ['production'],
    })
  })

  test('of no train, and by its sender of one from off the branch', () => {
    const story = departed(
      { others: 1 },
      { permissions: { ...policy().permissions, special: ['bob'] } },
    )
    expect(story.refusal('bob', { ...approve, train: 9 })).toEqual({
      code: 'no_such_train',
      train: 9,
    })
    const found = {
      ref: 'hotfix/x',
      sha: sha('x'),
      isOnBranch: false,
      fork: null,
      changes: [change('x', { author: 'cem' })],
      contains: [],
      lacks: [],
      within: [],
    }
    story.act('bob', { type: 'depart_ref', train: null, found, environment: null })
    const number = story.pipeline.nextTrain - 1
    expect(story.refusal('bob', { ...approve, train: number })).toEqual({
      code: 'own_special',
      train: number,
    })
  })
})

test('an approval without an environment is for the first that lacks one', () => {
  const approvals = { ...askAuthors, authors: 'none', others: 1 } as const
  const story = new LineStory(
    policy({
      environments: [
        environment('test'),
        environment('staging', { approvals }),
        environment('production', { approvals }),
      ],
    }),
  )
  story.merge(change('a'))
  story.depart()
  story.act('bob', approve)
  story.act('cem', approve)
  expect(story.train(1).approvals.map(({ by, environment: where }) => [by, where])).toEqual([
    ['bob', 'staging'],
    ['cem', 'production'],
  ])
  expect(story.train(1).approvals[0]).toMatchObject({ at: 1_000_000 })
})

test('each approval is another person’s, until there are as many as the policy asks for', () => {
  const story = departed({ authors: 'none', others: 2 })
  story.act('bob', approve)
  expect(story.act('cem', approve)).toEqual(['approval_given', 'deployment_requested'])
})

describe('a hold is refused', () => {
  test('to whoever may not, and to whoever holds it already', () => {
    const permissions = { ...policy().permissions, hold: ['bob'] }
    const story = departed({}, { permissions })
    expect(story.refusal('cem', hold)).toEqual({ code: 'not_allowed', permission: 'hold' })
    story.act('bob', hold)
    expect(story.refusal('bob', hold)).toEqual({
      code: 'already_done',
      what: 'you hold this train already',
    })
    expect(story.refusal('bob', { ...hold, train: 9 })).toEqual({ code: 'no_such_train', train: 9 })
  })

  test('once the last environment is under way, since when', () => {
    const story = departed({ authors: 'none' })
    const since = story.now
    story.pass(1_000)
    expect(story.refusal('bob', hold)).toEqual({
      code: 'under_way',
      environment: 'production',
      since,
    })
    story.run('production', 'unknown')
    expect(story.refused('bob', hold)).toBe('under_way')
  })

  test('neither after a failure there, nor while only an earlier environment is under way', () => {
    for (const how of ['failed', 'aborted'] as const) {
      const story = departed({ authors: 'none' })
      story.run('production', how)
      expect(story.act('bob', hold)).toEqual(['hold_placed'])
    }
    const early = new LineStory()
    early.merge(change('a'))
    early.depart()
    expect(early.underWay('staging').train).toBe(1)
    expect(early.act('bob', hold)).toEqual(['hold_placed'])
  })
})

describe('taking back a word', () => {
  test('takes back the kind that is named, or all of the speaker’s own', () => {
    const all = boarding({ others: 2 })
    all.merge(change('b', { parent: sha('a'), author: 'bob' }))
    all.depart()
    all.consent('ana', 1)
    all.act('cem', approve)
    all.act('cem', hold)
    all.act('ana', { ...hold, reason: 'mine' })
    expect(all.act('cem', { ...withdraw, what: 'approval' })).toEqual(['approval_withdrawn'])
    expect(all.refusal('cem', { ...withdraw, what: 'approval' })).toEqual({
      code: 'nothing_to_withdraw',
      train: 1,
    })
    expect(all.act('cem', { ...withdraw, what: 'hold' })).toEqual(['hold_withdrawn'])
    expect(all.act('ana', withdraw)).toEqual(['consent_withdrawn', 'hold_withdrawn'])
    expect(all.train(1).holds).toEqual([])
    expect(all.pipeline.consents).toEqual([])
  })

  test('leaves the words of everybody else', () => {
    const story = boarding({ others: 1 })
    story.merge(change('b', { parent: sha('a'), author: 'bob' }))
    story.consent('ana', 1)
    story.consent('bob', 1)
    expect(story.act('ana', withdraw)).toEqual(['consent_withdrawn'])
    expect(story.pipeline.consents.map(({ by }) => by)).toEqual(['bob'])
  })

  test('of one kind leaves the others', () => {
    const both = departed({ others: 2 })
    both.act('cem', approve)
    both.act('cem', hold)
    expect(both.act('cem', { ...withdraw, what: 'hold' })).toEqual(['hold_withdrawn'])
    expect(both.train(1).approvals).toHaveLength(1)
    const story = departed({ others: 1 })
    story.consent('ana', 1)
    story.act('ana', hold)
    expect(story.act('ana', { ...withdraw, what: 'consent' })).toEqual(['consent_withdrawn'])
    expect(story.train(1).holds).toHaveLength(1)
  })

  test('leaves a yes to what is aboard another train', () => {
    const story = departed({ others: 1 })
    story.consent('ana', 1)
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.consent('ana', 2)
    story.act('ana', { ...withdraw, what: 'consent' })
    expect(story.pipeline.consents.map((one) => one.change)).toEqual([sha('b')])
  })

  test('of somebody else is for holds alone, by who may depart, with a reason', () => {
    const permissions = { ...policy().permissions, depart: ['ana', 'cem'] }
    const story = departed({ others: 2 }, { permissions })
    story.act('bob', hold)
    story.act('bob', approve)
    const his = { ...withdraw, of: 'bob', reason: 'it is over' }
    expect(story.refusal('dee', his)).toEqual({ code: 'not_allowed', permission: 'depart' })
    expect(story.refusal('cem', { ...his, reason: null })).toEqual({
      code: 'reason_needed',
      act: "withdraw bob's hold",
    })
    expect(story.refused('cem', { ...his, what: 'approval' })).toBe('nothing_to_withdraw')
    expect(story.refused('cem', { ...his, what: 'consent' })).toBe('nothing_to_withdraw')
    expect(story.act('cem', his)).toEqual(['hold_withdrawn'])
    expect(story.log.at(-1)).toMatchObject({ reason: 'it is over', hold: { by: 'bob' } })
    expect(story.train(1).approvals).toHaveLength(1)
  })

  test('of one’s own needs no permission, also when one names oneself', () => {
    const permissions = { ...policy().permissions, depart: ['ana'] }
    const story = departed({}, { permissions })
    story.act('bob', hold)
    expect(story.act('bob', { ...withdraw, of: 'bob' })).toEqual(['hold_withdrawn'])
  })

  test('of a hold alone is never too late', () => {
    const story = departed({ others: 1, authors: 'none' })
    story.act('bob', hold)
    story.act('bob', approve)
    story.act('cem', { ...withdraw, of: 'bob', reason: 'over' })
    expect(story.underWay('production').train).toBe(1)
    const train = { ...story.train(1), holds: [{ by: 'cem', reason: 'x', at: 0 }] }
    story.pipeline = { ...story.pipeline, trains: [train] }
    expect(story.refused('bob', { ...withdraw, what: 'approval' })).toBe('under_way')
    expect(story.act('cem', withdraw)).toEqual(['hold_withdrawn'])
  })

  test('is refused for a train that is not there', () => {
    expect(departed().refusal('ana', { ...withdraw, train: 9 })).toEqual({
      code: 'no_such_train',
      train: 9,
    })
  })
})
