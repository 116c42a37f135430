/**
 * Whoever looks: asks instances and metrics what the core wants to know, and tells it.
 *
 * Invariant: holds no state that matters. When to look is the core's to say, a look can be made
 * twice, and one that a dead process began is made by another once its time is up.
 */
import type { Logger } from 'pino'
import type { Look } from '../core/finding.ts'
import type { Actor, Deployment, Environment, Pipeline } from '../core/model.ts'
import type { VerifyStep } from '../core/policy.ts'
import { nextRealityAt, realityStep } from '../core/reality.ts'
import { SYSTEM } from '../core/system.ts'
import { nextLookAt, stepsOf } from '../core/verification.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import {
  holdLook,
  type Looked,
  noteLook,
  type Pace,
  paceKey,
  paceOf,
  runsUnderVerification,
} from '../db/looks.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { endStrayVerifyRuns, orderVerifyRun } from '../db/verify-runs.ts'
import { longestLookMs, lookAtInstances } from '../verify/http-look.ts'
import { lookAtMetrics } from '../verify/prometheus-look.ts'
import type { Dispatch } from './dispatch.ts'

export interface Verifying {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly dispatch: Dispatch
  readonly log: Logger
  /** Aborted: looks under way are given up. */
  readonly signal: AbortSignal
}

export interface Verifier {
  /** Begins every look that is due. */
  readonly look: () => Promise<void>
  /** Waits until the looks that were begun are told. */
  readonly settled: () => Promise<void>
}

const LOOKING: Actor = { name: SYSTEM, kind: 'system', groups: [] }

/** What only time makes due is looked for no more often than this. */
const IDLE_MS = 5_000

/** On top of what a look may take, before another process takes it over. */
const SPARE_MS = 10_000

/** Looks at the same time, of all pipelines. */
const AT_ONCE = 16

/** What is to be looked at, and how it is told. */
interface Due extends Looked {
  readonly pipeline: string
  readonly forMs: number
  readonly begin: (when: { readonly at: number; readonly before: number | null }) => Promise<void>
}

export function createVerifier(verifying: Verifying): Verifier {
  const { pool, pipelines, log } = verifying
  const begun = new Set<Promise<void>>()
  const rests = new Map<string, { readonly until: number; readonly of: string }>()
  // Whose turn it is first: looks that hang in one pipeline leave a place for another's.
  let first: string | null = null
  const begin = async (due: Due): Promise<void> => {
    const held = await inTransaction(pool, (tx) => holdLook(tx, due, due.forMs + SPARE_MS))
    if (held === null) return
    const work = due
      .begin(held)
      .catch((fault: unknown) =>
        log.warn(
          { err: fault, pipeline: due.pipeline, step: due.step },
          'a look could not be told',
        ),
      )
      .finally(() => begun.delete(work))
    begun.add(work)
  }
  return {
    look: async () => {
      const names = [...pipelines].flatMap(([name, { policy }]) =>
        policy.environments.some(({ verify, reality }) => verify.length > 0 || reality !== null)
          ? [name]
          : [],
      )
      if (names.length === 0) return
      const runs = await inTransaction(pool, async (tx) => {
        await endStrayVerifyRuns(tx)
        return runsUnderVerification(tx, names)
      })
      let hasBegun = false
      for (const name of startingWith(names, first)) {
        const of = runs.flatMap(({ pipeline, run }) => (pipeline === name ? [run] : [])).join(' ')
        const rest = rests.get(name)
        if (rest !== undefined && rest.of === of && performance.now() < rest.until) continue
        try {
          const { due, restMs } = await dueOf(verifying, name)
          rests.set(name, { of, until: performance.now() + Math.min(restMs, IDLE_MS) })
          for (const one of due) {
            if (begun.size >= AT_ONCE) {
              first = hasBegun ? (names[names.indexOf(name) + 1] ?? null) : name
              rests.delete(name)
              return
            }
            await begin(one)
            hasBegun = true
          }
        } catch (fault) {
          log.warn({ err: fault, pipeline: name }, 'what is due to be looked at could not be found')
        }
      }
    },
    settled: async () => {
      await Promise.all(begun)
    },
  }
}

function startingWith(names: readonly string[], first: string | null): readonly string[] {
  const at = first === null ? 0 : Math.max(0, names.indexOf(first))
  return [...names.slice(at), ...names.slice(0, at)]
}

/** Everything of a pipeline that is due now, what waited longest first, and how long nothing else will be. */
async function dueOf(
  verifying: Verifying,
  name: string,
): Promise<{ readonly due: readonly Due[]; readonly restMs: number }> {
  const configured = verifying.pipelines.get(name)
  if (configured === undefined) return { due: [], restMs: IDLE_MS }
  const { pipeline, now, paces } = await inTransaction(verifying.pool, async (tx) => {
    const loaded = await loadPipeline(tx, configured, [])
    const subjects = [
      ...loaded.pipeline.deployments.map(({ run }) => run),
      ...loaded.pipeline.environments.map((one) => placeOf(name, one)),
    ]
    return { ...loaded, paces: await paceOf(tx, subjects) }
  })
  const found = [
    ...stepsDue(verifying, pipeline, paces),
    ...placesDue(verifying, pipeline, paces),
  ].flatMap(({ next, ...due }) => {
    const heldUntil = paces.get(paceKey(due))?.heldUntil ?? 0
    return next === null ? [] : [{ ...due, next: Math.max(next, heldUntil) }]
  })
  const later = found.flatMap(({ next }) => (next > now ? [next - now] : []))
  const due = found.filter(({ next }) => next <= now).sort((a, b) => a.next - b.next)
  return { due, restMs: Math.min(IDLE_MS, ...later) }
}

type Planned = Due & { readonly next: number | null }

function stepsDue(
  verifying: Verifying,
  pipeline: Pipeline,
  paces: ReadonlyMap<string, Pace>,
): readonly Planned[] {
  return pipeline.deployments.flatMap((deployment) =>
    stepsOf(pipeline, deployment).map((step): Planned => {
      const looked = { subject: deployment.run, step: step.name }
      const last = paces.get(paceKey(looked))?.last ?? null
      return {
        ...looked,
        pipeline: pipeline.name,
        // A command is held by its run, which ends in any case; this only spaces its orders.
        forMs: step.kind === 'http' ? longestLookMs(step) : step.timeoutMs,
        next: nextLookAt(pipeline, deployment, { step, last }),
        begin: (when) =>
          step.kind === 'run'
            ? orderCommand(verifying, {
                pipeline,
                deployment,
                step,
                before: when.before,
                at: when.at,
              })
            : lookAtDeployment(verifying, { pipeline, deployment, step, ...when }),
      }
    }),
  )
}

const placeOf = (pipeline: string, { name }: Environment): string => `${pipeline}/${name}`

function placesDue(
  verifying: Verifying,
  pipeline: Pipeline,
  paces: ReadonlyMap<string, Pace>,
): readonly Planned[] {
  return pipeline.environments.flatMap((environment): readonly Planned[] => {
    const policy = pipeline.policy.environments.find(({ name }) => name === environment.name)
    const step = policy && realityStep(policy)
    const { live, epoch } = environment
    if (step === undefined || live === null) return []
    const looked = { subject: placeOf(pipeline.name, environment), step: 'reality' }
    const last = paces.get(paceKey(looked))?.last ?? null
    const { signal, dispatch } = verifying
    return [
      {
        ...looked,
        pipeline: pipeline.name,
        forMs: longestLookMs(step),
        next: nextRealityAt(pipeline, environment, last),
        begin: async ({ at }) => {
          const look = await lookAtInstances(step, { sha: live.sha, signal })
          if (signal.aborted) return
          await dispatch(
            pipeline.name,
            { type: 'record_reality', environment: environment.name, epoch, at, look },
            LOOKING,
            (tx) => noteLook(tx, looked, at),
          )
        },
      },
    ]
  })
}

interface Looking {
  readonly pipeline: Pipeline
  readonly deployment: Deployment
  readonly at: number
  readonly before: number | null
}

async function lookAtDeployment(
  { dispatch, signal }: Verifying,
  {
    pipeline: { name: pipeline },
    deployment: { run, sha, environment },
    step,
    at,
    before,
  }: Looking & { readonly step: Exclude<VerifyStep, { kind: 'run' }> },
): Promise<void> {
  const look: Look =
    step.kind === 'http'
      ? await lookAtInstances(step, { sha, signal })
      : await lookAtMetrics(step, { subject: { pipeline, environment, sha }, signal })
  // Told to stop, it has seen nothing: whoever works next looks again.
  if (signal.aborted) return
  await dispatch(
    pipeline,
    { type: 'record_verification', run, step: step.name, at, before, look },
    LOOKING,
    (tx) => noteLook(tx, { subject: run, step: step.name }, at),
  )
}

/** Its answer comes with the agent's report. */
async function orderCommand(
  { pool }: Verifying,
  {
    pipeline,
    deployment,
    step,
    before,
    at,
  }: Looking & { readonly step: Extract<VerifyStep, { kind: 'run' }> },
): Promise<void> {
  const { run, environment, epoch, sha, baseSha, train, agent } = deployment
  const { run: command, in: directory, timeoutMs } = step
  await inTransaction(pool, (tx) =>
    orderVerifyRun(
      tx,
      {
        pipeline: pipeline.name,
        environment,
        deployment: run,
        epoch,
        step: step.name,
        sha,
        baseSha,
        train,
        deploy: { run: command, in: directory, timeoutMs, silenceTimeoutMs: null },
        agent,
        before,
        flag: null,
      },
      `${run}-${step.name}-${at}`,
    ),
  )
}
