/**
 * People whose Slack account is deactivated or a guest's: who answers in their place.
 *
 * Method: ana and bob write, cem merges, dee is of sre; an account ends in the middle of a story.
 */
import { describe, expect, test } from 'vitest'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const asking = (over = {}): LineStory =>
  new LineStory(
    policy({
      environments: [environment('production', { approvals: { ...askAuthors, ...over } })],
    }),
  )

const deactivate = (story: LineStory, ...names: readonly string[]): void => {
  const people = story.pipeline.people.map((person) =>
    names.includes(person.name) ? { ...person, active: false } : person,
  )
  story.pipeline = { ...story.pipeline, people }
}

const vouch = { type: 'vouch', train: 1, change: sha('a'), reason: 'she has left' } as const

describe('an author whose account is deactivated', () => {
  test('is not asked: whoever merged the change is', () => {
    const story = asking()
    deactivate(story, 'ana')
    story.merge(change('a', { mergedBy: 'cem' }))
    story.depart()
    expect(story.blockers()[0]?.message).toContain('(cem)')
    story.consent('cem', 1)
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('leaves the word to the other author, and to nobody else', () => {
    const story = asking()
    deactivate(story, 'ana')
    story.merge(change('a', { coAuthors: ['bob'], mergedBy: 'cem' }))
    story.depart()
    expect(story.refused('cem', { type: 'consent', train: 1 })).toBe('nothing_of_yours')
    expect(story.refused('dee', vouch)).toBe('too_early')
    story.consent('bob', 1)
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('is vouched for at once, also before the departure', () => {
    const story = asking({ standIn: ['sre'] })
    deactivate(story, 'ana')
    story.merge(change('a', { mergedBy: 'cem' }))
    expect(story.refused('bob', vouch)).toBe('not_stand_in')
    story.act('dee', vouch)
    story.depart()
    expect(story.underWay('production').sha).toBe(sha('a'))
    expect(story.pipeline.consents).toMatchObject([{ by: 'ana', vouchedBy: 'dee' }])
  })

  test('is vouched for where a bot merged, and the voucher’s approval does not count', () => {
    const story = asking({ others: 1 })
    deactivate(story, 'ana')
    story.merge(change('a', { mergedBy: 'dependabot[bot]' }))
    story.depart()
    story.act('dee', vouch)
    const approve = { type: 'approve', train: 1, environment: null, plan: null } as const
    expect(story.refused('dee', approve)).toBe('vouched')
    expect(story.refused('bob', vouch)).toBe('already_done')
  })

  test('has given a yes that serves the whole journey', () => {
    const story = asking({ others: 1 })
    story.merge(change('a', { mergedBy: 'cem' }))
    story.depart()
    story.consent('ana', 1)
    deactivate(story, 'ana')
    expect(story.gates()).toEqual(['approvals'])
  })

  test('says nothing any more, and stands in for nobody', () => {
    const story = asking({ others: 1 })
    deactivate(story, 'ana', 'dee')
    story.merge(change('a', { author: 'stranger' }))
    story.depart()
    for (const who of ['ana', 'dee']) {
      expect(story.refused(who, { type: 'consent', train: 1 })).toBe('not_active')
      const approve = { type: 'approve', train: 1, environment: null, plan: null } as const
      expect(story.refused(who, approve)).toBe('not_active')
    }
    expect(story.blockers()[0]?.message).toContain('(bob or cem)')
  })
})

test('an approval does not count any more once its giver’s account is deactivated', () => {
  const story = asking({ authors: 'none', others: 2 })
  story.merge(change('a'))
  story.depart()
  story.act('bob', { type: 'approve', train: 1, environment: null, plan: null })
  deactivate(story, 'bob')
  expect(story.blockers()[0]?.message).toBe('0 of 2 approvals for this plan')
})
