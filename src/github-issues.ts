/**
 * The issue that says what a migration leaves to remove, composed: from a change to what GitHub is
 * shown.
 *
 * Invariant: it stands open from the moment the migration is verified in the last environment until
 * what it replaced is removed, and shows that moment's truth whenever it is told.
 */
import type { Logger } from 'pino'
import { type Delivery, DONE } from './app/announce.ts'
import { ISSUES_REFUSED } from './app/doctor.ts'
import { durationText } from './core/duration.ts'
import { nameOf } from './core/migrations.ts'
import type { Pipeline } from './core/model.ts'
import { type Configured, loadPipeline } from './db/load.ts'
import { findIssue, forgetIssue, saveIssue, saveIssueRefused } from './db/migration-messages.ts'
import { inTransaction, type Pool } from './db/transaction.ts'
import type { Client } from './github/client.ts'
import { type IssueBook, showIssue } from './github/issues.ts'
import { githubName } from './github/repository.ts'

export interface IssueOptions {
  readonly apiUrl: string
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly client: Client
  readonly log: Logger
}

/** What GitHub does not let us do is not tried again before. */
const REFUSED_MS = 60 * 60_000

export type ShowIssue = (
  asked: { readonly pipeline: string; readonly change: string },
  assertHeld: () => void,
) => Promise<Delivery>

export function createIssues({ apiUrl, pool, pipelines, client, log }: IssueOptions): ShowIssue {
  return async ({ pipeline: name, change }, assertHeld) => {
    const configured = pipelines.get(name)
    if (configured === undefined) throw new Error(`no pipeline ${name} is configured`)
    const { pipeline } = await inTransaction(pool, (tx) => loadPipeline(tx, configured, []))
    const repository = githubName(pipeline.policy.repository, apiUrl)
    if (repository === null) return DONE
    const of = { pipeline: name, change }
    const book: IssueBook = {
      find: () => inTransaction(pool, (tx) => findIssue(tx, name, change)),
      forget: () => inTransaction(pool, (tx) => forgetIssue(tx, name, change)),
      save: (issue) => inTransaction(pool, (tx) => saveIssue(tx, of, issue)),
    }
    const text = textOf(pipeline, change)
    const mark = `migration ${name} ${change}`
    const shown = await showIssue({ client, book, assertHeld }, { repository, mark, ...text })
    const isRefused = shown === 'refused' && text.isOpen
    await inTransaction(pool, (tx) => saveIssueRefused(tx, of, isRefused))
    if (!isRefused) return DONE
    log.warn({ repository }, ISSUES_REFUSED)
    return { done: false, laterMs: REFUSED_MS }
  }
}

/** Nothing in it that people wrote is more than plain text to GitHub. */
const plainly = (text: string): string => `\`${text.replaceAll('`', 'ˋ').slice(0, 200)}\``

function textOf(
  pipeline: Pipeline,
  change: string,
): { readonly title: string; readonly body: string; readonly isOpen: boolean } {
  const last = pipeline.policy.environments.at(-1)?.name ?? ''
  const one = pipeline.migrations.find((its) => its.change === change && its.environment === last)
  const name = nameOf(pipeline, change)
  const known = pipeline.changes.find(({ sha }) => sha === change)
  const { migrations } = pipeline.policy
  const { labels = [], paths = [] } = migrations?.contract ?? {}
  const marks = [
    ...labels.map((label) => `the label ${plainly(label)}`),
    ...paths.map((path) => `a path of ${plainly(path)}`),
  ]
  const often = durationText(migrations?.remindMs ?? 0)
  return {
    title: `Remove what the migration of ${name} replaced (${pipeline.name})`,
    body: [
      `The migration of ${name} (${plainly(known?.title ?? '')}, by ${plainly(known?.author ?? '')}) is complete in ${last}: nothing needs the old schema or the code for it any more.`,
      `Merge a change that removes them. Signalbox recognises it by ${marks.join(' or ') || 'nothing yet: give `migrations.contract` labels or paths'}, lets it go where this migration is verified, reminds of it every ${often}, and closes this issue when it has shipped.`,
    ].join('\n\n'),
    isOpen: one !== undefined && one.verifiedAt !== null && one.contract === null,
  }
}
