/**
 * Words that let one plan pass one gate, and words that were taken back.
 *
 * Invariant: a word opens what its speaker may open, for the plan that was shown, and nothing after
 * it was taken back.
 */
import { describe, expect, test } from 'vitest'
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import { askAuthors, change, environment, policy, readWindows, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const production = (over: Partial<EnvironmentPolicy>): LineStory =>
  new LineStory(policy({ environments: [environment('production', over)] }))

const go = { type: 'depart', train: 1, ref: null, environment: 'production', plan: null } as const

const lock = (id: string, place: string | null) =>
  ({ type: 'lock', id, environment: place, reason: 'look', forMs: null, takeOver: false }) as const

/** Somebody puts the first of two changes aboard there: the plan has another base from now on. */
const put = {
  type: 'record_release',
  environment: 'production',
  sha: sha('a'),
  reason: 'by hand',
} as const

function departed(over: Partial<EnvironmentPolicy>): LineStory {
  const story = production(over)
  story.merge(change('a'))
  story.merge(change('b', { parent: sha('a') }))
  story.depart()
  return story
}

describe('a word under a lock', () => {
  test('opens no lock that somebody else has placed since', () => {
    const story = departed({ approvals: askAuthors })
    story.act('bob', lock('bob’s', 'production'))
    expect(story.act('bob', go)).toEqual(['lock_passed'])
    story.act('dee', lock('dee’s', null))
    story.consent('ana', 1)
    expect(story.blockers().map(({ gate, message }) => [gate, message])).toEqual([
      ['lock', expect.stringContaining('dee')],
    ])
    story.act('dee', { type: 'unlock', environment: null, id: null })
    expect(story.underWay('production').sha).toBe(sha('b'))
  })

  test('is void for another plan', () => {
    const story = departed({ approvals: askAuthors })
    story.act('bob', lock('bob’s', 'production'))
    story.act('bob', go)
    expect(story.gates()).toEqual(['consent'])
    story.act('dee', put)
    expect(story.gates()).toEqual(['lock', 'consent'])
    story.consent('ana', 1)
    expect(story.gates()).toEqual(['lock'])
  })
})

test('a word outside the windows is void for another plan', () => {
  const windows = readWindows({ allow: ['05:00-06:00'], people: ['dee'] })
  const story = departed({ approvals: askAuthors, windows })
  expect(story.act('dee', go)).toEqual(['window_passed'])
  expect(story.gates()).toEqual(['consent'])
  story.act('dee', put)
  expect(story.gates()).toEqual(['window', 'consent'])
})

test('an approval that was taken back counts no more', () => {
  const story = departed({ approvals: { ...askAuthors, authors: 'none', others: 2 } })
  const approve = { type: 'approve', train: 1, environment: null, plan: null } as const
  story.act('bob', approve)
  const withdraw = { type: 'withdraw', train: 1, what: 'approval', of: null, reason: null } as const
  expect(story.act('bob', withdraw)).toEqual(['approval_withdrawn'])
  story.act('dee', approve)
  expect(story.gates()).toEqual(['approvals'])
  story.act('bob', approve)
  expect(story.underWay('production').sha).toBe(sha('b'))
})
