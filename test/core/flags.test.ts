/**
 * Flags: which one a change stands behind, and who may turn one off.
 */
import { describe, expect, it } from 'vitest'
import { effectsOf } from '../../src/core/effects.ts'
import { flagsOf, isFlag } from '../../src/core/flags.ts'
import type { FlagsPolicy, Policy } from '../../src/core/policy.ts'
import { change, policy } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const flags: FlagsPolicy = {
  match: 'flag:',
  off: { kind: 'http', url: 'http://flags/off', timeoutMs: 10_000 },
}

const OFF = { type: 'flag_off', environment: null, flag: 'new-cart' } as const

function story(over: Partial<Policy> = {}): LineStory {
  const its = policy({ flags, ...over })
  return new LineStory(its)
}

const told = (one: LineStory, since: number, outcome: 'done' | 'failed' = 'done') =>
  one.act('signalbox', {
    type: 'record_flag',
    environment: 'production',
    flag: 'new-cart',
    since,
    outcome,
    says: 'answered 204',
  })

describe('A change names its flag', () => {
  it.each([
    ['by a label', { labels: ['ui', 'flag:new-cart'] }, ['new-cart']],
    ['in its title', { title: 'A cart (flag:cart_2) for all' }, ['cart_2']],
    ['at the end of a sentence', { title: 'Behind flag:cart.v2.' }, ['cart.v2']],
    ['twice, and it is one', { labels: ['flag:a'], title: 'flag:a' }, ['a']],
    ['and another', { labels: ['flag:a'], title: 'flag:b' }, ['a', 'b']],
    ['never by what a shell could read', { title: 'flag:$(reboot) flag:-rf flag: x' }, []],
    [
      'never by the beginning of a longer name',
      { title: 'flag:a/b flag:a:b flag:grün flag:a@2' },
      [],
    ],
    ['never cut to fit', { labels: [`flag:${'x'.repeat(101)}`] }, []],
    ['before any punctuation', { title: '“flag:a”, `flag:b`: flag:c – x' }, ['a', 'b', 'c']],
    ['not at all', { title: 'A flagship' }, []],
  ])('%s', (_, over, expected) => {
    expect(flagsOf(flags, change('a', over))).toEqual(expected)
  })

  it('to nobody where flags are not turned off', () => {
    expect(flagsOf(null, change('a', { labels: ['flag:a'] }))).toEqual([])
  })

  it('with a name that has nothing in it but a name', () => {
    expect(['a', 'A.b_c-9', 'x'.repeat(100)].map(isFlag)).toEqual([true, true, true])
    expect(['', '-a', '../a', 'a b', 'a;b', 'ä', 'x'.repeat(101), 'a\n'].some(isFlag)).toBe(false)
  })
})

describe('A flag is turned off', () => {
  it('in the last environment, on the record, and asks for it to be done', () => {
    const one = story()
    expect(one.act('ana', OFF)).toEqual(['flag_off_requested'])
    const [event] = one.log.slice(-1)
    expect(event && effectsOf(event)).toContainEqual({
      type: 'flag_off',
      environment: 'production',
      flag: 'new-cart',
      since: one.now,
    })
    expect(one.pipeline.environments.at(-1)?.flags).toEqual([
      { flag: 'new-cart', by: 'ana', since: one.now, status: 'requested', says: null },
    ])
  })

  it('once at a time, and what came of it is heard once', () => {
    const one = story()
    one.act('ana', OFF)
    const since = one.now
    expect(one.refused('bob', OFF)).toBe('flag_under_way')
    one.pass(1_000)
    expect(told(one, since - 1)).toEqual([])
    expect(told(one, since)).toEqual(['flag_off_done'])
    expect(told(one, since, 'failed')).toEqual([])
    expect(one.act('bob', OFF)).toEqual(['flag_off_requested'])
    expect(one.pipeline.environments.at(-1)?.flags).toHaveLength(1)
  })

  it('again, where nobody ever said what came of it', () => {
    const one = story()
    one.act('ana', OFF)
    one.pass(10_000 + 5 * 60_000)
    expect(one.act('bob', OFF)).toEqual(['flag_off_requested'])
  })

  it('by whoever may roll back, and by nobody else', () => {
    const permissions = { ...policy().permissions, roll_back: ['sre'] }
    const one = story({ permissions })
    expect(one.refused('ana', OFF)).toBe('not_allowed')
    expect(one.act('dee', OFF)).toEqual(['flag_off_requested'])
  })

  it('only by a name that is one, where somebody said how, in an environment there is', () => {
    expect(story().refused('ana', { ...OFF, flag: '$(reboot)' })).toBe('not_a_flag')
    expect(story({ flags: null }).refused('ana', OFF)).toBe('no_flags')
    expect(story().refused('ana', { ...OFF, environment: 'moon' })).toBe('no_such_environment')
  })

  it('and no more than twenty are remembered', () => {
    const one = story()
    for (let index = 0; index < 25; index += 1) one.act('ana', { ...OFF, flag: `flag-${index}` })
    const known = one.pipeline.environments.at(-1)?.flags ?? []
    expect(known).toHaveLength(20)
    expect(known.at(-1)?.flag).toBe('flag-24')
  })
})
