/**
 * The gate of windows: an environment takes no train outside of them.
 *
 * Invariant: time opens it by itself. Else only what the policy excepts passes: a plan of which
 * every change bears an excepted label, or one that an excepted person sent for this once.
 */
import { type At, type Blocker, departedAt } from '../blocker.ts'
import { planOf } from '../line.ts'
import { entitled } from '../people.ts'
import type { EnvironmentPolicy, WindowsPolicy } from '../policy.ts'
import { standing } from '../windows.ts'

export function windows({ pipeline, train, policy, now }: At): readonly Blocker[] {
  if (policy.windows === null) return []
  const { isOpen, since, until } = standing(policy.windows, now)
  if (isOpen || isExcepted({ pipeline, train, policy, now }, policy.windows)) return []
  return [
    {
      gate: 'window',
      environment: policy.name,
      since: Math.max(since ?? 0, departedAt(train)),
      message: `${policy.name} is outside its windows (${windowsText(policy.windows)})`,
      clearBy: wayOut(policy, until),
      until,
    },
  ]
}

function isExcepted({ pipeline, train, policy }: At, { except }: WindowsPolicy): boolean {
  const plan = planOf(pipeline, train, policy)
  if (plan === null) return false
  const isUrgent = plan.changes.every(({ labels }) =>
    labels.some((label) => except.labels.includes(label)),
  )
  if (isUrgent && plan.changes.length > 0) return true
  const may = except.people.length === 0 ? [] : entitled(pipeline, except.people)
  return train.passes.some(
    ({ gate, environment, plan: its, by }) =>
      gate === 'window' && environment === policy.name && its === plan.hash && may.includes(by),
  )
}

/** The rules as they are written, shortened where they are many. */
export function windowsText({ allow, deny, timeZone }: WindowsPolicy): string {
  const named = (rules: WindowsPolicy['allow']): string => {
    const shown = rules.slice(0, 4).map(({ text }) => text)
    return rules.length > 4 ? [...shown, `${rules.length - 4} more`].join(', ') : shown.join(', ')
  }
  const when = allow.length === 0 ? 'always' : named(allow)
  return `${when}${deny.length === 0 ? '' : `, never ${named(deny)}`}; ${timeZone}`
}

function wayOut({ windows: its }: EnvironmentPolicy, until: number | null): string {
  const people = its?.except.people ?? []
  const wait =
    until === null
      ? 'they never open again: change them in the configuration file'
      : 'wait until they open'
  return people.length === 0
    ? `${wait}, or break the glass`
    : `${wait}, or ${people.join(' or ')} sends it now`
}
