/**
 * Slash commands, answered.
 *
 * Invariant: what only looks changes nothing; what is misread does nothing.
 */
import type { Command } from '../core/command.ts'
import type { Actor, Pipeline } from '../core/model.ts'
import type { Policy } from '../core/policy.ts'
import { readLatest } from '../db/audit.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Inbound } from '../slack/inbound.ts'
import { readSlash } from '../slack/slash.ts'
import { board } from '../slack/views/board.ts'
import { help } from '../slack/views/help.ts'
import { lockList } from '../slack/views/lock-list.ts'
import { history } from '../slack/views/log.ts'
import { status } from '../slack/views/status.ts'
import { why } from '../slack/views/why.ts'
import type { Asked } from '../slack/words/grammar.ts'
import { type DeskParts, no, noPipeline, presentOf, type Reply, run, say } from './desk-run.ts'
import { showRollback } from './rollback-desk.ts'
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
      const command = { type: 'lock', id: '', environment: null, reason, forMs } as const
      return runInAll(parts, { ...command, takeOver: false }, actor)
    }
    case 'unlock_all':
      return runInAll(parts, { type: 'unlock', environment: null, id: null }, actor)
    case 'link':
      return no({ code: 'not_yet', what: 'link a login' })
    case 'token':
      return no({ code: 'not_yet', what: 'give out tokens' })
    case 'special':
      return no({ code: 'not_yet', what: 'send a special train' })
  }
}

const LINES_MAX = 2_900

/** The same in every pipeline; each answers for itself, and a no of one keeps none of the others. */
async function runInAll(parts: DeskParts, command: Command, actor: Actor): Promise<Reply> {
  const lines: string[] = []
  for (const pipeline of parts.staging.pipelines.keys()) {
    const reply = await run(parts, { pipeline, command, actor })
    const said = reply.type === 'message' || reply.type === 'no' ? reply.message.text : ''
    lines.push(`• *${pipeline}*: ${said}`)
  }
  const shown = lines.filter((_, index) => lines.slice(0, index + 1).join('\n').length <= LINES_MAX)
  const left = lines.length - shown.length
  const text = [...shown, ...(left === 0 ? [] : [`… and ${left} more`])].join('\n')
  const section = { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } } as const
  return say({ text, blocks: [section] })
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
