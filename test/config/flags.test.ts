import { describe, expect, it } from 'vitest'
import { describePolicy } from '../../src/config/describe.ts'
import { readPolicies } from '../../src/config/file.ts'

/** The flags stand on line 4. */
const read = (flags: string) =>
  readPolicies(
    `pipelines:
  api:
    repository: acme/api
    flags: ${flags}
    environments: [{ name: production, deploy: { run: ./deploy.sh } }]
`,
    { tokenNames: [] },
  )

const policyOf = (flags: string) => {
  const found = read(flags)
  const policy = found.ok ? found.policies[0] : undefined
  if (policy === undefined) throw new Error(JSON.stringify(found))
  return policy
}

const problems = (flags: string): readonly string[] => {
  const found = read(flags)
  return found.ok ? [] : found.problems.map(({ line, message }) => `${line}: ${message}`)
}

describe('Flags in the file', () => {
  it('are turned off by a command of the agent, or by a POST', () => {
    expect(policyOf('{ off: { run: ./flag-off.sh } }').flags).toEqual({
      match: 'flag:',
      off: { kind: 'run', run: './flag-off.sh', in: null, timeoutMs: 120_000 },
    })
    const posted = policyOf('{ match: "ff/", off: { http: "http://flags/off", timeout: 5s } }')
    expect(posted.flags).toEqual({
      match: 'ff/',
      off: { kind: 'http', url: 'http://flags/off', timeoutMs: 5_000 },
    })
    expect(describePolicy(posted)).toContain(
      'Flags: what follows ff/ in a label or title is turned off first (POST http://flags/off, ended after 5s).',
    )
  })

  it.each([
    ['in two ways', '{ off: { run: x, http: "http://flags" } }', 'off.run`: is either a command'],
    ['in none', '{ off: {} }', 'off.run`: is either a command to `run` or an address for `http`'],
    ['at the metadata of a cloud', '{ off: { http: "http://169.254.169.254/" } }', 'link-local'],
    ['with a password', '{ off: { http: "http://a:b@flags/" } }', 'must not carry a user'],
    ['in a directory of nobody', '{ off: { http: "http://flags", in: /srv } }', 'belongs to `run`'],
    [
      'by a server that may take its time',
      '{ off: { http: "http://flags", timeout: 10m } }',
      '30s at most',
    ],
    ['by everything', '{ match: f, off: { run: x } }', 'at least 3 characters'],
    ['by an unknown key', '{ of: { run: x } }', 'did you mean `off`?'],
  ])('are refused %s', (_, flags, message) => {
    expect(problems(flags).join('\n')).toContain(message)
    expect(problems(flags)[0]).toMatch(/^4: /)
  })
})
