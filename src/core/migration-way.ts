/**
 * What keeps the next run of a migration from starting now.
 *
 * Invariant: empty means go. Nobody's lock, stop, hold or closed window is passed, whoever let the
 * migration run; and nothing of it begins where a deployment is at work, soaks or went wrong.
 */
import type { Blocker } from './blocker.ts'
import { lockedBy, locksOn, occupancyIn, stopped } from './gates/way.ts'
import { windowsText } from './gates/windows.ts'
import { aboard, environmentOf, unfinished } from './line.ts'
import type { Migration } from './migration.ts'
import type { Pipeline } from './model.ts'
import { standing as windowsNow } from './windows.ts'

/** A flag's command takes no longer than this on top of its own time: then nobody waits for it. */
const FLAG_SPARE_MS = 5 * 60_000

/** Why the next increment, or the verification, does not start now. */
export function waitsOf(pipeline: Pipeline, one: Migration, now: number): readonly Blocker[] {
  const policy = pipeline.policy.environments.find(({ name }) => name === one.environment)
  if (policy === undefined) return []
  const { name } = policy
  return [
    ...configured(pipeline, one),
    ...stopped({ pipeline, policy }),
    ...occupancyIn(pipeline, name),
    ...locksOn(pipeline, name, now).map((lock) => lockedBy(pipeline, lock, name)),
    ...outside(policy, now),
    ...held(pipeline, one),
    ...drifted(pipeline, one),
    ...turning(pipeline, one, now),
    ...paced(pipeline, one, now),
  ]
}

function configured(
  { policy }: Pipeline,
  { environment, openedAt }: Migration,
): readonly Blocker[] {
  if (policy.migrations !== null) return []
  const message = 'the configuration file no longer says how a migration is run'
  const clearBy = 'give the pipeline `migrations` again'
  return [{ gate: 'migration', environment, since: openedAt, message, clearBy, until: null }]
}

function outside(
  { name: environment, windows }: Pipeline['policy']['environments'][number],
  now: number,
): readonly Blocker[] {
  if (windows === null) return []
  const { isOpen, since, until } = windowsNow(windows, now)
  if (isOpen) return []
  const message = `${environment} is outside its windows (${windowsText(windows)})`
  const clearBy = 'wait until they open'
  return [{ gate: 'window', environment, since: since ?? now, message, clearBy, until }]
}

/** Somebody holds the train that carries it. */
const held = (pipeline: Pipeline, { change, environment }: Migration): readonly Blocker[] =>
  unfinished(pipeline)
    .filter((train) => aboard(pipeline, train).some(({ sha }) => sha === change))
    .flatMap(({ holds }) =>
      holds.map(({ by, reason, at }) => ({
        gate: 'hold' as const,
        environment,
        since: at,
        message: `its train is held by ${by}: ${reason}`,
        clearBy: `${by} withdraws the hold`,
        until: null,
      })),
    )

/** What runs there is something else than what should. */
function drifted(pipeline: Pipeline, { environment }: Migration): readonly Blocker[] {
  const doubt = environmentOf(pipeline, environment)?.doubt ?? null
  if (doubt === null || !doubt.isDrift) return []
  const message = `${environment} does not run what is live there: ${doubt.says}`
  const clearBy = 'deploy again, or record what is live there'
  return [{ gate: 'failed', environment, since: doubt.since, message, clearBy, until: null }]
}

/** Its start would fence off a flag's command that waits for the same agent. */
function turning(pipeline: Pipeline, { environment }: Migration, now: number): readonly Blocker[] {
  const spare = (pipeline.policy.flags?.off.timeoutMs ?? 0) + FLAG_SPARE_MS
  const open = environmentOf(pipeline, environment)?.flags.find(
    ({ status, since }) => status === 'requested' && now < since + spare,
  )
  if (open === undefined) return []
  const message = `${open.by} is turning ${open.flag} off in ${environment}`
  const clearBy = 'wait for it'
  const { since } = open
  return [{ gate: 'occupied', environment, since, message, clearBy, until: since + spare }]
}

/** Increments begin no closer together than the policy says. */
function paced(
  { policy }: Pipeline,
  { environment, run, isComplete }: Migration,
  now: number,
): readonly Blocker[] {
  const everyMs = policy.migrations?.batch.everyMs ?? 0
  const until = run === null || isComplete ? now : (run.startedAt ?? run.requestedAt) + everyMs
  if (now >= until) return []
  const message = 'the increment before began just now'
  const clearBy = 'wait for the next one'
  return [{ gate: 'soak', environment, since: run?.requestedAt ?? now, message, clearBy, until }]
}
