/**
 * Who is who, who may do what, and whom a change belongs to.
 */
import { describe, expect, test } from 'vitest'
import {
  absentWriters,
  askedFor,
  entitled,
  holds,
  isActive,
  isConsented,
  mayDo,
  personBehind,
  rightsIn,
  standInOf,
  vouchersOf,
  writersOf,
} from '../../src/core/people.ts'
import type { Consent } from '../../src/core/spoken.ts'
import {
  askAuthors,
  change,
  emptyPipeline,
  environment,
  people,
  policy,
  sha,
} from '../world/policy.ts'
import { actor } from './line-story.ts'

const known = people.map((one) =>
  one.name === 'ana'
    ? { ...one, github: 'Ana-Dev' }
    : one.name === 'cem'
      ? { ...one, github: null }
      : one,
)
const pipeline = { ...emptyPipeline(policy()), people: known }
const without = (...names: readonly string[]) => ({
  ...pipeline,
  people: known.map((one) => (names.includes(one.name) ? { ...one, active: false } : one)),
})
const consent = (by: string, of = 'a', vouchedBy: string | null = null): Consent => ({
  change: sha(of),
  by,
  at: 0,
  vouchedBy,
  reason: null,
})

describe('a permission', () => {
  test('of everyone is every person’s, and no machine’s', () => {
    expect([holds('everyone', actor('ana')), holds('everyone', actor('ci'))]).toEqual([true, false])
  })

  test('names people, groups and machines, and nobody else has it', () => {
    const permission = ['ana', 'sre', 'ci']
    const may = ['ana', 'bob', 'dee', 'ci', 'cd'].filter((who) => holds(permission, actor(who)))
    expect(may).toEqual(['ana', 'dee', 'ci'])
    expect(holds([], actor('ana'))).toBe(false)
  })

  test('is always there for what happens by itself', () => {
    expect(holds([], actor('signalbox'))).toBe(true)
  })

  test('is asked for by its own name', () => {
    const its = { ...policy(), permissions: { ...policy().permissions, lock: ['bob'] } }
    expect(mayDo({ ...pipeline, policy: its }, actor('ana'), 'lock')).toBe(false)
    expect(mayDo({ ...pipeline, policy: its }, actor('ana'), 'hold')).toBe(true)
  })
})

describe('a person', () => {
  test('is known by name, or by login in upper and lower case', () => {
    expect(personBehind(pipeline, 'ana')?.name).toBe('ana')
    expect(personBehind(pipeline, 'ana-dev')?.name).toBe('ana')
    expect(personBehind(pipeline, 'ANA-DEV')?.name).toBe('ana')
    expect(personBehind(pipeline, 'Ana')).toBeUndefined()
    expect(personBehind(pipeline, 'null')).toBeUndefined()
    expect(personBehind(pipeline, 'zoe')).toBeUndefined()
  })

  test('is active while the account is', () => {
    expect(isActive(pipeline, 'ana')).toBe(true)
    expect(isActive(without('ana'), 'ana')).toBe(false)
    expect(isActive(without('ana'), 'bob')).toBe(true)
    expect(isActive(pipeline, 'zoe')).toBe(false)
  })

  test('is entitled by name or group, or where nobody is named; and only while active', () => {
    expect(entitled(pipeline, null)).toEqual(['ana', 'bob', 'cem', 'dee'])
    expect(entitled(pipeline, ['sre', 'bob'])).toEqual(['bob', 'dee'])
    expect(entitled(without('dee'), ['sre', 'bob'])).toEqual(['bob'])
    expect(entitled(pipeline, [])).toEqual([])
  })

  test('of no group may approve or roll back where everybody may, or where it names them', () => {
    const rights = (over = {}, roll_back: 'everyone' | readonly string[] = [], name = 'ana') => {
      const approvals = { ...askAuthors, others: 1, ...over }
      const its = policy({
        environments: [environment('staging'), environment('production', { approvals })],
        permissions: { ...policy().permissions, roll_back },
      })
      const person = known.find((one) => one.name === name)
      if (person === undefined) throw new Error(`nobody is called ${name}`)
      return rightsIn(its, person)
    }
    expect(rights()).toEqual(['approve'])
    expect(rights({ others: 0 })).toEqual([])
    expect(rights({ from: ['bob'] })).toEqual([])
    expect(rights({ from: ['ana'] }, ['ana'])).toEqual(['approve', 'roll_back'])
    expect(rights({ from: ['sre'] }, 'everyone', 'dee')).toEqual(['approve', 'roll_back'])
    expect(rights({ from: ['sre'] }, 'everyone', 'bob')).toEqual(['roll_back'])
  })
})

describe('a change', () => {
  const its = change('a', { author: 'ana-dev', coAuthors: ['bob', 'ANA', 'Ana-Dev', 'zoe'] })

  test('was written by those of its authors who are linked, each once', () => {
    expect(writersOf(pipeline, its)).toEqual(['ana', 'bob'])
  })

  test('is asked of all its writers who can answer, or have', () => {
    expect(askedFor(pipeline, its, null)).toEqual({ rule: 'each', people: ['ana', 'bob'] })
    expect(askedFor(without('ana'), its, null)).toEqual({ rule: 'each', people: ['bob'] })
    const said = { ...without('ana', 'bob'), consents: [consent('ana'), consent('bob', 'b')] }
    expect(askedFor(said, its, null)).toEqual({ rule: 'each', people: ['ana'] })
  })

  test('is asked of whoever merged it, where no writer can answer, else of any who stand in', () => {
    const merged = { ...its, mergedBy: 'cem' }
    const gone = without('ana', 'bob')
    expect(askedFor(pipeline, merged, null).people).toEqual(['ana', 'bob'])
    expect(askedFor(gone, merged, ['sre'])).toEqual({ rule: 'each', people: ['cem'] })
    expect(askedFor(without('ana', 'bob', 'cem'), merged, ['sre'])).toEqual({
      rule: 'any',
      people: ['dee'],
    })
    expect(askedFor(gone, { ...its, mergedBy: 'a-bot' }, ['sre']).rule).toBe('any')
    expect(askedFor(gone, { ...its, mergedBy: null }, ['sre']).rule).toBe('any')
  })

  test('has every yes it needs once each has said it, or any one who stands in', () => {
    expect(isConsented({ ...pipeline, consents: [consent('ana')] }, its, null)).toBe(false)
    const both = { ...pipeline, consents: [consent('ana'), consent('bob')] }
    expect(isConsented(both, its, null)).toBe(true)
    const bot = change('a', { author: 'a-bot' })
    expect(isConsented(pipeline, bot, ['sre', 'bob'])).toBe(false)
    expect(isConsented({ ...pipeline, consents: [consent('dee')] }, bot, ['sre', 'bob'])).toBe(true)
    expect(isConsented({ ...pipeline, consents: [consent('ana')] }, bot, ['sre'])).toBe(false)
  })

  test('lacks its writers only where none of them is there any more', () => {
    expect(absentWriters(without('ana'), its)).toEqual([])
    expect(absentWriters(without('ana', 'bob'), its)).toEqual(['ana', 'bob'])
    expect(absentWriters(pipeline, change('a', { author: 'a-bot' }))).toEqual([])
  })

  test('keeps who vouched for it, and not for another', () => {
    const consents = [consent('ana', 'a', 'dee'), consent('bob'), consent('ana', 'b', 'cem')]
    expect(vouchersOf({ ...pipeline, consents }, its)).toEqual(['dee'])
  })
})

test('who stands in is named, or those who approve', () => {
  expect(standInOf({ ...askAuthors, standIn: ['sre'], from: ['bob'] })).toEqual(['sre'])
  expect(standInOf({ ...askAuthors, from: ['bob'] })).toEqual(['bob'])
  expect(standInOf(askAuthors)).toBeNull()
})
