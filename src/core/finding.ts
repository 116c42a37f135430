/**
 * What the steps of a verification have found so far, and how one more look changes that; what an
 * environment says it runs.
 *
 * Invariant: nothing but a look that passed makes a step pass. A single bad look is no verdict: a
 * verdict needs as many in a row as the step asks for.
 */
import { canonical } from './digest.ts'
import type { VerifyStep } from './verify-step.ts'

export type LookOutcome =
  | 'pass'
  /** The answer was there, and it was wrong. */
  | 'fail'
  /** There was no answer, or none that says anything: no data, not a number, out of time. */
  | 'inconclusive'

/** One look of one step, as whoever looked tells of it. */
export interface Look {
  readonly outcome: LookOutcome
  /** What was seen, in a few words without a moment in them. */
  readonly says: string
  /** How many of those that were asked gave the right answer. */
  readonly good: number
  readonly all: number
  /** Those that did not, each with what it said instead. Bounded. */
  readonly behind: readonly { readonly name: string; readonly says: string }[]
}

/** What one step has found. */
export interface Finding extends Omit<Look, 'outcome' | 'behind'> {
  readonly step: string
  /** `waiting`: no verdict yet. */
  readonly outcome: LookOutcome | 'waiting'
  /** Since when it has been so. */
  readonly since: number
  /** Looks in a row up to now that failed, and that did not pass; no further than they count. */
  readonly failed: number
  readonly missed: number
  /** When the newest look that is recorded began. */
  readonly at: number
  readonly behind: readonly {
    readonly name: string
    readonly says: string
    /** Since when it has not given the right answer. */
    readonly since: number
  }[]
}

/** Steps that somebody answers for, as they stood when they were accepted. */
export interface AcceptedFinding {
  readonly by: string
  readonly reason: string
  readonly at: number
  readonly steps: readonly Pick<Finding, 'step' | 'outcome'>[]
}

export interface Verification {
  readonly findings: readonly Finding[]
  /** Null: nobody has. */
  readonly accepted: AcceptedFinding | null
}

/** How often, in a row, an environment said that it runs something else than it should. */
export interface Doubt {
  /** What it should run. */
  readonly sha: string
  readonly answers: number
  readonly since: number
  /** When the newest answer that is recorded was asked for. */
  readonly at: number
  /** What it said instead, in a few words. */
  readonly says: string
  /** True once people were told that it has drifted. */
  readonly isDrift: boolean
}

export const NOTHING_FOUND: Verification = { findings: [], accepted: null }

/** So late a look may come on a busy machine before it counts as one that was left out. */
const LATE_MS = 30_000

/** What a look adds: when it began, when the one before it did, and when the deployment ended. */
export interface LookedAt {
  readonly at: number
  /** Null: it was the first look. */
  readonly before: number | null
  readonly ended: number
  /** Until when it must stay healthy, as far as was known. */
  readonly end: number
}

/** The finding after one more look. `known`: undefined before the first. */
export function judged(
  step: VerifyStep,
  known: Finding | undefined,
  { look, when }: { readonly look: Look; readonly when: LookedAt },
): Finding {
  const { at, before, ended, end } = when
  const failed = look.outcome === 'fail' ? Math.min((known?.failed ?? 0) + 1, step.times) : 0
  const missed = look.outcome === 'pass' ? 0 : Math.min((known?.missed ?? 0) + 1, step.times)
  const early = at < (step.kind === 'comparison' ? end : ended + step.withinMs)
  const outcome = verdict(step, known, { look, failed, missed, early })
  // What nobody looked at for so long was not seen to hold.
  const isGap = before !== null && at - before > gapMs(step)
  const since = known === undefined || known.outcome !== outcome || isGap ? at : known.since
  const { says, good, all } = look
  return {
    step: step.name,
    outcome,
    since,
    failed,
    missed,
    at,
    says,
    good,
    all,
    behind: look.behind.map((one) => ({
      ...one,
      since: known === undefined ? ended : sinceOf(known, one.name, at),
    })),
  }
}

/** So long nobody may look before nobody was looking. */
export const gapMs = ({ everyMs, timeoutMs }: Pick<VerifyStep, 'everyMs' | 'timeoutMs'>): number =>
  3 * everyMs + timeoutMs + LATE_MS

function verdict(
  { times, kind }: VerifyStep,
  known: Finding | undefined,
  seen: {
    readonly look: Look
    readonly failed: number
    readonly missed: number
    readonly early: boolean
  },
): Finding['outcome'] {
  const { look, failed, missed, early } = seen
  // Stands until a person says otherwise: a release that is sick now and then is not well.
  if (known?.outcome === 'fail') return 'fail'
  // A comparison is told to look for what is worse at any time, and concludes once, at the end.
  if (kind === 'comparison') return look.outcome === 'fail' || !early ? look.outcome : 'waiting'
  if (look.outcome === 'pass') return 'pass'
  const before = known?.outcome ?? 'waiting'
  if (early) return before
  if (failed >= times) return 'fail'
  return missed >= times ? 'inconclusive' : before
}

const sinceOf = ({ behind }: Finding, name: string, at: number): number =>
  behind.find((one) => one.name === name)?.since ?? at

/** Whether a look told nothing that people would read differently. */
export function isSame(one: Finding | undefined, other: Finding): boolean {
  if (one === undefined) return false
  // Not their order of keys: what was stored comes back in another.
  return canonical(told(one)) === canonical(told(other))
}

/** A healthy number that moves is no news; how long somebody is behind is, now and then. */
function told({ at, says, ...finding }: Finding): object {
  if (finding.outcome === 'pass' && finding.missed === 0) return finding
  return { ...finding, says, ages: finding.behind.map(({ since }) => age(at - since)) }
}

/** Each minute at first, each ten later. */
function age(ms: number): number {
  const minutes = Math.floor(ms / 60_000)
  return minutes < 10 ? minutes : Math.floor(minutes / 10) * 10
}
