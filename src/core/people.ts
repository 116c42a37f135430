/**
 * Who is who, who may do what, and whom a change belongs to.
 *
 * Invariant: default deny. A machine token holds no permission that is not granted by its name.
 */
import type { Actor, Change, Pipeline } from './model.ts'
import type { ApprovalsPolicy, Permission, Permissions, Person, Policy } from './policy.ts'

/** Whether `actor` holds a permission of the pipeline. */
export function mayDo(pipeline: Pipeline, actor: Actor, permission: keyof Permissions): boolean {
  return holds(pipeline.policy.permissions[permission], actor)
}

/** Whether `actor` is among those a permission names. */
export function holds(permission: Permission, actor: Actor): boolean {
  if (actor.kind === 'system') return true
  if (permission === 'everyone') return actor.kind === 'person'
  return permission.some((name) => name === actor.name || actor.groups.includes(name))
}

/** By name, or by login, of which upper and lower case do not matter. */
export const personBehind = (pipeline: Pipeline, login: string): Person | undefined =>
  pipeline.people.find(
    ({ name, github }) => name === login || github?.toLowerCase() === login.toLowerCase(),
  )

const namesBehind = (pipeline: Pipeline, logins: readonly string[]): readonly string[] => [
  ...new Set(logins.flatMap((login) => personBehind(pipeline, login)?.name ?? [])),
]

/** Linked people who wrote part of a change: none of them approves a plan that carries it. */
export const writersOf = (pipeline: Pipeline, change: Change): readonly string[] =>
  namesBehind(pipeline, [change.author, ...change.coAuthors])

/** Whether somebody of that name is linked and can be asked now. */
export const isActive = (pipeline: Pipeline, name: string): boolean =>
  pipeline.people.some((person) => person.name === name && person.active)

/** People allowed to approve here, or to stand in for an author nobody can ask. */
export const entitled = (pipeline: Pipeline, from: readonly string[] | null): readonly string[] =>
  pipeline.people
    .filter(
      ({ name, groups, active }) =>
        active && (from === null || from.some((f) => f === name || groups.includes(f))),
    )
    .map(({ name }) => name)

/** A yes outlives its giver's account: it was given for the change's whole journey. */
const hasConsented = (pipeline: Pipeline, change: Change, name: string): boolean =>
  pipeline.consents.some(({ change: sha, by }) => sha === change.sha && by === name)

/** Writers who cannot answer any more, where no other writer can: they may be vouched for at once. */
export function absentWriters(pipeline: Pipeline, change: Change): readonly string[] {
  const writers = writersOf(pipeline, change)
  return writers.some((name) => isActive(pipeline, name)) ? [] : writers
}

/**
 * Who is asked for a change: its opener and co-authors; with none of them linked and active,
 * whoever merged it; merged by a bot, any one of `standIn`. `each`: all of them must say yes;
 * `any`: one is enough.
 */
export function askedFor(
  pipeline: Pipeline,
  change: Change,
  standIn: readonly string[] | null,
): { readonly rule: 'each' | 'any'; readonly people: readonly string[] } {
  const counts = (name: string): boolean =>
    isActive(pipeline, name) || hasConsented(pipeline, change, name)
  const writers = writersOf(pipeline, change).filter(counts)
  if (writers.length > 0) return { rule: 'each', people: writers }
  const merger = change.mergedBy === null ? undefined : personBehind(pipeline, change.mergedBy)
  if (merger !== undefined && counts(merger.name)) return { rule: 'each', people: [merger.name] }
  return { rule: 'any', people: entitled(pipeline, standIn) }
}

/** Whether everyone who must be asked for a change has said yes to it. */
export function isConsented(
  pipeline: Pipeline,
  change: Change,
  standIn: readonly string[] | null,
): boolean {
  const asked = askedFor(pipeline, change, standIn)
  const said = (name: string): boolean => hasConsented(pipeline, change, name)
  return asked.rule === 'each' ? asked.people.every(said) : asked.people.some(said)
}

/** Who may speak for an author nobody can ask: `stand_in`, else those who approve. */
export const standInOf = ({ standIn, from }: ApprovalsPolicy): readonly string[] | null =>
  standIn ?? from

/** Who vouched for an author of this change: like its writers, they do not approve it too. */
export const vouchersOf = (pipeline: Pipeline, change: Change): readonly string[] =>
  pipeline.consents.flatMap(({ change: sha, vouchedBy }) =>
    sha === change.sha && vouchedBy !== null ? [vouchedBy] : [],
  )

/** What a person may do in the last environment that only a person can: approve, roll back. */
export function rightsIn(
  { environments, permissions }: Policy,
  { name, groups }: Person,
): readonly ('approve' | 'roll_back')[] {
  const approvals = environments.at(-1)?.approvals
  const isAmong = (from: readonly string[] | null): boolean =>
    from === null || from.some((one) => one === name || groups.includes(one))
  const approves = approvals !== undefined && approvals.others > 0 && isAmong(approvals.from)
  const rollsBack = holds(permissions.roll_back, { name, groups, kind: 'person' })
  return [
    ...(approves ? (['approve'] as const) : []),
    ...(rollsBack ? (['roll_back'] as const) : []),
  ]
}
