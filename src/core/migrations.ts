/**
 * The migrations of a pipeline: which stand where, whose they are, what keeps one from going on.
 *
 * Invariant: derived. An increment is a start by automation: whatever keeps automation from
 * starting a deployment keeps it from starting one of these.
 */
import { beside } from './ancestry.ts'
import { title } from './blocker.ts'
import { spanOf, unfinished, wholeOrder } from './line.ts'
import { hasTouched, isAtWork, type Migration, type MigrationRun } from './migration.ts'
import type { Actor, Change, Pipeline, Release } from './model.ts'
import { askedFor, mayDo, standInOf } from './people.ts'
import { specialAt, specialContains } from './special.ts'
import { isRevertOf } from './vetoes.ts'

/** How people call one: by the change that carries it. */
export function nameOf(pipeline: Pipeline, change: string): string {
  const its = pipeline.changes.find(({ sha }) => sha === change)
  return title(its?.number ?? null, change)
}

export const migrationOf = (
  pipeline: Pipeline,
  { change, environment }: Pick<Migration, 'change' | 'environment'>,
): Migration | undefined =>
  pipeline.migrations.find((one) => one.change === change && one.environment === environment)

/** The one whose command is at work in an environment, or about to be; undefined: none. */
export const atWorkIn = (pipeline: Pipeline, environment: string): Migration | undefined =>
  pipeline.migrations.find((one) => one.environment === environment && isAtWork(one))

/** The one of which nobody knows how its newest run ended there; undefined: none. */
export const unknownIn = (pipeline: Pipeline, environment: string): Migration | undefined =>
  pipeline.migrations.find(
    (one) => one.environment === environment && one.run?.status === 'unknown',
  )

/** The one with that run as its newest. */
export function withRun(
  pipeline: Pipeline,
  run: string,
): { readonly migration: Migration; readonly its: MigrationRun } | undefined {
  const migration = pipeline.migrations.find((one) => one.run?.run === run)
  return migration?.run == null ? undefined : { migration, its: migration.run }
}

/** Those that are not over, in the order of their changes and of the journey; off the branch none. */
export function standing(pipeline: Pipeline): readonly Migration[] {
  const order = wholeOrder(pipeline).map(({ sha }) => sha)
  const places = pipeline.policy.environments.map(({ name }) => name)
  return pipeline.migrations
    .filter(({ change, environment, contract }) => {
      const isHere = places.includes(environment) && contract === null
      return isHere && !pipeline.dropped.has(change)
    })
    .toSorted(
      (a, b) =>
        order.indexOf(a.change) - order.indexOf(b.change) ||
        places.indexOf(a.environment) - places.indexOf(b.environment),
    )
}

/** Those a person can answer for: what stands, and whatever is unknown, standing or not. */
export function answerable(pipeline: Pipeline): readonly Migration[] {
  const all = standing(pipeline)
  const others = pipeline.migrations.filter(
    (one) => one.run?.status === 'unknown' && !all.includes(one),
  )
  return [...all, ...others]
}

/** Who is asked for it: whoever is asked for its change. */
export function ownersOf(pipeline: Pipeline, sha: string): readonly string[] {
  const change = pipeline.changes.find((one) => one.sha === sha)
  const last = pipeline.policy.environments.at(-1)
  if (change === undefined || last === undefined) return []
  return askedFor(pipeline, change, standInOf(last.approvals)).people
}

const isOwner = (pipeline: Pipeline, actor: Actor, change: string): boolean =>
  actor.kind === 'person' && ownersOf(pipeline, change).includes(actor.name)

/** Its owners, and whoever may settle what went wrong; anybody who may hold may pause it. */
export function mayMove(
  pipeline: Pipeline,
  actor: Actor,
  { change, act }: { readonly change: string; readonly act: 'run' | 'pause' | 'resume' },
): boolean {
  return (
    isOwner(pipeline, actor, change) || mayDo(pipeline, actor, act === 'pause' ? 'hold' : 'settle')
  )
}

/** Whether a release contains a change of the branch; what nobody can tell it does not. */
export function contains(
  pipeline: Pipeline,
  { sha, epoch }: Pick<Release, 'sha' | 'epoch'>,
  change: string,
): boolean {
  if (sha === change) return true
  const order = wholeOrder(pipeline)
  const special = specialAt(pipeline, sha)
  if (special !== undefined) {
    return specialContains(pipeline, special, { live: change, order }) === 'yes'
  }
  const [at, its] = [sha, change].map((one) => order.findIndex((known) => known.sha === one))
  if (at === undefined || its === undefined || its < 0) return false
  if (at >= 0) return its <= at && !beside(pipeline, order, sha).has(change)
  const [shipped, then] = [pipeline.shipped.get(change), pipeline.shipped.get(sha)]
  return shipped !== undefined && shipped.epoch <= (then?.epoch ?? epoch)
}

/** Whether what an environment serves contains the change, and nothing in it that reverts it. */
export function isLiveIn(pipeline: Pipeline, environment: string, change: string): boolean {
  if (!isServed(pipeline, environment, change)) return false
  const its = pipeline.changes.find(({ sha }) => sha === change)
  return its === undefined || !isReverted(pipeline, environment, its)
}

/** A revert counts as long as it is not reverted itself; each stands behind what it reverts. */
function isReverted(pipeline: Pipeline, environment: string, original: Change): boolean {
  const order = wholeOrder(pipeline)
  const at = order.findIndex(({ sha }) => sha === original.sha)
  return order
    .slice(at + 1)
    .some(
      (one) =>
        at >= 0 &&
        isRevertOf(one, original) &&
        isServed(pipeline, environment, one.sha) &&
        !isReverted(pipeline, environment, one),
    )
}

function isServed(pipeline: Pipeline, environment: string, change: string): boolean {
  if (pipeline.policy.environments.at(-1)?.name === environment) return pipeline.shipped.has(change)
  const live = pipeline.environments.find(({ name }) => name === environment)?.live ?? null
  return live !== null && contains(pipeline, live, change)
}

/** Migrations that have touched data there, and of which a release knows nothing, or no longer. */
export const unknownTo = (
  pipeline: Pipeline,
  environment: string,
  release: Release,
): readonly Migration[] =>
  pipeline.migrations.filter((one) => {
    if (one.environment !== environment || !hasTouched(one)) return false
    const { change, contract } = one
    return (
      !contains(pipeline, release, change) ||
      (contract !== null && !contains(pipeline, release, contract))
    )
  })

/**
 * Migrations that must be verified in an environment before this change goes there: those before it
 * on the branch.
 */
export function unmigrated(
  pipeline: Pipeline,
  { sha, carried, contracts }: Change,
  environment: string,
): readonly Migration[] {
  if (!carried || !contracts) return []
  const order = wholeOrder(pipeline).map((change) => change.sha)
  const place = order.indexOf(sha)
  return standing(pipeline).filter(
    (one) =>
      one.environment === environment &&
      one.verifiedAt === null &&
      one.change !== sha &&
      (place < 0 || order.indexOf(one.change) < place),
  )
}

/** The train that brought it, or carries it; null: nobody knows any more. */
export function trainWith(pipeline: Pipeline, change: string): number | null {
  const shipped = pipeline.shipped.get(change)?.train
  if (shipped !== undefined) return shipped
  const train = unfinished(pipeline).find((one) =>
    spanOf(pipeline, one).some(({ sha }) => sha === change),
  )
  return train?.number ?? null
}

/** When it will be over at its present pace; null: nobody can tell. */
export function endsAt({ begun, progress }: Migration, now: number): number | null {
  if (begun === null || progress === null || progress.of === null) return null
  const made = progress.done - begun.done
  const left = progress.of - progress.done
  if (made <= 0 || left < 0 || now <= begun.at) return null
  return now + Math.round((left * (now - begun.at)) / made)
}
