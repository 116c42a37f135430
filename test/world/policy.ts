/**
 * Policies and changes for tests: complete ones, of which a test states only what matters to it.
 */
import { createHash } from 'node:crypto'
import { readRule } from '../../src/config/windows.ts'
import { emptyPipeline as pipelineOf } from '../../src/core/empty.ts'
import type { Change, Pipeline } from '../../src/core/model.ts'
import {
  type DoorsPolicy,
  type EnvironmentPolicy,
  HOLD,
  type Person,
  type Policy,
  type WindowRule,
  type WindowsPolicy,
} from '../../src/core/policy.ts'
import { NOTHING_RAN } from '../../src/core/took.ts'
import type { WatchPolicy } from '../../src/core/watch-policy.ts'

export const people: readonly Person[] = ['ana', 'bob', 'cem', 'dee'].map((name) => ({
  name,
  slack: null,
  github: name,
  email: null,
  groups: name === 'dee' ? ['sre'] : [],
  active: true,
}))

export const askAuthors = {
  authors: 'all',
  others: 0,
  from: null,
  expireMs: null,
  standIn: null,
  standInAfterMs: 4 * 3_600_000,
} as const

export function environment(
  name: string,
  over: Partial<EnvironmentPolicy> = {},
): EnvironmentPolicy {
  return {
    name,
    was: null,
    deploy: { run: 'true', in: null, timeoutMs: 60_000, silenceTimeoutMs: null },
    approvals: { ...askAuthors, authors: 'none' },
    soakMs: 0,
    windows: null,
    verify: [],
    reality: null,
    onFailure: HOLD,
    rollout: null,
    afterVerified: null,
    agent: 'embedded',
    ...over,
  }
}

/** Windows as somebody wrote them, in UTC. */
export function readWindows({
  allow = [],
  deny = [],
  labels = [],
  people: who = [],
  timeZone = 'UTC',
}: {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly labels?: readonly string[]
  readonly people?: readonly string[]
  readonly timeZone?: string
}): WindowsPolicy {
  const rules = (written: readonly string[]): readonly WindowRule[] =>
    written.map((one) => {
      const read = readRule(one)
      if (!read.ok) throw new Error(read.message)
      return read.it
    })
  return { allow: rules(allow), deny: rules(deny), timeZone, except: { labels, people: who } }
}

export const doors = (over: Partial<DoorsPolicy> = {}): DoorsPolicy => ({
  departAfterMs: 20 * 60_000,
  departAtChanges: null,
  departAtLines: null,
  departAt: [],
  solo: null,
  urgentLabels: [],
  ...over,
})

/** Watchdogs as they are by default. */
export const watch = (over: Partial<WatchPolicy> = {}): WatchPolicy => ({
  notStartedMs: 2 * 60_000,
  silentMs: 5 * 60_000,
  slowerTimes: 2,
  checksMs: 30 * 60_000,
  waitingMs: 4 * 3_600_000,
  lockMs: 8 * 3_600_000,
  noDeployMs: null,
  failures: 3,
  ...over,
})

export function policy(over: Partial<Policy> = {}): Policy {
  return {
    pipeline: 'api',
    repository: 'acme/api',
    branch: 'main',
    paths: null,
    fromRepository: null,
    channel: null,
    doors: doors(),
    backlog: null,
    timeZone: 'UTC',
    checks: { require: [], timeoutMs: 3_600_000, settleMs: 10_000 },
    environments: [environment('staging'), environment('production', { approvals: askAuthors })],
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
    signals: [],
    flags: null,
    migrations: null,
    watch: watch(),
    ...over,
  }
}

/** A sha that a test can name. */
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

/** A pipeline of which nobody has heard anything yet. */
export const emptyPipeline = (its: Policy): Pipeline => pipelineOf(its, people)

/** As if runs to staging had taken so many minutes, newest first. */
export function took(pipeline: Pipeline, ...minutes: readonly number[]): Pipeline {
  const forward = minutes.map((one) => one * 60_000)
  const environments = pipeline.environments.map((one) =>
    one.name === 'staging' ? { ...one, took: { ...NOTHING_RAN, forward } } : one,
  )
  return { ...pipeline, environments }
}
