/**
 * How people, changes, shas and trains are called in a message.
 *
 * Invariant: a mention is made only of a Slack id that the configuration links, never of a text.
 */
import type { Change, Pipeline, Stop } from '../../core/model.ts'
import { personBehind } from '../../core/people.ts'
import { clip, code, join, link, type Mrkdwn, md, ours } from './mrkdwn.ts'

/** A person by name or login; everybody else is called by the name alone. */
export function mention(pipeline: Pipeline, name: string): Mrkdwn {
  const slack = personBehind(pipeline, name)?.slack ?? null
  return slack !== null && /^[UW][A-Z0-9]{1,30}$/.test(slack) ? ours(`<@${slack}>`) : clip(name, 40)
}

/** The same person without waking anybody. */
export const called = (pipeline: Pipeline, name: string): Mrkdwn =>
  clip(personBehind(pipeline, name)?.name ?? name, 40)

export const shortSha = (sha: string): Mrkdwn => code(sha.slice(0, 8))

/** `#12`, linked where there is a repository; a direct push is called by its sha. */
export function changeName(
  change: Pick<Change, 'sha' | 'number'>,
  repository: string | null = null,
): Mrkdwn {
  const { sha, number } = change
  if (repository === null) return number === null ? shortSha(sha) : md`#${number}`
  // Slack formats nothing within the text of a link.
  return number === null
    ? link(`${repository}/commit/${encodeURIComponent(sha)}`, md`${sha.slice(0, 8)}`)
    : link(`${repository}/pull/${number}`, md`#${number}`)
}

/** From one sha to another, linked where there is a repository. */
export function comparison(repository: string | null, base: string, head: string): Mrkdwn {
  if (repository === null) return md`${shortSha(base)}…${shortSha(head)}`
  const range = `${encodeURIComponent(base)}...${encodeURIComponent(head)}`
  const label = md`compare ${base.slice(0, 8)}…${head.slice(0, 8)}`
  return link(`${repository}/compare/${range}`, label)
}

/** Changes by their shas, as far as they are known here. */
export function changeNames(changes: readonly Change[], shas: readonly string[]): Mrkdwn {
  const shown = shas
    .slice(0, 10)
    .map((sha) => changeName(changes.find((one) => one.sha === sha) ?? { sha, number: null }))
  const more = shas.length > 10 ? [md`${shas.length - 10} more`] : []
  return join([...shown, ...more], ', ')
}

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/** Touches a schema: what a rollback of the code does not take back. By path alone. */
export const isMigration = ({ paths }: Change): boolean =>
  paths?.some((path) => /(^|\/)migrations?\//i.test(path)) ?? false

/** Who looks after a stopped line, as a sentence. */
export const ownerOf = (pipeline: Pipeline, { owner }: Stop): Mrkdwn =>
  owner === null ? md`Nobody looks after it yet.` : md`${called(pipeline, owner)} looks after it.`
