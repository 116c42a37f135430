/**
 * One press that says yes to several changes, told as one.
 *
 * Invariant: of what was said at once exactly one tells all, the same at every look; what is no
 * longer remembered is told for itself.
 */
import type { Event } from '../../core/event.ts'
import type { Consent } from '../../core/spoken.ts'
import { type Mrkdwn, md, some } from '../words/mrkdwn.ts'
import { called, changeName } from '../words/names.ts'
import { type Around, sentence } from '../words/sentence.ts'

type Given = Extract<Event, { type: 'consent_given' }>

const NAMED_MAX = 20

/** Null: another of the same press tells it. */
export function yes(event: Given, around: Around): Mrkdwn | null {
  const { consent } = event
  const together = around.pipeline.consents.filter((one) => isTogether(one, consent))
  const isAmong = together.some(({ change }) => change === consent.change)
  if (!isAmong || together.length === 1) return sentence(event, around)
  const shas = together.map(({ change }) => change).sort()
  if (shas.at(-1) !== consent.change) return null
  const known = around.changes.filter(({ sha }) => shas.includes(sha))
  const unknown = shas.filter((sha) => !known.some((one) => one.sha === sha))
  const names = [...known, ...unknown.map((sha) => ({ sha, number: null }))].map((one) =>
    changeName(one),
  )
  return md`${called(around.pipeline, consent.by)} said yes to ${some(names, NAMED_MAX)}.`
}

/** A vouch has a reason of its own, and stands alone. */
const isTogether = (one: Consent, other: Consent): boolean =>
  one.by === other.by && one.at === other.at && one.vouchedBy === null && other.vouchedBy === null
