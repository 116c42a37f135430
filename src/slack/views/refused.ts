/**
 * A no, to the person alone: what is in the way, and the way out, as a button where there is one.
 *
 * Invariant: the sentence is the core's own; what people wrote in it is escaped before it is put
 * together, so nothing they name can mention or format.
 */
import type { Button } from '@slack/types'
import { explain } from '../../core/explain.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Refusal } from '../../core/refusal.ts'
import type { Message } from '../scene.ts'
import { clip, command, type Mrkdwn, md, nothing, ours, some } from '../words/mrkdwn.ts'
import { called } from '../words/names.ts'
import { plain } from '../words/plain.ts'
import { moment } from '../words/time.ts'
import { actions, button, message, sections } from './blocks.ts'
import { lockValue, releaseLock } from './ways-out.ts'

export interface RefusedAt {
  readonly pipeline: Pipeline | null
  readonly now: number
}

export function refused(refusal: Refusal, at: RefusedAt): Message {
  const { text, buttons } = wayOut(refusal, at)
  const first = md`🙅 ${sentence(refusal, at)}`
  return message(first, [...sections([first, text]), ...actions(buttons)])
}

/** Facts that are times are shown in the reader's own zone; everything else is the core's wording. */
function sentence(refusal: Refusal, { pipeline }: RefusedAt): Mrkdwn {
  const who = (name: string): Mrkdwn => (pipeline === null ? md`${name}` : called(pipeline, name))
  switch (refusal.code) {
    case 'under_way':
      return md`The deployment to ${refusal.environment} is under way since ${moment(refusal.since)}: a word comes too late now.`
    case 'too_early':
      return md`${who(refusal.author)} can still answer: somebody may vouch from ${moment(refusal.from)} on.`
    case 'locked':
      return md`${refusal.where} is locked by ${who(refusal.by)}: ${refusal.reason}`
    case 'outside_windows':
      return refusal.until === null
        ? md`${refusal.where} is outside its windows, which never open again.`
        : md`${refusal.where} is outside its windows until ${moment(refusal.until)}.`
    case 'still_boarding':
      return md`Train #${refusal.train} is still boarding: its doors have to close first.`
    case 'must_abort':
      return md`${refusal.train === null ? 'A rollback' : `Train #${refusal.train}`} is being deployed to ${refusal.environment}: it has to be aborted first.`
    case 'must_settle':
      if (refusal.migration !== undefined) {
        return md`Nobody knows how an increment of the migration of ${refusal.migration} ended in ${refusal.environment}: it has to be declared dead first.`
      }
      return md`Nobody knows how ${refusal.train === null ? 'the rollback' : `train #${refusal.train}`} ended in ${refusal.environment}: it has to be declared dead first.`
    default:
      return ours(explain(escaped(refusal)))
  }
}

/** The same refusal with every text in it escaped: `explain` writes around them. */
function escaped(refusal: Refusal): Refusal {
  const safe = (value: unknown): unknown => {
    if (typeof value === 'string') return plain(value, 160)
    return Array.isArray(value) ? value.slice(0, 12).map(safe) : value
  }
  const facts = Object.entries(refusal).map(([key, value]) => [
    key,
    key === 'code' ? value : safe(value),
  ])
  return Object.fromEntries(facts) as Refusal
}

interface WayOut {
  readonly text: Mrkdwn
  readonly buttons: readonly Button[]
}

const say = (text: Mrkdwn, buttons: readonly Button[] = []): WayOut => ({ text, buttons })

/** What to do instead, in Slack's own words. */
function wayOut(refusal: Refusal, at: RefusedAt): WayOut {
  const { pipeline } = at
  const name = pipeline?.name ?? 'PIPELINE'
  const why = say(md`What it waits for: ${command(`/deploy why ${name}`)}`)
  switch (refusal.code) {
    case 'locked':
      return locked(refusal, at)
    case 'still_boarding':
      return say(md`Close them: ${command(`/deploy ${name}`)}`, departButton(refusal.train, at))
    case 'already_departed':
    case 'rides_alone':
    case 'plan_changed':
    case 'no_such_train':
    case 'train_over':
      return why
    case 'no_countdown':
    case 'no_rollout':
    case 'no_train':
      return say(md`What is live and what waits: ${command(`/deploy status ${name}`)}`)
    case 'under_way':
      return say(
        md`Cancel the train to abort it: ${command(`/deploy cancel ${name} REASON`)}, or take it back: ${command(`/rollback ${name} ${refusal.environment}`)}`,
      )
    case 'live_already':
      return say(md`Take it back instead: ${command(`/rollback ${name} REASON`)}`)
    case 'must_abort':
    case 'must_settle':
    case 'occupied':
      return say(
        md`The preview says what else must go, and asks for it: ${command(`/rollback ${name} ${refusal.environment}`)}`,
      )
    case 'not_locked':
    case 'stale_lock':
      return say(md`The locks there are: ${command('/lock status')}`)
    case 'outside_windows':
      return say(
        refusal.people.length === 0
          ? md`What it waits for: ${command(`/deploy why ${name}`)}`
          : md`Wait until then, or ask ${some(
              refusal.people.map((one) => clip(one, 40)),
              5,
            )} to send it.`,
      )
    case 'not_linked':
    case 'people_only':
      return say(md`Link your GitHub login: ${command('/deploy link LOGIN')}`)
    case 'reason_needed':
      return say(md`Write it behind the command, or press the button: it asks.`)
    case 'flag_under_way':
    case 'nothing_failed':
    case 'nothing_doubtful':
    case 'nothing_of_yours':
    case 'no_approval_needed':
    case 'already_done':
      return say(md`No action needed.`)
    case 'no_migration':
    case 'which_migration':
    case 'migration_is':
      return say(md`How they stand: ${command(`/deploy migrate ${name}`)}`)
    case 'not_its_owner':
    case 'no_flags':
    case 'not_a_flag':
    case 'not_active':
    case 'linked_already':
    case 'login_taken':
    case 'own_link':
    case 'no_link':
    case 'nobody_confirms':
    case 'too_many_links':
    case 'own_change':
    case 'vouched':
    case 'not_entitled':
    case 'not_stand_in':
    case 'not_allowed':
    case 'own_word':
      return say(nothing)
    case 'nothing_before':
    case 'not_a_release':
      return say(
        md`To put something else there, merge a revert, or ${command(`/deploy ${name}@REF`)} for a special train.`,
      )
    case 'older_than_live':
      return say(md`Go back to it: ${command(`/rollback ${name} ${refusal.environment}`)}`)
    case 'on_branch':
      return say(md`Send it: ${command(`/deploy ${name}@${refusal.ref}`)}`)
    case 'own_special':
    case 'not_heard':
    case 'no_such_ref':
    case 'two_refs':
    case 'foreign_ref':
    case 'ref_too_far':
    case 'not_looked_up':
    case 'no_such_environment':
    case 'not_aboard':
    case 'nothing_to_withdraw':
    case 'not_unknown':
    case 'no_veto':
    case 'no_such_change':
    case 'too_early':
    case 'not_breakable':
    case 'not_diverged':
    case 'no_such_run':
    case 'stale_epoch':
      return say(nothing)
  }
}

const departButton = (train: number, { pipeline }: RefusedAt): readonly Button[] =>
  pipeline === null
    ? []
    : [
        button({
          id: 'train.depart',
          text: 'Depart now',
          value: { pipeline: pipeline.name, train },
        }),
      ]

/** The lock itself is looked up, for since when and until when it stands. */
function locked(refusal: Extract<Refusal, { code: 'locked' }>, { pipeline }: RefusedAt): WayOut {
  if (pipeline === null) return say(md`Ask them, or see ${command('/lock status')}`)
  const lock = [pipeline.lock, ...pipeline.environments.map((one) => one.lock)].find(
    (one) => one !== null && one.by === refusal.by && one.reason === refusal.reason,
  )
  if (lock == null) return say(md`Ask them, or see ${command('/lock status')}`)
  const place = [pipeline.name, ...(lock.environment === null ? [] : [lock.environment])].join(' ')
  const end = lock.expires === null ? nothing : md`, wait until ${moment(lock.expires)}`
  return say(
    md`It stands since ${moment(lock.since)}. Ask them${end}, or ${command(`/lock ${place} release`)}`,
    [
      button({
        id: 'lock.take_over',
        text: 'Take the lock over…',
        value: lockValue(pipeline.name, lock),
      }),
      releaseLock(pipeline.name, lock),
    ],
  )
}
