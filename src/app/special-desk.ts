/**
 * Special trains from Slack: looked up, shown, then confirmed.
 *
 * Invariant: what is confirmed is exactly what was shown to that person; when what it would
 * displace has changed since, nothing is sent and the present is shown instead.
 */
import type { Command, FoundRef } from '../core/command.ts'
import { digest } from '../core/digest.ts'
import type { Actor } from '../core/model.ts'
import { previewSpecial, type SpecialPreview } from '../core/preview-special.ts'
import { findShownSpecial, saveShownSpecial } from '../db/slack-requests.ts'
import { inTransaction } from '../db/transaction.ts'
import { turnedAway } from '../slack/turned-away.ts'
import { lookingUp } from '../slack/views/looking-up.ts'
import { specialPreview } from '../slack/views/special-preview.ts'
import type { ButtonValue } from '../slack/words/button-value.ts'
import { type DeskParts, no, noPipeline, type Reply, refusal, run, say } from './desk-run.ts'
import { loadPresent } from './scene.ts'

export interface AskedSpecial {
  readonly pipeline: string
  readonly ref: string
  readonly environment: string | null
  readonly actor: Actor
}

/** Slack gives three seconds; what takes longer is told afterwards. */
const AT_ONCE_MS = 2_200

export async function showSpecial(parts: DeskParts, asked: AskedSpecial): Promise<Reply> {
  if (!parts.staging.pipelines.has(asked.pipeline)) return noPipeline(parts)
  const then = find(parts, asked)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), AT_ONCE_MS)
  })
  const soon = await Promise.race([then, late])
  clearTimeout(timer)
  return soon ?? { type: 'later', message: lookingUp(asked.ref), then }
}

async function find(parts: DeskParts, asked: AskedSpecial): Promise<Reply> {
  const { pipeline, ref, environment, actor } = asked
  const answer = await parts.find({ pipeline, ref, actor })
  const found = answer.ok ? answer.found : answer.refusal
  const command = { type: 'depart_ref', train: null, found, environment } as const
  return 'code' in found
    ? run(parts, { pipeline, command, actor })
    : preview(parts, { ...command, found }, { pipeline, actor })
}

type Departing = Extract<Command, { type: 'depart_ref' }> & { readonly found: FoundRef }

interface Who {
  readonly pipeline: string
  readonly actor: Actor
}

/** On the branch nothing is special, and it departs. */
async function preview(parts: DeskParts, command: Departing, who: Who): Promise<Reply> {
  const { pipeline: name, actor } = who
  const seen = await look(parts, command, who)
  if (!seen.ok) return run(parts, { pipeline: name, command, actor })
  if (seen.preview === null) return run(parts, { pipeline: name, command, actor })
  const shown = {
    found: command.found,
    environment: command.environment,
    digest: digestOf(seen.preview),
  }
  await inTransaction(parts.staging.pool, (tx) =>
    saveShownSpecial(tx, { pipeline: name, person: actor.name }, shown),
  )
  return say(specialPreview(seen.preview, seen.pipeline))
}

const look = (parts: DeskParts, command: Departing, { pipeline: name, actor }: Who) =>
  inTransaction(parts.staging.pool, async (tx) => {
    const { pipeline, now } = await loadPresent(tx, parts.staging, name)
    return { ...previewSpecial(pipeline, command, { actor, now }), pipeline }
  })

const digestOf = ({ train, changes, stops }: SpecialPreview): string =>
  digest({
    sha: train.sha,
    changes: changes.map(({ sha }) => sha),
    stops: stops.map(({ environment, live, lost }) => ({
      environment,
      live: live?.sha ?? null,
      lost: lost.map(({ sha }) => sha),
    })),
  })

export async function confirmSpecial(
  parts: DeskParts,
  value: ButtonValue,
  actor: Actor,
): Promise<Reply> {
  const who = { pipeline: value.pipeline, actor }
  const shown = await inTransaction(parts.staging.pool, (tx) =>
    findShownSpecial(tx, { pipeline: value.pipeline, person: actor.name }),
  )
  if (shown === undefined || shown.found.sha !== value.to) return no({ code: 'preview_over' })
  const { found, environment } = shown
  const command = { type: 'depart_ref', train: null, found, environment } as const
  const seen = await look(parts, command, who)
  if (!seen.ok) return refusal(parts, value.pipeline, seen.refusal)
  if (seen.preview !== null && digestOf(seen.preview) !== shown.digest) {
    const again = await preview(parts, command, who)
    if (again.type !== 'message') return again
    const { blocks, text } = turnedAway({ code: 'preview_gone' })
    return { type: 'no', message: { text, blocks: [...blocks, ...again.message.blocks] } }
  }
  return run(parts, { pipeline: value.pipeline, command, actor })
}
