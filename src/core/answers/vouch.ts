/**
 * Vouching: somebody says yes for an author who does not answer, with a reason.
 *
 * Invariant: never before the author had time to answer, unless no author's account is active any
 * more; never for one's own change; and the voucher's approval of the same plan does not count.
 */

import { title } from '../blocker.ts'
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { aboard } from '../line.ts'
import type { Change, Pipeline, Train } from '../model.ts'
import { absentWriters, askedFor, entitled, isConsented, standInOf } from '../people.ts'
import type { ApprovalsPolicy } from '../policy.ts'
import { type Answer, type Context, findTrain, notLinked, record, refuse } from './answer.ts'

type Vouch = Extract<Command, { type: 'vouch' }>

/** Consents for every silent author of one change aboard. */
export function answerVouch(pipeline: Pipeline, command: Vouch, context: Context): Answer {
  const denied = notLinked(pipeline, context, 'vouch')
  if (denied !== undefined) return refuse(denied)
  const found = findTrain(pipeline, command.train)
  if (!found.ok) return found
  const train = found.it
  const change = aboard(pipeline, train).find((one) => isNamed(one, command.change))
  if (change === undefined) {
    return refuse({ code: 'no_such_change', change: command.change, train: train.number })
  }
  const name = title(change.number, change.sha)
  const asking = pipeline.policy.environments.map(({ approvals }) => approvals).find(asksAuthors)
  if (asking === undefined) return refuse({ code: 'no_approval_needed', train: train.number })
  const by = context.actor.name
  const standIn = standInOf(asking)
  if (!entitled(pipeline, standIn).includes(by))
    return refuse({ code: 'not_stand_in', change: name })
  const { rule, people } = askedFor(pipeline, change, standIn)
  const absent = isConsented(pipeline, change, standIn) ? [] : absentWriters(pipeline, change)
  const isOwn = people.includes(by) && (rule === 'each' || absent.length === 0)
  if (isOwn) return refuse({ code: 'own_word', change: name })
  if (absent.length > 0) return vouched(absent, { train, change, command, context })
  const silent = people.filter((person) => !hasSpoken(pipeline, change, person))
  const [author] = silent
  if (author === undefined) {
    return refuse({ code: 'already_done', what: `${name} has every consent it needs` })
  }
  const from = (train.departedAt ?? context.now) + asking.standInAfterMs
  if (train.departedAt === null || context.now < from) {
    return refuse({ code: 'too_early', author, from })
  }
  return vouched(silent, { train, change, command, context })
}

function vouched(
  authors: readonly string[],
  {
    train,
    change,
    command,
    context,
  }: {
    readonly train: Train
    readonly change: Change
    readonly command: Vouch
    readonly context: Context
  },
): Answer {
  return record(
    ...authors.map((author): Event => {
      const word = { vouchedBy: context.actor.name, reason: command.reason }
      const consent = { change: change.sha, by: author, at: context.now, ...word }
      return { type: 'consent_given', train: train.number, consent }
    }),
  )
}

const asksAuthors = ({ authors }: ApprovalsPolicy): boolean => authors === 'all'

const hasSpoken = (pipeline: Pipeline, change: Change, name: string): boolean =>
  pipeline.consents.some((one) => one.change === change.sha && one.by === name)

/** People name a change by its number, with or without #, or by its sha. */
const isNamed = ({ sha, number }: Change, name: string): boolean =>
  (number !== null && name.replace(/^#/, '') === String(number)) ||
  (name.length >= 7 && sha.startsWith(name))
