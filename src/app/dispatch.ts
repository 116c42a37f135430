/**
 * The one way through: a command, decided and saved in one transaction.
 *
 * Invariant: load FOR UPDATE, decide, save, audit, commit, all or nothing. A refusal to a person
 * is recorded too; nothing outside our machines is waited for.
 */
import type { Command } from '../core/command.ts'
import { decide } from '../core/decide.ts'
import type { Actor, Pipeline } from '../core/model.ts'
import { type Placing, placedBy } from '../core/placing.ts'
import type { Refusal } from '../core/refusal.ts'
import { wakeAt } from '../core/wake.ts'
import { appendAudit, type Written } from '../db/audit.ts'
import { type Configured, type Loaded, loadPipeline } from '../db/load.ts'
import { savePipeline } from '../db/save.ts'
import { inTransaction, type Pool, type Tx } from '../db/transaction.ts'
import { type Delivers, putEffects, putRedraw } from './outgoing.ts'

export type Outcome =
  | { readonly ok: true; readonly events: readonly Written[]; readonly pipeline: Pipeline }
  | { readonly ok: false; readonly refusal: Refusal }

export interface Dispatching {
  readonly pool: Pool
  /** The configured pipelines by name. */
  readonly pipelines: ReadonlyMap<string, Configured>
  /** Told after each commit that changed something, to wake whoever waits. Must not throw. */
  readonly changed: (pipeline: string) => void
  /** The virtual clock of tests; null: the database's. */
  readonly clock: (() => number) | null
  /** Which effects somebody here delivers; left out: none. */
  readonly delivers?: Delivers
}

export type Dispatch = (
  pipeline: string,
  command: Command,
  actor: Actor,
  /** More to write in the same transaction, once the command was accepted. */
  also?: (tx: Tx) => Promise<void>,
) => Promise<Outcome>

/** Makes the dispatcher. An unknown pipeline is a bug of the caller: edges answer 404 before. */
export function createDispatch(dispatching: Dispatching): Dispatch {
  return async (name, command, actor, also) => {
    const configured = dispatching.pipelines.get(name)
    if (configured === undefined) throw new Error(`no pipeline ${name} is configured`)
    const outcome = await inTransaction(dispatching.pool, async (tx): Promise<Outcome> => {
      const loaded = await loadPipeline(tx, configured, mentioned(command))
      const now = dispatching.clock?.() ?? loaded.now
      //! failpoint dispatch.loaded (command.type)
      const decision = decide(loaded.pipeline, placed(command, configured, loaded.pipeline), {
        actor,
        now,
      })
      if (!decision.ok) {
        await recordRefusal(tx, { name, command, actor, now, refusal: decision.refusal })
        return decision
      }
      const dueAt = nextLook(command, loaded, { pipeline: decision.pipeline, now })
      await savePipeline(tx, { before: loaded.pipeline, after: decision.pipeline, dueAt, now })
      await also?.(tx)
      //! failpoint dispatch.saved (command.type)
      const entries = decision.events.map(({ actor: by, event: { type, ...body } }) => ({
        type,
        actor: by,
        at: now,
        body,
      }))
      const events = await appendAudit(tx, name, entries)
      //! failpoint dispatch.audited (command.type)
      await putEffects(tx, {
        before: loaded.pipeline,
        pipeline: decision.pipeline,
        events: decision.events.map(({ event }, index) => ({
          event,
          seq: events[index]?.seq ?? 0,
        })),
        delivers: dispatching.delivers ?? nobody,
      })
      if (command.type === 'tick' && events.length === 0) {
        const delivers = dispatching.delivers ?? nobody
        await putRedraw(tx, { pipeline: decision.pipeline, delivers })
      }
      //! failpoint dispatch.effects_put (command.type)
      return { ok: true, events, pipeline: decision.pipeline }
    })
    //! failpoint dispatch.committed (command.type)
    if (outcome.ok && outcome.events.length > 0) dispatching.changed(name)
    return outcome
  }
}

const nobody: Delivers = () => false

/**
 * When to look again. What has come due stays due until a tick takes it up: only a tick draws anew
 * what time alone has changed, and another command may decide in between.
 */
function nextLook(
  command: Command,
  loaded: Loaded,
  { pipeline, now }: { readonly pipeline: Pipeline; readonly now: number },
): number | null {
  // A release from long ago widens what is loaded: the next look sees all of it.
  if (command.type === 'record_release') return now
  const isDue = loaded.dueAt !== null && loaded.dueAt <= now
  return isDue && command.type !== 'tick' ? loaded.dueAt : wakeAt(pipeline, now)
}

/**
 * What a change is to this pipeline is for the policy in force to say, not for who reports it.
 */
function placed(command: Command, placing: Placing, { policy }: Pipeline): Command {
  if (command.type === 'depart_ref' && !('code' in command.found)) {
    const { found } = command
    const changes = found.changes.map((one) => ({
      ...one,
      ...placedBy(policy, one, placing),
      alone: one.alone,
    }))
    return { ...command, found: { ...found, changes } }
  }
  if (command.type !== 'record_change') return command
  const { change } = command
  return { ...command, change: { ...change, ...placedBy(policy, change, placing) } }
}

function mentioned(command: Command): readonly string[] {
  switch (command.type) {
    case 'record_change':
      return [
        command.change.sha,
        ...(command.change.parent === null ? [] : [command.change.parent]),
      ]
    case 'record_force_push':
      return [command.head, ...command.gone]
    case 'depart_ref': {
      if ('code' in command.found) return []
      const { sha, fork } = command.found
      return fork === null ? [sha] : [sha, fork]
    }
    case 'record_merged':
      return [command.change]
    case 'record_check':
    case 'record_release':
    case 'take_account':
      return [command.sha]
    default:
      return []
  }
}

/** Agents' stale reports and the system's own ticks are no people: they are not recorded. */
async function recordRefusal(
  tx: Tx,
  refused: {
    readonly name: string
    readonly command: Command
    readonly actor: Actor
    readonly now: number
    readonly refusal: Refusal
  },
): Promise<void> {
  if (refused.actor.kind === 'system') return
  const body = { command: refused.command.type, refusal: refused.refusal }
  const entry = { type: 'refused', actor: refused.actor.name, at: refused.now, body }
  await appendAudit(tx, refused.name, [entry])
}
