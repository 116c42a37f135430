/** Watchdogs in the pipeline file: what may be written there, and what it means. */
import { describe, expect, it } from 'vitest'
import { describePolicy } from '../../src/config/describe.ts'
import { readPolicies } from '../../src/config/file.ts'
import type { Policy } from '../../src/core/policy.ts'
import { wholePolicy } from '../../src/core/whole.ts'
import { policy, watch } from '../world/policy.ts'

const read = (written: string) =>
  readPolicies(
    `pipelines:
  api:
    repository: acme/api
    environments: [{ name: production, deploy: { run: ./deploy.sh } }]
    watch: { ${written} }
`,
    { tokenNames: [] },
  )

function policyWith(written: string): Policy {
  const said = read(written)
  const [its] = said.ok ? said.policies : []
  if (its === undefined) throw new Error('it is refused')
  return its
}

const watched = (written: string): string => {
  const line = /^Watched: (.*)$/m.exec(describePolicy(policyWith(written)))
  return line?.[1] ?? ''
}

describe('the watchdogs', () => {
  it('watch by default, but for deploys that nobody promised', () => {
    expect(policyWith('').watch).toEqual(watch())
    expect(watched('')).toBe(
      'a run not begun after 2m, a silent run after 5m, a slow run at 2 times the usual, pending checks after 30m, a train that waits for people after 4h, a lock without an end after 8h, failures at 3 in a row. Nobody is told of changes that wait without a deploy.',
    )
  })

  it('are set and switched off one by one', () => {
    expect(policyWith('lock: 2d, no_deploy: 12h, slower: 1.5, failures: off').watch).toEqual(
      watch({
        lockMs: 2 * 86_400_000,
        noDeployMs: 12 * 3_600_000,
        slowerTimes: 1.5,
        failures: null,
      }),
    )
    expect(watched('silent: off, no_deploy: 1d')).toContain('Nobody is told of a silent run.')
    const all =
      'not_started: off, silent: off, slower: off, checks: off, waiting: off, lock: off, failures: off'
    expect(watched(all)).toBe('nobody is told of anything.')
  })

  it.each([
    ['lock: never', 'watch.lock`: must be `off`, or a duration'],
    ['lock: 0s', 'must be `off`, or a duration'],
    ['silent: 5', 'must be `off`, or a duration'],
    ['slower: 1', 'how many times the usual, a number from 1.1 to 100'],
    ['slower: 2x', 'how many times the usual'],
    ['failures: 1', 'how many in a row, a whole number from 2 to 100'],
    ['failures: 2.5', 'a whole number'],
    ['locks: 8h', 'did you mean `lock`?'],
  ])('are refused with their line where %j makes no sense', (written, message) => {
    const said = read(written)
    expect(said.ok ? [] : said.problems).toEqual([
      { line: 5, message: expect.stringContaining(message) },
    ])
  })

  it('watch a pipeline whose policy was accepted before there were any', () => {
    const { watch: _, ...before } = policy()
    const whole = wholePolicy(before as Policy, policy({ watch: watch({ lockMs: null }) }))
    expect(whole.watch).toEqual(watch({ lockMs: null }))
  })
})
