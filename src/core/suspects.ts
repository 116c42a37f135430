/**
 * Whose change may have caused a failure, and what speaks for it.
 *
 * Invariant: nobody is suspected without evidence: a signal of the policy that watches what the
 * change touches, or a file it changed that the failure names. Its size, its age and its author are
 * none.
 */
import type { Finding } from './finding.ts'
import { flagsOf } from './flags.ts'
import { spanOf, unfinished } from './line.ts'
import type { Change, Deployment, Pipeline } from './model.ts'
import { filesIn } from './named-files.ts'
import { askedFor } from './people.ts'
import type { Policy, SignalPolicy } from './policy.ts'
import { failingSteps, findingOf } from './verification.ts'
import type { VerifyStep } from './verify-step.ts'

/** What is known of a failure. */
export interface Failure {
  /** In which signals are looked for. */
  readonly said: readonly string[]
  /** Which may name files. */
  readonly lines: readonly string[]
}

export interface Suspect {
  readonly change: Change
  /** Linked people to tell: its writers, else whoever merged it; empty: nobody is linked. */
  readonly people: readonly string[]
  /** Each begins with a verb, or with what names its file. The strongest first. */
  readonly evidence: readonly string[]
}

/** The signals that watch what a change touches; paths nobody knows (null) are watched by none. */
export const watchedBy = (
  signals: readonly SignalPolicy[],
  paths: readonly string[] | null,
  carries: (paths: readonly string[], globs: Policy['paths']) => boolean,
): readonly string[] =>
  paths === null
    ? []
    : signals.filter(({ paths: globs }) => carries(paths, globs)).map(({ match }) => match)

/** A run that failed: its reason, and the last lines of its log. */
export const failureOfRun = ({
  reason,
  tail,
}: {
  readonly reason: string | null
  readonly tail: readonly string[]
}): Failure => ({ said: [...tail, ...(reason === null ? [] : [reason])], lines: tail })

/** A step that failed; undefined: the policy no longer has it, and its finding alone speaks. */
export function failureOfStep(
  step: VerifyStep | undefined,
  { step: name, says, behind }: Finding,
): Failure {
  const lines = [says, ...behind.map((one) => one.says)]
  const asked = step === undefined ? [] : askedBy(step)
  return { said: [name, ...asked, ...behind.map((one) => one.name), ...lines], lines }
}

function askedBy(step: VerifyStep): readonly string[] {
  switch (step.kind) {
    case 'http':
      return step.urls
    case 'run':
      return [step.run]
    case 'prometheus':
    case 'comparison':
      return [step.query]
  }
}

/** What is wrong with a deployment now; null: nothing, or somebody has answered for it. */
function failureOf(pipeline: Pipeline, deployment: Deployment): Failure | null {
  const { kind, status, settled, takenBack } = deployment
  // What a rollback puts back was well once, and none of it is new.
  if (kind === 'rollback' || settled || takenBack) return null
  if (status === 'failed') return failureOfRun(deployment)
  const found = failingSteps(pipeline, deployment).flatMap((step) => {
    const finding = findingOf(deployment, step.name)
    return finding === undefined ? [] : [failureOfStep(step, finding)]
  })
  if (found.length === 0) return null
  return { said: found.flatMap(({ said }) => said), lines: found.flatMap(({ lines }) => lines) }
}

/** The suspects of what is wrong with a deployment of an unfinished train now. */
export function suspectsIn(pipeline: Pipeline, deployment: Deployment): readonly Suspect[] {
  const train = unfinished(pipeline).find(({ number }) => number === deployment.train)
  return train === undefined ? [] : suspectsNow(pipeline, deployment, spanOf(pipeline, train))
}

/** The same among changes that are known already. */
export function suspectsNow(
  pipeline: Pipeline,
  deployment: Deployment,
  changes: readonly Change[],
): readonly Suspect[] {
  const failure = failureOf(pipeline, deployment)
  return failure === null ? [] : suspectsOf(pipeline, changes, failure)
}

/**
 * Of `changes`, in branch order, those that something speaks against. What more signals watch comes
 * first, then what the failure names more often, then what is newer.
 */
export function suspectsOf(
  pipeline: Pipeline,
  changes: readonly Change[],
  { said, lines }: Failure,
): readonly Suspect[] {
  const signals = pipeline.policy.signals.filter(({ match }) =>
    said.some((text) => text.includes(match)),
  )
  const named = filesIn(
    lines,
    changes.flatMap(({ paths }) => paths ?? []),
  )
  return changes
    .map((change, place) => ({
      change,
      place,
      watching: signals.filter(({ match }) => change.watched.includes(match)),
      files: [...new Set(change.paths)].filter((path) => named.has(path)),
    }))
    .filter(({ watching, files }) => watching.length + files.length > 0)
    .sort(
      (a, b) =>
        b.watching.length - a.watching.length ||
        b.files.length - a.files.length ||
        b.place - a.place,
    )
    .map(({ change, watching, files }) => ({
      change,
      people: toTell(pipeline, change),
      evidence: [...watching.map(watchedText), ...(files.length === 0 ? [] : [namedText(files)])],
    }))
}

/** The flags that suspected changes stand behind, the likeliest first, each once. */
export const flagsBehind = (
  { policy }: Pipeline,
  suspects: readonly Suspect[],
): readonly string[] => [
  ...new Set(suspects.flatMap(({ change }) => flagsOf(policy.flags, change))),
]

function toTell(pipeline: Pipeline, change: Change): readonly string[] {
  const { rule, people } = askedFor(pipeline, change, null)
  return rule === 'each' ? people : []
}

const watchedText = ({ match, paths }: SignalPolicy): string =>
  `it touches ${paths.join(', ')}, which the signal ${match.trim()} watches`

const FILES_MAX = 3

function namedText(files: readonly string[]): string {
  const more = files.length > FILES_MAX ? ` and ${files.length - FILES_MAX} more` : ''
  return `the failure names ${files.slice(0, FILES_MAX).join(', ')}${more}, which it changed`
}
