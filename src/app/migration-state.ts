/**
 * A migration as JSON, in the shape of the API.
 *
 * Invariant: a rendering of the values that its next step is decided on, never a second opinion.
 */
import type { Blocker } from '../core/blocker.ts'
import { type Migration, phaseOf } from '../core/migration.ts'
import { waitsOf } from '../core/migration-way.ts'
import { endsAt, ownersOf } from '../core/migrations.ts'
import type { Pipeline } from '../core/model.ts'
import { iso, type Json } from './json.ts'

export function migrationState(pipeline: Pipeline, one: Migration, now: number): Json {
  const { change, environment, begun, paused, progress, run } = one
  const known = pipeline.changes.find(({ sha }) => sha === change)
  const phase = phaseOf(one)
  const waits = phase === 'running' || phase === 'verifying' ? waitsOf(pipeline, one, now) : []
  const after = pipeline.policy.migrations?.afterMs ?? 0
  return {
    change,
    number: known?.number ?? null,
    title: known?.title ?? null,
    owners: ownersOf(pipeline, change),
    environment,
    phase,
    live_since: iso(one.liveSince),
    ready_at: iso(one.readyAt ?? (one.liveSince === null ? null : one.liveSince + after)),
    begun: begun && { by: begun.by, at: iso(begun.at) },
    paused: paused && { ...paused, since: iso(paused.since) },
    increments: one.increments,
    done: progress?.done ?? null,
    of: progress?.of ?? null,
    ends_at: iso(endsAt(one, now)),
    run: run && {
      run: run.run,
      kind: run.kind,
      number: run.number,
      status: run.status,
      epoch: run.epoch,
      reason: run.reason,
      tail: run.tail,
      started_at: iso(run.startedAt),
      ended_at: iso(run.endedAt),
    },
    verified_at: iso(one.verifiedAt),
    reminded_at: iso(one.remindedAt),
    contract: one.contract,
    waits: waits.map(waitState),
  }
}

const waitState = ({ gate, since, message, clearBy, until }: Blocker): Json => ({
  gate,
  since: iso(since),
  message,
  clear_by: clearBy,
  until: iso(until),
})
