/**
 * Slash commands, answered.
 *
 * Invariant: what only looks changes nothing; what is misread does nothing.
 */
import { randomUUID } from 'node:crypto'
import type { LockAllCommand } from '../core/lock-all.ts'
import type { Actor, Pipeline } from '../core/model.ts'
import type { Policy } from '../core/policy.ts'
import { readLatest } from '../db/audit.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Inbound } from '../slack/inbound.ts'
import { readSlash } from '../slack/slash.ts'
import { board } from '../slack/views/board.ts'
import { help } from '../slack/views/help.ts'
import { everythingLocked } from '../slack/views/lock-all.ts'
import { lockList } from '../slack/views/lock-list.ts'
import { history } from '../slack/views/log.ts'
import { refused } from '../slack/views/refused.ts'
import { status } from '../slack/views/status.ts'
import { tokenGiven } from '../slack/views/token.ts'
import { why } from '../slack/views/why.ts'
import type { Asked } from '../slack/words/grammar.ts'
import { type DeskParts, no, noPipeline, presentOf, type Reply, run, say } from './desk-run.ts'
import { showRollback } from './rollback-desk.ts'
import { showSpecial } from './special-desk.ts'
import { toldOf } from './told.ts'

type Slashed = Extract<Inbound, { type: 'slash' }>

const HISTORY_MAX = 20

const policiesOf = ({ staging }: DeskParts): readonly Policy[] =>
  [...staging.pipelines.values()].map(({ policy }) => policy)

export async function attendSlash(
  parts: DeskParts,
  inbound: Slashed,
  actor: Actor,
): Promise<Reply> {
  const asked = readSlash(inbound, policiesOf(parts))
  switch (asked.do) {
    case 'misread':
      return no({ code: 'misread', message: asked.message, suggestion: asked.suggestion })
    case 'help':
      return say(help())
    case 'board': {
      const all = await loadAll(parts)
      return say(board(all.pipelines, actor, all.now))
    }
    case 'locks': {
      const all = await loadAll(parts)
      return say(lockList(all.pipelines, all.now))
    }
    case 'status':
    case 'why':
    case 'history':
    case 'log':
      return look(parts, asked)
    case 'preview_rollback':
      if (!parts.staging.pipelines.has(asked.pipeline)) return noPipeline(parts)
      return say(await showRollback(parts.staging, { ...asked, actor }))
    case 'command':
      return run(parts, { pipeline: asked.pipeline, command: asked.command, actor })
    case 'lock_all': {
      const { reason, forMs } = asked
      const command = { type: 'lock', id: randomUUID(), reason, forMs, takeOver: false } as const
      return lockEverything(parts, command, actor)
    }
    case 'unlock_all':
      return lockEverything(parts, { type: 'unlock', id: null }, actor)
    case 'link':
      return no({ code: 'not_yet', what: 'link a login' })
    case 'token':
      return giveToken(parts, actor)
    case 'special':
      return showSpecial(parts, { ...asked, actor })
  }
}

async function lockEverything(
  parts: DeskParts,
  command: LockAllCommand,
  actor: Actor,
): Promise<Reply> {
  const outcome = await parts.lockAll(command, actor)
  if (outcome.ok) return say(everythingLocked(command))
  const now = parts.staging.clock?.() ?? Date.now()
  return { type: 'no', message: refused(outcome.refusal, { pipeline: null, now }) }
}

/** A token acts as its person, so only somebody whose pull requests are known gets one. */
async function giveToken(parts: DeskParts, actor: Actor): Promise<Reply> {
  if (!parts.people().some(({ name }) => name === actor.name)) {
    const refusal = { code: 'not_linked', name: actor.name } as const
    return { type: 'no', message: refused(refusal, { pipeline: null, now: 0 }) }
  }
  const issued = await parts.tokens.issue(actor.name)
  if (issued === undefined) return no({ code: 'too_many_tokens' })
  const { secret, token } = issued
  return say(tokenGiven({ secret, id: token.id, expires: token.expiresAt.getTime() }))
}

type Looking = Extract<Asked, { do: 'status' | 'why' | 'history' | 'log' }>

async function look(parts: DeskParts, asked: Looking): Promise<Reply> {
  const name = asked.pipeline
  if (name === null || !parts.staging.pipelines.has(name)) return noPipeline(parts)
  const { pipeline, now } = await presentOf(parts, name)
  if (asked.do === 'status') return say(status(pipeline, now))
  if (asked.do === 'why') return say(why(pipeline, now))
  const rows = await inTransaction(parts.staging.pool, (tx) => readLatest(tx, name, HISTORY_MAX))
  const told = rows.flatMap((row) => toldOf(row) ?? [])
  return say(history(told, pipeline))
}

async function loadAll(
  parts: DeskParts,
): Promise<{ readonly pipelines: readonly Pipeline[]; readonly now: number }> {
  const pipelines: Pipeline[] = []
  let now = 0
  for (const name of parts.staging.pipelines.keys()) {
    const present = await presentOf(parts, name)
    pipelines.push(present.pipeline)
    now = Math.max(now, present.now)
  }
  return { pipelines, now }
}
