/**
 * The pipeline file is read strictly: whole policies, or every problem with its line.
 */
import { describe, expect, it } from 'vitest'
import { readPolicies } from '../../src/config/file.ts'
import { watch } from '../world/policy.ts'

const SMALLEST = `pipelines:
  api:
    repository: acme/api
    environments:
      - { name: production, deploy: { run: ./deploy.sh } }
`

/** A file around some lines of the pipeline (from line 9), of its environment, and of people. */
const file = ({ pipeline = '', environment = '', people = '' }) => `people:
  - { name: ana, github: ana, groups: [sre] }
  - { name: bob, github: bob, groups: [sre] }${people}
pipelines:
  api:
    repository: acme/api
    environments:
      - { name: production, deploy: { run: ./deploy.sh }${environment} }
    ${pipeline}
`

const read = (text: string) => readPolicies(text, { tokenNames: ['ci', 'agent-1', 'ana'] })

const policyOf = (text: string) => {
  const result = read(text)
  const policy = result.ok ? result.policies[0] : undefined
  if (policy === undefined) throw new Error(JSON.stringify(result))
  return policy
}

const problemsOf = (text: string) => {
  const result = read(text)
  return result.ok ? [] : result.problems
}

describe('the smallest pipeline', () => {
  it('is complete', () => {
    expect(read(SMALLEST)).toEqual({
      ok: true,
      people: [],
      lines: {
        api: { repository: 3, branch: 2, environments: 4, 'environments.production': 5 },
      },
      policies: [
        {
          pipeline: 'api',
          repository: 'acme/api',
          branch: 'main',
          paths: null,
          fromRepository: null,
          doors: {
            departAfterMs: 1_200_000,
            departAtChanges: null,
            departAtLines: null,
            departAt: [],
            solo: null,
            urgentLabels: [],
          },
          backlog: null,
          timeZone: 'UTC',
          channel: null,
          checks: { require: null, timeoutMs: 3_600_000, settleMs: 10_000 },
          environments: [
            {
              name: 'production',
              was: null,
              deploy: { run: './deploy.sh', in: null, timeoutMs: 900_000, silenceTimeoutMs: null },
              approvals: {
                authors: 'all',
                others: 0,
                from: null,
                expireMs: null,
                standIn: null,
                standInAfterMs: 14_400_000,
              },
              soakMs: 0,
              verify: [],
              reality: null,
              rollout: null,
              afterVerified: null,
              onFailure: { act: 'hold', afterMs: 30_000, dryRun: false },
              windows: null,
              agent: 'embedded',
            },
          ],
          signals: [],
          flags: null,
          migrations: null,
          permissions: {
            depart: 'everyone',
            hold: 'everyone',
            lock: 'everyone',
            roll_back: 'everyone',
            settle: 'everyone',
            special: [],
            break_glass: [],
            link: [],
          },
          watch: watch(),
        },
      ],
    })
  })
})

describe('a whole file', () => {
  const text = `people:
  - { name: ana, slack: U0ANA, github: ana-b, email: ana@example.com, groups: [sre] }
  - { github: Bob, groups: [sre] }
pipelines:
  api:
    repository: git@git.example.com:acme/api.git
    branch: release/1.x
    paths: [services/api/**]
    channel: C0DEPLOYS
    train: { depart_after: never, depart_at_changes: 8, depart_at_lines: 600 }
    checks: { require: [], timeout: 30m, settle: 0s }
    environments:
      - name: staging
        deploy: { run: ./deploy.sh staging, timeout: 1h30m, silence_timeout: 5m }
        soak: 5m
      - name: production
        approvals: { authors: none, others: 1, from: sre, expire: 8h, stand_in: [sre, ana], stand_in_after: 1h }
        deploy: { run: ./deploy.sh production, in: /srv/api }
        agent: agent-1
    permissions: { roll_back: [sre, ci], depart: ana, hold: everyone, break_glass: [sre] }
`

  it('is read to the letter', () => {
    const policy = policyOf(text)
    expect(policy).toMatchObject({
      branch: 'release/1.x',
      paths: ['services/api/**'],
      doors: { departAfterMs: null, departAtChanges: 8, departAtLines: 600 },
      checks: { require: [], timeoutMs: 1_800_000, settleMs: 0 },
      permissions: { roll_back: ['sre', 'ci'], depart: ['ana'], break_glass: ['sre'] },
    })
    expect(policy.environments).toMatchObject([
      {
        deploy: { timeoutMs: 5_400_000, silenceTimeoutMs: 300_000 },
        approvals: { authors: 'none' },
        soakMs: 300_000,
      },
      {
        deploy: { in: '/srv/api' },
        approvals: {
          authors: 'none',
          others: 1,
          from: ['sre'],
          expireMs: 28_800_000,
          standIn: ['sre', 'ana'],
          standInAfterMs: 3_600_000,
        },
        agent: 'agent-1',
      },
    ])
    expect(policy).toHaveProperty('channel', 'C0DEPLOYS')
  })

  it('lets whoever may roll back settle', () => {
    expect(policyOf(text).permissions.settle).toEqual(['sre', 'ci'])
  })

  it('names a person by the GitHub login where no name is given', () => {
    const result = read(text)
    expect(result.ok && result.people).toEqual([
      {
        name: 'ana',
        slack: 'U0ANA',
        github: 'ana-b',
        email: 'ana@example.com',
        groups: ['sre'],
        active: true,
      },
      { name: 'Bob', slack: null, github: 'Bob', email: null, groups: ['sre'], active: true },
    ])
  })

  it('may say a thing once and refer to it', () => {
    const shared = SMALLEST.replace('deploy: {', 'deploy: &d {').concat(
      '      - { name: second, deploy: *d }\n',
    )
    expect(policyOf(shared).environments.map(({ deploy }) => deploy.run)).toEqual([
      './deploy.sh',
      './deploy.sh',
    ])
  })
})

describe('a key nobody knows', () => {
  it.each([
    ['pipeline: line 9', { pipeline: 'brnch: main' }, 9, 'did you mean `branch`?'],
    ['train', { pipeline: 'train: { depart_aftr: 5m }' }, 9, 'did you mean `depart_after`?'],
    ['checks', { pipeline: 'checks: { requires: [] }' }, 9, 'did you mean `require`?'],
    ['permissions', { pipeline: 'permissions: { rollback: [] }' }, 9, '`roll_back`?'],
    ['environment', { environment: ', soack: 5m' }, 8, 'did you mean `soak`?'],
    ['approvals', { environment: ', approvals: { other: 1 }' }, 8, 'did you mean `others`?'],
    ['people', { people: '\n  - { name: cy, gitub: cy }' }, 4, 'did you mean `github`?'],
    ['far off', { pipeline: 'zzzzzzzz: 1' }, 9, 'known are repository, branch'],
  ])('is refused with its line and the nearest known (%s)', (_, parts, line, message) => {
    expect(problemsOf(file(parts))).toEqual([{ line, message: expect.stringContaining(message) }])
  })
})

describe('doors', () => {
  it('close at times of day in the pipeline’s zone, before what rides alone, for what is urgent', () => {
    const pipeline = `time_zone: Europe/Berlin
    train:
      depart_at: ["10:00", "15:30"]
      solo: { labels: [solo], paths: [migrations/**], over_lines: 1000 }
      urgent: { labels: [hotfix] }`
    expect(policyOf(file({ pipeline }))).toMatchObject({
      timeZone: 'Europe/Berlin',
      doors: {
        departAt: [600, 930],
        solo: { labels: ['solo'], paths: ['migrations/**'], overLines: 1000 },
        urgentLabels: ['hotfix'],
      },
    })
  })

  it.each([
    ['train: { depart_at: ["24:00"] }', 'must be a time of day'],
    ['train: { depart_at: [1000] }', 'must be text'],
    ['train: { depart_at: "10:00" }', 'must be a list'],
    ['train: { solo: { label: [solo] } }', 'did you mean `labels`?'],
    ['time_zone: Europe/Berln', 'must be the name of a time zone'],
  ])('say what is wrong with `%s`', (pipeline, message) => {
    expect(problemsOf(file({ pipeline }))).toEqual([
      { line: 9, message: expect.stringContaining(message) },
    ])
  })
})

describe('a former name of an environment', () => {
  const named = (first: string, second: string) =>
    problemsOf(
      [
        'pipelines:',
        '  api:',
        '    repository: acme/api',
        '    environments:',
        `      - { name: a, deploy: { run: x }, was: ${first} }`,
        `      - { name: b, deploy: { run: x }, was: ${second} }`,
      ].join('\n'),
    ).map(({ line, message }) => `${line} ${message}`)

  it('is kept when each leads to one environment', () => {
    expect(named('c', 'd')).toEqual([])
  })

  it('is refused when it is still an environment, or leads to two', () => {
    expect(named('b', 'c')).toEqual([
      '5 `pipelines.api.environments[0].was`: `b` is an environment itself; name the one that this was before',
    ])
    expect(named('c', 'c')).toEqual([
      '6 `pipelines.api.environments[1].was`: `c` was claimed by an earlier environment; name the one that this was before',
    ])
  })
})

describe('text that is no YAML', () => {
  it.each([
    ['a: 1\nb: [1,\nc: 2', 3],
    ['a: 1\na: 2', 2],
    ['a: 1\nb: *nowhere', 1],
    ['a: 1\nb: !odd x', 2],
    ['pipelines: { __proto__: { repository: a/b } }', 1],
  ])('is refused with a line: %j', (text, line) => {
    const [problem] = problemsOf(text)
    expect(problem?.message).toMatch(/^not (valid YAML|a usable document)/)
    expect(problem?.line).toBeGreaterThanOrEqual(line)
  })

  it('is not unfolded when it is a bomb of aliases', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (const [to, from] of ['ba', 'cb', 'dc', 'ed']) {
      bomb.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(', ')}]`)
    }
    expect(problemsOf(bomb.join('\n'))[0]?.message).toMatch(/^not (valid YAML|a usable document)/)
  })
})

describe('a password in the file', () => {
  it('is refused and never repeated', () => {
    const text = SMALLEST.replace('acme/api', 'https://bot:hunter2@git.example.com/api')
    expect(problemsOf(text)[0]?.message).toContain('must not carry a password')
    const broken = `${text}: ]`
    expect(JSON.stringify([problemsOf(text), problemsOf(broken)])).not.toContain('hunter2')
  })
})
