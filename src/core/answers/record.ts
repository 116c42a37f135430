/**
 * Observations of the branch: changes and checks.
 *
 * Invariant: monotone. Hearing a thing twice, or late, or in another order, adds nothing twice.
 */
import { supersedes } from '../checks.ts'
import type { Command } from '../command.ts'
import type { Pipeline } from '../model.ts'
import { type Answer, record } from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** A change heard again is no news, also when it has arrived long ago. */
export function recordChange(pipeline: Pipeline, { change }: Of<'record_change'>): Answer {
  const known = pipeline.shipped.has(change.sha) || pipeline.tip === change.sha
  if (known || pipeline.changes.some(({ sha }) => sha === change.sha)) return record()
  return record({ type: 'change_recorded', change })
}

export function recordCheck(pipeline: Pipeline, command: Of<'record_check'>): Answer {
  const { sha, name, status, at } = command
  const check = { sha, name, status, at }
  const known = pipeline.checks.find((one) => one.sha === sha && one.name === name)
  return supersedes(check, known) ? record({ type: 'check_recorded', check }) : record()
}
