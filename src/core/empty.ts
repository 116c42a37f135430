/**
 * What there is before anything was heard: a pipeline, its environments, a train that boards.
 *
 * Invariant: the one place that says what nothing looks like.
 */
import type { Environment, Pipeline, Train } from './model.ts'
import type { Person, Policy } from './policy.ts'
import { NOTHING_RAN } from './took.ts'

/** A train whose doors have just opened at `at`. */
export const boardingTrain = (number: number, at: number): Train => ({
  number,
  status: 'boarding',
  openedAt: at,
  departedAt: null,
  sha: null,
  journey: null,
  approvals: [],
  holds: [],
  passes: [],
  vetoReleases: [],
  overrides: [],
  accepted: [],
  coupled: null,
  cancelling: null,
  kept: null,
  carried: null,
  special: null,
})

/** An environment of which nobody has said what it serves. */
export const emptyEnvironment = (name: string): Environment => ({
  name,
  epoch: 0,
  live: null,
  lock: null,
  chain: [],
  rollback: null,
  vetoes: [],
  doubt: null,
  ailment: null,
  flags: [],
  took: NOTHING_RAN,
})

/** A pipeline of which nobody has heard anything yet; its first train gets the number `first`. */
export const emptyPipeline = (policy: Policy, people: readonly Person[], first = 1): Pipeline => ({
  name: policy.pipeline,
  policy,
  people,
  stopped: null,
  lock: null,
  lockAll: null,
  environments: policy.environments.map(({ name }) => emptyEnvironment(name)),
  trains: [],
  deployments: [],
  migrations: [],
  changes: [],
  shipped: new Map(),
  dropped: new Set(),
  rewritten: null,
  tip: null,
  checks: [],
  consents: [],
  nextTrain: first,
})
