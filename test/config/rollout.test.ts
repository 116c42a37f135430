import { describe, expect, it } from 'vitest'
import { describePolicy } from '../../src/config/describe.ts'
import { readPolicies } from '../../src/config/file.ts'

/** What is given stands on line 5. */
const read = (given: string) =>
  readPolicies(
    `pipelines:
  api:
    repository: acme/api
    environments:
      - { name: production, deploy: { run: ./deploy.sh }, ${given} }
`,
    { tokenNames: [] },
  )

const policyOf = (given: string) => {
  const found = read(given)
  const policy = found.ok ? found.policies[0] : undefined
  if (policy === undefined) throw new Error(JSON.stringify(found))
  return policy
}

const rolloutOf = (given: string) => policyOf(given).environments[0]?.rollout

const problems = (given: string): readonly string[] => {
  const found = read(given)
  return found.ok ? [] : found.problems.map(({ message }) => message)
}

/** A comparison whose query is asked so often. */
const asked = (query: string, every = ''): string =>
  `rollout: { steps: [100], analysis: [{ name: e, prometheus: { url: "http://p", query: '${query}' }, better: lower${every} }] }`

const analysis = (more = ''): string =>
  `analysis: [{ name: checkout errors, prometheus: { url: "http://prom:9090", query: 'rate(errors{release="{{release}}"}[30s])' }, better: lower${more} }]`

describe('Steps in the file', () => {
  it('are complete as a list of percents', () => {
    expect(rolloutOf('steps: [10, 50, 100]')).toEqual({
      steps: [10, 50, 100].map((traffic) => ({
        name: String(traffic),
        traffic,
        bakeMs: 600_000,
      })),
      analysis: [],
    })
  })

  it('may be named groups of customers, with a share or without one', () => {
    const given =
      'rollout: { steps: [{ name: staff, bake: 10m }, { name: friends, traffic: 5 }, everyone], bake: 1m }'
    expect(rolloutOf(given)?.steps).toEqual([
      { name: 'staff', traffic: null, bakeMs: 600_000 },
      { name: 'friends', traffic: 5, bakeMs: 60_000 },
      // The last one is everybody, whatever it is called.
      { name: 'everyone', traffic: 100, bakeMs: 60_000 },
    ])
  })

  it('are told in words, with what they are compared by', () => {
    const words = describePolicy(
      policyOf(`rollout: { steps: [staff, 10, 100], bake: 5m, ${analysis()} }`),
    )
    expect(words).toContain(
      'goes in 3 steps, each for as long as it bakes: staff (5m), then 10 % (5m), then 100 % (5m); in every bake',
    )
    expect(words).toContain(
      'must not be above that of the old one (checkout errors, Mann–Whitney U test of at least 5 numbers each: worse below p = 0.01 and by at least 10 %, not worse from p = 0.05 on)',
    )
  })

  it.each([
    ['rate(errors{release="{{release}}"}[1m])', '', '[1m]'],
    ['rate(errors{release="{{release}}"}[1m30s])', ', every: 1m', '[1m30s]'],
    ['max_over_time(errors{release="{{release}}"}[5m:10s])', '', '[5m]'],
    [
      'rate(errors{release="{{release}}"}[5s]) / rate(all{release="{{release}}"}[ 2h ])',
      '',
      '[2h]',
    ],
  ])('are refused where their numbers would overlap: %s%s', (query, every, range) => {
    expect(problems(asked(query, every))).toEqual([
      expect.stringContaining(`is shorter than the ${range} of the query`),
    ])
  })

  it.each([
    ['rate(errors{release="{{release}}"}[1m])', ', every: 1m'],
    ['rate(errors{release="{{release}}"}[500ms])', ', every: 1s'],
    ['errors{release="{{release}}", path=~"/[a-z]+[5m]"}', ''],
    ['errors{release="{{release}}"} offset 5m', ''],
  ])('are taken where each number is of its own time: %s%s', (query, every) => {
    expect(problems(asked(query, every))).toEqual([])
  })

  it.each([
    ['steps: []', 'must have at least one step'],
    ['steps: [10, 50]', 'ends at 50 %: the last step must reach everybody (100)'],
    ['steps: [50, 10, 100]', '10 % is no more than the 50 % before it: steps only grow'],
    ['steps: [10, 10, 100]', '10 % is an earlier step already; choose another'],
    ['steps: [staff, staff, 100]', 'staff is an earlier step already; choose another'],
    ['steps: [0, 100]', 'must be a percent from 1 to 100'],
    ['steps: [120]', 'must be a percent from 1 to 100'],
    ['steps: ["Big Customers", 100]', 'must be a percent, or the name of a group'],
    ['steps: [100], rollout: { steps: [100] }', 'is short for `rollout: { steps }`'],
    [`rollout: { ${analysis()} }`, 'steps'],
    [
      `rollout: { steps: [10, 100], bake: 1m, ${analysis()} }`,
      'asks for 5 numbers, one every 30s, so 10 % must bake for at least 150s',
    ],
    [`rollout: { steps: [100], ${analysis(', fail: 0.2')} }`, 'is above `pass`: no p lies between'],
    [`rollout: { steps: [100], ${analysis(', test: t-test')} }`, 'must be `mann-whitney`'],
    [
      'rollout: { steps: [100], analysis: [{ name: e, prometheus: { url: "http://p", query: errors }, better: lower }] }',
      'must name {{release}}',
    ],
    [
      `verify: [{ name: errors, run: true.sh }], rollout: { steps: [100], ${analysis().replace('checkout errors', 'errors')} }`,
      'is the name of a step of `verify`',
    ],
  ])('with a mistake are refused: %s', (given, message) => {
    expect(problems(given).join('\n')).toContain(message)
  })
})
