/**
 * Answers of dialogs: acts with their written reason.
 *
 * Invariant: no act that asks for a reason happens without one. A dialog that stayed open, because
 * the server died over it, may be sent again: it counts as taken only with its act.
 */
import { randomUUID } from 'node:crypto'
import type { Command } from '../core/command.ts'
import type { Actor } from '../core/model.ts'
import type { Inbound } from '../slack/inbound.ts'
import { type About, commandOf, readAbout } from '../slack/modals.ts'
import type { ButtonValue } from '../slack/words/button-value.ts'
import {
  type DeskParts,
  no,
  noPipeline,
  presentOf,
  type Reply,
  refusal,
  run,
  say,
} from './desk-run.ts'
import { type AskedBack, confirmRollback, showRollback } from './rollback-desk.ts'

export async function attendSubmit(
  parts: DeskParts,
  inbound: Extract<Inbound, { type: 'submit' }>,
  actor: Actor,
): Promise<Reply> {
  const about = readAbout(inbound.meta)
  if (about === null) return no({ code: 'unreadable' })
  const { value } = about
  const { reason, identity: once } = inbound
  if (!parts.staging.pipelines.has(value.pipeline)) return noPipeline(parts)
  if (reason === '') {
    return refusal(parts, value.pipeline, { code: 'reason_needed', act: 'do this' })
  }
  const command = commandOf(about, reason)
  if (command !== null) return run(parts, { pipeline: value.pipeline, command, actor, once })
  switch (about.act) {
    case 'take_over':
      return takeOver(parts, value, { reason, actor, once })
    case 'roll_back':
      return say(await showRollback(parts.staging, backOf(value, { reason, actor })))
    case 'confirm_rollback':
      return confirm(parts, about, { reason, actor, once })
    default:
      return no({ code: 'unreadable' })
  }
}

interface Saying {
  readonly reason?: string
  readonly actor: Actor
  readonly once?: string
}

const backOf = (value: ButtonValue, { reason, actor }: Saying): AskedBack => ({
  pipeline: value.pipeline,
  environment: value.environment ?? null,
  to: value.to ?? null,
  reason: reason ?? null,
  actor,
})

export async function confirm(parts: DeskParts, about: About, saying: Saying): Promise<Reply> {
  const confirmed = await confirmRollback(parts.staging, backOf(about.value, saying))
  switch (confirmed.do) {
    case 'message':
      return { type: 'no', message: confirmed.message }
    case 'ask_reason':
      return { type: 'dialog', about }
    case 'command': {
      const { pipeline } = about.value
      const { reason: _, ...by } = saying
      return run(parts, { pipeline, command: confirmed.command, ...by })
    }
  }
}

/** Takes over the lock that was shown, and no other that stands there meanwhile. */
async function takeOver(
  parts: DeskParts,
  value: ButtonValue,
  { reason, ...by }: Saying & { readonly reason: string },
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
  return run(parts, { pipeline: value.pipeline, command, ...by })
}
