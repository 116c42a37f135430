/**
 * The desk: what somebody asks for in Slack, answered.
 *
 * Invariant: every act goes through dispatch, as whoever asked; everything else only looks. Nobody
 * is answered before it is known who asks.
 */
import { randomUUID } from 'node:crypto'
import type { Command } from '../core/command.ts'
import { planOf } from '../core/line.ts'
import type { Actor, Pipeline } from '../core/model.ts'
import type { Policy } from '../core/policy.ts'
import type { Refusal } from '../core/refusal.ts'
import { readLatest } from '../db/audit.ts'
import { threadOwner } from '../db/messages.ts'
import { inTransaction } from '../db/transaction.ts'
import { type Act, pressed } from '../slack/actions.ts'
import type { Inbound } from '../slack/inbound.ts'
import { type About, commandOf, readAbout } from '../slack/modals.ts'
import type { Message } from '../slack/scene.ts'
import { readSlash } from '../slack/slash.ts'
import { type EdgeNo, turnedAway } from '../slack/turned-away.ts'
import { answered } from '../slack/views/answered.ts'
import { board } from '../slack/views/board.ts'
import { help } from '../slack/views/help.ts'
import { lockList } from '../slack/views/lock-list.ts'
import { history } from '../slack/views/log.ts'
import { refused } from '../slack/views/refused.ts'
import { status } from '../slack/views/status.ts'
import { why } from '../slack/views/why.ts'
import type { ButtonValue } from '../slack/words/button-value.ts'
import type { Asked } from '../slack/words/grammar.ts'
import type { Dispatch } from './dispatch.ts'
import type { Members } from './members.ts'
import { type AskedBack, confirmRollback, showRollback } from './rollback-desk.ts'
import { loadPresent, type Present, type Staging } from './scene.ts'
import { toldOf } from './told.ts'

export type Reply =
  | { readonly type: 'message'; readonly message: Message }
  /** Not done; of a dialog: shown at its field, so that what was written is not lost. */
  | { readonly type: 'no'; readonly message: Message }
  | { readonly type: 'dialog'; readonly about: About }
  /** The message that was pressed goes away. */
  | { readonly type: 'delete' }
  | { readonly type: 'nothing' }

export interface DeskParts {
  readonly staging: Staging
  readonly dispatch: Dispatch
  readonly members: Members
}

type Of<T extends Inbound['type']> = Extract<Inbound, { type: T }>

const HISTORY_MAX = 20

const say = (message: Message): Reply => ({ type: 'message', message })
const no = (it: EdgeNo): Reply => ({ type: 'no', message: turnedAway(it) })

/** Answers one request. */
export async function attend(parts: DeskParts, inbound: Inbound): Promise<Reply> {
  if (inbound.type === 'member') {
    await parts.members.heard(inbound.user)
    return { type: 'nothing' }
  }
  const who = await parts.members.identify(inbound.sender)
  if (!who.ok) return no({ code: who.why })
  switch (inbound.type) {
    case 'slash':
      return attendSlash(parts, inbound, who.actor)
    case 'press':
      return attendPress(parts, inbound, who.actor)
    case 'submit':
      return attendSubmit(parts, inbound, who.actor)
  }
}

const policiesOf = ({ staging }: DeskParts): readonly Policy[] =>
  [...staging.pipelines.values()].map(({ policy }) => policy)

async function attendSlash(parts: DeskParts, inbound: Of<'slash'>, actor: Actor): Promise<Reply> {
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
    case 'link':
      return no({ code: 'not_yet', what: 'link a login' })
    case 'token':
      return no({ code: 'not_yet', what: 'give out tokens' })
    case 'special':
      return no({ code: 'not_yet', what: 'send a special train' })
  }
}

const noPipeline = ({ staging }: DeskParts): Reply =>
  no({ code: 'no_pipeline', known: [...staging.pipelines.keys()] })

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

const presentOf = ({ staging }: DeskParts, name: string): Promise<Present> =>
  inTransaction(staging.pool, (tx) => loadPresent(tx, staging, name))

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

async function attendPress(parts: DeskParts, inbound: Of<'press'>, actor: Actor): Promise<Reply> {
  const { value, channel, thread } = inbound
  const asked = pressed(inbound.action, value)
  if (asked.do === 'nothing') return { type: 'nothing' }
  if (asked.do === 'dismiss') return { type: 'delete' }
  if (asked.do === 'unreadable' || asked.do === 'over' || value === null) {
    return no({ code: asked.do === 'over' ? 'over' : 'unreadable' })
  }
  if (!parts.staging.pipelines.has(value.pipeline)) return noPipeline(parts)
  if (!(await belongs(parts, inbound, value))) return no({ code: 'elsewhere' })
  const about = (act: Act, on = value): Reply => ({
    type: 'dialog',
    about: { act, value: on, channel, thread },
  })
  switch (asked.do) {
    case 'ask_reason':
      return about(asked.act)
    case 'confirm_rollback':
      return confirm(parts, { act: 'confirm_rollback', value, channel, thread }, { actor })
    case 'withdraw_hold': {
      const { pipeline } = await presentOf(parts, value.pipeline)
      const holds = pipeline.trains.find(({ number }) => number === asked.train)?.holds ?? []
      const own = holds.find(({ by }) => by === actor.name)
      const of = asked.of ?? own?.by ?? holds[0]?.by
      if (of === undefined) return no({ code: 'no_hold' })
      if (of !== actor.name) return about('withdraw_hold', { ...value, of })
      const what = { type: 'withdraw', train: asked.train, what: 'hold' } as const
      const command: Command = { ...what, of: null, reason: null }
      return run(parts, { pipeline: value.pipeline, command, actor })
    }
    case 'command': {
      const stale = await stalePlan(parts, value.pipeline, asked)
      if (stale !== null) return stale
      return run(parts, { pipeline: value.pipeline, command: asked.command, actor })
    }
  }
}

/** A button acts on the train in whose thread it stands, whatever its value says. */
async function belongs(
  { staging }: DeskParts,
  { channel, thread }: Of<'press'>,
  { pipeline, train }: ButtonValue,
): Promise<boolean> {
  if (thread === null || channel.startsWith('D')) return true
  const owner = await inTransaction(staging.pool, (tx) => threadOwner(tx, channel, thread))
  if (owner !== undefined) {
    return owner.pipeline === pipeline && (train === undefined || owner.train === train)
  }
  return staging.pipelines.get(pipeline)?.policy.channel === channel
}

/** The refusal when the plan a button was drawn for is no longer the present one. */
async function stalePlan(
  parts: DeskParts,
  name: string,
  { command, plan, environment }: Extract<ReturnType<typeof pressed>, { do: 'command' }>,
): Promise<Reply | null> {
  if (plan === null || environment === null || command.type !== 'depart') return null
  const present = await presentOf(parts, name)
  const { pipeline } = present
  const train = pipeline.trains.find(({ number }) => number === command.train)
  const policy = pipeline.policy.environments.find((one) => one.name === environment)
  const now = train && policy ? planOf(pipeline, train, policy)?.hash : undefined
  if (now === undefined || now === plan) return null
  return { type: 'no', message: refused({ code: 'plan_changed', plan: now }, present) }
}

async function attendSubmit(parts: DeskParts, inbound: Of<'submit'>, actor: Actor): Promise<Reply> {
  const about = readAbout(inbound.meta)
  if (about === null) return no({ code: 'unreadable' })
  const { value } = about
  const { reason } = inbound
  if (!parts.staging.pipelines.has(value.pipeline)) return noPipeline(parts)
  if (reason === '') {
    return refusal(parts, value.pipeline, { code: 'reason_needed', act: 'do this' })
  }
  const command = commandOf(about, reason)
  if (command !== null) return run(parts, { pipeline: value.pipeline, command, actor })
  switch (about.act) {
    case 'take_over':
      return takeOver(parts, value, { reason, actor })
    case 'roll_back':
      return say(await showRollback(parts.staging, backOf(value, { reason, actor })))
    case 'confirm_rollback':
      return confirm(parts, about, { reason, actor })
    default:
      return no({ code: 'unreadable' })
  }
}

interface Saying {
  readonly reason?: string
  readonly actor: Actor
}

const backOf = (value: ButtonValue, { reason, actor }: Saying): AskedBack => ({
  pipeline: value.pipeline,
  environment: value.environment ?? null,
  to: value.to ?? null,
  reason: reason ?? null,
  actor,
})

async function confirm(parts: DeskParts, about: About, saying: Saying): Promise<Reply> {
  const confirmed = await confirmRollback(parts.staging, backOf(about.value, saying))
  switch (confirmed.do) {
    case 'message':
      return { type: 'no', message: confirmed.message }
    case 'ask_reason':
      return { type: 'dialog', about }
    case 'command': {
      const { pipeline } = about.value
      return run(parts, { pipeline, command: confirmed.command, actor: saying.actor })
    }
  }
}

/** Takes over the lock that was shown, and no other that stands there meanwhile. */
async function takeOver(
  parts: DeskParts,
  value: ButtonValue,
  { reason, actor }: { readonly reason: string; readonly actor: Actor },
): Promise<Reply> {
  const { pipeline } = await presentOf(parts, value.pipeline)
  const environment = value.environment ?? null
  const lock =
    environment === null
      ? pipeline.lock
      : (pipeline.environments.find(({ name }) => name === environment)?.lock ?? null)
  if (lock === null || lock.id !== value.lock) return no({ code: 'no_lock' })
  const command: Command = {
    type: 'lock',
    id: randomUUID(),
    environment,
    reason,
    forMs: null,
    takeOver: true,
  }
  return run(parts, { pipeline: value.pipeline, command, actor })
}

async function refusal(parts: DeskParts, name: string, it: Refusal): Promise<Reply> {
  return { type: 'no', message: refused(it, await presentOf(parts, name)) }
}

interface Running {
  readonly pipeline: string
  readonly command: Command
  readonly actor: Actor
}

async function run(parts: DeskParts, { pipeline, command, actor }: Running): Promise<Reply> {
  if (!parts.staging.pipelines.has(pipeline)) return noPipeline(parts)
  const named: Command = command.type === 'lock' ? { ...command, id: randomUUID() } : command
  const outcome = await parts.dispatch(pipeline, named, actor)
  if (!outcome.ok) return refusal(parts, pipeline, outcome.refusal)
  const told = outcome.events.flatMap((row) => toldOf(row) ?? [])
  const present = await presentOf(parts, pipeline)
  return say(answered(command.type, told, present.pipeline, present.now))
}
