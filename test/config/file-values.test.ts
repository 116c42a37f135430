/**
 * What the pipeline file may not say: every value that makes no sense, with its line.
 */
import { describe, expect, it } from 'vitest'
import { readPolicies } from '../../src/config/file.ts'

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

const problemsOf = (text: string) => {
  const result = read(text)
  return result.ok ? [] : result.problems
}

describe('a value that makes no sense', () => {
  it.each([
    [
      'a soak without unit',
      { environment: ', soak: 5' },
      8,
      'environments[0].soak`: must be a duration',
    ],
    ['a soak for ever', { environment: ', soak: never' }, 8, 'must be a duration'],
    [
      'a check that is red at once',
      { pipeline: 'checks: { timeout: 0s }' },
      9,
      'longer than nothing',
    ],
    ['doors that never open', { pipeline: 'train: { depart_after: 0s }' }, 9, '`never`, or'],
    ['a train of no changes', { pipeline: 'train: { depart_at_changes: 0 }' }, 9, 'at least 1'],
    [
      'a train of half a change',
      { pipeline: 'train: { depart_at_changes: 1.5 }' },
      9,
      'whole number',
    ],
    [
      'half of the authors',
      { environment: ', approvals: { authors: half }' },
      8,
      '`all` or `none`',
    ],
    ['less than nobody else', { environment: ', approvals: { others: -1 }' }, 8, 'at least 0'],
    ['a train without keys', { pipeline: 'train:' }, 9, 'must be keys with values'],
    ['a branch with a blank', { pipeline: 'branch: a b' }, 9, 'git branch'],
    ['a branch that is an option', { pipeline: 'branch: --all' }, 9, 'git branch'],
    ['a branch that is a number', { pipeline: 'branch: 1' }, 9, 'put it in quotes'],
    ['no path at all', { pipeline: 'paths: []' }, 9, 'at least one glob'],
    ['one path without a list', { pipeline: 'paths: a/**' }, 9, 'must be a list'],
    ['a channel by name', { pipeline: 'channel: "#deploys"' }, 9, 'Slack channel id'],
    ['an unknown agent', { environment: ', agent: agent-2' }, 8, 'SIGNALBOX_API_TOKENS'],
    [
      'an unknown group',
      { pipeline: 'permissions: { link: [sra] }' },
      9,
      'link[0]`: `sra` is no known person, group or token; did you mean `sre`?',
    ],
    [
      'an unknown word',
      { pipeline: 'permissions: { link: everybody }' },
      9,
      'did you mean `everyone`?',
    ],
    [
      'everyone among others',
      { pipeline: 'permissions: { link: [everyone, ana] }' },
      9,
      'stands alone',
    ],
    [
      'a number with rights',
      { pipeline: 'permissions: { link: 7 }' },
      9,
      'a name or a list of names',
    ],
    [
      'an unknown approver',
      { environment: ', approvals: { from: [bib] }' },
      8,
      'did you mean `bob`?',
    ],
    [
      'a machine that approves',
      { environment: ', approvals: { from: [ci] }' },
      8,
      'only people and groups approve',
    ],
    [
      'more approvals than people',
      { environment: ', approvals: { others: 2, from: [sre, ana] }' },
      8,
      'only 2 may approve; name more than 2 people in `from`',
    ],
    [
      'approvals of all, too few',
      { environment: ', approvals: { others: 2 }' },
      8,
      'people in `people`',
    ],
    ['a person twice', { people: '\n  - { name: ana }' }, 4, 'shares name `ana`'],
    ['a login twice', { people: '\n  - { name: cy, github: Bob }' }, 4, 'shares github `bob`'],
    ['a person without a name', { people: '\n  - { email: c@example.com }' }, 4, 'needs a `name`'],
    [
      'a group named like a person',
      { people: '\n  - { name: cy, groups: [bob] }' },
      4,
      'rename the group',
    ],
    [
      'a group named like a machine',
      { people: '\n  - { name: cy, groups: [ci] }' },
      4,
      'machine token; rename the group',
    ],
    ['a person named everyone', { people: '\n  - { name: everyone }' }, 4, 'means everyone'],
    [
      'a Slack handle for an id',
      { people: '\n  - { name: cy, slack: "@cy" }' },
      4,
      'Slack member id',
    ],
  ])('is refused with its line: %s', (_, parts, line, message) => {
    expect(problemsOf(file(parts))).toEqual([{ line, message: expect.stringContaining(message) }])
  })

  it.each([
    ['repository: acme/api', 'branch: main', '`repository` is missing in `pipelines.api`'],
    ['repository: acme/api', 'repository: --upload-pack=x', 'must be `owner/name`'],
    ['name: production, ', '', '`name` is missing in `pipelines.api.environments[0]`'],
    ['run: ./deploy.sh', '', '`run` is missing'],
    ['run: ./deploy.sh', 'run: ""', 'must not be empty'],
    ['name: production', 'name: Production', 'lower-case'],
    ['name: production', 'name: status', '`status` is a word of the commands'],
    ['  api:', '  release:', '`release` is a word of the commands'],
    ['  api:', '  API:', 'lower-case'],
    ['pipelines:', 'piplines:', 'did you mean `pipelines`?'],
  ])('is refused where %j becomes %j', (from, to, message) => {
    const problems = problemsOf(SMALLEST.replace(from, to))
    expect(problems).toContainEqual({
      line: expect.any(Number),
      message: expect.stringContaining(message),
    })
  })

  it('is refused where two environments share a name', () => {
    const text = `${SMALLEST}      - { name: production, deploy: { run: x } }\n`
    expect(problemsOf(text)).toEqual([
      { line: 6, message: expect.stringContaining('name of an earlier environment') },
    ])
  })

  it.each([
    ['pipelines: {}', 'at least one pipeline'],
    ['', 'the file must be keys'],
    ['- a', 'the file must be keys'],
    ['pipelines: { api: { repository: a/b, environments: [] } }', 'at least one environment'],
    ['pipelines: { api: { repository: a/b } }', '`environments` is missing'],
  ])('is refused where nothing would travel: %j', (text, message) => {
    expect(problemsOf(text)).toEqual([{ line: 1, message: expect.stringContaining(message) }])
  })

  it('does not hide another', () => {
    const text = file({ pipeline: 'brnch: x', environment: ', soak: 5', people: '\n  - { x: y }' })
    expect(problemsOf(text).map(({ line }) => line)).toEqual([4, 4, 9, 10])
  })
})
