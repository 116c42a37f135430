/**
 * The mirror's composition: from a deployment's key to what GitHub is shown.
 *
 * Invariant: pipelines that share a repository never share an environment on GitHub, or one would
 * replace the other's deployments there.
 */
import type { Config } from './config/environment.ts'
import type { Configured } from './db/load.ts'
import {
  deploymentToMirror,
  findMirror,
  mirrorsReplacedBy,
  rememberMirror,
  type ToMirror,
  toldMirror,
} from './db/mirrors.ts'
import { inTransaction, type Pool } from './db/transaction.ts'
import type { Client } from './github/client.ts'
import { type MirrorBook, mirrorDeployment } from './github/mirror.ts'
import { githubName } from './github/repository.ts'

export interface MirrorOptions {
  readonly config: Pick<Config, 'github'>
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly client: Client
  /** Where a run's log can be opened. */
  readonly logOf: (run: string) => string
}

/**
 * Shows the deployment of a key as it stands now; one that GitHub cannot show is left out. Another
 * one is made only if `assertHeld` does not throw.
 */
export function createMirror(
  options: MirrorOptions,
): (key: string, assertHeld: () => void) => Promise<void> {
  const { config, pool, pipelines, client, logOf } = options
  const book: MirrorBook = {
    find: (key) => inTransaction(pool, (tx) => findMirror(tx, key)),
    remember: (key, id) => inTransaction(pool, (tx) => rememberMirror(tx, key, id)),
    told: (key, state) => inTransaction(pool, (tx) => toldMirror(tx, key, state)),
    replacedBy: (key) => inTransaction(pool, (tx) => mirrorsReplacedBy(tx, key)),
  }
  return async (key, assertHeld) => {
    const deployment = await inTransaction(pool, (tx) => deploymentToMirror(tx, key))
    const policy = deployment && pipelines.get(deployment.pipeline)?.policy
    if (deployment === undefined || policy === undefined) return
    const repository = githubName(policy.repository, config.github.apiUrl)
    if (repository === null) return
    const sharers = [...pipelines.values()].filter(
      (one) => githubName(one.policy.repository, config.github.apiUrl) === repository,
    )
    const { environment, pipeline } = deployment
    await mirrorDeployment(
      { client, book, assertHeld },
      {
        key,
        repository,
        environment: sharers.length > 1 ? `${pipeline}/${environment}` : environment,
        isProduction: policy.environments.at(-1)?.name === environment,
        sha: deployment.sha,
        status: deployment.status,
        isSuperseded: deployment.isSuperseded,
        description: describe(deployment),
        logUrl: logOf(deployment.run),
      },
    )
  }
}

function describe({ pipeline, train, kind, reason }: ToMirror): string {
  const what = train === null ? pipeline : `${pipeline} train #${train}`
  const act = kind === 'rollback' ? `Rollback of ${what}` : `Deployment of ${what}`
  return reason === null ? act : `${act}: ${reason}`
}
