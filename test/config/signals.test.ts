import { describe, expect, it } from 'vitest'
import { describePolicy } from '../../src/config/describe.ts'
import { readPolicies } from '../../src/config/file.ts'

/** The signals stand from line 5 on. */
const read = (...signals: readonly string[]) =>
  readPolicies(
    `pipelines:
  api:
    repository: acme/api
    signals:
${signals.map((one) => `      - ${one}`).join('\n')}
    environments: [{ name: production, deploy: { run: ./deploy.sh } }]
`,
    { tokenNames: [] },
  )

const problems = (...signals: readonly string[]): readonly string[] => {
  const found = read(...signals)
  return found.ok ? [] : found.problems.map(({ line, message }) => `${line}: ${message}`)
}

describe('Signals in the file', () => {
  it('are read as they are, and told in words', () => {
    const found = read('{ match: checkout_, paths: ["services/checkout/**"] }')
    const policy = found.ok ? found.policies[0] : undefined
    expect(policy?.signals).toEqual([{ match: 'checkout_', paths: ['services/checkout/**'] }])
    expect(policy && describePolicy(policy)).toContain(
      'Suspects: where a failure says checkout_, changes of services/checkout/** are looked at first, and their authors are told.',
    )
  })

  it('are refused where everything would be said by one, or nothing watched', () => {
    expect(problems('{ match: a, paths: [x] }', '{ match: carts, paths: [] }')).toEqual([
      '5: `pipelines.api.signals[0].match`: must have at least 3 characters: less is found everywhere',
      '6: `pipelines.api.signals[1].paths`: must have at least one glob',
    ])
  })

  it('are refused where two have the same match, or an unknown key', () => {
    expect(problems('{ match: carts, paths: [x], path: z }')).toEqual([
      '5: `path` is not a key of `pipelines.api.signals[0]`; did you mean `paths`?',
    ])
    expect(problems('{ match: carts, paths: [x] }', '{ match: carts, paths: [y] }')).toEqual([
      '6: `pipelines.api.signals[1].match`: `carts` is the match of an earlier signal; add these paths to that one',
    ])
  })
})
