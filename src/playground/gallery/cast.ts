/**
 * Who and what the gallery's stories are about: four people, one pipeline, its changes.
 *
 * Invariant: the pipeline is read from a configuration file, as everybody's is.
 */
import { createHash } from 'node:crypto'
import { readPolicies } from '../../config/file.ts'
import type { Actor, Change } from '../../core/model.ts'
import type { Person, Policy } from '../../core/policy.ts'

/** `cem` has no Slack account; the others are linked. */
const FILE = `
people:
  - { name: ana, github: ana, slack: U0ANA }
  - { name: bob, github: bob, slack: U0BOB }
  - { name: cem, github: cem }
  - { name: dee, github: dee, slack: U0DEE, groups: [sre] }
pipelines:
  api:
    repository: acme/api
    train: { depart_after: 20m }
    checks: { require: [], timeout: 1h }
    environments:
      - { name: staging, deploy: { run: ./deploy.sh, timeout: 15m }, soak: 5m, approvals: { authors: none } }
      - name: production
        approvals: { authors: all, others: 1 }
        deploy: { run: ./deploy.sh, timeout: 15m }
`

/** Indented to follow the last lines of the file, which are production's. */
const WINDOWS = `        windows: { allow: [Mon-Fri 13:00-16:00], time_zone: UTC, except: { people: [sre] } }
`

/** Indented to follow the last lines of the file, which are production's. */
const VERIFY = `        soak: 10m
        reality: { every: 5m, times: 1 }
        verify:
          - { name: version, http: { instances: ["http://web-01", "http://web-07"], expect: sha }, times: 1, within: 0s }
          - { name: errors, prometheus: { url: "http://prometheus", query: errors, max: 0.02 }, times: 1, within: 0s }
`

/** Indented to follow the last lines of the file, which are production's. */
const ON_FAILURE = (more: string): string =>
  `        on_failure: { do: roll_back${more} }
`

/** Indented to follow the last lines of the file, which are production's. */
const ROLLOUT = `        after_verified: { run: ./retire.sh }
        rollout:
          steps: [{ name: staff, bake: 5m }, 10, 100]
          analysis:
            - name: checkout errors
              prometheus: { url: "http://prometheus", query: 'errors{release="{{release}}"}' }
              better: lower
`

function read(file: string): { readonly people: readonly Person[]; readonly policy: Policy } {
  const said = readPolicies(file, { tokenNames: [] })
  if (!said.ok) throw new Error(said.problems.map(({ message }) => message).join('; '))
  const [policy] = said.policies
  if (policy === undefined) throw new Error('the gallery has no pipeline')
  // A file must leave more than one to approve; with one, the pictures name her.
  const environments = policy.environments.map((one) =>
    one.approvals.others === 0 ? one : { ...one, approvals: { ...one.approvals, from: ['sre'] } },
  )
  return { people: said.people, policy: { ...policy, environments } }
}

const { people, policy } = read(FILE)

export const cast: readonly Person[] = people

/** Staging soaks 5 minutes; production needs everyone aboard, and one approval of `sre`. */
export const twoStage = (over: Partial<Policy> = {}): Policy => ({ ...policy, ...over })

/** As `twoStage`, but production is open in the afternoon only, except for `sre`. */
export const windowed = (): Policy => read(FILE + WINDOWS).policy

const SIGNALS = `    signals: [{ match: errors, paths: ["src/prices/**"] }]
    flags: { off: { run: ./flag-off.sh } }
`

const MIGRATIONS = `    migrations: { run: ./migrate.sh, verify: ./migrated.sh, after: 1h, remind: 7d }
`

/** As `twoStage`, and changes may carry migrations. */
export const migrating = (): Policy => read(FILE + MIGRATIONS).policy

/** As `verified`, the errors of production watch what touches the prices, and flags go off. */
export const watched = (): Policy => read(FILE + VERIFY + SIGNALS).policy

/** As `twoStage`, but production is seen to be healthy before it is verified. */
export const verified = (): Policy => read(FILE + VERIFY).policy

/** As `twoStage`, but production takes itself back; in a dry run it only says so. */
export const takingBack = ({ dryRun = false } = {}): Policy =>
  read(FILE + ON_FAILURE(dryRun ? ', dry_run: true' : '')).policy

/** As `verified`, but production takes itself back. */
export const verifiedOrBack = (): Policy => read(FILE + VERIFY + ON_FAILURE('')).policy

/** As `takingBack`, but production is reached in steps. */
export const inSteps = (): Policy => read(FILE + ON_FAILURE('') + ROLLOUT).policy

/** A sha that a story can name. */
export const sha = (name: string): string => createHash('sha1').update(name).digest('hex')

export function change(name: string, over: Partial<Change> = {}): Change {
  return {
    sha: sha(name),
    number: null,
    title: `Change ${name}`,
    author: 'ana',
    coAuthors: [],
    mergedBy: null,
    mergedAt: 0,
    parent: null,
    lines: null,
    paths: null,
    labels: [],
    reverts: null,
    carried: true,
    alone: false,
    watched: [],
    migrates: false,
    contracts: false,
    ...over,
  }
}

export function actor(name: string): Actor {
  if (name === 'signalbox') return { name, kind: 'system', groups: [] }
  const person = cast.find((one) => one.name === name)
  return person
    ? { name, kind: 'person', groups: person.groups }
    : { name, kind: 'machine', groups: [] }
}
