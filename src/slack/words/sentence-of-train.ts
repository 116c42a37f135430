/**
 * Parts of the sentences about a train: who sent it and why, who said yes, what vanished under it.
 *
 * Invariant: what people wrote is clipped; nothing is said that the event does not hold.
 */
import type { DoorsReason, Event } from '../../core/event.ts'
import type { Pipeline } from '../../core/model.ts'
import { clip, join, type Mrkdwn, md } from './mrkdwn.ts'
import { called, counted, shortSha } from './names.ts'

/** A train outside the line, as it is announced. */
export function specialSent(
  { train, special, sha, journey, changes }: Extract<Event, { type: 'special_departed' }>,
  pipeline: Pipeline,
): Mrkdwn {
  const by = called(pipeline, special.by)
  const to = journey.at(-1) ?? ''
  return special.isOffBranch
    ? md`${by} sent special train #${train} at ${clip(special.ref, 80)} (${shortSha(sha)}) up to ${to}, with ${counted(changes.length, 'change')} of its own way, past the line.`
    : md`${by} sends what is live, ${shortSha(sha)}, once more as train #${train}.`
}

export function consented(
  consent: Extract<Event, { type: 'consent_given' }>['consent'],
  pipeline: Pipeline,
  nameOf: (sha: string) => Mrkdwn,
): Mrkdwn {
  const author = called(pipeline, consent.by)
  return consent.vouchedBy === null
    ? md`${author} said yes to ${nameOf(consent.change)}.`
    : md`${called(pipeline, consent.vouchedBy)} said yes to ${nameOf(consent.change)} for ${author}: ${consent.reason ?? 'no reason given'}`
}

const NAMED_MAX = 8

export function vanishedNames(
  vanished: Extract<Event, { type: 'branch_rewritten' }>['vanished'],
): Mrkdwn {
  const named = vanished
    .slice(0, NAMED_MAX)
    .map(
      ({ number, sha, title }) =>
        md`${number === null ? shortSha(sha) : `#${number}`} ${clip(title, 60)}`,
    )
  const more = vanished.length - named.length
  return join([...named, ...(more > 0 ? [md`${more} more`] : [])], ', ')
}

export const doors = (why: DoorsReason, by: Mrkdwn): Mrkdwn => {
  switch (why) {
    case 'by_hand':
      return md`sent by ${by}`
    case 'due':
      return md`it was time`
    case 'changes':
      return md`it was full`
    case 'lines':
      return md`it was heavy enough`
    case 'solo':
      return md`it rides alone`
    case 'urgent':
      return md`it is urgent`
  }
}
