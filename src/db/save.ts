/**
 * A decided pipeline, saved.
 *
 * Invariant: only what is no longer the same object is written; immutability does the dirty
 * checking. Runs inside the transaction that loaded it, so nothing here can be lost or doubled.
 */
import type { Change, Check, Deployment, Pipeline, Train } from '../core/model.ts'
import type { Consent } from '../core/spoken.ts'
import { saveLocks } from './save-locks.ts'
import { saveDropped, saveShipped } from './save-places.ts'
import { saveEndedRuns, saveMigrations } from './standing-migrations.ts'
import type { Tx } from './transaction.ts'

/** What one decision changed, and when to look again. */
export interface Saving {
  readonly before: Pipeline
  readonly after: Pipeline
  readonly dueAt: number | null
  /** The moment of the decision. */
  readonly now: number
}

export async function savePipeline(tx: Tx, saving: Saving): Promise<void> {
  const { before, after, dueAt } = saving
  const stood = stoodMs(saving)
  await tx.query(
    `UPDATE pipelines SET next_train = $2, tip = $3, stopped = $4, due_at = $5, rewritten = $6,
            stops = stops + $7, stood_ms = stood_ms + $8
      WHERE name = $1`,
    [
      after.name,
      after.nextTrain,
      after.tip,
      json(after.stopped),
      time(dueAt),
      json(after.rewritten),
      stood === null ? 0 : 1,
      stood ?? 0,
    ],
  )
  const isNew = <T>(from: readonly T[]): ((one: T) => boolean) => {
    const known = new Set(from)
    return (one) => !known.has(one)
  }
  for (const change of after.changes.filter(isNew(before.changes))) {
    await saveChange(tx, after, change)
  }
  for (const check of after.checks.filter(isNew(before.checks))) await saveCheck(tx, after, check)
  for (const train of after.trains.filter(isNew(before.trains))) await saveTrain(tx, after, train)
  await saveConsents(tx, before, after)
  await saveEnvironments(tx, before, after)
  await saveLocks(tx, before, after)
  await saveEndedRuns(tx, before, after)
  for (const deployment of after.deployments.filter(isNew(before.deployments))) {
    await saveDeployment(tx, after, deployment)
  }
  //! failpoint save.deployments
  await saveMigrations(tx, before, after)
  await saveShipped(tx, before, after)
  await saveDropped(tx, before, after)
}

/** How long the line stood, once it goes on; null: it does not go on now. */
const stoodMs = ({ before, after, now }: Saving): number | null =>
  before.stopped !== null && after.stopped === null ? Math.max(0, now - before.stopped.since) : null

const time = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

/** jsonb parameters go as text: the driver would turn an array into a PostgreSQL array. */
const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

async function saveChange(tx: Tx, { policy }: Pipeline, change: Change): Promise<void> {
  await tx.query(
    `INSERT INTO changes (repository, branch, sha, number, title, author, co_authors, merged_by,
                          merged_at, parent, lines, paths, labels, reverts)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT (repository, branch, sha) DO UPDATE SET
       number = EXCLUDED.number, title = EXCLUDED.title, author = EXCLUDED.author,
       co_authors = EXCLUDED.co_authors, merged_by = EXCLUDED.merged_by,
       merged_at = EXCLUDED.merged_at, parent = EXCLUDED.parent, lines = EXCLUDED.lines,
       paths = EXCLUDED.paths, labels = EXCLUDED.labels, reverts = EXCLUDED.reverts`,
    [
      policy.repository,
      policy.branch,
      change.sha,
      change.number,
      change.title,
      change.author,
      json(change.coAuthors),
      change.mergedBy,
      time(change.mergedAt),
      change.parent,
      change.lines,
      json(change.paths),
      json(change.labels),
      change.reverts,
    ],
  )
}

async function saveCheck(tx: Tx, { policy }: Pipeline, check: Check): Promise<void> {
  await tx.query(
    `INSERT INTO checks (repository, sha, name, status, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (repository, sha, name) DO UPDATE SET status = EXCLUDED.status, at = EXCLUDED.at
       WHERE EXCLUDED.at > checks.at
          OR (EXCLUDED.at = checks.at AND (checks.status = 'pending' OR EXCLUDED.status = 'failure'))`,
    [policy.repository, check.sha, check.name, check.status, time(check.at)],
  )
}

async function saveTrain(tx: Tx, { name }: Pipeline, train: Train): Promise<void> {
  await tx.query(
    `INSERT INTO trains (pipeline, number, status, opened_at, departed_at, sha, approvals, holds,
                         passes, veto_releases, overrides, accepted, cancelling, carried,
                         coupled, kept, journey, special)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     ON CONFLICT (pipeline, number) DO UPDATE SET
       status = EXCLUDED.status, departed_at = EXCLUDED.departed_at, sha = EXCLUDED.sha,
       approvals = EXCLUDED.approvals, holds = EXCLUDED.holds, passes = EXCLUDED.passes,
       veto_releases = EXCLUDED.veto_releases, overrides = EXCLUDED.overrides,
       accepted = EXCLUDED.accepted, cancelling = EXCLUDED.cancelling, carried = EXCLUDED.carried,
       coupled = EXCLUDED.coupled, kept = EXCLUDED.kept, journey = EXCLUDED.journey,
       special = EXCLUDED.special`,
    [
      name,
      train.number,
      train.status,
      time(train.openedAt),
      time(train.departedAt),
      train.sha,
      json(train.approvals),
      json(train.holds),
      json(train.passes),
      json(train.vetoReleases),
      json(train.overrides),
      json(train.accepted),
      json(train.cancelling),
      json(train.carried),
      train.coupled,
      json(train.kept),
      json(train.journey),
      json(train.special),
    ],
  )
}

async function saveConsents(tx: Tx, before: Pipeline, after: Pipeline): Promise<void> {
  const gone = (from: readonly Consent[], to: readonly Consent[]): readonly Consent[] =>
    from.filter((one) => !to.includes(one))
  for (const { change, by } of gone(before.consents, after.consents)) {
    await tx.query(`DELETE FROM consents WHERE pipeline = $1 AND change = $2 AND by_name = $3`, [
      after.name,
      change,
      by,
    ])
  }
  for (const { change, by, at, vouchedBy, reason } of gone(after.consents, before.consents)) {
    await tx.query(
      `INSERT INTO consents (pipeline, change, by_name, at, vouched_by, reason)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [after.name, change, by, time(at), vouchedBy, reason],
    )
  }
}

async function saveEnvironments(tx: Tx, before: Pipeline, after: Pipeline): Promise<void> {
  for (const one of after.environments.filter((e) => !before.environments.includes(e))) {
    await tx.query(
      `UPDATE environments SET epoch = $3, live_sha = $4, live_train = $5, live_epoch = $6,
              live_since = $7, live_by = $8, chain = $9, rollback = $10, vetoes = $11,
              doubt = $12, flags = $13, ailment = $14
        WHERE pipeline = $1 AND name = $2`,
      [
        after.name,
        one.name,
        one.epoch,
        one.live?.sha ?? null,
        one.live?.train ?? null,
        one.live?.epoch ?? null,
        time(one.live?.since ?? null),
        one.live?.by ?? null,
        json(one.chain),
        json(one.rollback),
        json(one.vetoes),
        json(one.doubt),
        json(one.flags),
        one.ailment,
      ],
    )
    //! failpoint save.environment
  }
}

async function saveDeployment(tx: Tx, { name }: Pipeline, one: Deployment): Promise<void> {
  await tx.query(
    `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, base_sha,
                              epoch, plan, deploy, agent, status, requested_at, started_at, ended_at,
                              reason, tail, claimed, cancelling, settled, taken_back, account,
                              verification, replaces, reaction, rollout)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
             $20, $21, $22, $23, $24, $25, $26, $27, $28)
     ON CONFLICT (key) DO UPDATE SET
       run = EXCLUDED.run, epoch = EXCLUDED.epoch, requested_at = EXCLUDED.requested_at,
       status = EXCLUDED.status, started_at = EXCLUDED.started_at, ended_at = EXCLUDED.ended_at,
       reason = EXCLUDED.reason, tail = EXCLUDED.tail, claimed = EXCLUDED.claimed,
       cancelling = EXCLUDED.cancelling, settled = EXCLUDED.settled,
       taken_back = EXCLUDED.taken_back, account = EXCLUDED.account,
       verification = EXCLUDED.verification, reaction = EXCLUDED.reaction,
       rollout = EXCLUDED.rollout`,
    [
      one.key,
      one.run,
      name,
      one.train,
      one.environment,
      one.kind,
      one.attempt,
      one.sha,
      one.baseSha,
      one.epoch,
      one.plan,
      json(one.deploy),
      one.agent,
      one.status,
      time(one.requestedAt),
      time(one.startedAt),
      time(one.endedAt),
      one.reason,
      json(one.tail),
      one.claimed,
      one.cancelling,
      one.settled,
      one.takenBack,
      json(one.account),
      json(one.verification),
      json(one.replaces),
      json(one.reaction),
      json(one.rollout),
    ],
  )
}
