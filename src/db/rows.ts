/**
 * Trains, changes and deployments as rows: the one place that maps their columns.
 *
 * Invariant: whoever reads one reads all of it, so no reader sees half a train.
 */
import type { Change, Deployment, Train } from '../core/model.ts'
import { type Placed, type Placing, placedBy } from '../core/placing.ts'
import type { Policy } from '../core/policy.ts'

export type Times<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]: Date | null }

export const ms = (time: Date | null): number | null => time?.getTime() ?? null

/** Of `trains t`. */
export const TRAIN = `t.number, t.status, t.opened_at AS "openedAt",
  t.departed_at AS "departedAt", t.sha, t.approvals, t.holds, t.passes,
  t.veto_releases AS "vetoReleases", t.overrides, t.accepted, t.coupled, t.cancelling, t.kept,
  t.carried, t.journey, t.special`

export type TrainRow = Times<Train, 'openedAt' | 'departedAt'>

export const trainOf = (row: TrainRow): Train => ({
  ...row,
  openedAt: ms(row.openedAt) ?? 0,
  departedAt: ms(row.departedAt),
})

/** Of `changes c`. */
export const CHANGE = `c.sha, c.number, c.title, c.author, c.co_authors AS "coAuthors",
  c.merged_by AS "mergedBy", c.merged_at AS "mergedAt", c.parent, c.lines, c.paths, c.labels,
  c.reverts`

export type ChangeRow = Omit<Times<Change, 'mergedAt'>, keyof Placed>

export const changeOf = (
  row: ChangeRow,
  { policy, ...placing }: Placing & { readonly policy: Policy },
): Change => ({
  ...row,
  mergedAt: ms(row.mergedAt) ?? 0,
  ...placedBy(policy, row, placing),
})

/** Of `deployments d`. */
export const DEPLOYMENT = `d.key, d.run, d.train, d.environment, d.kind, d.attempt, d.sha,
  d.base_sha AS "baseSha", d.epoch, d.plan, d.deploy, d.agent, d.status,
  d.requested_at AS "requestedAt", d.started_at AS "startedAt", d.ended_at AS "endedAt", d.reason,
  d.tail, d.claimed, d.cancelling, d.settled, d.taken_back AS "takenBack", d.account,
  d.verification, d.replaces, d.reaction, d.rollout`

export type DeploymentRow = Times<Deployment, 'requestedAt' | 'startedAt' | 'endedAt'>

export const deploymentOf = (row: DeploymentRow): Deployment => ({
  ...row,
  requestedAt: ms(row.requestedAt) ?? 0,
  startedAt: ms(row.startedAt),
  endedAt: ms(row.endedAt),
})
