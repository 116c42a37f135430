/**
 * A history: its seed, how much goes wrong, and what everybody does, by name and number only.
 *
 * Invariant: drawn from the seed alone; told again it goes the same way, and any part of it can be
 * left out, which is how a failure is made small.
 */
import { below, type Random, randomOf } from '../proof/size.ts'
import type { Fault } from './faults.ts'
import { POLICIES } from './policies.ts'

/** What somebody, or the world, does; how often of a hundred or so. */
const WEIGHTS = {
  merge: 9,
  cooperate: 7,
  cut: 1,
  merge_back: 1,
  force_push: 1,
  depart: 6,
  depart_up_to: 1,
  send: 2,
  consent: 14,
  withdraw: 2,
  approve: 6,
  vouch: 2,
  hold: 1,
  unhold: 3,
  lock: 2,
  unlock: 4,
  lock_all: 3,
  unlock_all: 2,
  go_under_lock: 4,
  accept_plan: 2,
  stop: 1,
  claim: 4,
  resume: 3,
  cancel: 3,
  keep: 2,
  retry: 4,
  continue: 5,
  pause: 2,
  skip: 1,
  settle: 4,
  roll_back: 5,
  release_veto: 3,
  turn_flag_off: 1,
  run_migration: 4,
  pause_migration: 1,
  resume_migration: 3,
  record_release: 3,
  break_glass: 1,
  deactivate: 1,
  activate: 2,
  lose_role: 1,
  gain_role: 2,
  reload: 2,
  check_again: 2,
  kill_replica: 2,
  start_replica: 6,
  kill_agent: 2,
  lose_machine: 1,
  start_machine: 4,
  by_hand: 1,
  skew: 1,
  redeliver: 2,
  hint: 2,
} as const

export type ActName = keyof typeof WEIGHTS

export interface Act {
  readonly act: ActName
  /** Milliseconds after the one before. */
  readonly after: number
  readonly n: number
  readonly m: number
}

export interface History {
  readonly seed: number
  /** Which of the policies. */
  readonly policy: number
  /** 0 to 0.5. */
  readonly rate: number
  readonly without: readonly Fault[]
  readonly acts: readonly Act[]
}

export const ACTS = Object.keys(WEIGHTS) as readonly ActName[]

const DECK: readonly ActName[] = ACTS.flatMap((act) =>
  Array.from({ length: WEIGHTS[act] }, () => act),
)

export function drawHistory(seed: number, rate: number): History {
  const random = randomOf(seed)
  const length = 60 + below(random, 40)
  const policy = below(random, POLICIES.length)
  const acts = Array.from({ length }, () => drawAct(random))
  return { seed, policy, rate, without: [], acts }
}

function drawAct(random: Random): Act {
  const act = DECK[below(random, DECK.length)] ?? 'merge'
  // Some at once, most within seconds, a few after minutes.
  const span = [0, 300, 3_000, 12_000, 12_000, 40_000][below(random, 6)] ?? 0
  return { act, after: below(random, span + 1), n: below(random, 1_000), m: below(random, 1_000) }
}
