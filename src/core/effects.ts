/**
 * What an event asks to be done outside, and which train's story it belongs to.
 *
 * Invariant: pure and exhaustive. Effects carry identities, never content: an announcement is
 * drawn from the state at delivery, a narration from the audited event.
 */
import type { Effect } from './effect.ts'
import type { Event } from './event.ts'
import { environmentOf } from './line.ts'
import type { MigrationEvent } from './migration-event.ts'
import { trainWith } from './migrations.ts'
import type { Pipeline } from './model.ts'
import { goingBack } from './releases.ts'
import { SYSTEM } from './system.ts'

type OfMigration = MigrationEvent | Extract<Event, { readonly type: 'migration_opened' }>

const NARRATE: Effect = { type: 'narrate' }
const LINE: Effect = { type: 'announce', train: null }

const announce = (train: number): Effect => ({ type: 'announce', train })

const close = (train: number): Effect => ({ type: 'close', train })

/** The train in a deployment's key; null: its release was recorded by hand. */
export function trainOfKey(key: string): number | null {
  const found = /\/(\d+):/.exec(key)?.[1]
  return found === undefined ? null : Number(found)
}

/** The table: what each event asks for, announcements before narrations. */
export function effectsOf(event: Event): readonly Effect[] {
  switch (event.type) {
    case 'change_recorded':
    case 'change_enriched':
    case 'check_recorded':
    case 'branch_rewritten':
    case 'locked':
    case 'unlocked':
    case 'lock_expired':
    case 'lock_overruled':
    case 'line_stopped':
    case 'stop_claimed':
    case 'rollback_ordered':
    case 'release_recorded':
    case 'release_placed':
    case 'deployment_told':
    case 'drift_found':
    case 'reality_agreed':
      return [LINE, NARRATE]
    case 'line_resumed':
      return [LINE, NARRATE, { type: 'close_stop' }]
    case 'reality_doubted':
      return []
    case 'flag_off_requested': {
      const { flag, since } = event.off
      return [LINE, NARRATE, { type: 'flag_off', environment: event.environment, flag, since }]
    }
    case 'flag_off_done':
    case 'flag_off_failed':
      return [LINE, NARRATE]
    case 'retirement_done':
    case 'retirement_failed':
      return [NARRATE]
    case 'train_opened':
    case 'consent_given':
    case 'consent_withdrawn':
    case 'approval_given':
    case 'approval_withdrawn':
    case 'hold_placed':
    case 'hold_withdrawn':
    case 'lock_passed':
    case 'window_passed':
    case 'glass_broken':
    case 'plan_accepted':
    case 'cancel_requested':
    case 'cancel_lapsed':
    case 'veto_released':
      return [announce(event.train), LINE, NARRATE]
    case 'special_merged':
      return [LINE, NARRATE]
    // The lock itself is told.
    case 'special_kept':
      return [announce(event.train), LINE]
    case 'special_departed':
    case 'train_departed':
      return [announce(event.train), LINE, NARRATE, { type: 'remind', train: event.train }]
    case 'train_arrived':
    case 'train_cancelled':
      return [announce(event.train), LINE, NARRATE, close(event.train)]
    case 'rolled_back':
      return [...event.trains.map(announce), LINE, NARRATE, ...event.trains.map(close)]
    case 'migration_opened':
      return [LINE, { type: 'migration', change: event.change }]
    case 'migration_live':
    case 'migration_gone':
    case 'migration_ready':
    case 'migration_begun':
    case 'migration_paused':
    case 'migration_resumed':
    case 'migration_run_requested':
    case 'migration_run_claimed':
    case 'migration_run_started':
    case 'migration_run_ended':
    case 'migration_verified':
    case 'migration_reminded':
    case 'migration_reopened':
    case 'migration_contracted':
      return ofMigration(event)
    case 'deployment_requested':
      return ofDeployment(event.deployment.key)
    case 'run_claimed':
    case 'run_started':
    case 'run_cancel_requested':
    case 'deployment_settled':
    case 'verification_accepted':
    case 'step_done':
    case 'step_requested':
    case 'rollout_paused':
    case 'rollout_skipped':
    case 'rollout_continued':
      return ofDeployment(event.key)
    case 'deployment_verified':
      return [...ofDeployment(event.key), ...retire(event.key)]
    case 'deployment_ended':
      return [...ofDeployment(event.key), ...(event.status === 'failed' ? alert(event.key) : [])]
    // Nothing changed for whoever reads where the code lives.
    case 'countdown_begun':
    case 'countdown_cancelled':
      return ofDeployment(event.key).filter(({ type }) => type !== 'mirror')
    case 'reaction_withheld': {
      const { key, why } = event
      const told = ofDeployment(key).filter(({ type }) => type !== 'mirror')
      return [...told, ...(why.is === 'locked' ? ask(key, why.by) : [])]
    }
    case 'verification_recorded': {
      const { key, finding, was } = event
      const isNews = finding.outcome === 'fail' && was !== 'fail'
      const told = ofDeployment(key).filter(({ type }) => type !== 'mirror')
      return [...told, ...(isNews ? alert(key) : [])]
    }
  }
}

/** Its card shows how it goes on; what people must hear of is told, and its owner asked. */
function ofMigration(event: MigrationEvent): readonly Effect[] {
  const { change, environment } = event
  const card: Effect = { type: 'migration', change }
  const asks: Effect = { type: 'migration_asks', change, environment }
  const issue: Effect = { type: 'issue', change }
  switch (event.type) {
    case 'migration_ready':
      return [LINE, card, asks]
    case 'migration_run_ended':
      if (event.status === 'succeeded' || event.status === 'aborted') {
        return event.kind === 'verify' && event.status === 'succeeded'
          ? [LINE, NARRATE, card, issue]
          : [LINE, card]
      }
      return [LINE, NARRATE, card, asks]
    case 'migration_verified':
    case 'migration_contracted':
    case 'migration_reopened':
      return [LINE, NARRATE, card, issue]
    case 'migration_reminded':
      return [card, asks, issue]
    case 'migration_begun':
    case 'migration_paused':
    case 'migration_resumed':
    case 'migration_gone':
      return [LINE, NARRATE, card]
    // Trains wait for it, and say so.
    case 'migration_live':
    case 'migration_run_requested':
      return [LINE, card]
    case 'migration_run_claimed':
    case 'migration_run_started':
      return [card]
  }
}

/** Nothing of what a rollback puts back is new, so nobody is suspected of its failure. */
function alert(key: string): readonly Effect[] {
  const train = /:forward:\d+$/.test(key) ? trainOfKey(key) : null
  return train === null ? [] : [{ type: 'alert', train, key }]
}

/** What a rollback took back stays until somebody has looked at it. */
const retire = (key: string): readonly Effect[] =>
  /:forward:\d+$/.test(key) ? [{ type: 'retire', key }] : []

/** Whose lock made it a question is asked, once. */
function ask(key: string, holder: string): readonly Effect[] {
  const train = trainOfKey(key)
  return train === null || holder === SYSTEM ? [] : [{ type: 'warn', train, key, person: holder }]
}

/**
 * Trains that no event speaks of and that are shown otherwise now: somebody ordered a way back over
 * them, or such an order has ended, be it by a release recorded by hand.
 */
export function shownAnew(before: Pipeline, after: Pipeline): readonly number[] {
  return after.environments.flatMap((here) => {
    const then = before.environments.find(({ name }) => name === here.name)
    if (then === undefined || then.rollback === here.rollback) return []
    return [...goingBack(before, then), ...goingBack(after, here)].map(({ number }) => number)
  })
}

function ofDeployment(key: string): readonly Effect[] {
  const train = trainOfKey(key)
  const own = train === null ? [] : [announce(train)]
  return [...own, LINE, NARRATE, { type: 'mirror', key }]
}

const isOfMigration = (event: Event): event is OfMigration => event.type.startsWith('migration_')

/** The train in whose thread an event is told; null: it concerns the line as a whole. */
export function trainOf(event: Event, pipeline: Pipeline): number | null {
  if (isOfMigration(event)) return trainWith(pipeline, event.change)
  switch (event.type) {
    case 'change_recorded':
    case 'change_enriched':
    case 'check_recorded':
    case 'branch_rewritten':
    case 'locked':
    case 'unlocked':
    case 'lock_expired':
    case 'lock_overruled':
    case 'line_stopped':
    case 'line_resumed':
    case 'stop_claimed':
    case 'deployment_told':
      return null
    case 'rollback_ordered':
    case 'release_recorded':
    case 'release_placed':
    case 'reality_doubted':
    case 'drift_found':
    case 'reality_agreed':
      return environmentOf(pipeline, event.environment)?.live?.train ?? null
    case 'rolled_back':
      return event.trains.at(-1) ?? null
    case 'deployment_requested':
      return trainOfKey(event.deployment.key)
    case 'run_claimed':
    case 'run_started':
    case 'run_cancel_requested':
    case 'deployment_ended':
    case 'deployment_verified':
    case 'deployment_settled':
    case 'verification_recorded':
    case 'verification_accepted':
    case 'countdown_begun':
    case 'countdown_cancelled':
    case 'reaction_withheld':
    case 'step_done':
    case 'step_requested':
    case 'rollout_paused':
    case 'rollout_skipped':
    case 'rollout_continued':
      return trainOfKey(event.key)
    default:
      return event.train
  }
}
