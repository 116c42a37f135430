/**
 * The simulator itself: histories that once failed are played first; a seed gives one history; and a
 * few fresh ones at every push. Many more are played by `npm run sim`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { drawHistory, type History } from './history.ts'
import { play } from './play.ts'
import { runHistories } from './run.ts'

const SEEDS = join(import.meta.dirname, 'seeds')

const kept = readdirSync(SEEDS).filter((name) => name.endsWith('.json'))

describe('a history that once failed', () => {
  test.each(kept)('holds now: %s', (name) => {
    const history = JSON.parse(readFileSync(join(SEEDS, name), 'utf8')) as History
    expect(play(history).failure).toBeNull()
  })
})

test('one seed gives one history, byte for byte', () => {
  for (const seed of [7, 101, 6]) {
    const [once, again] = [play(drawHistory(seed, 0.3)), play(drawHistory(seed, 0.3))]
    expect(once.log().length).toBeGreaterThan(20)
    expect(again.log().join('\n')).toBe(once.log().join('\n'))
    expect([...again.counts]).toEqual([...once.counts])
  }
})

test('twenty histories hold, and each asks for sixty commands and more', () => {
  const until = Number.POSITIVE_INFINITY
  const { failed, counts } = runHistories({
    ...{ from: 1, step: 1, count: 20, until },
    progress: () => undefined,
  })
  expect(failed.map(({ history, failure }) => [history.seed, failure])).toEqual([])
  const asked = [...counts].filter(([what]) => /^command:(?!tick)/.test(what))
  expect(asked.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(20 * 60)
})
