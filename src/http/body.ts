/**
 * The body of a command, from JSON to `Command`.
 *
 * Invariant: strict. An unknown field, a missing one or a wrong type is refused with its name;
 * nothing is guessed, and ids are made here, never taken from outside.
 */
import type { z } from 'zod'
import type { Command } from '../core/command.ts'
import { body, shapes } from './body-shapes.ts'
import { wrongWith } from './wrong-field.ts'

export type Parsed =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly field: string; readonly message: string }

/** What the edge supplies: a fresh id, and the moment for reports that name none. */
export interface Supplied {
  readonly id: string
  readonly now: number
}

/** Reads a command; `field` names the first offender. */
export function parseCommand(input: unknown, supplied: Supplied): Parsed {
  const parsed = body.safeParse(input, { reportInput: true })
  if (parsed.success) return { ok: true, command: toCommand(parsed.data, supplied) }
  const issue = parsed.error.issues[0]
  if (issue?.code === 'unrecognized_keys') {
    return { ok: false, field: issue.keys.join(', '), message: 'is not a field of this command' }
  }
  const field = issue?.path.join('.') || 'type'
  const known = `must be one of ${Object.keys(shapes).join(', ')}`
  return {
    ok: false,
    field,
    message: field === 'type' || issue === undefined ? known : wrongWith(issue),
  }
}

function toCommand(data: z.output<typeof body>, { id, now }: Supplied): Command {
  switch (data.type) {
    case 'record_change':
      return { type: data.type, change: toChange(data) }
    case 'record_check':
      return { ...data, at: data.at ?? now }
    case 'record_force_push':
      return { ...data, by: data.by ?? null, at: data.at ?? now }
    case 'depart':
      return {
        type: data.type,
        train: data.train ?? null,
        ref: data.ref ?? null,
        environment: data.environment ?? null,
        plan: data.plan ?? null,
      }
    case 'roll_back':
      return {
        type: data.type,
        environment: data.environment ?? null,
        to: data.to ?? null,
        reason: data.reason,
        takeOver: data.take_over ?? false,
        settle: data.settle ?? false,
        abort: data.abort ?? false,
      }
    case 'break_glass':
      return {
        ...data,
        train: data.train ?? null,
        environment: data.environment ?? null,
        gates: data.gates ?? [],
      }
    case 'approve':
      return { ...data, environment: data.environment ?? null, plan: data.plan ?? null }
    case 'withdraw':
      return {
        ...data,
        what: data.what ?? null,
        of: data.of ?? null,
        reason: data.reason ?? null,
      }
    case 'lock':
      return {
        type: data.type,
        id,
        environment: data.environment ?? null,
        reason: data.reason,
        forMs: data.for === undefined ? null : data.for * 1_000,
        takeOver: data.take_over ?? false,
      }
    case 'unlock':
      return { ...data, environment: data.environment ?? null, id: data.id ?? null }
    case 'continue':
    case 'pause_rollout':
    case 'skip_to_full':
    case 'flag_off':
      return { ...data, environment: data.environment ?? null }
    case 'cancel_countdown':
      return {
        ...data,
        environment: data.environment ?? null,
        deployment: data.deployment ?? null,
        since: null,
        reason: data.reason ?? null,
      }
    case 'run_migration':
    case 'pause_migration':
      return { ...data, change: data.change ?? null, environment: data.environment ?? null }
    case 'resume_migration':
      return {
        ...data,
        change: data.change ?? null,
        environment: data.environment ?? null,
        reason: data.reason ?? null,
      }
    case 'cancel':
      return { ...data, train: data.train ?? null }
    case 'retry':
      return { ...data, train: data.train ?? null, reason: data.reason ?? null }
    case 'consent':
    case 'hold':
    case 'stop':
    case 'claim':
    case 'resume':
    case 'settle_unknown':
    case 'release_veto':
    case 'vouch':
    case 'record_release':
    case 'tick':
      return data
  }
}

function toChange(
  data: z.output<typeof shapes.record_change>,
): Extract<Command, { type: 'record_change' }>['change'] {
  return {
    sha: data.sha,
    number: data.number ?? null,
    title: data.title,
    author: data.author,
    coAuthors: data.co_authors ?? [],
    mergedBy: data.merged_by ?? null,
    mergedAt: data.merged_at,
    parent: data.parent ?? null,
    lines: data.lines ?? null,
    paths: data.paths ?? null,
    labels: data.labels ?? [],
    reverts: data.reverts ?? null,
    carried: true,
    alone: false,
    watched: [],
    migrates: false,
    contracts: false,
  }
}
