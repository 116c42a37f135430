/**
 * A special train looked at before it is sent, as JSON.
 *
 * Invariant: looks only; the command that follows decides anew.
 */

import type { Change } from '../core/model.ts'
import { previewSpecial, type SpecialStop } from '../core/preview-special.ts'
import type { Refusal } from '../core/refusal.ts'
import { loadPipeline } from '../db/load.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Json } from './json.ts'
import type { SendParts, Sends, Sent } from './send.ts'

export type SpecialAnswer =
  /** Null: on the branch, where nothing is special. */
  | { readonly ok: true; readonly preview: Json | null }
  | { readonly ok: false; readonly refusal: Refusal }

export function createSpecialPreview(
  { pool, pipelines }: Pick<SendParts, 'pool' | 'pipelines'>,
  find: Sends['find'],
): (asked: Omit<Sent, 'train'>) => Promise<SpecialAnswer> {
  return async ({ pipeline: name, ref, environment, actor }) => {
    const configured = pipelines.get(name)
    if (configured === undefined) throw new Error(`no pipeline ${name} is configured`)
    const answer = await find({ pipeline: name, ref, actor })
    if (!answer.ok) return answer
    const command = { type: 'depart_ref', train: null, found: answer.found, environment } as const
    return inTransaction(pool, async (tx): Promise<SpecialAnswer> => {
      const { sha, fork } = answer.found
      const mentioned = fork === null ? [sha] : [sha, fork]
      const { pipeline, now } = await loadPipeline(tx, configured, mentioned)
      const seen = previewSpecial(pipeline, command, { actor, now })
      if (!seen.ok) return seen
      if (seen.preview === null) return { ok: true, preview: null }
      const { train, changes, stops } = seen.preview
      const state = {
        ref,
        sha: train.sha,
        changes: changes.map(short),
        stops: stops.map(stopState),
      }
      return { ok: true, preview: state }
    })
  }
}

const short = ({ sha, number, title, author }: Change): Json => ({ sha, number, title, author })

const stopState = ({
  environment,
  live,
  contains,
  lost,
  asksAuthors,
  others,
}: SpecialStop): Json => ({
  environment,
  live: live?.sha ?? null,
  contains,
  lost: lost.map(short),
  authors: asksAuthors,
  others,
})
