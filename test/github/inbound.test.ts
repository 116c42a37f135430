/**
 * Payloads become facts: over every example GitHub's users have contributed, and the cases those
 * lack.
 */
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import type { Heard } from '../../src/github/heard.ts'
import { readDelivery } from '../../src/github/inbound.ts'
import { coAuthorsAmong, spelled } from '../../src/github/people.ts'
import { githubName } from '../../src/github/repository.ts'
import { coAuthorEmails, revertsOf, titleOf } from '../../src/github/text.ts'
import { sha } from '../world/policy.ts'

interface Examples {
  readonly name: string
  readonly examples: readonly Record<string, unknown>[]
}

const examples = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as readonly Examples[]

const of = (event: string): readonly Record<string, unknown>[] =>
  examples.find(({ name }) => name === event)?.examples ?? []

const NOW = Date.parse('2026-03-01T12:00:00Z')

const heardOf = (event: string, payload: unknown): Heard => {
  const reading = readDelivery(event, payload, NOW)
  if (reading.outcome !== 'heard') throw new Error(`${reading.outcome}: ${reading.reason}`)
  return reading.heard
}

describe('every example payload', () => {
  test('is read without a fault, and none of ours is malformed', () => {
    let read = 0
    for (const { name, examples: payloads } of examples) {
      for (const payload of payloads) {
        const reading = readDelivery(name, payload, NOW)
        expect([
          name,
          reading.outcome,
          reading.outcome === 'malformed' && reading.reason,
        ]).not.toContain('malformed')
        read += 1
      }
    }
    expect(read).toBeGreaterThan(300)
  })

  test('of a closed pull request was not merged, although it bears a merge commit', () => {
    const closed = of('pull_request').filter(({ action }) => action === 'closed')
    expect(closed.length).toBeGreaterThan(0)
    for (const payload of closed) {
      expect(readDelivery('pull_request', payload, NOW)).toMatchObject({
        outcome: 'heard',
        heard: { kind: 'pull', isOpen: false },
      })
    }
  })

  test('of another event than its header says is never taken for news', () => {
    const ours = ['pull_request', 'push', 'check_run', 'check_suite', 'status', 'workflow_run']
    for (const claimed of ours) {
      for (const { name, examples: payloads } of examples) {
        if (name === claimed) continue
        for (const payload of payloads) {
          const { outcome } = readDelivery(claimed, payload, NOW)
          expect([claimed, name, outcome]).not.toContain('heard')
        }
      }
    }
  })
})

const pull = (over: Record<string, unknown> = {}): unknown => ({
  action: 'closed',
  repository: { full_name: 'Acme/Api' },
  pull_request: {
    number: 12,
    title: 'Cache prices',
    body: null,
    user: { login: 'ana' },
    merged: true,
    merged_at: '2026-03-01T10:00:00Z',
    merged_by: { login: 'bob' },
    merge_commit_sha: sha('m'),
    base: { ref: 'main' },
    head: { ref: 'prices' },
    labels: [{ name: 'b' }, { name: 'a' }],
    additions: 3,
    deletions: 4,
    ...over,
  },
})

describe('a pull request', () => {
  test('that was merged is a change of its base branch, at its merge commit', () => {
    expect(heardOf('pull_request', pull())).toEqual({
      kind: 'merge',
      repository: 'acme/api',
      branch: 'main',
      change: {
        sha: sha('m'),
        number: 12,
        title: 'Cache prices',
        author: 'ana',
        coAuthorEmails: [],
        mergedBy: 'bob',
        mergedAt: Date.parse('2026-03-01T10:00:00Z'),
        parent: null,
        lines: 7,
        labels: ['a', 'b'],
        reverts: null,
      },
    })
  })

  test.each([false, null, undefined, 'true', 1])('with merged %s is no change', (merged) => {
    expect(readDelivery('pull_request', pull({ merged }), NOW).outcome).not.toBe('heard')
  })

  test('of a deleted account belongs to nobody', () => {
    expect(heardOf('pull_request', pull({ user: null }))).toMatchObject({
      change: { author: 'ghost' },
    })
  })

  test('that was opened, moved or closed is told with its newest commit', () => {
    const moved = (action: string): unknown => {
      const head = { ref: 'prices', sha: sha('h') }
      return { ...(pull({ merged: false, head }) as object), action }
    }
    for (const action of ['opened', 'reopened', 'synchronize', 'edited', 'closed']) {
      expect(heardOf('pull_request', moved(action))).toEqual({
        kind: 'pull',
        repository: 'acme/api',
        branch: 'main',
        number: 12,
        sha: sha('h'),
        isOpen: action !== 'closed',
      })
    }
  })

  test('that was labelled or anything else is no news, nor one without its commit', () => {
    for (const action of ['opened', 'labeled', 'a\u0000b']) {
      const payload = { ...(pull() as object), action }
      expect(readDelivery('pull_request', payload, NOW).outcome).toBe('ignored')
    }
  })
})

const push = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  ref: 'refs/heads/main',
  before: sha('a'),
  after: sha('b'),
  forced: false,
  commits: [{ id: sha('b'), message: 'Direct' }],
  head_commit: { id: sha('b'), message: 'Direct\n\nWhy.', timestamp: '2020-01-01T00:00:00Z' },
  repository: { full_name: 'acme/api', pushed_at: 1_772_360_000 },
  sender: { login: 'dee' },
  ...over,
})

describe('a push', () => {
  test("is the pusher's, at the time of the push, whatever the commit claims", () => {
    expect(heardOf('push', push())).toMatchObject({
      kind: 'push',
      before: sha('a'),
      change: { author: 'dee', title: 'Direct', parent: sha('a'), mergedAt: 1_772_360_000_000 },
    })
  })

  test('of several pull requests at once does not know the parent of its head', () => {
    const commits = [
      { id: sha('x'), message: 'One (#1)' },
      { id: sha('b'), message: 'Two (#2)' },
    ]
    expect(heardOf('push', push({ commits }))).toMatchObject({ change: { parent: null } })
  })

  test('with force replaces the head before', () => {
    expect(heardOf('push', push({ forced: true }))).toMatchObject({
      kind: 'force_push',
      before: sha('a'),
      by: 'dee',
      change: { parent: null },
    })
  })

  test('of a tag, and the deletion of a branch, are no news', () => {
    const none = '0'.repeat(40)
    expect(readDelivery('push', push({ ref: 'refs/tags/v1' }), NOW).outcome).toBe('ignored')
    expect(readDelivery('push', push({ deleted: true, after: none }), NOW).outcome).toBe('ignored')
    expect(heardOf('push', push({ before: none, created: true }))).toMatchObject({ before: null })
  })
})

describe('a check', () => {
  const run = (over: Record<string, unknown>): unknown => ({
    repository: { full_name: 'acme/api' },
    check_run: {
      name: 'test',
      head_sha: sha('b'),
      status: 'completed',
      conclusion: 'success',
      started_at: '2026-03-01T10:00:00Z',
      completed_at: '2026-03-01T10:05:00Z',
      check_suite: { head_branch: 'main' },
      ...over,
    },
  })

  test.each([
    ['success', 'success'],
    ['neutral', 'success'],
    ['skipped', 'success'],
    ['failure', 'failure'],
    ['cancelled', 'failure'],
    ['timed_out', 'failure'],
    ['action_required', 'failure'],
    ['stale', 'failure'],
    ['startup_failure', 'failure'],
    ['something new', 'failure'],
  ])('that concluded %s is %s', (conclusion, status) => {
    expect(heardOf('check_run', run({ conclusion }))).toMatchObject({
      check: { name: 'test', status, at: Date.parse('2026-03-01T10:05:00Z') },
      branches: ['main'],
    })
  })

  test.each(['queued', 'in_progress', 'waiting', 'requested', 'pending'])(
    'that is %s is pending',
    (status) => {
      expect(
        heardOf('check_run', run({ status, conclusion: null, completed_at: null })),
      ).toMatchObject({ check: { status: 'pending', at: Date.parse('2026-03-01T10:00:00Z') } })
    },
  )

  test.each([
    ['success', 'success'],
    ['pending', 'pending'],
    ['failure', 'failure'],
    ['error', 'failure'],
  ])('reported as status %s is %s', (state, status) => {
    const payload = {
      sha: sha('b'),
      context: 'ci/test',
      state,
      updated_at: '2026-03-01T10:05:00Z',
      branches: [{ name: 'main' }],
      repository: { full_name: 'acme/api' },
    }
    expect(heardOf('status', payload)).toMatchObject({
      check: { name: 'ci/test', status },
      branches: ['main'],
    })
  })
})

describe('texts', () => {
  const claim = (over: Partial<Parameters<typeof revertsOf>[0]>): string | null =>
    revertsOf({ repository: 'acme/api', title: '', body: '', branch: null, ...over })

  test('say what they revert', () => {
    const full = sha('bad')
    expect(claim({ body: 'Reverts acme/api#12' })).toBe('#12')
    expect(claim({ body: 'Reverts Acme/API#12, see there' })).toBe('#12')
    expect(claim({ body: 'Reverts #12' })).toBe('#12')
    expect(claim({ body: 'Reverts other/api#12' })).toBeNull()
    expect(claim({ body: `This reverts commit ${full}.` })).toBe(full)
    expect(claim({ title: 'Revert "Cache"', branch: 'revert-12-prices' })).toBe('#12')
    expect(claim({ title: 'Add revert button', branch: 'revert-12-prices' })).toBeNull()
    expect(claim({ title: 'Revert "Cache"' })).toBeNull()
    expect(claim({ body: 'This reverts commit abc' })).toBeNull()
  })

  test('name co-authors in their trailers only', () => {
    expect(
      coAuthorEmails('Title\n\nCo-authored-by: A <A@x.org>\nco-authored-by: B <b@x.org>'),
    ).toEqual(['a@x.org', 'b@x.org'])
    expect(coAuthorEmails('Co-authored-by: A <a@x.org>')).toEqual([])
    expect(coAuthorEmails('T\n\nCo-authored-by: A <a@x.org>\n\nMore text.')).toEqual([])
  })

  test('become titles that can be stored and are never empty', () => {
    expect(titleOf('  One\r\nTwo')).toBe('One')
    expect(titleOf('\u0000')).toBe('(no title)')
    expect([...titleOf('😀'.repeat(2_000))]).toHaveLength(1_000)
  })
})

describe('accounts', () => {
  const person = (name: string, github: string | null, email: string | null = null) => ({
    name,
    github,
    email,
    slack: null,
    groups: [],
    active: true,
  })
  const people = [person('ana', 'AnaGH', 'ana@x.org'), person('bob', null, 'bob@x.org')]

  test('are spelled as the configuration spells them', () => {
    expect(spelled(people, 'anagh')).toBe('AnaGH')
    expect(spelled(people, 'stranger')).toBe('stranger')
  })

  test("that merely bear somebody's name are not that person", () => {
    expect(spelled(people, 'ana')).toBe('github:ana')
    expect(spelled(people, 'Bob')).toBe('github:Bob')
  })

  test('are found behind a known address or a GitHub address', () => {
    const emails = ['BOB@x.org', '7+anagh@users.noreply.github.com', 'ana@elsewhere.org']
    expect(coAuthorsAmong(people, emails)).toEqual(['AnaGH', 'bob'])
  })

  test('are kept by login where nobody is linked to it yet, and are nobody by their name', () => {
    const of = (login: string) => `7+${login}@users.noreply.github.com`
    const bot = '49699333+dependabot[bot]@users.noreply.github.com'
    expect(coAuthorsAmong(people, [of('zoe'), of('bob'), bot])).toEqual(['github:bob', 'zoe'])
  })
})

test.each([
  ['Acme/API', 'https://api.github.com', 'acme/api'],
  ['https://github.com/acme/api.git', 'https://api.github.com', 'acme/api'],
  ['git@github.com:acme/api.git', 'https://api.github.com', 'acme/api'],
  ['ssh://git@github.com/acme/api', 'https://api.github.com', 'acme/api'],
  ['https://gitlab.com/acme/api', 'https://api.github.com', null],
  ['/srv/git/api', 'https://api.github.com', null],
  ['https://ghe.acme.org/acme/api', 'https://ghe.acme.org/api/v3', 'acme/api'],
  ['git@api.github.com.evil.org:acme/api', 'https://api.github.com', null],
])('%s with %s is %s on GitHub', (repository, apiUrl, name) => {
  expect(githubName(repository, apiUrl)).toBe(name)
})
