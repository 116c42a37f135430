/** Stopping the line: who owns the stop, and what is kept of it. */
import { expect, test } from 'vitest'
import { change } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const stop = { type: 'stop', reason: 'smoke' } as const
const claim = { type: 'claim' } as const

test('whoever stops the line owns the stop until somebody else claims it', () => {
  const story = new LineStory()
  expect(story.refused('ana', claim)).toBe('already_done')
  story.act('ana', stop)
  expect(story.pipeline.stopped?.owner).toBe('ana')
  expect(story.refused('ana', claim)).toBe('already_done')
  expect(story.refused('ci', claim)).toBe('not_allowed')
  expect(story.act('bob', claim)).toEqual(['stop_claimed'])
  expect(story.pipeline.stopped).toMatchObject({ by: 'ana', owner: 'bob', since: story.now })
})

test('what goes on tells what stood, since when and whose it was', () => {
  const story = new LineStory()
  story.merge(change('a'))
  story.act('ana', stop)
  const since = story.now
  story.pass(60_000)
  story.act('bob', claim)
  story.act('ana', { type: 'resume', reason: 'a fuse' })
  expect(story.log.find(({ type }) => type === 'line_resumed')).toEqual({
    type: 'line_resumed',
    reason: 'a fuse',
    stopped: { by: 'ana', reason: 'smoke', since, owner: 'bob' },
  })
})
