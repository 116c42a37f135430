/**
 * One change told twice: what is kept of which account, whichever was heard first.
 */
import { describe, expect, test } from 'vitest'
import { mergeChanges } from '../../src/core/answers/record.ts'
import type { Change } from '../../src/core/model.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

/** The same whichever came first. */
function merged(a: Partial<Change>, b: Partial<Change>): Change {
  const [one, other] = [change('a', a), change('a', b)]
  const both = mergeChanges(one, other)
  expect(mergeChanges(other, one)).toEqual(both)
  return both
}

describe('of two accounts', () => {
  test('the pull request’s is kept, and from the push what only that knows', () => {
    const push = {
      title: 'A first line',
      author: 'zoe',
      parent: sha('p'),
      lines: 3,
      paths: ['src/a.ts'],
      reverts: '#7',
      watched: ['timeout'],
    }
    const pull = { number: 12, title: 'Z, by its title', author: 'ana', mergedBy: 'cem' }
    expect(merged(push, pull)).toEqual(change('a', { ...push, ...pull }))
  })

  test('what both know is the pull request’s', () => {
    const push = { parent: sha('p'), lines: 3, paths: ['b'], reverts: '#7', mergedBy: 'bob' }
    const pull = { number: 12, parent: sha('q'), lines: 4, paths: ['c'], reverts: '#8' }
    expect(merged(push, { ...pull, mergedBy: 'cem', watched: ['x'] })).toMatchObject({
      ...pull,
      mergedBy: 'cem',
      watched: ['x'],
    })
  })

  test('what a path is watched for comes from the account that knows the paths', () => {
    const push = { paths: ['a'], watched: ['one'] }
    expect(merged(push, { number: 12, watched: ['other'] }).watched).toEqual(['one'])
    expect(merged(push, { number: 12, paths: [], watched: ['other'] }).watched).toEqual(['other'])
  })

  test('authors and labels of both are kept, each once, in order', () => {
    const both = merged(
      { coAuthors: ['zoe', 'bob'], labels: ['ui', 'hotfix'] },
      { number: 12, coAuthors: ['bob', 'cem'], labels: ['api', 'ui'] },
    )
    expect(both.coAuthors).toEqual(['bob', 'cem', 'zoe'])
    expect(both.labels).toEqual(['api', 'hotfix', 'ui'])
  })

  test('it rides alone if one says so, and goes unasked if one says so', () => {
    expect(merged({ alone: true }, { number: 12 }).alone).toBe(true)
    expect(merged({}, { number: 12 }).alone).toBe(false)
    expect(merged({ carried: false }, { number: 12 }).carried).toBe(false)
    expect(merged({}, { number: 12 }).carried).toBe(true)
  })

  test('neither of which is a pull request’s, always the same is kept', () => {
    expect(merged({ title: 'b' }, { title: 'a' }).title).toBe('a')
    expect(merged({ number: 2, title: 'a' }, { number: 1, title: 'b' }).title).toBe('b')
  })
})

test('a check is told by its name and its sha', () => {
  const story = new LineStory(
    policy({
      environments: [environment('production')],
      checks: { require: ['test', 'lint'], timeoutMs: 3_600_000, settleMs: 0 },
    }),
  )
  story.merge(change('a'))
  const check = { type: 'record_check', sha: sha('a'), status: 'success', at: 5 } as const
  story.act('ci', { ...check, name: 'test' })
  expect(story.act('ci', { ...check, name: 'lint' })).toContain('check_recorded')
  story.depart()
  expect(story.underWay('production').sha).toBe(sha('a'))
})
