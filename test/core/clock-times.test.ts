import { expect, test } from 'vitest'
import { nextClockTime } from '../../src/core/clock-times.ts'

const at = (hours: number, minutes = 0): number => hours * 60 + minutes

const next = (from: string, minutes: readonly number[], zone = 'Europe/Berlin'): string | null => {
  const moment = nextClockTime(Date.parse(from), minutes, zone)
  return moment === null ? null : new Date(moment).toISOString()
}

test.each([
  ['later today', '2026-01-07T08:00:00Z', [at(10), at(15)], '2026-01-07T09:00:00.000Z'],
  ['the second of today', '2026-01-07T09:00:00Z', [at(15), at(10)], '2026-01-07T14:00:00.000Z'],
  ['tomorrow', '2026-01-07T14:00:00Z', [at(10), at(15)], '2026-01-08T09:00:00.000Z'],
  [
    'after midnight there, before it in UTC',
    '2026-07-07T22:30:00Z',
    [at(1)],
    '2026-07-07T23:00:00.000Z',
  ],
  ['in summer an hour earlier', '2026-07-07T05:00:00Z', [at(10)], '2026-07-07T08:00:00.000Z'],
  ['over the end of a year', '2026-12-31T22:59:59.999Z', [at(0)], '2026-12-31T23:00:00.000Z'],
])('a time of day comes %s', (_, from, minutes, expected) => {
  expect(next(from, minutes)).toBe(expected)
})

test('a time that the change to summer time skips comes when the clock has jumped over it', () => {
  expect(next('2026-03-28T12:00:00Z', [at(2, 30)])).toBe('2026-03-29T01:30:00.000Z')
  expect(next('2026-03-29T01:30:00Z', [at(2, 30)])).toBe('2026-03-30T00:30:00.000Z')
})

test('on the day of the change to summer time the other times stay what the clock shows', () => {
  expect(next('2026-03-28T23:30:00Z', [at(10)])).toBe('2026-03-29T08:00:00.000Z')
  expect(next('2026-03-28T23:30:00Z', [at(1, 59)])).toBe('2026-03-29T00:59:00.000Z')
})

test('a time that comes twice in autumn counts the first time only', () => {
  expect(next('2026-10-24T12:00:00Z', [at(2, 30)])).toBe('2026-10-25T00:30:00.000Z')
  expect(next('2026-10-25T00:30:00Z', [at(2, 30)])).toBe('2026-10-26T01:30:00.000Z')
  expect(next('2026-10-25T01:00:00Z', [at(3)])).toBe('2026-10-25T02:00:00.000Z')
})

test('zones whose offset is no whole hour, and half-hour changes, are right too', () => {
  expect(next('2026-01-07T00:00:00Z', [at(10)], 'Asia/Kolkata')).toBe('2026-01-07T04:30:00.000Z')
  expect(next('2026-10-03T12:00:00Z', [at(2, 15)], 'Australia/Lord_Howe')).toBe(
    '2026-10-03T15:45:00.000Z',
  )
})

test('without a time of day there is none', () => {
  expect(next('2026-01-07T00:00:00Z', [])).toBeNull()
})
