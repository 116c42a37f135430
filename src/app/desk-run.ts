/**
 * What the desks share: how they answer, and the one way from a person's wish to the line.
 *
 * Invariant: every act goes through dispatch, as whoever asked for it.
 */
import { randomUUID } from 'node:crypto'
import type { Command } from '../core/command.ts'
import type { Actor } from '../core/model.ts'
import type { Person } from '../core/policy.ts'
import type { Refusal } from '../core/refusal.ts'
import { takeOnce } from '../db/slack-requests.ts'
import { inTransaction } from '../db/transaction.ts'
import type { About } from '../slack/modals.ts'
import type { Message } from '../slack/scene.ts'
import { type EdgeNo, turnedAway } from '../slack/turned-away.ts'
import { answered } from '../slack/views/answered.ts'
import { refused } from '../slack/views/refused.ts'
import type { Dispatch } from './dispatch.ts'
import type { LockAll } from './lock-all.ts'
import type { Members } from './members.ts'
import { loadPresent, type Present, type Staging } from './scene.ts'
import type { Sends } from './send.ts'
import type { Tokens } from './tokens.ts'
import { toldOf } from './told.ts'

export type Reply =
  /** `instead`: it takes the place of the message that was pressed, which that person alone sees. */
  | { readonly type: 'message'; readonly message: Message; readonly instead?: true }
  /** Not done; of a dialog: shown at its field, so that what was written is not lost. */
  | { readonly type: 'no'; readonly message: Message; readonly instead?: true }
  | { readonly type: 'dialog'; readonly about: About }
  /** The message that was pressed goes away. */
  | { readonly type: 'delete' }
  | { readonly type: 'nothing' }
  /** It takes longer than the asker can be kept waiting. */
  | { readonly type: 'later'; readonly message: Message; readonly then: Promise<Reply> }

export interface DeskParts {
  readonly staging: Staging
  readonly dispatch: Dispatch
  readonly members: Members
  readonly lockAll: LockAll
  readonly tokens: Tokens
  /** What a REF is. */
  readonly find: Sends['find']
  /** Whom the configuration names now: a reload may change them. */
  readonly people: () => readonly Person[]
  /** The last lines that a run has written so far. */
  readonly logTail: (run: string) => Promise<readonly string[]>
}

export const say = (message: Message): Reply => ({ type: 'message', message })
export const no = (it: EdgeNo): Reply => ({ type: 'no', message: turnedAway(it) })

export const noPipeline = ({ staging }: DeskParts): Reply =>
  no({ code: 'no_pipeline', known: [...staging.pipelines.keys()] })

export const presentOf = ({ staging }: DeskParts, name: string): Promise<Present> =>
  inTransaction(staging.pool, (tx) => loadPresent(tx, staging, name))

export async function refusal(parts: DeskParts, name: string, it: Refusal): Promise<Reply> {
  return { type: 'no', message: refused(it, await presentOf(parts, name)) }
}

interface Running {
  readonly pipeline: string
  readonly command: Command
  readonly actor: Actor
  /** A key that is taken with the act, in one transaction: a repeat does nothing. */
  readonly once?: string
}

/** The act was done by an earlier delivery of the same request. */
class TakenBefore extends Error {}

export async function run(parts: DeskParts, running: Running): Promise<Reply> {
  try {
    return await runOnce(parts, running)
  } catch (fault) {
    if (fault instanceof TakenBefore) return { type: 'nothing' }
    throw fault
  }
}

async function runOnce(
  parts: DeskParts,
  { pipeline, command, actor, once }: Running,
): Promise<Reply> {
  if (!parts.staging.pipelines.has(pipeline)) return noPipeline(parts)
  const named: Command = command.type === 'lock' ? { ...command, id: randomUUID() } : command
  const outcome = await parts.dispatch(pipeline, named, actor, async (tx) => {
    if (once !== undefined && !(await takeOnce(tx, [once]))) throw new TakenBefore(once)
  })
  if (!outcome.ok) return refusal(parts, pipeline, outcome.refusal)
  const told = outcome.events.flatMap((row) => toldOf(row) ?? [])
  const present = await presentOf(parts, pipeline)
  return say(answered(command.type, told, present.pipeline, present.now))
}
