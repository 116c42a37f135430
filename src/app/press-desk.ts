/**
 * Presses of buttons, answered.
 *
 * Invariant: a button acts on what its message belongs to and on the plan it was drawn for, or not
 * at all.
 */
import type { Command } from '../core/command.ts'
import { planOf } from '../core/line.ts'
import type { Actor } from '../core/model.ts'
import { threadOwner } from '../db/messages.ts'
import { inTransaction } from '../db/transaction.ts'
import { type Act, pressed } from '../slack/actions.ts'
import type { Inbound } from '../slack/inbound.ts'
import { refused } from '../slack/views/refused.ts'
import type { ButtonValue } from '../slack/words/button-value.ts'
import { type DeskParts, no, noPipeline, presentOf, type Reply, run } from './desk-run.ts'
import { confirm } from './dialog-desk.ts'
import { pressLink } from './link-desk.ts'
import { confirmSpecial } from './special-desk.ts'

type Press = Extract<Inbound, { type: 'press' }>

export async function attendPress(parts: DeskParts, inbound: Press, actor: Actor): Promise<Reply> {
  const { value, channel, thread } = inbound
  const asked = pressed(inbound.action, value)
  if (asked.do === 'nothing') return { type: 'nothing' }
  if (asked.do === 'dismiss') return { type: 'delete' }
  if (asked.do === 'unreadable' || value === null) return no({ code: 'unreadable' })
  if (!parts.staging.pipelines.has(value.pipeline)) return noPipeline(parts)
  if (!(await belongs(parts, inbound, value))) return no({ code: 'elsewhere' })
  const about = (act: Act, on = value): Reply => ({
    type: 'dialog',
    about: { act, value: on, channel, thread },
  })
  switch (asked.do) {
    case 'ask_reason':
      return about(asked.act)
    case 'link':
      return pressLink(parts, { act: asked.act, value, sender: inbound.sender, actor })
    case 'confirm_special':
      return instead(await confirmSpecial(parts, value, actor))
    case 'confirm_rollback':
      return instead(
        await confirm(parts, { act: 'confirm_rollback', value, channel, thread }, { actor }),
      )
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

/** A preview that was answered is over: nobody should find its buttons again. */
const instead = (reply: Reply): Reply =>
  reply.type === 'message' || reply.type === 'no' ? { ...reply, instead: true } : reply

/** A button acts on the train in whose thread it stands, whatever its value says. */
async function belongs(
  { staging }: DeskParts,
  { channel, root }: Press,
  { pipeline, train }: ButtonValue,
): Promise<boolean> {
  if (root === null || channel.startsWith('D')) return true
  const owner = await inTransaction(staging.pool, (tx) => threadOwner(tx, channel, root))
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
