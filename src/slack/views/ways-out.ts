/**
 * The buttons that open a gate: under a lock, outside the windows, past a veto, for an author.
 *
 * Invariant: one for each gate that a person can open with a press; those that pass a person's no
 * ask first.
 */
import type { Button } from '@slack/types'
import { type Blocker, title } from '../../core/blocker.ts'
import { locksOn } from '../../core/gates/way.ts'
import { aboard } from '../../core/line.ts'
import type { Lock } from '../../core/model.ts'
import { absentWriters } from '../../core/people.ts'
import type { ButtonValue } from '../words/button-value.ts'
import { clip, md } from '../words/mrkdwn.ts'
import { askedAboard, askingEnvironment } from './asked.ts'
import { button } from './blocks.ts'
import { gateOf, type Seen } from './phase.ts'
import { value, withPlan } from './train-value.ts'

/** One way out for each gate that a person can open with a press. */
export function waysOut(seen: Seen, found: readonly Blocker[]): readonly Button[] {
  const gates = new Set(found.map(({ gate }) => gate))
  return [
    ...(gates.has('lock') ? underLock(seen) : []),
    ...(gates.has('window') ? outsideWindows(seen, found) : []),
    ...(gates.has('diverged') ? [goDiverged(seen)] : []),
    ...(gates.has('veto') ? [releaseVeto(seen)] : []),
    ...(gates.has('consent') ? vouch(seen) : []),
  ]
}

function underLock(seen: Seen): readonly Button[] {
  const gate = gateOf(seen).find((one) => one.gate === 'lock')
  if (gate === undefined) return []
  const [lock] = locksOn(seen.pipeline, gate.environment, seen.now)
  if (lock === undefined) return []
  return [
    button({
      id: 'train.go_under_lock',
      text: 'Go under my lock',
      value: withPlan(seen),
      confirm: {
        title: `Enter ${gate.environment} under your lock?`,
        text: md`Only this plan passes, once; the lock stays. Locked because: ${clip(lock.reason, 120)}`,
        yes: 'Go',
      },
    }),
    releaseLock(seen.pipeline.name, lock),
  ]
}

/** Only where the policy excepts somebody; whether the presser is one is decided when it comes. */
function outsideWindows({ pipeline, ...seen }: Seen, found: readonly Blocker[]): readonly Button[] {
  const gate = found.find((one) => one.gate === 'window')
  const policy = pipeline.policy.environments.find(({ name }) => name === gate?.environment)
  const people = policy?.windows?.except.people ?? []
  // A lock's own button sends it past both.
  if (people.length === 0 || found.some((one) => one.gate === 'lock')) return []
  return [
    button({
      id: 'train.go_outside_windows',
      text: 'Go now, outside the windows',
      value: withPlan({ pipeline, ...seen }),
      confirm: {
        title: `Enter ${policy?.name ?? 'it'} outside its windows?`,
        text: md`Only this plan passes, once. ${clip(people.join(', '), 120)} may do this.`,
        yes: 'Go',
      },
    }),
  ]
}

export const releaseLock = (pipeline: string, lock: Lock): Button =>
  button({
    id: 'lock.release',
    text: 'Release the lock',
    value: lockValue(pipeline, lock),
    confirm: {
      title: 'Release the lock?',
      text: md`${clip(lock.by, 40)} locked it: ${clip(lock.reason, 120)}`,
      yes: 'Release',
    },
  })

export const lockValue = (pipeline: string, { id, environment }: Lock): ButtonValue => ({
  pipeline,
  lock: id,
  ...(environment === null ? {} : { environment }),
})

/**
 * Once an author had time to answer, or at once where no author can; one change at a time, for each
 * is its own promise.
 */
function vouch(seen: Seen): readonly Button[] {
  const { pipeline, train, now } = seen
  const approvals = askingEnvironment(pipeline)?.approvals
  const departed = train.departedAt
  if (approvals === undefined || departed === null) return []
  const isLate = now >= departed + approvals.standInAfterMs
  const open = askedAboard(pipeline, aboard(pipeline, train)).find(
    ({ change, consented }) => !consented && (isLate || absentWriters(pipeline, change).length > 0),
  )
  if (open === undefined) return []
  const { sha, number } = open.change
  return [
    button({
      id: 'train.vouch',
      text: `Vouch for ${title(number, sha)}…`,
      value: { ...value(seen), change: sha },
    }),
  ]
}

const goDiverged = (seen: Seen): Button =>
  button({
    id: 'train.depart',
    text: 'Go all the same…',
    value: withPlan(seen),
    style: 'danger',
    confirm: {
      title: 'Go without what is live?',
      text: md`This plan does not contain what is live there: it would be replaced.`,
      yes: 'Go all the same',
    },
  })

const releaseVeto = (seen: Seen): Button =>
  button({ id: 'train.release_veto', text: 'Let it go again…', value: value(seen) })
