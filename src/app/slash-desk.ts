/**
 * Slash commands, answered.
 *
 * Invariant: what only looks changes nothing; what is misread does nothing.
 */
import { randomUUID } from 'node:crypto'
import type { LockAllCommand } from '../core/lock-all.ts'
import type { Actor, Pipeline } from '../core/model.ts'
import type { Policy } from '../core/policy.ts'
import { concernsOf } from '../core/watch.ts'
import { readLatest } from '../db/audit.ts'
import { inTransaction } from '../db/transaction.ts'
import { loadHistory } from '../db/watch.ts'
import type { Inbound } from '../slack/inbound.ts'
import { readSlash } from '../slack/slash.ts'
import { board } from '../slack/views/board.ts'
import { help } from '../slack/views/help.ts'
import { history } from '../slack/views/history.ts'
import { home } from '../slack/views/home.ts'
import { everythingLocked } from '../slack/views/lock-all.ts'
import { lockList } from '../slack/views/lock-list.ts'
import { migrationList } from '../slack/views/migration-list.ts'
import { refused } from '../slack/views/refused.ts'
import { nothingRan, runLog } from '../slack/views/run-log.ts'
import { status } from '../slack/views/status.ts'
import { tokenGiven } from '../slack/views/token.ts'
import { why } from '../slack/views/why.ts'
import type { Asked } from '../slack/words/grammar.ts'
import { type DeskParts, no, noPipeline, presentOf, type Reply, run, say } from './desk-run.ts'
import { attendLink } from './link-desk.ts'
import { showRollback } from './rollback-desk.ts'
import { loadPresent, loadStage } from './scene.ts'
import { showSpecial } from './special-desk.ts'
import { toldOf } from './told.ts'

type Slashed = Extract<Inbound, { type: 'slash' }>

const HISTORY_MAX = 40

/** So many events back a deployment is looked for. */
const LOG_LOOK_MAX = 400

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
    case 'migrations': {
      if (!parts.staging.pipelines.has(asked.pipeline)) return noPipeline(parts)
      const { pipeline, now } = await presentOf(parts, asked.pipeline)
      return say(migrationList(pipeline, { change: asked.change, now }))
    }
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
      return attendLink(parts, {
        login: asked.login,
        channel: inbound.channel,
        sender: inbound.sender,
        actor,
      })
    case 'token':
      return giveToken(parts, actor)
    case 'special':
      return showSpecial(parts, { ...asked, actor })
  }
}

/** The App Home of whoever opened it. */
export async function showHome(parts: DeskParts, actor: Actor): Promise<Reply> {
  const { pipelines, now } = await loadAll(parts)
  return say(home(pipelines, actor, now))
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
  if (asked.do === 'log') return newestLog(parts, name)
  const { pool } = parts.staging
  const { pipeline, now, past } = await inTransaction(pool, async (tx) => ({
    ...(await loadPresent(tx, parts.staging, name)),
    past: await loadHistory(tx, name),
  }))
  const concerns = concernsOf(pipeline, past, now)
  if (asked.do === 'status') return say(status(pipeline, now, concerns))
  if (asked.do === 'why') return say(why(pipeline, now, concerns))
  const rows = await inTransaction(pool, (tx) => readLatest(tx, name, HISTORY_MAX))
  const told = rows.flatMap((row) => toldOf(row) ?? [])
  return say(history(told, pipeline))
}

/** Its train may be over, and off the line: the audit knows which was the newest. */
async function newestLog(parts: DeskParts, name: string): Promise<Reply> {
  const { pool, logOf } = parts.staging
  const rows = await inTransaction(pool, (tx) => readLatest(tx, name, LOG_LOOK_MAX))
  const ordered = rows
    .flatMap((row) => toldOf(row) ?? [])
    .flatMap(({ seq, event }) => (event.type === 'deployment_requested' ? [{ seq, event }] : []))
    .sort((a, b) => b.seq - a.seq)[0]?.event.deployment
  const { scene, pipeline, now } = await loadStage(parts.staging, name, ordered?.train ?? null)
  const found = [...pipeline.deployments, ...(scene?.deployments ?? [])]
  const newest = found.find(({ key }) => key === ordered?.key) ?? pipeline.deployments.at(-1)
  if (newest === undefined) return say(nothingRan(pipeline))
  const written = await parts.logTail(newest.run)
  return say(
    runLog(newest, {
      lines: written.length === 0 ? newest.tail : written,
      address: logOf(newest.run),
      now,
    }),
  )
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
