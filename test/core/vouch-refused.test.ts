/**
 * Vouching: who may not, for what not, and when not yet; and what is kept of a word given so.
 */
import { describe, expect, test } from 'vitest'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const HOUR = 3_600_000

function departed(approvals = {}): LineStory {
  const story = new LineStory(
    policy({
      environments: [environment('production', { approvals: { ...askAuthors, ...approvals } })],
    }),
  )
  story.merge(change('a', { number: 12 }))
  story.depart()
  return story
}

const vouch = { type: 'vouch', train: 1, change: '#12', reason: 'on a plane' } as const

describe('vouching is refused', () => {
  test('to a machine, and for no train', () => {
    expect(departed().refusal('ci', vouch)).toEqual({ code: 'people_only', act: 'vouch' })
    expect(departed().refusal('bob', { ...vouch, train: 9 })).toEqual({
      code: 'no_such_train',
      train: 9,
    })
  })

  test('a moment before the author had time to answer, and says from when on', () => {
    const story = departed()
    const from = story.now + 4 * HOUR
    story.pass(4 * HOUR - 1)
    expect(story.refusal('bob', vouch)).toEqual({ code: 'too_early', author: 'ana', from })
    story.pass(1)
    expect(story.act('bob', vouch)).toContain('consent_given')
  })

  test('before the departure: nobody was asked yet', () => {
    const story = new LineStory(policy({ environments: [production({ standInAfterMs: 0 })] }))
    story.merge(change('a', { number: 12 }))
    expect(story.refusal('bob', vouch)).toEqual({
      code: 'too_early',
      author: 'ana',
      from: story.now,
    })
  })

  test('to whoever stands in for nobody, and for one’s own word, by the change', () => {
    const story = departed({ standIn: ['sre'] })
    story.pass(4 * HOUR)
    expect(story.refusal('bob', vouch)).toEqual({ code: 'not_stand_in', change: '#12' })
    const own = departed()
    own.pass(4 * HOUR)
    expect(own.refusal('ana', vouch)).toEqual({ code: 'own_word', change: '#12' })
  })

  test('where nobody is asked', () => {
    expect(departed({ authors: 'none', others: 1 }).refusal('bob', vouch)).toEqual({
      code: 'no_approval_needed',
      train: 1,
    })
  })

  test('where everyone has spoken', () => {
    const story = departed({ others: 1 })
    story.consent('ana', 1)
    expect(story.refusal('bob', vouch)).toEqual({
      code: 'already_done',
      what: '#12 has every consent it needs',
    })
  })

  test('for what is not aboard, by the name it was given', () => {
    expect(departed().refusal('bob', { ...vouch, change: '#13' })).toEqual({
      code: 'no_such_change',
      change: '#13',
      train: 1,
    })
  })
})

test('whoever merged for an author who is gone is asked for it, and does not vouch', () => {
  const story = new LineStory(policy({ environments: [production()] }))
  const people = story.pipeline.people.map((one) =>
    one.name === 'ana' ? { ...one, active: false } : one,
  )
  story.pipeline = { ...story.pipeline, people }
  story.merge(change('a', { number: 12, mergedBy: 'cem' }))
  story.depart()
  expect(story.refusal('cem', vouch)).toEqual({ code: 'own_word', change: '#12' })
})

describe('a change is named', () => {
  const named = (name: string): string => departed().refused('bob', { ...vouch, change: name })

  test('by its number, with or without #', () => {
    expect([named('#12'), named('12')]).toEqual(['too_early', 'too_early'])
    expect([named('##12'), named('1#2'), named('1')]).toEqual(Array(3).fill('no_such_change'))
  })

  test('by its sha, or by seven or more of its first letters', () => {
    expect([named(sha('a')), named(sha('a').slice(0, 7))]).toEqual(['too_early', 'too_early'])
    expect([named(sha('a').slice(0, 6)), named(sha('a').slice(1))]).toEqual(
      Array(2).fill('no_such_change'),
    )
  })

  test('by its sha alone after a direct push', () => {
    const story = new LineStory(policy({ environments: [production()] }))
    story.merge(change('a'))
    story.depart()
    expect(story.refused('bob', { ...vouch, change: 'null' })).toBe('no_such_change')
    expect(story.refusal('ana', { ...vouch, change: sha('a') })).toEqual({
      code: 'own_word',
      change: sha('a').slice(0, 8),
    })
  })
})

describe('a word given for somebody', () => {
  test('is kept with who gave it, when and why, for every author who was silent', () => {
    const story = new LineStory(policy({ environments: [production({ others: 1 })] }))
    story.merge(change('a', { number: 12, coAuthors: ['cem'] }))
    story.merge(change('b', { number: 13, parent: sha('a') }))
    story.depart()
    story.consent('cem', 1)
    story.pass(4 * HOUR)
    story.act('bob', vouch)
    expect(story.pipeline.consents).toMatchObject([
      { change: sha('a'), by: 'cem', vouchedBy: null },
      {
        change: sha('a'),
        by: 'ana',
        at: 1_000_000 + 4 * HOUR,
        vouchedBy: 'bob',
        reason: 'on a plane',
      },
    ])
  })

  test('is needed for what came aboard after the author spoke of another', () => {
    const story = new LineStory(policy({ environments: [production({ others: 1 })] }))
    story.merge(change('a', { number: 12 }))
    story.consent('ana', 1)
    story.merge(change('b', { number: 13, parent: sha('a') }))
    story.depart()
    story.pass(4 * HOUR)
    story.act('bob', { ...vouch, change: '#13' })
    expect(story.pipeline.consents.map((one) => [one.change, one.vouchedBy])).toEqual([
      [sha('a'), null],
      [sha('b'), 'bob'],
    ])
  })

  test('follows the first environment that asks the authors', () => {
    const none = environment('staging', {
      approvals: { ...askAuthors, authors: 'none', standIn: ['ana'] },
    })
    const story = new LineStory(
      policy({ environments: [none, production({ standIn: ['sre'], standInAfterMs: HOUR })] }),
    )
    story.merge(change('a', { number: 12 }))
    story.depart()
    story.pass(HOUR)
    expect(story.refused('bob', vouch)).toBe('not_stand_in')
    expect(story.act('dee', vouch)).toEqual(['consent_given'])
  })

  test('is no word for what a bot merged: whoever may stand in answers for it as the author', () => {
    const story = new LineStory(policy({ environments: [production()] }))
    story.merge(change('a', { number: 12, author: 'a-bot' }))
    story.depart()
    story.pass(4 * HOUR)
    expect(story.refusal('bob', vouch)).toEqual({ code: 'own_word', change: '#12' })
  })
})

function production(approvals = {}) {
  return environment('production', { approvals: { ...askAuthors, ...approvals } })
}
