/** What a repository may set of its pipeline's policy, and what it may not. */
import { describe, expect, test } from 'vitest'
import { readPolicies } from '../../src/config/file.ts'
import { withRepositoryFile } from '../../src/config/repository-file.ts'
import type { Person, Policy } from '../../src/core/policy.ts'

const SERVER = `
people:
  - { name: ana, github: ana, groups: [sre] }
  - { name: bob, github: bob, groups: [sre] }
  - { name: cem, github: cem }
pipelines:
  api:
    repository: acme/api
    from_repository: { addresses: ["http://web-02:8080"] }
    environments:
      - { name: staging, deploy: { run: ./deploy.sh } }
      - name: production
        approvals: { authors: all, others: 1, from: [sre], expire: 8h, stand_in_after: 4h }
        deploy: { run: ./deploy.sh }
        soak: 10m
        verify:
          - { name: version, http: { url: "http://web-01/version", path: $.sha, expect: sha } }
          - { name: smoke, run: ./smoke.sh, in: /srv/checks }
        reality: { every: 5m }
`

function server(text = SERVER): { readonly policy: Policy; readonly people: readonly Person[] } {
  const read = readPolicies(text, { tokenNames: [] })
  const [policy] = read.ok ? read.policies : []
  if (!read.ok || policy === undefined) throw new Error(JSON.stringify(read))
  return { policy, people: read.people }
}

const { policy: base, people } = server()

/** One environment of the repository's file. */
const production = (body: string): string =>
  ['pipelines:', '  api:', '    environments:', `      - { name: production, ${body} }`].join('\n')

function set(text: string): Policy {
  const read = withRepositoryFile(text, base, people)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.policy
}

function problems(text: string): readonly string[] {
  const read = withRepositoryFile(text, base, people)
  return read.ok ? [] : read.problems.map(({ line, message }) => `${line} ${message}`)
}

test('it sets doors, checks, paths, soak and verification, and leaves the rest alone', () => {
  const its = set(`
pipelines:
  api:
    paths: [services/api/**]
    train: { depart_after: 1h, backlog: 5 }
    checks: { require: [test] }
    environments:
      - { name: production, soak: 1m, verify: [{ name: up, http: { url: "http://web-02:8080/up", expect: sha } }] }
  billing: { anything: its own }
`)
  expect(its.paths).toEqual(['services/api/**'])
  expect(its.doors.departAfterMs).toBe(3_600_000)
  expect(its.backlog).toBe(5)
  expect(its.checks.require).toEqual(['test'])
  const [staging, last] = its.environments
  expect(staging).toBe(base.environments[0])
  expect(last).toMatchObject({ soakMs: 60_000, verify: [{ name: 'up' }] })
  expect(last?.approvals).toEqual(base.environments[1]?.approvals)
  expect(last?.deploy).toEqual(base.environments[1]?.deploy)
})

describe('it orders no command that the server’s file does not', () => {
  const version = '{ name: version, http: { url: "http://web-01/version", expect: sha } }'

  test('one of the server’s own may be looked at otherwise, or elsewhere', () => {
    const smoke = '{ name: well, run: ./smoke.sh, in: /srv/checks, every: 1m }'
    const [, last] = set(production(`verify: [${version}, ${smoke}]`)).environments
    expect(last?.verify[1]).toMatchObject({ run: './smoke.sh', in: '/srv/checks', everyMs: 60_000 })
    const its = 'pipelines: { api: { environments: [{ name: staging, verify: [SMOKE] }] } }'
    const [staging] = set(its.replace('SMOKE', smoke)).environments
    expect(staging?.verify).toHaveLength(1)
  })

  test.each([
    ['run: ./evil.sh', 'runs `./evil.sh`'],
    ['run: ./evil.sh, in: /srv/checks', 'runs `./evil.sh` in `/srv/checks`'],
    ['run: ./smoke.sh', 'runs `./smoke.sh`'],
    ['run: ./smoke.sh, in: /root', 'runs `./smoke.sh` in `/root`'],
    ['run: ./deploy.sh', 'runs `./deploy.sh`'],
  ])('%s', (given, message) => {
    expect(problems(production(`verify: [${version}, { name: smoke, ${given} }]`))).toEqual([
      `4 \`pipelines.api.environments[0].verify[1].run\`: ${message}, which no step of \`verify\` in the server’s file does: add it there, or look with \`http\` or \`prometheus\``,
    ])
  })
})

describe('what it does not say stays as the server’s file has it', () => {
  const { policy } = server(
    SERVER.replace(
      'environments:',
      [
        'train: { depart_after: 1h, depart_at: ["10:00"], depart_at_changes: 8, depart_at_lines: 600,',
        '      backlog: 12, solo: { labels: [solo], paths: [db/**], over_lines: 900 }, urgent: { labels: [hotfix] } }',
        '    checks: { require: [test], timeout: 2h, settle: 30s }',
        '    environments:',
      ].join('\n'),
    ),
  )
  const its = (body: string): Policy => {
    const read = withRepositoryFile(`pipelines: { api: { ${body} } }`, policy, people)
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    return read.policy
  }
  const { doors, checks } = policy

  test.each([
    ['depart_after: never', { departAfterMs: null }],
    ['depart_at: []', { departAt: [] }],
    ['depart_at_changes: null', { departAtChanges: null }],
    ['depart_at_lines: 5', { departAtLines: 5 }],
    ['solo: null', { solo: null }],
    ['solo: { over_lines: 5 }', { solo: { ...doors.solo, overLines: 5 } }],
    ['solo: { labels: [], paths: null }', { solo: { ...doors.solo, labels: [], paths: null } }],
    ['urgent: { labels: [now] }', { urgentLabels: ['now'] }],
    ['urgent: {}', {}],
    ['{}', {}],
  ])('train: { %s }', (body, over) => {
    const text = body === '{}' ? 'train: {}' : `train: { ${body} }`
    expect(its(text)).toEqual({ ...policy, doors: { ...doors, ...over } })
  })

  test.each([['5', 5] as const, ['null', null] as const])(
    'train: { backlog: %s }',
    (is, backlog) => {
      expect(its(`train: { backlog: ${is} }`)).toEqual({ ...policy, backlog })
    },
  )

  test.each([
    ['require: [lint]', { require: ['lint'] }],
    ['require: null', { require: null }],
    ['timeout: 3h', { timeoutMs: 3 * 3_600_000 }],
    ['settle: 0s', { settleMs: 0 }],
  ])('checks: { %s }', (body, over) => {
    expect(its(`checks: { ${body} }`)).toEqual({ ...policy, checks: { ...checks, ...over } })
  })

  test('a `solo` where the server’s file has none', () => {
    const read = withRepositoryFile(
      'pipelines: { api: { train: { solo: { labels: [solo] } } } }',
      base,
      people,
    )
    expect(read.ok ? read.policy.doors.solo : read).toEqual({
      labels: ['solo'],
      paths: null,
      overLines: null,
    })
  })
})

test('a file that says nothing of the pipeline changes nothing', () => {
  expect(set('pipelines: { billing: { paths: [x] } }')).toEqual(base)
})

test('it tightens approvals', () => {
  const its = set(
    production('approvals: { others: 1, expire: 1h, stand_in: [ana], stand_in_after: 8h }'),
  )
  expect(its.environments[1]?.approvals).toEqual({
    authors: 'all',
    others: 1,
    from: ['sre'],
    expireMs: 3_600_000,
    standIn: ['ana'],
    standInAfterMs: 8 * 3_600_000,
  })
})

describe('it never loosens approvals', () => {
  test.each([
    ['authors: none', 'authors`: must stay `all`, as the server’s file has it'],
    ['others: 0', 'others`: must be at least 1, as the server’s file has it'],
    ['expire: 9h', 'expire`: must be at most 8h, as the server’s file has it'],
    ['expire: never', 'expire`: must be at most 8h, as the server’s file has it'],
    ['stand_in: []', 'stand_in`: must name somebody'],
    ['stand_in: [ana, cem]', 'stand_in`: may only name sre; cem would be more'],
    ['stand_in: [sre, cem]', 'stand_in`: may only name sre; cem would be more'],
    ['stand_in: [cem]', 'stand_in`: may only name sre; cem would be more'],
    ['stand_in_after: 1h', 'stand_in_after`: must be at least 4h, as the server’s file has it'],
    [
      'others: 2',
      'others`: asks for 2, but only 2 may approve; name more than 2 people in `from` of the server’s file',
    ],
  ])('%s', (given, message) => {
    expect(problems(production(`approvals: { ${given} }`))).toEqual([
      `4 \`pipelines.api.environments[0].approvals.${message}`,
    ])
  })
})

describe('it is refused with its line', () => {
  test.each([
    ['pipelines: {}\npeople: []', '2 `people` is not a key of the file; known are pipelines'],
    ['pipelines: [api]', '1 `pipelines`: must be pipelines by name'],
    ['pipelines: { api: { deploy: x } }', '1 `deploy` is not a key of `pipelines.api`'],
    ['pipelines: { api: { permissions: {} } }', '1 `permissions` is not a key of `pipelines.api`'],
    [production('deploy: { run: ./evil.sh }'), '4 `deploy` is not a key of'],
    ...['[sre]', '[ana, bob]', '[cem]', '[]'].map((from): [string, string] => [
      production(`approvals: { from: ${from} }`),
      '4 `from` is not a key of `pipelines.api.environments[0].approvals`; known are authors, others, expire, stand_in, stand_in_after',
    ]),
    [production('agent: far'), '4 `agent` is not a key of'],
    [
      'pipelines:\n  api:\n    environments: [{ name: prod, soak: 1m }]',
      '3 `pipelines.api.environments[0].name`: `prod` is no environment of the server’s file; there are staging, production',
    ],
    [
      'pipelines:\n  api:\n    environments:\n      - { name: production }\n      - { name: production }',
      '5 `pipelines.api.environments[1].name`: `production` is set by an earlier entry',
    ],
    [
      production('verify: [{ name: up, http: { url: "http://vault:8200/v1", expect: sha } }]'),
      '4 `pipelines.api.environments[0].verify[0]`: asks http://vault:8200, which the server’s file does not name',
    ],
    [
      production('verify: [{ name: smoke, run: ./smoke.sh, in: /srv/checks }]'),
      '4 `pipelines.api.environments[0].verify`: needs an `http` step with `expect: sha`',
    ],
    ['pipelines: {', '1 not valid YAML'],
  ])('%s', (text, message) => {
    expect(problems(text)).toEqual([expect.stringContaining(message)])
  })
})

describe('the server’s file', () => {
  const withKey = (value: string): ReturnType<typeof readPolicies> =>
    readPolicies(SERVER.replace(/from_repository: .*/, `from_repository: ${value}`), {
      tokenNames: [],
    })

  test('lets a repository speak, or not', () => {
    expect(server().policy.fromRepository).toEqual({ addresses: ['http://web-02:8080'] })
    const said = ['true', 'false'].map((value) => {
      const read = withKey(value)
      return read.ok ? read.policies[0]?.fromRepository : read
    })
    expect(said).toEqual([{ addresses: [] }, null])
  })

  test.each([
    ['{ addresses: ["http://web-02:8080/path"] }', 'must be an origin such as'],
    ['{ addresses: ["http://169.254.169.254"] }', 'is a link-local, metadata'],
    ['yes-please', 'must be'],
  ])('says what is wrong with `%s`', (value, message) => {
    const read = withKey(value)
    expect(read.ok ? [] : read.problems.map((one) => one.message)).toEqual([
      expect.stringContaining(message),
    ])
  })
})
