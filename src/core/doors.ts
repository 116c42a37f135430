/**
 * When a boarding train closes its doors by itself, and on which change.
 *
 * Invariant: a train's sha is always that of a change aboard, never the branch's head. Doors that
 * close by themselves close on the newest green change; later ones stay for the next train.
 */
import { verdictOn } from './checks.ts'
import type { DoorsReason } from './event.ts'
import { aboard, gaps, planOf } from './line.ts'
import type { Change, Pipeline, Train } from './model.ts'
import { revertedIn, vetoesOn } from './releases.ts'

/** When the doors are due by time, or null. */
export function dueAt(pipeline: Pipeline, train: Train): number | null {
  const { departAfterMs } = pipeline.policy.doors
  return departAfterMs === null ? null : train.openedAt + departAfterMs
}

/** Why the doors should close now; undefined: they stay open. */
export function dueReason(pipeline: Pipeline, train: Train, now: number): DoorsReason | undefined {
  const { departAtChanges, departAtLines } = pipeline.policy.doors
  const changes = aboard(pipeline, train)
  if (changes.length === 0) return undefined
  if (departAtChanges !== null && changes.length >= departAtChanges) return 'changes'
  const lines = changes.reduce((sum, change) => sum + (change.lines ?? 0), 0)
  if (departAtLines !== null && lines >= departAtLines) return 'lines'
  const due = dueAt(pipeline, train)
  return due !== null && now >= due ? 'due' : undefined
}

/** The change on which the doors close by themselves; undefined: nobody aboard is ready. */
export function closesOn(pipeline: Pipeline, train: Train, now: number): Change | undefined {
  if (pipeline.stopped !== null || train.holds.length > 0) return undefined
  const unplaced = new Set(gaps(pipeline).map(({ sha }) => sha))
  const changes = aboard(pipeline, train)
  if (changes.some(({ sha }) => unplaced.has(sha))) return undefined
  return changes.findLast(
    (change) =>
      verdictOn(pipeline, change, now).color === 'green' && !isVetoed(pipeline, train, change.sha),
  )
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
