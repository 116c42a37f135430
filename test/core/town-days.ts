/**
 * How days go in the town: what anybody may do at random, and how all cooperate in the end.
 *
 * Invariant: a step is named and numbered only, so that a failing history can be told again.
 */
import type { Policy } from '../../src/core/policy.ts'
import { askAuthors, doors, environment, policy, readWindows } from '../world/policy.ts'
import { AUTHORS, type Town } from './town.ts'

const back = { act: 'roll_back', afterMs: 20_000, dryRun: false } as const

export const POLICIES: readonly Policy[] = [
  policy({ environments: [environment('production', { approvals: askAuthors })] }),
  policy({
    environments: [
      environment('staging', { soakMs: 60_000 }),
      environment('production', { approvals: askAuthors, soakMs: 60_000 }),
    ],
    checks: { require: [], timeoutMs: 3_600_000, settleMs: 0 },
  }),
  policy({
    environments: [
      environment('staging'),
      environment('production', { approvals: { ...askAuthors, others: 1, from: ['sre'] } }),
    ],
    doors: doors({ departAfterMs: 60_000, departAtChanges: 3 }),
  }),
  policy({
    environments: [environment('staging'), environment('production', { approvals: askAuthors })],
    doors: doors({
      departAfterMs: null,
      departAt: [17, 18, 20],
      solo: { labels: ['solo'], paths: null, overLines: null },
      urgentLabels: ['hotfix'],
    }),
    timeZone: 'Europe/Berlin',
  }),
  policy({
    environments: [
      environment('staging', { windows: readWindows({ deny: ['00:19-00:21'] }) }),
      environment('production', {
        approvals: askAuthors,
        windows: readWindows({
          allow: ['00:00-00:18', '00:20-00:24', '00:30-01:10'],
          deny: ['00:22-00:23', '00:40-00:45'],
          labels: ['hotfix'],
          people: ['sre'],
        }),
      }),
    ],
    doors: doors({ departAfterMs: 30_000, urgentLabels: ['hotfix'] }),
  }),
  policy({
    environments: [
      environment('staging', { onFailure: { ...back, afterMs: 5_000 } }),
      environment('production', { approvals: askAuthors, onFailure: back, soakMs: 10_000 }),
    ],
    checks: { require: [], timeoutMs: 3_600_000, settleMs: 0 },
    doors: doors({ departAfterMs: 30_000 }),
  }),
]

export type Step = { readonly act: (typeof ACTS)[number]; readonly n: number; readonly m: number }

export const ACTS = [
  'merge',
  'merge',
  'hear',
  'hear',
  'hear',
  'depart',
  'depart',
  'consent',
  'consent',
  'consent',
  'withdraw',
  'approve',
  'hold',
  'unhold',
  'lock',
  'unlock',
  'go_under_lock',
  'stop',
  'resume',
  'cancel',
  'keep',
  'retry',
  'roll_back',
  'release_veto',
  'by_hand',
  'settle',
  'claim',
  'claim',
  'succeed',
  'succeed',
  'succeed',
  'fail',
  'lose',
  'pass',
] as const

const pick = <T>(from: readonly T[], n: number): T | undefined => from[n % Math.max(1, from.length)]

/** One step of anybody; most are refused, as in life. */
export function step(town: Town, { act, n, m }: Step): void {
  const who = pick([...AUTHORS, 'dee'], m) ?? 'ana'
  const line = town.story.pipeline.trains.filter(
    ({ status }) => status === 'boarding' || status === 'departed',
  )
  const train = pick(line, n)?.number ?? 1
  const where = pick(town.environments, n) ?? ''
  const runs = town.story.pipeline.deployments.filter(({ status }) =>
    ['requested', 'running', 'unknown'].includes(status),
  )
  const run = pick(runs, n)?.run ?? ''
  switch (act) {
    case 'merge':
      town.merge(pick(AUTHORS, m) ?? 'ana')
      return
    case 'hear':
      town.hear(n % Math.max(1, town.branch.length))
      return
    case 'depart':
      town.do(who, { type: 'depart', train: null, ref: null, environment: null, plan: null })
      return
    case 'consent':
      town.consent(who, train)
      return
    case 'withdraw':
      town.withdraw(who, train)
      return
    case 'approve':
      town.do('dee', { type: 'approve', train, environment: null, plan: null })
      return
    case 'hold':
      town.do(who, { type: 'hold', train, reason: 'wait' })
      return
    case 'unhold':
      town.do(who, { type: 'withdraw', train, what: 'hold', of: null, reason: 'fine' })
      return
    case 'lock': {
      const environment = m % 3 === 0 ? null : where
      const forMs = m % 2 === 0 ? null : 30_000
      const id = `L${town.story.log.length}`
      town.do(who, { type: 'lock', id, environment, reason: 'x', forMs, takeOver: m % 5 === 0 })
      return
    }
    case 'unlock':
      town.do(who, { type: 'unlock', environment: m % 3 === 0 ? null : where, id: null })
      return
    case 'go_under_lock':
      town.do(who, { type: 'depart', train, ref: null, environment: where, plan: null })
      return
    case 'stop':
    case 'resume':
      town.do(who, { type: act, reason: 'look' })
      return
    case 'cancel':
      town.do(who, { type: 'cancel', train, reason: 'no' })
      return
    case 'keep':
      town.do(who, {
        type: 'cancel_countdown',
        environment: null,
        deployment: null,
        since: null,
        reason: null,
      })
      return
    case 'retry':
      town.do(who, { type: 'retry', train: null, reason: null })
      return
    case 'roll_back': {
      const words = { takeOver: m % 2 === 0, settle: true, abort: true }
      town.do(who, { type: 'roll_back', environment: where, to: null, reason: 'bad', ...words })
      return
    }
    case 'release_veto':
      town.releaseVeto(train)
      return
    case 'by_hand':
      town.deployByHand(where, m % Math.max(1, town.branch.length))
      return
    case 'settle':
      town.settle(where)
      return
    case 'claim':
      town.agent(run, 'claim')
      return
    case 'succeed':
      town.agent(run, 'succeeded')
      return
    case 'fail':
      town.agent(run, 'failed')
      return
    case 'lose':
      town.agent(run, 'unknown')
      return
    case 'pass':
      town.pass((n % 100) * 1_000)
      return
  }
}

/** Everybody does what the blockers ask for, nobody objects, nothing fails. */
export function cooperate(town: Town): void {
  for (const index of town.branch.keys()) town.hear(index)
  for (let round = 0; round < 80; round += 1) {
    const { pipeline } = town.story
    town.do('dee', { type: 'resume', reason: 'go' })
    for (const environment of [null, ...town.environments]) {
      town.do('dee', { type: 'unlock', environment, id: null })
      if (environment !== null) town.settle(environment)
    }
    for (const { number, holds, status } of pipeline.trains) {
      if (status !== 'boarding' && status !== 'departed') continue
      for (const { by } of holds) {
        town.do('dee', { type: 'withdraw', train: number, what: 'hold', of: by, reason: 'go' })
      }
      town.releaseVeto(number)
      for (const who of AUTHORS) town.consent(who, number)
      town.do('dee', { type: 'approve', train: number, environment: null, plan: null })
      const diverged = town.environments.some((environment) =>
        town.story.blockersAt(number, environment).some(({ gate }) => gate === 'diverged'),
      )
      if (status === 'departed' && diverged) {
        town.do('dee', { type: 'cancel', train: number, reason: 'it is behind what is live' })
      }
    }
    town.do('dee', { type: 'depart', train: null, ref: null, environment: null, plan: null })
    for (const { run, claimed } of town.story.pipeline.deployments) {
      if (!claimed) town.agent(run, 'claim')
      town.agent(run, 'succeeded')
    }
    town.do('dee', { type: 'retry', train: null, reason: null })
    town.pass(61_000)
    if (town.real.get(town.last) === town.branch.length - 1) return
  }
  const { pipeline } = town.story
  throw new Error(
    `never arrives: ${JSON.stringify(pipeline.trains)} ${JSON.stringify(pipeline.environments)}`,
  )
}
