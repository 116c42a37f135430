/**
 * Whose word a train still needs: authors for their changes, others for the plan.
 *
 * Invariant: who is asked and who has answered comes from the core's rules about people alone.
 */
import { countedApprovals, othersFor } from '../../core/gates/words.ts'
import { journeyOf, planOf } from '../../core/line.ts'
import type { Change, Pipeline, Train } from '../../core/model.ts'
import { askedFor, entitled, isConsented, standInOf, writersOf } from '../../core/people.ts'
import type { EnvironmentPolicy } from '../../core/policy.ts'
import { senderOf } from '../../core/special.ts'

/** One change, who is asked for it, and whether that is settled. */
export interface Asked {
  readonly change: Change
  /** `each` of them must say yes, or `any` one. */
  readonly rule: 'each' | 'any'
  readonly people: readonly string[]
  readonly silent: readonly string[]
  readonly consented: boolean
}

/** The first environment whose entry asks the authors; undefined: nobody is asked. */
export const askingEnvironment = (pipeline: Pipeline): EnvironmentPolicy | undefined =>
  pipeline.policy.environments.find(({ approvals }) => approvals.authors === 'all')

export function askedAboard(pipeline: Pipeline, changes: readonly Change[]): readonly Asked[] {
  const asking = askingEnvironment(pipeline)
  if (asking === undefined) return []
  const standIn = standInOf(asking.approvals)
  return changes.map((change) => {
    const { rule, people } = askedFor(pipeline, change, standIn)
    const said = (name: string): boolean =>
      pipeline.consents.some(({ change: sha, by }) => sha === change.sha && by === name)
    const consented = isConsented(pipeline, change, standIn)
    const silent = consented ? [] : people.filter((name) => !said(name))
    return { change, rule, people, silent, consented }
  })
}

/** Everyone asked by name, with the changes they are asked for, in the order of the changes. */
export function byPerson(
  asked: readonly Asked[],
): ReadonlyMap<string, { readonly changes: readonly Change[]; readonly silent: boolean }> {
  const found = new Map<string, { changes: readonly Change[]; silent: boolean }>()
  for (const { change, rule, people, silent } of asked) {
    if (rule === 'any') continue
    for (const name of people) {
      const known = found.get(name)
      found.set(name, {
        changes: [...(known?.changes ?? []), change],
        silent: (known?.silent ?? false) || silent.includes(name),
      })
    }
  }
  return found
}

export interface PlanWords {
  readonly policy: EnvironmentPolicy
  readonly plan: string
  readonly needed: number
  readonly by: readonly string[]
  /** Who may still approve: entitled, and no writer of anything aboard. */
  readonly may: readonly string[]
}

/** The first environment whose plan still lacks approvals; undefined: none does. */
export function approvalsNeeded(
  {
    pipeline,
    train,
    now,
  }: { readonly pipeline: Pipeline; readonly train: Train; readonly now: number },
  changes: readonly Change[],
): PlanWords | undefined {
  const sender = senderOf(train)
  for (const policy of journeyOf(pipeline, train)) {
    const { from } = policy.approvals
    const others = othersFor(pipeline, train, policy)
    const plan = planOf(pipeline, train, policy)
    if (others === 0 || plan === null) continue
    const by = countedApprovals(pipeline, train, { policy, plan, now }).map((one) => one.by)
    if (by.length >= others) continue
    const writers = new Set(changes.flatMap((change) => writersOf(pipeline, change)))
    const may = entitled(pipeline, from).filter(
      (name) => !writers.has(name) && !by.includes(name) && name !== sender,
    )
    return { policy, plan: plan.hash, needed: others, by, may }
  }
  return undefined
}
