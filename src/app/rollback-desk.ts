/**
 * The way back from Slack: shown first, then confirmed.
 *
 * Invariant: what is confirmed is exactly what was shown to that person; when the line has moved
 * since, nothing is done and the present is shown instead.
 */
import { findPlace } from '../core/answers/answer.ts'
import type { Command } from '../core/command.ts'
import { digest } from '../core/digest.ts'
import { locksOn } from '../core/gates/way.ts'
import type { Actor } from '../core/model.ts'
import { previewRollback, type RollbackPreview } from '../core/preview-rollback.ts'
import type { Refusal } from '../core/refusal.ts'
import { findShown, type ShownRollback, saveShown } from '../db/slack-requests.ts'
import { inTransaction, type Tx } from '../db/transaction.ts'
import type { Message } from '../slack/scene.ts'
import { turnedAway } from '../slack/turned-away.ts'
import { refused } from '../slack/views/refused.ts'
import { rollbackPreview } from '../slack/views/rollback-preview.ts'
import { loadPresent, type Present, type Staging } from './scene.ts'

export interface AskedBack {
  readonly pipeline: string
  readonly environment: string | null
  readonly to: string | null
  readonly reason: string | null
  readonly actor: Actor
}

interface Seen extends Present {
  readonly preview: RollbackPreview
  readonly shown: ShownRollback
}

/** Shows what a rollback would do, and remembers what was shown. */
export function showRollback(staging: Staging, asked: AskedBack): Promise<Message> {
  return inTransaction(staging.pool, async (tx) => {
    const seen = await look(tx, staging, asked)
    return seen.ok ? show(tx, asked, seen.it) : seen.message
  })
}

export type Confirmed =
  | { readonly do: 'command'; readonly command: Command }
  | { readonly do: 'ask_reason' }
  | { readonly do: 'message'; readonly message: Message }

/** The command behind a confirmation; `reason`: given only now, when none was before. */
export function confirmRollback(staging: Staging, asked: AskedBack): Promise<Confirmed> {
  return inTransaction(staging.pool, async (tx) => {
    const seen = await look(tx, staging, asked)
    if (!seen.ok) return { do: 'message', message: seen.message }
    const { environment } = seen.it.preview
    const at = { pipeline: asked.pipeline, person: asked.actor.name, environment }
    const shown = await findShown(tx, at)
    if (shown === undefined || shown.digest !== seen.it.shown.digest) {
      const now = await show(tx, asked, seen.it)
      const { blocks, text } = turnedAway({ code: 'preview_gone' })
      return { do: 'message', message: { text, blocks: [...blocks, ...now.blocks] } }
    }
    const reason = asked.reason ?? shown.reason
    if (reason === null) return { do: 'ask_reason' }
    const { to, takeOver, settle, abort } = shown
    const command = { type: 'roll_back', environment, to, reason, takeOver, settle, abort } as const
    return { do: 'command', command }
  })
}

async function show(tx: Tx, asked: AskedBack, seen: Seen): Promise<Message> {
  const { pipeline, preview, shown, now } = seen
  const at = { pipeline: pipeline.name, person: asked.actor.name }
  await saveShown(tx, { ...at, environment: preview.environment }, shown)
  return rollbackPreview(preview, pipeline, { now, reason: asked.reason })
}

async function look(
  tx: Tx,
  staging: Staging,
  { pipeline: name, environment, to, reason, actor }: AskedBack,
): Promise<
  { readonly ok: true; readonly it: Seen } | { readonly ok: false; readonly message: Message }
> {
  const present = await loadPresent(tx, staging, name)
  const { pipeline, now } = present
  const no = (refusal: Refusal) => ({ ok: false, message: refused(refusal, present) }) as const
  const place = findPlace(pipeline, environment)
  if (!place.ok) return no(place.refusal)
  const seen = previewRollback(pipeline, place.it, to)
  if (!seen.ok) return no(seen.refusal)
  const { preview } = seen
  const locks = locksOn(pipeline, place.it.name, now).filter(({ by }) => by !== actor.name)
  const shown: ShownRollback = {
    to: preview.target.sha,
    reason,
    abort: preview.needs.includes('abort'),
    settle: preview.needs.includes('settle'),
    takeOver: locks.length > 0,
    digest: digest({
      from: preview.from,
      to: preview.target.sha,
      trains: preview.trains,
      under: preview.under?.key ?? null,
      needs: preview.needs,
      migrations: preview.migrations.map(({ change }) => change),
      locks: locks.map(({ id }) => id),
    }),
  }
  return { ok: true, it: { ...present, preview, shown } }
}
