/**
 * Observations of the branch: changes and checks.
 *
 * Invariant: monotone. Hearing a thing twice, or late, or in another order, adds nothing twice.
 */
import { supersedes } from '../checks.ts'
import type { Command } from '../command.ts'
import { canonical } from '../digest.ts'
import type { Change, Pipeline } from '../model.ts'
import { type Answer, record } from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** A change heard again is no news, unless it is told fuller; whether it is live changes nothing. */
export function recordChange(pipeline: Pipeline, { change }: Of<'record_change'>): Answer {
  const known = pipeline.changes.find(({ sha }) => sha === change.sha)
  // In the order in which it would be told again.
  const told = mergeChanges(change, change)
  if (known === undefined) return record({ type: 'change_recorded', change: told })
  const merged = mergeChanges(known, change)
  return canonical(merged) === canonical(known)
    ? record()
    : record({ type: 'change_enriched', change: merged })
}

/**
 * One change told twice: whichever was heard first, the result is the same. What only one of them
 * knows is kept; where both know, the pull request's account beats a bare push's.
 */
export function mergeChanges(a: Change, b: Change): Change {
  const [first, second] = ranked(a, b)
  return {
    ...first,
    number: first.number ?? second.number,
    mergedBy: first.mergedBy ?? second.mergedBy,
    parent: first.parent ?? second.parent,
    lines: first.lines ?? second.lines,
    paths: first.paths ?? second.paths,
    reverts: first.reverts ?? second.reverts,
    coAuthors: [...new Set([...a.coAuthors, ...b.coAuthors])].sort(),
    labels: [...new Set([...a.labels, ...b.labels])].sort(),
    carried: a.carried && b.carried,
    alone: a.alone || b.alone,
    // They follow the paths: the policy reads them from no other.
    watched: first.paths === null ? second.watched : first.watched,
    migrates: a.migrates || b.migrates,
    contracts: a.contracts || b.contracts,
  }
}

function ranked(a: Change, b: Change): readonly [Change, Change] {
  if ((a.number === null) !== (b.number === null)) return a.number === null ? [b, a] : [a, b]
  return canonical(a) <= canonical(b) ? [a, b] : [b, a]
}

export function recordCheck(pipeline: Pipeline, command: Of<'record_check'>): Answer {
  const { sha, name, status, at } = command
  const check = { sha, name, status, at }
  const known = pipeline.checks.find((one) => one.sha === sha && one.name === name)
  return supersedes(check, known) ? record({ type: 'check_recorded', check }) : record()
}
