/** Messages of trains that are over, and that tell of a way back: drawn anew with its order and its end. */
import { expect, test } from 'vitest'
import type { Command } from '../../src/core/command.ts'
import { shownAnew } from '../../src/core/effects.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

function twoReleases(): LineStory {
  const story = new LineStory(policy({ environments: [environment('production')] }))
  for (const [name, parent] of [['a'], ['b', 'a']] as const) {
    story.merge(change(name, parent === undefined ? {} : { parent: sha(parent) }))
    story.depart()
    story.run('production', 'succeeded')
  }
  return story
}

/** Trains shown otherwise after an act, without an event of their own. */
function anew(story: LineStory, who: string, command: Command): readonly number[] {
  const before = story.pipeline
  story.act(who, command)
  return shownAnew(before, story.pipeline)
}

const back: Command = {
  type: 'roll_back',
  ...{ environment: null, to: null, reason: 'prices are wrong' },
  ...{ takeOver: false, settle: false, abort: false },
}

test('an arrived train tells that somebody takes it back', () => {
  expect(anew(twoReleases(), 'ana', back)).toEqual([2])
})

test('an arrived train tells no more of a way back that a release recorded by hand has ended', () => {
  const story = twoReleases()
  story.act('ana', back)
  story.run('production', 'failed')
  const byHand = { environment: 'production', sha: sha('b'), reason: 'it stays' }
  expect(anew(story, 'dee', { type: 'record_release', ...byHand })).toEqual([2])
})

test('what changes no way back draws nothing more than its events say', () => {
  const story = twoReleases()
  expect(anew(story, 'ana', { type: 'stop', reason: 'look' })).toEqual([])
})
