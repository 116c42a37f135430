/**
 * The command after a verification: it is ordered from the environment's agent, which may then
 * retire the old release.
 *
 * Invariant: never before a release is verified, never once it is taken back or the old one is live
 * again, and ordered once: the order and its name are one transaction.
 */
import { environmentOf } from '../core/line.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { verifiedDeployment, wasOrdered } from '../db/retirements.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { orderVerifyRun } from '../db/verify-runs.ts'
import type { Performing } from './perform.ts'

export interface RetireParts {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
}

export function createRetire({ pool, pipelines }: RetireParts): NonNullable<Performing['retire']> {
  return async ({ pipeline: name, key }, assertHeld) => {
    const configured = pipelines.get(name)
    if (configured === undefined) throw new Error(`no pipeline ${name} is configured`)
    assertHeld()
    await inTransaction(pool, async (tx) => {
      const { pipeline } = await loadPipeline(tx, configured, [])
      const done = await verifiedDeployment(tx, key)
      if (done === undefined) return
      const { environment, epoch, sha, baseSha, train, agent } = done
      const place = environmentOf(pipeline, environment)
      const after = pipeline.policy.environments.find((one) => one.name === environment)
      // The next release may be live before this is asked; the old one is to go all the same.
      const live = place?.rollback === null ? place.live : null
      const isPast = live !== null && live.epoch >= epoch && live.sha !== baseSha
      // Without another release there is nothing that could go.
      if (after?.afterVerified == null || !isPast || baseSha === null || baseSha === sha) return
      const { run: command, in: directory, timeoutMs } = after.afterVerified
      const run = `${done.run}-after-verified`
      if (await wasOrdered(tx, run)) return
      await orderVerifyRun(
        tx,
        {
          pipeline: name,
          environment,
          deployment: done.run,
          epoch,
          step: 'after-verified',
          sha,
          baseSha,
          train,
          deploy: { run: command, in: directory, timeoutMs, silenceTimeoutMs: null },
          agent,
          before: null,
          flag: null,
          retires: key,
        },
        run,
      )
    })
  }
}
