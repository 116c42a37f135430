/**
 * What a look changes in a finding: how many in a row are a verdict, since when it stands, and what of
 * it is news.
 */
import { describe, expect, test } from 'vitest'
import { type Finding, isSame, judged, type Look } from '../../src/core/finding.ts'
import type { VerifyStep } from '../../src/core/policy.ts'

const STEP: VerifyStep = {
  kind: 'run',
  name: 'smoke',
  run: 'true',
  in: null,
  everyMs: 30_000,
  timeoutMs: 10_000,
  times: 2,
  withinMs: 60_000,
}

const ENDED = 1_000_000
const LATER = ENDED + 600_000
const GOOD: Look = { outcome: 'pass', says: 'fine', good: 2, all: 2, behind: [] }
const BAD: Look = {
  outcome: 'fail',
  says: 'one is old',
  good: 1,
  all: 2,
  behind: [{ name: 'web-1', says: 'on 0000' }],
}
const SILENT: Look = { outcome: 'inconclusive', says: 'no answer', good: 0, all: 2, behind: [] }

const look = (
  known: Finding | undefined,
  one: Look,
  at = LATER,
  before: number | null = null,
): Finding => judged(STEP, known, { look: one, when: { at, before, ended: ENDED } })

/** One look after another, each at the pace of the step. */
const looks = (...all: readonly Look[]): Finding => {
  let known: Finding | undefined
  let at = LATER
  for (const one of all) {
    known = look(known, one, at, known === undefined ? null : at - 30_000)
    at += 30_000
  }
  if (known === undefined) throw new Error('nobody looked')
  return known
}

describe('a look', () => {
  test('that passed is a pass at once, and keeps what it said', () => {
    expect(looks(GOOD)).toEqual({
      step: 'smoke',
      outcome: 'pass',
      since: LATER,
      failed: 0,
      missed: 0,
      at: LATER,
      says: 'fine',
      good: 2,
      all: 2,
      behind: [],
    })
  })

  test('that failed is counted, and so many in a row are a verdict', () => {
    expect(looks(BAD)).toMatchObject({ outcome: 'waiting', failed: 1, missed: 1 })
    expect(looks(BAD, BAD)).toMatchObject({ outcome: 'fail', failed: 2, missed: 2 })
    expect(looks(BAD, BAD, BAD)).toMatchObject({ failed: 2, missed: 2 })
    expect(looks(BAD, GOOD, BAD)).toMatchObject({ outcome: 'pass', failed: 1, missed: 1 })
  })

  test('that says nothing ends a row of failures, and is a doubt after as many', () => {
    expect(looks(SILENT)).toMatchObject({ outcome: 'waiting', failed: 0, missed: 1 })
    expect(looks(BAD, SILENT)).toMatchObject({ outcome: 'inconclusive', failed: 0, missed: 2 })
    expect(looks(SILENT, BAD)).toMatchObject({ outcome: 'inconclusive', failed: 1, missed: 2 })
    expect(looks(GOOD, SILENT)).toMatchObject({ outcome: 'pass', missed: 1 })
  })

  test('after a verdict of failure changes it no more', () => {
    expect(looks(BAD, BAD, GOOD)).toMatchObject({ outcome: 'fail', failed: 0, missed: 0 })
  })

  test('is no verdict while instances come along, up to the very moment', () => {
    const early = ENDED + 60_000 - 1
    const once = look(undefined, BAD, early - 30_000)
    expect(look(once, BAD, early).outcome).toBe('waiting')
    expect(look(once, BAD, early + 1).outcome).toBe('fail')
    expect(look(undefined, GOOD, early).outcome).toBe('pass')
  })
})

describe('what was found', () => {
  test('stands since it became so', () => {
    expect(looks(GOOD, GOOD, GOOD).since).toBe(LATER)
    expect(looks(BAD, BAD, BAD)).toMatchObject({ outcome: 'fail', since: LATER + 30_000 })
  })

  test('counts anew after nobody looked for three times the pace, a time-out and half a minute', () => {
    const longest = 3 * 30_000 + 10_000 + 30_000
    const known = looks(GOOD)
    const at = LATER + longest
    expect(look(known, GOOD, at, LATER).since).toBe(LATER)
    expect(look(known, GOOD, at + 1, LATER).since).toBe(at + 1)
    expect(look(known, GOOD, at + 1, null).since).toBe(LATER)
  })

  test('names each that is behind, since when: at first since the deployment ended', () => {
    const both: Look = { ...BAD, behind: [...BAD.behind, { name: 'web-2', says: 'on 0000' }] }
    expect(looks(BAD).behind).toEqual([{ name: 'web-1', says: 'on 0000', since: ENDED }])
    expect(looks(BAD, both).behind.map(({ name, since }) => [name, since])).toEqual([
      ['web-1', ENDED],
      ['web-2', LATER + 30_000],
    ])
  })
})

describe('what is told', () => {
  const healthy = looks(GOOD)
  const sick = looks(BAD, BAD)

  test('is news the first time', () => {
    expect(isSame(undefined, healthy)).toBe(false)
    expect(isSame(healthy, healthy)).toBe(true)
  })

  test('is no news while it is healthy, whatever number it says', () => {
    expect(isSame(healthy, { ...healthy, says: '0.3', at: LATER + 1 })).toBe(true)
    expect(isSame(healthy, { ...healthy, good: 1 })).toBe(false)
    const missed = { ...healthy, missed: 1 }
    expect(isSame(missed, { ...missed, says: 'other' })).toBe(false)
  })

  test('is news where it is not well and says something else', () => {
    expect(isSame(sick, { ...sick, at: sick.at + 1 })).toBe(true)
    expect(isSame(sick, { ...sick, says: 'two are old' })).toBe(false)
  })

  test('tells how long somebody is behind by the minute at first, then by ten', () => {
    const since = sick.behind[0]?.since ?? 0
    const at = (minutes: number) => ({ ...sick, at: since + minutes * 60_000 })
    expect(isSame(at(8), at(8.9))).toBe(true)
    expect(isSame(at(8), at(9))).toBe(false)
    expect(isSame(at(9), at(10))).toBe(false)
    expect(isSame(at(10), at(19.9))).toBe(true)
    expect(isSame(at(10), at(20))).toBe(false)
    expect(isSame(at(20), at(29))).toBe(true)
  })
})
