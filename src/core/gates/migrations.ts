/**
 * The gate of migrations: what removes the old code goes nowhere before the data is moved there.
 *
 * Invariant: only a verified migration opens it. Every one before that change on the branch counts.
 */
import { type At, type Blocker, departedAt, title } from '../blocker.ts'
import { durationText } from '../duration.ts'
import { planOf } from '../line.ts'
import { type Migration, phaseOf } from '../migration.ts'
import { nameOf, ownersOf, unmigrated } from '../migrations.ts'
import type { Pipeline } from '../model.ts'

export function migrations({ pipeline, train, policy }: At): readonly Blocker[] {
  const plan = planOf(pipeline, train, policy)
  if (plan === null) return []
  const found = new Map<string, Blocker>()
  for (const change of plan.changes) {
    for (const one of unmigrated(pipeline, change, policy.name)) {
      if (found.has(one.change)) continue
      const name = nameOf(pipeline, one.change)
      const isAboard = plan.changes.some(({ sha }) => sha === one.change)
      found.set(one.change, {
        gate: 'migration',
        environment: policy.name,
        since: Math.max(departedAt(train), one.openedAt),
        about: [one.change],
        message: `${title(change.number, change.sha)} removes what the migration of ${name} still needs, which is not verified in ${policy.name}: it ${standingOf(pipeline, one)}`,
        clearBy: isAboard
          ? `they ride in one train: cancel it, depart up to ${name} alone (\`--ref\`), and run its migration`
          : wayOn(pipeline, one, name),
        until: null,
      })
    }
  }
  return [...found.values()]
}

/** How it stands, after "it". */
export function standingOf(pipeline: Pipeline, one: Migration): string {
  const { environment } = one
  switch (phaseOf(one)) {
    case 'waiting': {
      const after = pipeline.policy.migrations?.afterMs ?? 0
      return one.liveSince === null
        ? `is not live in ${environment} yet`
        : `is live there for less than ${durationText(after)}`
    }
    case 'ready':
      return 'waits for somebody to run it'
    case 'running':
      return 'runs'
    case 'paused':
      return `was paused by ${one.paused?.by ?? 'somebody'}: ${one.paused?.reason ?? ''}`
    case 'failed':
      return `failed: ${one.run?.reason ?? 'no reason given'}`
    case 'verifying':
      return 'is being verified'
    case 'verified':
      return 'is verified'
    case 'contracted':
      return 'is over'
  }
}

export const amountOf = ({
  done,
  of,
}: {
  readonly done: number
  readonly of: number | null
}): string => (of === null ? String(done) : `${done} of ${of}`)

function wayOn(pipeline: Pipeline, one: Migration, name: string): string {
  const owners = ownersOf(pipeline, one.change).join(' or ') || 'whoever may settle'
  switch (phaseOf(one)) {
    case 'waiting':
      return `wait until ${name} was live in ${one.environment} for long enough, then run its migration`
    case 'ready':
      return `${owners} runs the migration of ${name}`
    case 'paused':
    case 'failed':
      return `${owners} resumes the migration of ${name}`
    case 'running':
    case 'verifying':
    case 'verified':
    case 'contracted':
      return `wait for the migration of ${name}`
  }
}
