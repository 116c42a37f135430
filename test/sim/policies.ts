/**
 * The policies that histories are played under, and what a reload makes of them.
 *
 * Invariant: times are short, so that a history of minutes sees soaks, doors and time-outs end.
 */
import type { Person, Policy } from '../../src/core/policy.ts'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { askAuthors, doors, environment, policy, readWindows } from '../world/policy.ts'

const everybody = ['ana', 'bob', 'cem', 'dee', 'eve']

const permissions: Policy['permissions'] = {
  depart: 'everyone',
  hold: 'everyone',
  lock: 'everyone',
  roll_back: 'everyone',
  settle: 'everyone',
  special: everybody,
  break_glass: ['sre'],
  link: [],
}

const standing = { ...askAuthors, standInAfterMs: 20_000 }

const soon = doors({ departAfterMs: 30_000 })

const seen: VerifyStep = {
  kind: 'http',
  name: 'version',
  urls: ['http://web-01'],
  status: 200,
  path: null,
  expect: { is: 'sha' },
  everyMs: 2_000,
  timeoutMs: 1_000,
  times: 2,
  withinMs: 0,
}

/** One lie is believed: only so is enough taken back. */
const believed: VerifyStep = { ...seen, times: 1 }

const back = { act: 'roll_back', afterMs: 15_000, dryRun: false } as const

/** The new release beside the old one, in steps of seconds. */
const compared: VerifyStep = {
  kind: 'comparison',
  name: 'errors',
  url: 'http://prometheus',
  query: 'errors{release="{{release}}"}',
  better: 'lower',
  test: 'mann-whitney',
  fail: 0.01,
  pass: 0.05,
  samples: 4,
  by: 0.1,
  everyMs: 2_000,
  timeoutMs: 1_000,
  times: 1,
  withinMs: 0,
}

const reality = { everyMs: 5_000, times: 2 }

/** Histories begin at 10:00 UTC; after these minutes it stays open. */
const shut = ['10:01-10:02', '10:03-10:04', '10:06-10:08', '10:11-10:14']

const flags: Policy['flags'] = {
  match: 'flag:',
  off: { kind: 'http', url: 'http://flags', timeoutMs: 5_000 },
}

const moving = (run: string) => ({ run, in: null, timeoutMs: 60_000, silenceTimeoutMs: null })

function migrations(start: 'by_hand' | 'by_itself'): NonNullable<Policy['migrations']> {
  return {
    carried: { labels: ['migration'], paths: [] },
    run: moving('migrate'),
    verify: moving('migrated'),
    afterMs: 4_000,
    start,
    batch: { size: 10, everyMs: 1_000 },
    contract: { labels: ['contract'], paths: [] },
    remindMs: 40_000,
  }
}

export const POLICIES: readonly Policy[] = [
  policy({
    environments: [environment('production', { approvals: standing, onFailure: back })],
    doors: soon,
    permissions,
    flags,
  }),
  policy({
    environments: [
      environment('staging', { soakMs: 5_000, onFailure: back }),
      environment('production', { approvals: standing, soakMs: 8_000, onFailure: back }),
    ],
    checks: { require: ['test'], timeoutMs: 600_000, settleMs: 0 },
    doors: soon,
    permissions,
    flags,
  }),
  policy({
    environments: [
      environment('staging', { onFailure: { ...back, dryRun: true } }),
      environment('production', {
        onFailure: back,
        approvals: { ...standing, others: 1, from: ['sre'], expireMs: 120_000 },
        windows: readWindows({ deny: shut, people: ['sre'] }),
      }),
    ],
    doors: doors({ departAfterMs: 20_000, departAtChanges: 3 }),
    permissions,
    flags,
  }),
  policy({
    environments: [
      environment('staging', { onFailure: back }),
      environment('canary', {
        soakMs: 3_000,
        onFailure: { ...back, act: 'stop' },
        approvals: { ...standing, authors: 'none', others: 1 },
      }),
      environment('production', { approvals: { ...standing, standIn: ['sre'] } }),
    ],
    checks: { require: [], timeoutMs: 600_000, settleMs: 2_000 },
    doors: doors({
      departAfterMs: 25_000,
      solo: { labels: ['solo'], paths: null, overLines: null },
      urgentLabels: ['hotfix'],
    }),
    permissions,
    flags,
  }),
  policy({
    environments: [
      environment('staging', { verify: [believed], reality, onFailure: back }),
      environment('production', {
        approvals: standing,
        soakMs: 6_000,
        verify: [believed],
        reality,
        onFailure: back,
      }),
    ],
    doors: soon,
    permissions,
    flags,
  }),
  policy({
    environments: [
      environment('production', {
        approvals: standing,
        soakMs: 4_000,
        windows: readWindows({ deny: shut, people: ['sre'] }),
        rollout: {
          steps: [
            { name: 'staff', traffic: null, bakeMs: 3_000 },
            { name: '10', traffic: 10, bakeMs: 6_000 },
            { name: '100', traffic: 100, bakeMs: 0 },
          ],
          analysis: [compared],
        },
        afterVerified: { run: 'retire', in: null, timeoutMs: 5_000 },
        onFailure: back,
      }),
    ],
    doors: soon,
    permissions,
    flags,
  }),
  policy({
    environments: [
      environment('staging'),
      environment('production', { approvals: standing, soakMs: 2_000, onFailure: back }),
    ],
    doors: soon,
    permissions,
    flags,
    migrations: migrations('by_hand'),
  }),
  policy({
    environments: [
      environment('production', { approvals: standing, windows: readWindows({ deny: shut }) }),
    ],
    doors: soon,
    permissions,
    flags,
    migrations: { ...migrations('by_itself'), verify: null },
  }),
]

export const PEOPLE: readonly Person[] = ['ana', 'bob', 'cem', 'dee', 'eve'].map((name) => ({
  name,
  slack: `U0${name.toUpperCase()}`,
  github: name,
  email: null,
  groups: name === 'dee' || name === 'eve' ? ['sre'] : [],
  active: true,
}))

/** The file as somebody has edited it: another command, other demands, other doors. */
export function edited(old: Policy, n: number): Policy {
  const environments = old.environments.map((one, index) => {
    if (n % old.environments.length !== index) return one
    if (n % 2 === 0) return { ...one, deploy: { ...one.deploy, run: `deploy-${n % 7}` } }
    const others = (one.approvals.others + 1) % 2
    return { ...one, soakMs: (n % 4) * 1_000, approvals: { ...one.approvals, others } }
  })
  return { ...old, environments, doors: { ...old.doors, departAfterMs: 10_000 + (n % 30) * 1_000 } }
}
