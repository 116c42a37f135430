/**
 * When a boarding train closes its doors by itself, and on which change.
 *
 * Invariant: a train's sha is always that of a change aboard, never the branch's head. Doors that
 * close by themselves close on the newest green change; later ones stay for the next train.
 */
import { verdictOn } from './checks.ts'
import { nextClockTime } from './clock-times.ts'
import type { DoorsReason } from './event.ts'
import { aboard, gaps, planOf } from './line.ts'
import { unmigrated } from './migrations.ts'
import type { Change, Pipeline, Train } from './model.ts'
import { revertedIn, vetoesOn } from './vetoes.ts'

/** When the first of those aboard came: an empty train waits for nobody. */
function boardedAt(pipeline: Pipeline, train: Train): number {
  const merged = aboard(pipeline, train).map(({ mergedAt }) => mergedAt)
  return merged.length === 0 ? train.openedAt : Math.max(train.openedAt, Math.min(...merged))
}

/** When the doors are due by time, or null. */
export function dueAt(pipeline: Pipeline, train: Train): number | null {
  const { departAfterMs, departAt } = pipeline.policy.doors
  const boarded = boardedAt(pipeline, train)
  const moments = [
    departAfterMs === null ? null : boarded + departAfterMs,
    nextClockTime(boarded, departAt, pipeline.policy.timeZone),
  ].flatMap((moment) => moment ?? [])
  return moments.length === 0 ? null : Math.min(...moments)
}

/**
 * Who may leave together: up to the first change that rides alone, without it; if that is first,
 * it alone. What a cancelled train left is coupled, and rides along with the one after it.
 */
export function together(pipeline: Pipeline, train: Train): readonly Change[] {
  const changes = aboard(pipeline, train)
  const coupled = changes.findIndex(({ sha }) => sha === train.coupled)
  const first = changes.findIndex(({ alone }, index) => alone && index > coupled)
  if (first < 0) return changes
  return changes.slice(0, first === coupled + 1 ? first + 1 : first)
}

/** Why the doors should close now; undefined: they stay open. */
export function dueReason(pipeline: Pipeline, train: Train, now: number): DoorsReason | undefined {
  const { departAtChanges, departAtLines, urgentLabels } = pipeline.policy.doors
  const changes = aboard(pipeline, train)
  if (changes.length === 0) return undefined
  const group = together(pipeline, train)
  if (group.length < changes.length || rideAlone(train, group)) return 'solo'
  if (departAtChanges !== null && changes.length >= departAtChanges) return 'changes'
  const lines = changes.reduce((sum, change) => sum + (change.lines ?? 0), 0)
  if (departAtLines !== null && lines >= departAtLines) return 'lines'
  // Before it is green the doors would close without it, and it would only come later.
  const urgent = changes.some(
    (change) =>
      change.labels.some((label) => urgentLabels.includes(label)) &&
      verdictOn(pipeline, change, now).color === 'green',
  )
  if (urgent) return 'urgent'
  const due = dueAt(pipeline, train)
  return due !== null && now >= due ? 'due' : undefined
}

/** Nobody else may board behind a change that rides alone, unless it was coupled. */
const rideAlone = ({ coupled }: Train, group: readonly Change[]): boolean => {
  const last = group.at(-1)
  return last?.alone === true && last.sha !== coupled
}

/** The change on which the doors close by themselves; undefined: nobody aboard is ready. */
export function closesOn(pipeline: Pipeline, train: Train, now: number): Change | undefined {
  if (pipeline.stopped !== null || train.holds.length > 0) return undefined
  const unplaced = new Set(gaps(pipeline).map(({ sha }) => sha))
  const changes = together(pipeline, train)
  if (changes.some(({ sha }) => unplaced.has(sha))) return undefined
  return changes.findLast(
    (change) =>
      verdictOn(pipeline, change, now).color === 'green' &&
      !isVetoed(pipeline, train, change.sha) &&
      !isTooEarly(pipeline, changes.slice(0, changes.indexOf(change) + 1)),
  )
}

/** Whether some of them remove what a migration still needs where the journey ends. */
function isTooEarly(pipeline: Pipeline, changes: readonly Change[]): boolean {
  const last = pipeline.policy.environments.at(-1)?.name ?? ''
  return changes.some((change) => unmigrated(pipeline, change, last).length > 0)
}

/** Whether a veto would stand on what leaves with `sha`: then a person decides about the doors. */
function isVetoed(pipeline: Pipeline, train: Train, sha: string): boolean {
  const pinned: Train = { ...train, sha }
  const trains = pipeline.trains.map((one) => (one.number === train.number ? pinned : one))
  const closed = { ...pipeline, trains }
  return pipeline.policy.environments.some((policy) => {
    const plan = planOf(closed, pinned, policy)
    return (
      plan !== null && (vetoesOn(closed, plan).length > 0 || revertedIn(closed, plan).length > 0)
    )
  })
}
