/**
 * That the configuration file says something which is not in force yet, and what became of it.
 *
 * Invariant: each conflict says which line, and what must end first; the file is named, not its
 * folder, which concerns whoever runs the server.
 */
import { REPOSITORY_FILE } from '../../core/policy.ts'
import type { Message } from '../scene.ts'
import { clip, md } from '../words/mrkdwn.ts'
import { shortSha } from '../words/names.ts'
import { message, sections } from './blocks.ts'

export interface WaitingPolicy {
  readonly file: string
  readonly conflicts: readonly {
    readonly line: number
    readonly message: string
    readonly ends: string
  }[]
}

const SHOWN_MAX = 10

export function policyWaits(pipeline: string, { file, conflicts }: WaitingPolicy): Message {
  const head = md`⏳ The new policy of ${pipeline} is not in force yet; the last accepted one stays.`
  const lines = conflicts
    .slice(0, SHOWN_MAX)
    .map(
      ({ line, message: says, ends }) =>
        md`${nameOf(file)}:${line} ${clip(says, 400)}: it waits until ${ends}.`,
    )
  const more = conflicts.length - lines.length
  const rest = more > 0 ? [md`${more} more: \`signalbox doctor\` lists them.`] : []
  return message(
    head,
    sections([head, ...lines, ...rest, md`No action needed: it is then accepted by itself.`]),
  )
}

export interface RefusedFile {
  /** The commit it was last read at. */
  readonly seen: string
  readonly problems: readonly string[]
  /** No earlier one of the repository counts either. */
  readonly alone: boolean
}

/** What a repository asks for, and may not, or not so. */
export function policyRefused(pipeline: string, { seen, problems, alone }: RefusedFile): Message {
  const head = alone
    ? md`⚠️ The repository’s own file, as of ${shortSha(seen)}, does not fit the server’s: nothing of it is used for ${pipeline}, and the policy of the server’s file counts alone.`
    : md`⚠️ The repository’s own file is wrong in ${shortSha(seen)}: nothing of it is used for ${pipeline}, and the last accepted policy stays.`
  const lines = problems.slice(0, SHOWN_MAX).map((one) => md`${clip(one, 400)}`)
  const more = problems.length - lines.length
  const rest = more > 0 ? [md`${more} more: \`signalbox doctor\` lists them.`] : []
  const way = md`Mend it with the next change, or let the server’s file allow what it asks for: then it is read again by itself. \`signalbox config check FILE --repository-file PATH\` says whether the two fit.`
  return message(head, sections([head, ...lines, ...rest, way]))
}

export function policyInForce(pipeline: string, file: string): Message {
  const said = md`✅ The new policy of ${pipeline} is in force: what ${nameOf(file)} says counts now.`
  return message(said, sections([said]))
}

export function policyWithdrawn(pipeline: string, file: string): Message {
  const said = md`✅ ${nameOf(file)} says again what is in force for ${pipeline}: no new policy waits any more.`
  return message(said, sections([said]))
}

const nameOf = (file: string): string =>
  file === REPOSITORY_FILE ? file : (file.split('/').at(-1) ?? file)
