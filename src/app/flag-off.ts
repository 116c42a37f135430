/**
 * Flags turned off: by a POST of this process, or by a command that the environment's agent runs.
 *
 * Invariant: only what is still asked for is done, and what came of it is recorded once. A process
 * that dies in between asks once more: turning off twice what is off changes nothing.
 */

import { environmentOf } from '../core/line.ts'
import type { Actor, Pipeline } from '../core/model.ts'
import type { FlagsPolicy } from '../core/policy.ts'
import { SYSTEM } from '../core/system.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { orderVerifyRun } from '../db/verify-runs.ts'
import { type Answer, post } from '../verify/request.ts'
import type { Dispatch } from './dispatch.ts'
import type { FlagAsked, Performing } from './perform.ts'

export interface FlagParts {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly dispatch: Dispatch
}

const TURNING: Actor = { name: SYSTEM, kind: 'system', groups: [] }

type Run = Extract<FlagsPolicy['off'], { kind: 'run' }>

export function createFlagOff(parts: FlagParts): NonNullable<Performing['flagOff']> {
  const { pool, pipelines, dispatch } = parts
  return async (asked, assertHeld) => {
    const { pipeline: name, environment, flag, since } = asked
    const configured = pipelines.get(name)
    if (configured === undefined) throw new Error(`no pipeline ${name} is configured`)
    const { pipeline } = await inTransaction(pool, (tx) => loadPipeline(tx, configured, []))
    const known = environmentOf(pipeline, environment)?.flags ?? []
    const open = known.find((one) => one.flag === flag && one.since === since)
    if (open?.status !== 'requested') return
    const off = pipeline.policy.flags?.off
    assertHeld()
    const told = async (outcome: 'done' | 'failed', says: string): Promise<void> => {
      const its = { environment, flag, since, outcome, says } as const
      await dispatch(name, { type: 'record_flag', ...its }, TURNING)
    }
    if (off === undefined) return told('failed', 'the configuration no longer says how')
    if (off.kind === 'run') {
      if (!(await order(pool, pipeline, { asked, off }))) {
        await told('failed', 'nothing was deployed there yet, so there is no checkout to run it in')
      }
      return
    }
    const body = { flag, pipeline: name, environment }
    const answer = await post(new URL(off.url), body, off)
    await told(isDone(answer) ? 'done' : 'failed', saidBy(answer))
  }
}

const isDone = (answer: Answer): boolean =>
  answer.kind === 'answered' && answer.status >= 200 && answer.status < 300

const saidBy = (answer: Answer): string =>
  answer.kind === 'answered' ? `answered ${answer.status}` : answer.says

/** Its outcome comes with the agent's report; false: there is nothing to check out. */
async function order(
  pool: Pool,
  pipeline: Pipeline,
  { asked, off }: { readonly asked: FlagAsked; readonly off: Run },
): Promise<boolean> {
  const { environment, flag, since } = asked
  const place = environmentOf(pipeline, environment)
  const policy = pipeline.policy.environments.find(({ name }) => name === environment)
  const there = pipeline.deployments.findLast((one) => one.environment === environment)
  const sha = there?.sha ?? place?.live?.sha
  if (place === undefined || policy === undefined || sha === undefined) return false
  const run = `${pipeline.name}-${environment}-flag-${flag}-${since}`
  await inTransaction(pool, (tx) =>
    orderVerifyRun(
      tx,
      {
        pipeline: pipeline.name,
        environment,
        deployment: run,
        epoch: place.epoch,
        step: flag,
        sha,
        baseSha: null,
        train: there?.train ?? place.live?.train ?? null,
        deploy: { run: off.run, in: off.in, timeoutMs: off.timeoutMs, silenceTimeoutMs: null },
        agent: policy.agent,
        before: null,
        flag: { name: flag, since },
      },
      run,
    ),
  )
  return true
}
