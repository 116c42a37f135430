/**
 * Special trains and what was taken back by hand: a hotfix goes with its fork, and ends no veto.
 */
import { expect, test } from 'vitest'
import type { FoundRef } from '../../src/core/command.ts'
import type { Policy } from '../../src/core/policy.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { byHand } from './release-story.ts'

const withSpecial = (...environments: Policy['environments']): Policy => {
  const its = policy({ environments })
  return { ...its, permissions: { ...its.permissions, special: ['ana'] } }
}

/** A hotfix from off the branch, which left it at `fork`. */
const hotfix = (fork: string): FoundRef => ({
  ref: 'hotfix/x',
  sha: sha('x'),
  isOnBranch: false,
  fork: sha(fork),
  changes: [change('x', { parent: sha(fork), author: 'ana' })],
  contains: [sha(fork)],
  lacks: [],
  within: [],
})

const send = (found: FoundRef, to: string | null) =>
  ({ type: 'depart_ref', train: null, found, environment: to }) as const

test('a release by hand of where a hotfix had left the branch takes the hotfix back', () => {
  const line = new LineStory(withSpecial(environment('production')))
  line.merge(change('a'))
  line.act('ana', send(hotfix('a'), null))
  line.act('bob', { type: 'approve', train: 2, environment: null, plan: null })
  line.run('production', 'succeeded')
  expect(line.status(2)).toBe('arrived')
  expect(line.act('dee', byHand('production', 'a'))).toContain('rolled_back')
  expect(line.status(2)).toBe('rolled_back')
  expect(line.live('production')).toBe(sha('a'))
})

test('a veto stands when a hotfix without what was taken back is verified, also once that is released', () => {
  const line = new LineStory(withSpecial(environment('staging'), environment('production')))
  line.merge(change('b', { parent: sha('a') }))
  line.merge(change('c', { parent: sha('b') }))
  line.depart()
  line.run('staging', 'succeeded')
  expect(line.act('dee', byHand('staging', 'b'))).toContain('rolled_back')
  line.run('production', 'succeeded')
  const unlock = { type: 'unlock', environment: 'staging', id: null } as const
  line.act('dee', unlock)
  line.act('ana', send({ ...hotfix('a'), contains: [], lacks: [sha('b'), sha('c')] }, 'staging'))
  line.run('staging', 'succeeded')
  expect(line.live('staging')).toBe(sha('x'))
  line.merge(change('d', { parent: sha('c') }))
  line.depart()
  expect(line.gates()).toContain('veto')
  line.act('ana', unlock)
  expect(line.gates()).toContain('veto')
})
