/**
 * `on_failure` in the pipeline file: what it means, and what is said when it is wrong.
 */
import { describe, expect, it } from 'vitest'
import { describePolicy } from '../../src/config/describe.ts'
import { readPolicies } from '../../src/config/file.ts'
import { HOLD } from '../../src/core/policy.ts'

const read = (line: string) =>
  readPolicies(
    `pipelines:
  api:
    repository: acme/api
    environments:
      - name: production
        deploy: { run: ./deploy.sh }
        ${line}
`,
    { tokenNames: [] },
  )

const policy = (line: string) => {
  const found = read(line)
  if (!found.ok || found.policies[0] === undefined) throw new Error(JSON.stringify(found))
  return found.policies[0]
}

const onFailure = (line: string) => policy(line).environments[0]?.onFailure

const problems = (line: string): readonly string[] => {
  const found = read(line)
  return found.ok ? [] : found.problems.map((one) => `${one.line}: ${one.message}`)
}

const said = (line: string): string => describePolicy(policy(line))

describe('What happens on a failure', () => {
  it('is nothing by itself unless the file says so', () => {
    expect(onFailure('')).toEqual(HOLD)
    expect(onFailure('on_failure: hold')).toEqual(HOLD)
    expect(said('')).not.toContain('a failure')
  })

  it('is said in one word, or in full', () => {
    expect(onFailure('on_failure: roll_back')).toEqual({
      act: 'roll_back',
      afterMs: 30_000,
      dryRun: false,
    })
    expect(onFailure('on_failure: { do: roll_back, after: 2m, dry_run: true }')).toEqual({
      act: 'roll_back',
      afterMs: 120_000,
      dryRun: true,
    })
    expect(onFailure('on_failure: stop')).toMatchObject({ act: 'stop', dryRun: false })
  })

  it('is described in words', () => {
    expect(said('on_failure: roll_back')).toContain(
      'a failure goes back by itself to what was live and well before, unless somebody cancels it within 30s or keeps it locked',
    )
    expect(said('on_failure: { do: stop, dry_run: true }')).toContain(
      'a failure only says that it would stop the line',
    )
  })

  it.each([
    ['on_failure: rollback', 'on_failure.do`: must be `hold`, `roll_back` or `stop`'],
    ['on_failure: 3', 'on_failure`: must be keys with values (do, after, dry_run)'],
    ['on_failure: { after: 10s }', 'on_failure.do`: must be `hold`, `roll_back` or `stop`'],
    ['on_failure: { do: stop, after: 10s }', 'on_failure.after`: is how long `roll_back` waits'],
    ['on_failure: { do: roll_back, after: 0s }', 'longer than nothing'],
    ['on_failure: { do: hold, dry_run: true }', '`hold` does nothing; remove it'],
    ['on_failure: { do: roll_back, dryrun: true }', 'did you mean `dry_run`?'],
    ['on_failre: roll_back', 'did you mean `on_failure`?'],
  ])('is refused with the line and the way out: %s', (line, words) => {
    const found = problems(line)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^7: /)
    expect(found[0]).toContain(words)
  })
})
