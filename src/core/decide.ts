/**
 * The decider: a command answered, then everything that follows by itself.
 *
 * Invariant: pure and bounded. Commands record, `advance` moves; a refusal changes nothing.
 */
import { advance } from './advance.ts'
import type { Answer, Context } from './answers/answer.ts'
import { cancelCountdown } from './answers/countdown.ts'
import { answerFlagOff, recordFlag } from './answers/flags.ts'
import { recordForcePush } from './answers/force-push.ts'
import { answerBreakGlass } from './answers/glass.ts'
import { answerLock, answerUnlock } from './answers/lock.ts'
import {
  answerPauseMigration,
  answerResumeMigration,
  answerRunMigration,
} from './answers/migration.ts'
import { recordChange, recordCheck } from './answers/record.ts'
import { answerRecordRelease, answerReleaseVeto, answerRollBack } from './answers/rollback.ts'
import { answerPause, answerSkip, recordRetirement } from './answers/rollout.ts'
import { claimRun, recordRun, settleUnknown } from './answers/run.ts'
import { answerDepartRef, recordMerged } from './answers/special.ts'
import { claimStop, resumeLine, stopLine } from './answers/stop.ts'
import { takeAccount } from './answers/told.ts'
import { answerCancel, answerDepart, answerRetry } from './answers/train.ts'
import { answerContinue, recordReality, recordVerification } from './answers/verification.ts'
import { answerVouch } from './answers/vouch.ts'
import { answerApprove, answerConsent, answerHold, answerWithdraw } from './answers/word.ts'
import type { Command } from './command.ts'
import type { Event } from './event.ts'
import { evolve } from './evolve.ts'
import type { Pipeline } from './model.ts'
import type { Refusal } from './refusal.ts'
import { SYSTEM } from './system.ts'

export interface Recorded {
  /** Who did it: the actor, or `signalbox` for what happened by itself. */
  readonly actor: string
  readonly event: Event
}

export type Decision =
  | { readonly ok: true; readonly pipeline: Pipeline; readonly events: readonly Recorded[] }
  | { readonly ok: false; readonly refusal: Refusal }

/** More automatic steps than this after one command is a bug, not a busy day. */
const STEPS_MAX = 10_000

/** Answers `command`, then advances until nothing more happens. */
export function decide(pipeline: Pipeline, command: Command, context: Context): Decision {
  const answered = answer(pipeline, command, context)
  if (!answered.ok) return answered
  const events: Recorded[] = []
  let state = pipeline
  const apply = (actor: string, event: Event): void => {
    state = evolve(state, event, { at: context.now })
    events.push({ actor, event })
  }
  for (const event of answered.events) apply(context.actor.name, event)
  for (let next = advance(state, context.now); next; next = advance(state, context.now)) {
    if (events.length > STEPS_MAX) throw new Error(`advance does not end: ${next.type}`)
    apply(SYSTEM, next)
  }
  return { ok: true, pipeline: state, events }
}

function answer(pipeline: Pipeline, command: Command, context: Context): Answer {
  switch (command.type) {
    case 'record_change':
      return recordChange(pipeline, command)
    case 'record_force_push':
      return recordForcePush(pipeline, command, context)
    case 'record_check':
      return recordCheck(pipeline, command)
    case 'depart':
      return answerDepart(pipeline, command, context)
    case 'depart_ref':
      return answerDepartRef(pipeline, command, context)
    case 'record_merged':
      return recordMerged(pipeline, command)
    case 'consent':
      return answerConsent(pipeline, command, context)
    case 'approve':
      return answerApprove(pipeline, command, context)
    case 'hold':
      return answerHold(pipeline, command, context)
    case 'withdraw':
      return answerWithdraw(pipeline, command, context)
    case 'lock':
      return answerLock(pipeline, command, context)
    case 'unlock':
      return answerUnlock(pipeline, command, context)
    case 'stop':
      return stopLine(pipeline, command, context)
    case 'claim':
      return claimStop(pipeline, context)
    case 'resume':
      return resumeLine(pipeline, command, context)
    case 'cancel':
      return answerCancel(pipeline, command, context)
    case 'retry':
      return answerRetry(pipeline, command, context)
    case 'settle_unknown':
      return settleUnknown(pipeline, command, context)
    case 'roll_back':
      return answerRollBack(pipeline, command, context)
    case 'cancel_countdown':
      return cancelCountdown(pipeline, command, context)
    case 'release_veto':
      return answerReleaseVeto(pipeline, command, context)
    case 'record_release':
      return answerRecordRelease(pipeline, command, context)
    case 'vouch':
      return answerVouch(pipeline, command, context)
    case 'break_glass':
      return answerBreakGlass(pipeline, command, context)
    case 'claim_run':
      return claimRun(pipeline, command)
    case 'record_run':
      return recordRun(pipeline, command)
    case 'take_account':
      return takeAccount(pipeline, command, context)
    case 'record_verification':
      return recordVerification(pipeline, command)
    case 'record_reality':
      return recordReality(pipeline, command)
    case 'continue':
      return answerContinue(pipeline, command, context)
    case 'pause_rollout':
      return answerPause(pipeline, command, context)
    case 'skip_to_full':
      return answerSkip(pipeline, command, context)
    case 'flag_off':
      return answerFlagOff(pipeline, command, context)
    case 'record_flag':
      return recordFlag(pipeline, command)
    case 'record_retirement':
      return recordRetirement(pipeline, command)
    case 'run_migration':
      return answerRunMigration(pipeline, command, context)
    case 'pause_migration':
      return answerPauseMigration(pipeline, command, context)
    case 'resume_migration':
      return answerResumeMigration(pipeline, command, context)
    case 'tick':
      return { ok: true, events: [] }
  }
}
