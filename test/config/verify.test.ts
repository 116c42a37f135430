/**
 * `verify` and `reality` in the pipeline file: what they mean, and what is said when they are wrong.
 */
import { describe, expect, it } from 'vitest'
import { describePolicy } from '../../src/config/describe.ts'
import { readPolicies } from '../../src/config/file.ts'

const read = (steps: string, more = '') =>
  readPolicies(
    `pipelines:
  api:
    repository: acme/api
    environments:
      - name: production
        deploy: { run: ./deploy.sh }
        soak: 5m
${more}        verify:
${steps
  .trim()
  .split('\n')
  .map((line) => `          ${line.trim()}`)
  .join('\n')}
`,
    { tokenNames: [] },
  )

const policy = (steps: string, more = '') => {
  const found = read(steps, more)
  if (!found.ok || found.policies[0] === undefined) throw new Error(JSON.stringify(found))
  return found.policies[0]
}

const problems = (steps: string, more = ''): readonly string[] => {
  const found = read(steps, more)
  return found.ok ? [] : found.problems.map(({ line, message }) => `${line}: ${message}`)
}

describe('A verification in the file', () => {
  it('is complete with a name and a way to look', () => {
    expect(
      policy(`
        - { name: version, http: { url: "http://web-01/version", path: $.sha, expect: sha } }
        - { name: smoke, run: ./smoke.sh }
        - { name: errors, prometheus: { url: "http://prom:9090", query: "errors{r='{{sha}}'}", max: 0.02 } }
      `).environments[0]?.verify,
    ).toEqual([
      {
        kind: 'http',
        name: 'version',
        urls: ['http://web-01/version'],
        status: 200,
        path: '$.sha',
        expect: { is: 'sha' },
        everyMs: 30_000,
        timeoutMs: 10_000,
        times: 3,
        withinMs: 120_000,
      },
      {
        kind: 'run',
        name: 'smoke',
        run: './smoke.sh',
        in: null,
        everyMs: 300_000,
        timeoutMs: 300_000,
        times: 1,
        withinMs: 0,
      },
      {
        kind: 'prometheus',
        name: 'errors',
        url: 'http://prom:9090',
        query: "errors{r='{{sha}}'}",
        min: null,
        max: 0.02,
        everyMs: 30_000,
        timeoutMs: 10_000,
        times: 3,
        withinMs: 120_000,
      },
    ])
  })

  it('says in words what counts as verified', () => {
    const words = describePolicy(
      policy(
        `
        - { name: version, http: { instances: ["http://a/v", "http://b/v"], expect: sha }, every: 10s }
        - { name: errors, prometheus: { url: "http://prom", query: errors, max: 0.02 }, times: 2 }
      `,
        '        reality: { every: 10m, times: 4 }\n',
      ),
    )
    expect(words.split('\n').find((line) => line.includes('1. production'))).toMatchInlineSnapshot(
      `"  1. production: every author aboard must consent; the embedded agent runs \`./deploy.sh\` in a fresh checkout, ended after 15m; asked every 10m what it runs, and 4 disagreeing answers in a row are told as a drift; verified when all 2 instances answer 200 and the sha (version, every 10s, 3 bad looks in a row are a verdict), and \`errors\` is at most 0.02 (errors, every 30s, 2 bad looks in a row are a verdict) for 5m; what nobody can see waits for a person."`,
    )
  })

  it.each([
    [
      '- { name: a }',
      '9: `pipelines.api.environments[0].verify[0]`: looks in one way: give `http`, `run` or `prometheus`',
    ],
    [
      '- { name: a, run: x, htp: { url: "http://a" } }',
      '9: `htp` is not a key of `pipelines.api.environments[0].verify[0]`; did you mean `http`?',
    ],
    [
      '- { name: a, http: { status: 200 } }',
      '9: `pipelines.api.environments[0].verify[0].http.url`: is either one `url` or a list of `instances`: give one of them',
    ],
    [
      '- { name: a, http: { url: "ftp://a" } }',
      '9: `pipelines.api.environments[0].verify[0].http.url`: must begin with http:// or https://',
    ],
    [
      '- { name: a, http: { url: "http://u:p@a/" } }',
      '9: `pipelines.api.environments[0].verify[0].http.url`: must not carry a user or password',
    ],
    [
      '- { name: a, http: { url: "http://a", path: "$[", expect: x } }',
      '9: `pipelines.api.environments[0].verify[0].http.path`: must be a JSONPath (RFC 9535) such as `$.version`',
    ],
    [
      '- { name: a, http: { url: "http://a", path: $.v } }',
      '9: `pipelines.api.environments[0].verify[0].http.path`: leads to a value: say which with `expect`',
    ],
    [
      '- { name: a, prometheus: { url: "http://a", query: x } }',
      '9: `pipelines.api.environments[0].verify[0].prometheus.max`: needs a bound: `max`, `min`, or both',
    ],
    [
      '- { name: a, prometheus: { url: "http://a", query: x, min: 2, max: 1 } }',
      '9: `pipelines.api.environments[0].verify[0].prometheus.max`: `min` is above `max`: no value lies between',
    ],
    [
      '- { name: a, prometheus: { url: "http://a", query: "x{v=\'{{title}}\'}", max: 1 } }',
      '9: `pipelines.api.environments[0].verify[0].prometheus.query`: has {{title}}; what is known is {{pipeline}}, {{environment}}, {{sha}}',
    ],
    [
      '- { name: a, run: x }\n- { name: a, run: y }',
      '10: `pipelines.api.environments[0].verify[1].name`: `a` is the name of an earlier step; choose another',
    ],
  ])('is refused with its line: %s', (steps, message) => {
    expect(problems(steps)).toEqual([message])
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://0.0.0.0/',
    'http://224.0.0.1/',
  ])('never asks a cloud for its secrets, or nobody in particular: %s', (url) => {
    expect(problems(`- { name: a, http: { url: "${url}" } }`)).toEqual([
      expect.stringContaining('which is never asked'),
    ])
  })

  it.each([
    'http://10.0.0.7/',
    'http://127.0.0.1:8080/',
    'http://[::1]/',
    'http://web-01.internal/',
  ])('may ask what is inside, where most of what is verified stands: %s', (url) => {
    expect(problems(`- { name: a, http: { url: "${url}" } }`)).toEqual([])
  })

  it('needs a way to learn what runs there before it can be asked for it', () => {
    expect(problems('- { name: a, run: x }', '        reality: { every: 5m }\n')).toEqual([
      '8: `pipelines.api.environments[0].reality`: asks what runs there: give `verify` an `http` step with `expect: sha`',
    ])
  })
})
