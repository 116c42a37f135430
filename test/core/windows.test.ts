/**
 * Windows: when they open and close by the calendar and the clock, and what goes past them.
 */
import { describe, expect, it, onTestFinished, test, vi } from 'vitest'
import { opensEver, standing } from '../../src/core/windows.ts'
import { askAuthors, change, environment, policy, readWindows, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

type Written = Parameters<typeof readWindows>[0]

const seen = (written: Written, at: string) => {
  const { isOpen, since, until } = standing(readWindows(written), Date.parse(at))
  const text = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString().slice(0, 16))
  return [isOpen ? 'open' : 'closed', text(since), text(until)]
}

const office = { allow: ['Mon-Fri 09:00-16:00'], timeZone: 'Europe/Berlin' }

test.each([
  // 2026-11-20 is a Friday.
  ['2026-11-20T10:00Z', ['open', '2026-11-20T08:00', '2026-11-20T15:00']],
  ['2026-11-20T15:00Z', ['closed', '2026-11-20T15:00', '2026-11-23T08:00']],
  ['2026-11-23T07:59Z', ['closed', '2026-11-20T15:00', '2026-11-23T08:00']],
  ['2026-07-06T07:00Z', ['open', '2026-07-06T07:00', '2026-07-06T14:00']],
])('office hours in Berlin, at %s', (at, expected) => {
  expect(seen(office, at)).toEqual(expected)
})

describe('a rule', () => {
  it('without days is for every day, and may go past midnight', () => {
    const night = { deny: ['22:00-06:00'] }
    expect(seen(night, '2026-11-20T23:00Z')).toEqual([
      'closed',
      '2026-11-20T22:00',
      '2026-11-21T06:00',
    ])
    expect(seen(night, '2026-11-21T05:59Z')[0]).toBe('closed')
    expect(seen(night, '2026-11-21T06:00Z')[0]).toBe('open')
  })

  it('of a night belongs to the day on which it begins', () => {
    const sunday = { allow: ['Sun 22:00-02:00'] }
    expect(seen(sunday, '2026-11-23T01:00Z')).toEqual([
      'open',
      '2026-11-22T22:00',
      '2026-11-23T02:00',
    ])
    expect(seen(sunday, '2026-11-22T01:00Z')[0]).toBe('closed')
  })

  it('of the week may go over its end, and neighbouring days are one stretch', () => {
    expect(seen({ allow: ['Sat-Mon'] }, '2026-11-22T12:00Z')).toEqual([
      'open',
      '2026-11-21T00:00',
      '2026-11-24T00:00',
    ])
  })

  it('of a date closes what the week allows', () => {
    const written = { allow: ['Mon-Fri 09:00-16:00'], deny: ['2026-12-21..2027-01-05'] }
    expect(seen(written, '2026-12-21T10:00Z')).toEqual([
      'closed',
      '2026-12-18T16:00',
      '2027-01-06T09:00',
    ])
  })

  it('without a year comes every year, also over new year', () => {
    const written = { deny: ['12-24..01-01'] }
    for (const year of [2026, 2031]) {
      expect(seen(written, `${year}-12-31T12:00Z`)).toEqual([
        'closed',
        `${year}-12-24T00:00`,
        `${year + 1}-01-02T00:00`,
      ])
    }
  })

  it('of 29 February waits for the next one', () => {
    expect(seen({ allow: ['02-29'] }, '2026-11-20T00:00Z')).toEqual([
      'closed',
      null,
      '2028-02-29T00:00',
    ])
  })

  it('of a 29 February that another rule denies waits for the one after it', () => {
    expect(seen({ allow: ['02-29'], deny: ['Tue'] }, '2026-11-20T00:00Z')[2]).toBe(
      '2032-02-29T00:00',
    )
  })

  it('of holidays follows the calendar of that region', () => {
    const written = { allow: ['Mon-Fri'], deny: ['holidays DE-BE'] }
    // Women's Day is a holiday in Berlin, and Easter moves.
    expect(seen(written, '2027-03-08T12:00Z')[0]).toBe('closed')
    expect(seen({ ...written, deny: ['holidays DE-BY'] }, '2027-03-08T12:00Z')[0]).toBe('open')
    expect(seen(written, '2027-03-26T12:00Z')).toEqual([
      'closed',
      '2027-03-26T00:00',
      '2027-03-30T00:00',
    ])
  })

  it('that has passed never opens again', () => {
    expect(seen({ allow: ['2026-01-01'] }, '2026-11-20T00:00Z')).toEqual(['closed', null, null])
  })
})

describe('where the clock changes', () => {
  const berlin = 'Europe/Berlin'

  it('office hours are the shown ones on both sides of it', () => {
    expect(seen({ ...office, allow: ['09:00-16:00'] }, '2026-03-28T20:00Z')[2]).toBe(
      '2026-03-29T07:00',
    )
    expect(seen({ ...office, allow: ['09:00-16:00'] }, '2026-10-24T20:00Z')[2]).toBe(
      '2026-10-25T08:00',
    )
  })

  it('a time that spring skips is the moment of the jump', () => {
    expect(seen({ allow: ['02:30-05:00'], timeZone: berlin }, '2026-03-29T00:30Z')).toEqual([
      'closed',
      '2026-03-28T04:00',
      '2026-03-29T01:00',
    ])
    expect(seen({ allow: ['01:00-02:30'], timeZone: berlin }, '2026-03-29T00:30Z')).toEqual([
      'open',
      '2026-03-29T00:00',
      '2026-03-29T01:00',
    ])
  })

  it('a window that spring skips whole does not open on that day', () => {
    expect(seen({ allow: ['02:10-02:50'], timeZone: berlin }, '2026-03-29T00:30Z')[2]).toBe(
      '2026-03-30T00:10',
    )
  })

  it('of a time that comes twice in autumn the safer one counts', () => {
    // 02:30 is at 00:30Z and again at 01:30Z.
    expect(seen({ allow: ['01:00-02:30'], timeZone: berlin }, '2026-10-25T00:00Z')[2]).toBe(
      '2026-10-25T00:30',
    )
    expect(seen({ allow: ['02:30-05:00'], timeZone: berlin }, '2026-10-25T00:00Z')[2]).toBe(
      '2026-10-25T01:30',
    )
    expect(seen({ deny: ['02:30-05:00'], timeZone: berlin }, '2026-10-25T00:00Z')[2]).toBe(
      '2026-10-25T00:30',
    )
    expect(seen({ deny: ['01:00-02:30'], timeZone: berlin }, '2026-10-25T00:00Z')[2]).toBe(
      '2026-10-25T01:30',
    )
  })

  it('a change by half an hour, and a date line crossed, are right too', () => {
    expect(
      seen({ allow: ['02:00-03:00'], timeZone: 'Australia/Lord_Howe' }, '2026-10-03T12:00Z')[2],
    ).toBe('2026-10-03T15:30')
    expect(seen({ allow: ['Mon'], timeZone: 'Pacific/Kiritimati' }, '2026-11-20T00:00Z')[2]).toBe(
      '2026-11-22T10:00',
    )
  })
})

test.each<[string, Written]>([
  ['have passed', { allow: ['2026-01-01..2026-06-30'], deny: ['22:00-06:00', 'Sat,Sun'] }],
  ['are frozen for months', { deny: ['2026-11-01..2027-06-30', 'Mon-Fri 16:00-09:00', 'Sat'] }],
])('windows that %s are read as quickly as others: every gate asks', (_, written) => {
  const windows = readWindows({ ...written, timeZone: 'Europe/Berlin' })
  const at = Date.parse('2026-11-20T12:00Z')
  standing(windows, at)
  // Each question to a zone's clock costs as much as all the rest of a look.
  const asked = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
  onTestFinished(() => asked.mockRestore())
  for (let time = 1; time <= 10; time += 1) standing(windows, at + time * 60_000)
  expect(asked.mock.calls.length).toBeGreaterThan(0)
  expect(asked.mock.calls.length).toBeLessThanOrEqual(10 * 10)
})

test('windows that never open are known as such', () => {
  const opens = (written: Written) => opensEver(readWindows(written))
  expect(opens({ allow: ['Mon-Fri'], deny: ['Mon-Sun'] })).toBe(false)
  expect(opens({ allow: ['Mon-Fri 09:00-12:00'], deny: ['08:00-13:00'] })).toBe(false)
  expect(opens({ deny: ['00:00-12:00', '12:00-24:00'] })).toBe(false)
  expect(opens({ allow: ['2020-01-01'] })).toBe(true)
  expect(opens({ allow: ['2020-01-01'], deny: ['01-01'] })).toBe(false)
  expect(opens({ allow: ['02-29'] })).toBe(true)
  // 2028 has it on a Tuesday, 2032 on a Sunday.
  expect(opens({ allow: ['02-29'], deny: ['Tue'] })).toBe(true)
  expect(opens({ allow: ['12-24'], deny: ['2024-01-01..2031-12-31'] })).toBe(true)
})

/** 1970-01-01 00:16:40 UTC, a Thursday: where stories begin. */
const later = { allow: ['Thu 00:30-00:40'] }

function story(written: Written, over = {}) {
  const place = environment('production', { windows: readWindows(written), ...over })
  const one = new LineStory(
    policy({
      environments: [place],
      checks: { require: [], timeoutMs: 60_000, settleMs: 0 },
      permissions: { ...policy().permissions, break_glass: ['sre'] },
    }),
  )
  return one
}

const go = {
  type: 'depart',
  train: 1,
  ref: null,
  environment: 'production',
  plan: null,
} as const

describe('a train', () => {
  it('sent by hand waits for the window, which it says, and goes as it opens', () => {
    const one = story(later)
    one.merge(change('a'))
    one.depart()
    expect(one.blockers()).toEqual([
      {
        gate: 'window',
        environment: 'production',
        since: one.now,
        message: 'production is outside its windows (Thu 00:30-00:40; UTC)',
        clearBy: 'wait until they open, or break the glass',
        until: 30 * 60_000,
      },
    ])
    one.pass(30 * 60_000 - one.now - 1)
    expect(one.gates()).toEqual(['window'])
    one.pass(1)
    expect(one.underWay('production').sha).toBe(sha('a'))
  })

  it('under way when the window closes is finished, and taken back at any time', () => {
    const one = story({ allow: ['00:10-00:20'] })
    one.merge(change('z'))
    one.depart()
    one.run('production', 'succeeded')
    one.merge(change('a', { parent: sha('z') }))
    one.depart()
    one.pass(10 * 60_000)
    one.run('production', 'succeeded')
    expect(one.live('production')).toBe(sha('a'))
    const back = { type: 'roll_back', environment: null, to: null, reason: 'bad' } as const
    one.act('ana', { ...back, takeOver: false, settle: false, abort: false })
    expect(one.underWay('production').kind).toBe('rollback')
  })

  it('whose changes all bear an excepted label goes at any time, in company it waits', () => {
    const one = story({ ...later, labels: ['hotfix'] })
    one.merge(change('a', { labels: ['hotfix'] }))
    one.depart()
    expect(one.underWay('production').sha).toBe(sha('a'))
    one.run('production', 'succeeded')
    one.merge(change('b', { parent: sha('a') }))
    one.merge(change('c', { parent: sha('b'), labels: ['hotfix'] }))
    one.depart()
    expect(one.gates()).toEqual(['window'])
  })

  it('is sent outside the window by whom the policy excepts, once and for that plan', () => {
    const one = story({ ...later, people: ['sre'] }, { approvals: askAuthors })
    one.merge(change('a'))
    one.depart()
    expect(one.refused('ana', go)).toBe('outside_windows')
    expect(one.act('dee', go)).toEqual(['window_passed'])
    expect(one.gates()).toEqual(['consent'])
    expect(one.consent('ana', 1)).toContain('deployment_requested')
    one.run('production', 'failed')
    one.act('ana', { type: 'retry', train: null, reason: null })
    expect(one.gates()).toEqual(['window'])
  })

  it('is not sent outside the window by somebody who is excepted no more', () => {
    const one = story({ ...later, people: ['sre'] }, { approvals: askAuthors })
    one.merge(change('a'))
    one.depart()
    one.act('dee', go)
    const people = one.pipeline.people.map((its) => ({ ...its, groups: [] }))
    one.pipeline = { ...one.pipeline, people }
    expect(one.gates()).toEqual(['window', 'consent'])
  })

  it('sent outside the window is not sent under a lock by it, and a lock not outside', () => {
    const one = story({ ...later, people: ['sre'] }, { approvals: askAuthors })
    one.merge(change('a'))
    one.depart()
    one.act('dee', go)
    const lock = { type: 'lock', environment: 'production', reason: 'x', forMs: null } as const
    one.act('dee', { ...lock, id: 'L1', takeOver: false })
    expect(one.gates()).toEqual(['lock', 'consent'])
    one.act('dee', { type: 'unlock', environment: 'production', id: null })
    one.act('ana', { ...lock, id: 'L2', takeOver: false })
    const other = story(later, { approvals: askAuthors })
    other.merge(change('a'))
    other.depart()
    other.act('ana', { ...lock, id: 'L3', takeOver: false })
    expect(other.act('ana', go)).toEqual(['lock_passed'])
    expect(other.gates()).toEqual(['window', 'consent'])
  })

  it('passes the window by broken glass', () => {
    const one = story(later)
    one.merge(change('a'))
    one.depart()
    const glass = { type: 'break_glass', train: 1, environment: null, reason: 'down' } as const
    expect(one.act('dee', { ...glass, gates: ['window'] })).toContain('deployment_requested')
  })
})
