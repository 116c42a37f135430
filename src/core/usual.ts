/**
 * How long a run usually takes, how far one under way is, and when it should be done.
 *
 * Invariant: too few runs have no usual time, so nobody is told of one. What people are shown of a
 * run changes at a few moments only, never oftener than once a minute.
 */
import type { Deployment, Pipeline } from './model.ts'
import { isBaking } from './steps.ts'
import { RUNS_MAX } from './took.ts'

/** Of fewer nobody can say what is usual. */
const RUNS_MIN = 3
const MINUTE_MS = 60_000
const PARTS_MAX = 4

/** How far a run under way is. */
export interface Progress {
  readonly startedAt: number
  /** What it usually takes, in milliseconds. */
  readonly usualMs: number
  /** When it should be done. */
  readonly eta: number
  /** How many of `parts` are over; all of them: it takes longer than usual. */
  readonly over: number
  readonly parts: number
}

/** The median of what the environment's newest runs of that kind took; null: there were too few. */
export function usualMs(
  pipeline: Pipeline,
  { environment, kind }: Pick<Deployment, 'environment' | 'kind'>,
): number | null {
  return medianMs(pipeline.environments.find(({ name }) => name === environment)?.took[kind] ?? [])
}

/** The median of what the newest runs took, newest first; null: there were too few. */
export function medianMs(all: readonly number[]): number | null {
  const sorted = all.slice(0, RUNS_MAX).sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  if (upper === undefined || sorted.length < RUNS_MIN) return null
  const lower = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? upper) : upper
  return Math.round((lower + upper) / 2)
}

/** How far a run is at `now`; null: it does not run, or nobody can say. */
export function progressOf(pipeline: Pipeline, one: Deployment, now: number): Progress | null {
  const usual = usualMs(pipeline, one)
  const { status, startedAt } = one
  if (usual === null || usual === 0 || status !== 'running' || startedAt === null) return null
  if (isBaking(one)) return null
  const parts = Math.min(PARTS_MAX, Math.max(1, Math.floor(usual / MINUTE_MS)))
  const over = Math.floor((Math.max(0, now - startedAt) * parts) / usual)
  return {
    startedAt,
    usualMs: usual,
    eta: startedAt + usual,
    over: Math.min(parts, over),
    parts,
  }
}

/** The moments at which that changes: each part once, the last when the usual time is over. */
export function progressMoments(pipeline: Pipeline, one: Deployment): readonly number[] {
  const progress = progressOf(pipeline, one, 0)
  if (progress === null) return []
  const { startedAt, usualMs: usual, parts } = progress
  return Array.from({ length: parts }, (_, index) =>
    Math.ceil(startedAt + ((index + 1) * usual) / parts),
  )
}
