/**
 * The present, read for a message: a pipeline, one of its trains, where its announcement stands.
 *
 * Invariant: one short transaction; nothing is drawn or sent while it is open.
 */
import type { Pipeline } from '../core/model.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { findMessage, type Posted } from '../db/messages.ts'
import { loadTrainScene } from '../db/scene.ts'
import { activeMembers, homeWorkspace } from '../db/slack-people.ts'
import { inTransaction, type Pool, type Tx } from '../db/transaction.ts'
import { withMemberIds } from '../slack/member.ts'
import type { Scene } from '../slack/scene.ts'

export interface Staging {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  /** The virtual clock of tests; null: the database's. */
  readonly clock: (() => number) | null
  /** The public base address, without a slash at its end. */
  readonly url: string
  /** Where a run's log can be opened. */
  readonly logOf: (run: string) => string
  /** A repository's page; null: it has none. */
  readonly pageOf: (repository: string) => string | null
}

export interface Present {
  readonly pipeline: Pipeline
  readonly now: number
}

/** A pipeline as it is now, its people with the member ids that are known of them. */
export async function loadPresent(tx: Tx, staging: Staging, name: string): Promise<Present> {
  const configured = configuredOf(staging, name)
  const loaded = await loadPipeline(tx, configured, [])
  const people = withMemberIds(loaded.pipeline.people, await activeMembers(tx))
  return { pipeline: { ...loaded.pipeline, people }, now: staging.clock?.() ?? loaded.now }
}

export interface Stage extends Present {
  /** Null: there is no such train. */
  readonly scene: Scene | null
  readonly posted: Posted | null
}

/** A pipeline with one of its trains. */
export function loadStage(staging: Staging, name: string, train: number | null): Promise<Stage> {
  return inTransaction(staging.pool, async (tx) => {
    const present = await loadPresent(tx, staging, name)
    if (train === null) return { ...present, scene: null, posted: null }
    const configured = configuredOf(staging, name)
    const found = await loadTrainScene(tx, { pipeline: present.pipeline, configured }, train)
    const posted = (await findMessage(tx, name, train)) ?? null
    if (found === undefined) return { ...present, scene: null, posted }
    const workspace = await homeWorkspace(tx)
    const { url, logOf, pageOf } = staging
    const announcement =
      posted && workspace
        ? `${workspace.url}archives/${posted.channel}/p${posted.ts.replace('.', '')}`
        : null
    const logs = Object.fromEntries(found.deployments.map(({ run }) => [run, logOf(run)]))
    const repository = pageOf(present.pipeline.policy.repository)
    const links = { url, repository, logs, announcement }
    return { ...present, posted, scene: { ...present, ...found, links } }
  })
}

function configuredOf({ pipelines }: Staging, name: string): Configured {
  const configured = pipelines.get(name)
  if (configured === undefined) throw new Error(`no pipeline ${name} is configured`)
  return configured
}
