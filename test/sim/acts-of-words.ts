/**
 * What people say about trains: as they see them now, heard when it arrives.
 *
 * Invariant: a button carries what was shown when it was pressed, never what is true on arrival.
 */
import { aboard, journeyOf, planOf, unfinished } from '../../src/core/line.ts'
import type { Pipeline, Train } from '../../src/core/model.ts'
import type { Act, ActName } from './history.ts'
import type { World } from './world.ts'

type Saying = Extract<
  ActName,
  | 'consent'
  | 'withdraw'
  | 'approve'
  | 'vouch'
  | 'hold'
  | 'unhold'
  | 'accept_plan'
  | 'release_veto'
  | 'break_glass'
>

/** The train somebody looks at: mostly the oldest. */
export function looked(pipeline: Pipeline, n: number): Train | undefined {
  const open = unfinished(pipeline)
  return open[n % 3 === 0 ? (n >> 2) % Math.max(1, open.length) : 0]
}

const GATES = [
  [],
  [],
  ['hold'],
  ['stopped'],
  ['lock'],
  ['order'],
  ['veto'],
  ['facts'],
  ['occupied'],
  ['migration'],
] as const

export function actSaying(world: World, { act, n, m, who }: Act & { readonly who: string }): void {
  const { pipeline } = world
  const its = looked(pipeline, n)
  if (its === undefined) return
  const train = its.number
  switch (act as Saying) {
    case 'consent':
      world.say(who, { type: 'consent', train })
      return
    case 'withdraw': {
      const what = ([null, 'consent', 'approval'] as const)[m % 3] ?? null
      world.say(who, { type: 'withdraw', train, what, of: null, reason: null })
      return
    }
    case 'approve':
      approve(world, its, m % 2 === 0 ? 'dee' : who, n)
      return
    case 'vouch': {
      const changes = aboard(pipeline, its)
      const change = changes[m % Math.max(1, changes.length)]?.sha ?? 'none-such'
      world.say(who, { type: 'vouch', train, change, reason: 'on holiday' })
      return
    }
    case 'hold':
      world.say(who, { type: 'hold', train, reason: 'wait' })
      return
    case 'unhold': {
      const of = its.holds[0]?.by ?? null
      world.say(who, { type: 'withdraw', train, what: 'hold', of, reason: 'looked at it' })
      return
    }
    case 'accept_plan': {
      const places = journeyOf(pipeline, its)
      const policy = places[m % Math.max(1, places.length)]
      const plan = policy === undefined ? null : (planOf(pipeline, its, policy)?.hash ?? null)
      if (plan === null) return
      world.say(who, { type: 'depart', train, ref: null, environment: null, plan })
      return
    }
    case 'release_veto':
      world.say(who, { type: 'release_veto', train, reason: 'looked at it' })
      return
    case 'break_glass': {
      const gates = GATES[n % GATES.length] ?? []
      const environment = world.books.policy.environments[m % 3]?.name ?? null
      const reason = 'the shop is down'
      world.say(m % 3 === 0 ? who : 'dee', {
        type: 'break_glass',
        ...{ train, environment, gates, reason },
      })
      return
    }
  }
}

function approve(world: World, its: Train, who: string, n: number): void {
  const { pipeline } = world
  const policy = journeyOf(pipeline, its).find(({ approvals }) => approvals.others > 0)
  const environment = n % 4 === 0 ? null : (policy?.name ?? null)
  const plan =
    policy === undefined || environment === null
      ? null
      : (planOf(pipeline, its, policy)?.hash ?? null)
  world.say(who, { type: 'approve', train: its.number, environment, plan })
}
