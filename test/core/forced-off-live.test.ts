/**
 * A force-push that takes what is live: where it went back from is still known, and what it would
 * bring again is asked for.
 */
import { describe, expect, test } from 'vitest'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { byHand } from './release-story.ts'

const forcedOff = (head: string, name: string) =>
  ({
    type: 'record_force_push',
    by: 'bob',
    head: sha(head),
    gone: [sha(name)],
    at: 5_000_000,
  }) as const

const resume = { type: 'resume', reason: 'looked at it' } as const

describe('a train whose sha a force-push took while it was live by hand', () => {
  /** a, b and c, each departed alone, c live by hand and then forced off the branch. */
  function live(): LineStory {
    const story = new LineStory(
      policy({ environments: [environment('production', { approvals: askAuthors })] }),
    )
    story.merge(change('a'))
    story.act('ana', { type: 'hold', train: 1, reason: 'wait' })
    story.depart()
    for (const [name, parent] of [
      ['b', 'a'],
      ['c', 'b'],
    ] as const) {
      story.pass(1_000)
      story.merge(change(name, { parent: sha(parent), author: 'cem' }))
      story.depart()
    }
    story.act('dee', byHand('production', 'c'))
    story.act('ci', forcedOff('b', 'c'))
    story.act('dee', resume)
    return story
  }

  test('asks its author once it is live no longer, shows that it diverged, and is vetoed', () => {
    const story = live()
    expect(story.aboard(3)).toEqual([])
    story.act('dee', byHand('production', 'a'))
    expect(story.aboard(3)).toEqual([sha('c')])
    const gates = story.blockersAt(3, 'production').map(({ gate }) => gate)
    expect(gates).toEqual(expect.arrayContaining(['consent', 'veto', 'diverged']))
  })

  test('is vetoed no longer once people let it go there again, and it is verified', () => {
    const story = live()
    story.act('dee', byHand('production', 'a'))
    story.act('dee', { type: 'unlock', environment: 'production', id: null })
    for (const train of [1, 2]) story.act('dee', { type: 'cancel', train, reason: 'behind' })
    story.consent('cem', 3)
    story.act('dee', { type: 'release_veto', train: 3, reason: 'it is needed' })
    const accept = { type: 'depart', ref: null, environment: null, plan: story.plan(3) } as const
    story.act('dee', { ...accept, train: 3 })
    const go = { type: 'withdraw', train: 3, what: 'hold', of: null, reason: 'go' } as const
    story.act('dee', go)
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('c'))
    expect(story.pipeline.environments[0]?.vetoes).toEqual([])
  })

  test('asks also when another train displaced it', () => {
    const story = live()
    const accept = { type: 'depart', ref: null, environment: null, plan: story.plan(1) } as const
    story.act('dee', { ...accept, train: 1 })
    const hold = { type: 'withdraw', train: 1, what: 'hold', of: null, reason: null } as const
    story.act('ana', hold)
    story.run('production', 'succeeded')
    expect(story.status(1)).toBe('arrived')
    expect([story.aboard(2), story.aboard(3)]).toEqual([[sha('b')], [sha('c')]])
    story.act('cem', { type: 'consent', train: 2 })
    story.run('production', 'succeeded')
    expect(story.blockersAt(3, 'production').map(({ gate }) => gate)).toEqual(
      expect.arrayContaining(['consent', 'diverged']),
    )
  })
})

describe('a release by hand below what a force-push took while it was live', () => {
  test('is a rollback by hand: what comes up to where that had left the branch is vetoed', () => {
    const story = new LineStory(
      policy({ environments: [environment('staging'), environment('production')] }),
    )
    for (const [name, parent] of [
      ['a', null],
      ['b', 'a'],
      ['c', 'b'],
    ] as const) {
      story.merge(change(name, { parent: parent === null ? null : sha(parent) }))
      story.pass(1_000)
    }
    story.act('dee', byHand('staging', 'c'))
    story.act('ci', forcedOff('b', 'c'))
    story.act('dee', resume)
    expect(story.act('dee', byHand('staging', 'a'))).toEqual([
      'release_recorded',
      'rolled_back',
      'locked',
    ])
    story.act('dee', { type: 'unlock', environment: 'staging', id: null })
    story.depart()
    expect(story.gates()).toEqual(['veto'])
    story.act('dee', byHand('staging', 'b'))
    story.pass(1_000)
    story.merge(change('d', { parent: sha('b') }))
    story.depart()
    expect(story.blockersAt(2, 'staging').map(({ gate }) => gate)).not.toContain('veto')
  })
})
