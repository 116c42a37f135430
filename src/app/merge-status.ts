/**
 * Open pull requests are shown whether merges are welcome: a commit status per pipeline.
 *
 * Invariant: level-triggered. Each look compares what should be shown with what was told, so a lost
 * event, a limit or a GitHub that is down only delays; the line never waits for it.
 */
import type { Logger } from 'pino'
import { type MergeGate, mergeGateOf, waitingOn } from '../core/merge-gate.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { mergesTold, replacePulls, saveMergesTold, saveToldPull, untoldPulls } from '../db/pulls.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { GithubBusy } from '../github/busy.ts'
import { type Client, statusOf } from '../github/client.ts'
import { githubName } from '../github/repository.ts'
import { contextOf, openPulls, tellStatus } from '../github/statuses.ts'

export interface MergeStatuses {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly client: Client
  readonly apiUrl: string
  /** Where a status leads to. */
  readonly url: string
  readonly log: Logger
}

/** A status costs one request; so many leave room for everything else in GitHub's hourly limit. */
const TOLD_AT_ONCE = 20

/** What GitHub does not let us do, or no longer knows, is not tried again before. */
const FORBIDDEN_MS = 60 * 60_000

/** What GitHub does not let us do, until a later try succeeds, and what to do about it. */
export const MERGES_REFUSED = {
  statuses:
    'open pull requests cannot be shown whether merges are welcome: give the App or token "Commit statuses: write"',
  pulls:
    'open pull requests cannot be read: give the App or token "Pull requests: read", or mend the repository\'s name',
} as const

type MergesRefused = keyof typeof MERGES_REFUSED

/** Makes the look: brings open pull requests of every pipeline up to date, a few at a time. */
export function createMergeStatuses(parts: MergeStatuses): () => Promise<void> {
  const forbidden = new Map<string, number>()
  return async () => {
    const faults: unknown[] = []
    for (const [pipeline, configured] of parts.pipelines) {
      const { repository, branch } = configured.policy
      const name = githubName(repository, parts.apiUrl)
      if (name === null || performance.now() < (forbidden.get(name) ?? 0)) continue
      try {
        const outcome = await tellPipeline(parts, configured, {
          pipeline,
          at: { repository: name, branch },
        })
        if (outcome !== 'forbidden') continue
        forbidden.set(name, performance.now() + FORBIDDEN_MS)
        parts.log.warn({ repository: name }, MERGES_REFUSED.statuses)
      } catch (fault) {
        if (fault instanceof GithubBusy) return
        const status = statusOf(fault)
        if (status === 403 || status === 404) {
          forbidden.set(name, performance.now() + FORBIDDEN_MS)
          parts.log.warn({ repository: name, status }, MERGES_REFUSED.pulls)
          await inTransaction(parts.pool, (tx) =>
            saveMergesTold(tx, pipeline, { refused: 'pulls' satisfies MergesRefused }),
          )
        } else faults.push(fault)
      }
    }
    // Told once the other repositories had their turn.
    if (faults.length > 0) throw faults[0]
  }
}

interface Place {
  readonly pipeline: string
  readonly at: { readonly repository: string; readonly branch: string }
}

async function tellPipeline(
  { pool, client, url }: MergeStatuses,
  configured: Configured,
  { pipeline, at }: Place,
): Promise<'told' | 'forbidden'> {
  const gate = await inTransaction(pool, async (tx) => {
    const loaded = (await loadPipeline(tx, configured, [])).pipeline
    const { policy, stopped } = loaded
    return mergeGateOf({ policy, stopped, waiting: waitingOn(loaded) })
  })
  const before = await inTransaction(pool, (tx) => mergesTold(tx, pipeline))
  if (!isSame(before, gate)) {
    const asked = new Date()
    // While nothing was ever shown, nothing has to be taken back.
    if (before !== null || gate.state !== 'open') {
      const open = await openPulls(client, at)
      await inTransaction(pool, (tx) => replacePulls(tx, { ...at, asked }, open))
    }
    await inTransaction(pool, (tx) => saveMergesTold(tx, pipeline, gate))
  }
  const asking = { pipeline, telling: gate, limit: TOLD_AT_ONCE }
  for (const sha of await inTransaction(pool, (tx) => untoldPulls(tx, at, asking))) {
    const said = await tellStatus(
      client,
      { repository: at.repository, sha },
      {
        context: contextOf(pipeline),
        state: gate.state === 'open' ? 'success' : 'failure',
        description: gate.description,
        url,
      },
    )
    if (said === 'forbidden') {
      const refused = { ...gate, refused: 'statuses' satisfies MergesRefused }
      await inTransaction(pool, (tx) => saveMergesTold(tx, pipeline, refused))
      return 'forbidden'
    }
    await inTransaction(pool, (tx) => saveToldPull(tx, pipeline, { sha, told: gate }))
  }
  if (wasRefused(before)) await inTransaction(pool, (tx) => saveMergesTold(tx, pipeline, gate))
  return 'told'
}

const wasRefused = (before: unknown): boolean =>
  typeof before === 'object' && before !== null && 'refused' in before

const isSame = (before: unknown, { state, description }: MergeGate): boolean =>
  typeof before === 'object' &&
  before !== null &&
  Reflect.get(before, 'state') === state &&
  Reflect.get(before, 'description') === description
