/**
 * Windows as somebody writes them: understood whole, or refused with the word that is wrong.
 */
import { describe, expect, it, test } from 'vitest'
import { describePolicy, windowsNow } from '../../src/config/describe.ts'
import { readPolicies } from '../../src/config/file.ts'
import { readRule } from '../../src/config/windows.ts'

const days = (written: string) => {
  const read = readRule(written)
  return read.ok ? read.it.days : read.message
}

const file = (windows: string, zone = '') =>
  readPolicies(
    `people: [{ name: ana, groups: [sre] }]
pipelines:
  api:
    repository: acme/api
    ${zone}
    environments:
      - name: production
        deploy: { run: ./deploy.sh }
        windows:
          ${windows}
`,
    { tokenNames: ['ci'] },
  )

const problems = (windows: string) => {
  const read = file(windows)
  return read.ok ? [] : read.problems.map(({ line, message }) => `${line} ${message}`)
}

test.each([
  ['Mon-Fri 09:00-16:00', { is: 'week', days: [1, 2, 3, 4, 5] }],
  ['sat,sunday', { is: 'week', days: [0, 6] }],
  ['Fri-Mon', { is: 'week', days: [0, 1, 5, 6] }],
  ['22:00-06:00', { is: 'week', days: [0, 1, 2, 3, 4, 5, 6] }],
  ['2026-12-24', { is: 'dates', from: '2026-12-24', to: '2026-12-24' }],
  ['2026-12-24..2027-01-02', { is: 'dates', from: '2026-12-24', to: '2027-01-02' }],
  ['12-24..01-02', { is: 'yearly', from: '12-24', to: '01-02' }],
])('`%s` is a rule', (written, expected) => {
  expect(days(written)).toEqual(expected)
})

test('holidays of a region are its public ones, on their days', () => {
  const read = days('holidays US-CA')
  expect(read).toMatchObject({ is: 'holidays' })
  const dates = typeof read === 'object' && read.is === 'holidays' ? read.dates : []
  expect(dates).toContain('2026-07-04')
  expect(dates).toContain('2026-11-26')
  expect(dates).not.toContain('2026-02-14')
})

test.each([
  ['Mo-Fri', '`Mo` is no day; did you mean `Mon`?'],
  ['Mon-Fri 9:00-16:00', '`9:00-16:00` must be two times of day'],
  ['Mon-Fri 09:00-25:00', '`09:00-25:00` must be two times of day'],
  ['Mon-Fri 09:00-16:60', '`09:00-16:60` must be two times of day'],
  ['Mon 09:00-09:00', '`09:00-09:00` ends when it begins; leave it out for the whole day'],
  ['09:00-16:00 Mon', '`09:00-16:00` must stand last'],
  ['Mon Tue', '`Tue` is too much'],
  ['2026-02-29', '`2026-02-29` is no day of the calendar'],
  ['02-30', '`02-30` is no day of the calendar'],
  ['2027-01-02..2026-12-24', '`2027-01-02..2026-12-24` ends before it begins'],
  ['2026-12-24-2027-01-02', 'must be a date such as'],
  ['holiday DE', '`DE` is too much'],
  ['holidays', 'must name one country or region'],
  ['holidays DE BE', 'must name one country or region'],
  ['holidays XY', '`XY` is no country with known holidays'],
  ['holidays DE-XX', '`XX` is no region of DE; known are BB, BE'],
])('`%s` is refused', (written, message) => {
  expect(days(written)).toContain(message)
})

describe('the key `windows`', () => {
  it('reads its clock from the pipeline, or has its own', () => {
    const zone = (windows: string) => {
      const read = file(windows, 'time_zone: Europe/Berlin')
      return read.ok ? read.policies[0]?.environments[0]?.windows?.timeZone : read.problems
    }
    expect(zone('allow: [Mon-Fri]')).toBe('Europe/Berlin')
    expect(zone('{ allow: [Mon-Fri], time_zone: America/New_York }')).toBe('America/New_York')
  })

  it('names the line and the rule that is wrong', () => {
    expect(problems('allow:\n            - Mon-Fri\n            - Mnoday 10:00-12:00')).toEqual([
      '12 `pipelines.api.environments[0].windows.allow[1]`: `Mnoday` is no day; did you mean `Monday`?',
    ])
    expect(problems('alow: [Mon-Fri]').join()).toContain('did you mean `allow`?')
    expect(problems('{ deny: [Sun], except: { people: [sra] } }')[0]).toContain(
      '`sra` is no known person or group; did you mean `sre`?',
    )
    expect(problems('{ deny: [Sun], except: { people: [ci] } }')[0]).toContain('machine token')
    expect(problems('{ time_zone: Europe/Berlin }')[0]).toContain('must say when')
  })

  it('that never opens is refused by name', () => {
    expect(problems('{ allow: [Mon-Fri], deny: [00:00-12:00, 12:00-24:00] }')).toEqual([
      '9 `pipelines.api.environments[0].windows`: never opens: what `allow` lets in, `deny` closes; shorten `deny`',
    ])
  })

  it('says how they stand now, also that they never open again', () => {
    const now = (windows: string) => {
      const read = file(windows)
      const [one] = read.ok ? read.policies : []
      return one && windowsNow(one, Date.UTC(2026, 10, 20, 10))
    }
    expect(now('allow: [Mon-Fri 09:00-16:00]')).toBe(
      'api production takes trains now, until 2026-11-20T16:00:00.000Z.',
    )
    expect(now('deny: [Fri]')).toBe(
      'api production is outside its windows now, and opens 2026-11-21T00:00:00.000Z.',
    )
    expect(now('allow: [2026-01-02]')).toBe(
      '⚠ api production never opens again: every date of its windows has passed.',
    )
  })

  it('is told in words', () => {
    const read = file(
      '{ allow: [Mon-Fri 09:00-16:00], deny: [holidays DE, 12-20..01-05], except: { labels: [hotfix], people: [sre] } }',
    )
    const said = read.ok ? read.policies.map((one) => describePolicy(one)).join('') : ''
    expect(said).toContain(
      'takes trains only Mon-Fri 09:00-16:00, and never holidays DE, 12-20..01-05 (UTC), at any time if every change is labelled hotfix or if sre sends it; a rollback at any time;',
    )
  })
})
