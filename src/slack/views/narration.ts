/**
 * What is told in a train's thread when something happens.
 *
 * Invariant: exhaustive over the events; null is deliberate silence, because the announcement shows
 * it or the next event tells it. Mentions stand here and only for those who have to act or know.
 */
import type { Event } from '../../core/event.ts'
import type { FlagOff } from '../../core/flag-off.ts'
import type { Change, Pipeline } from '../../core/model.ts'
import { SYSTEM } from '../../core/system.ts'
import type { Narration, Scene, Told } from '../scene.ts'
import { flagCommand, rollbackCommand } from '../words/deployment-name.ts'
import { clip, type Mrkdwn, md, nothing, some, spoken } from '../words/mrkdwn.ts'
import { changeName, mention } from '../words/names.ts'
import { type Around, sentence } from '../words/sentence.ts'
import { type Ask, ask } from './ask.ts'
import { actions, context, sections } from './blocks.ts'
import { countdownNote, withheldNote } from './failure-notes.ts'
import { phaseOf } from './phase.ts'
import { arrivedNote, endedNote, rolledBackNote, startedNote, verifiedNote } from './ride-notes.ts'
import { sentenceOf } from './sentence-of-phase.ts'
import { stopNote } from './stop-note.ts'
import { driftNote, verificationNote } from './verification-notes.ts'
import { yes } from './yes.ts'

export function narrate(told: Told, scene: Scene | null, pipeline: Pipeline): Narration | null {
  const { event, actor } = told
  const around: Around = { pipeline, changes: scene?.changes ?? pipeline.changes, actor }
  const line = (picture: string, more: Mrkdwn = nothing): Narration =>
    note([md`${picture} ${sentence(event, around)}${more}`])
  switch (event.type) {
    case 'change_recorded':
    case 'change_enriched':
    case 'train_opened':
    case 'deployment_requested':
    case 'run_claimed':
    case 'release_placed':
    case 'special_kept':
      return null
    case 'check_recorded':
      return checkFailed(event, scene, pipeline)
    case 'train_departed':
      return scene === null ? line('🚂') : departed(scene, md`🚂 ${sentence(event, around)}`)
    case 'special_departed':
      return scene === null ? line('🚑') : departed(scene, md`🚑 ${sentence(event, around)}`)
    case 'special_merged':
      return line('🔗')
    case 'consent_given':
      return consented(event, around)
    case 'approval_given':
      return line('✅')
    case 'consent_withdrawn':
    case 'approval_withdrawn':
      return line('↩️')
    case 'hold_placed':
      return line('✋')
    case 'hold_withdrawn':
      return line('👐', owner(around, event.hold.by, 'this was your hold'))
    case 'locked':
      return line('🔒', owner(around, event.takenFrom, 'this was your lock'))
    case 'unlocked':
    case 'lock_expired':
      return line('🔓', owner(around, event.lock.by, 'this was your lock'))
    case 'lock_overruled':
      return line('🔨', owner(around, event.lock.by, 'this is your lock'))
    case 'lock_passed':
    case 'window_passed':
      return line('🔑')
    case 'glass_broken':
      return loud(line('🔨'))
    case 'plan_accepted':
    case 'cancel_lapsed':
    case 'veto_released':
      return line('⚠️')
    case 'line_stopped':
      return stopNote(told, around)
    case 'stop_claimed':
      return line('👋', owner(around, event.from, 'this was yours'))
    case 'branch_rewritten':
      return event.vanished.length === 0 ? null : line('✂️')
    case 'line_resumed':
      return loud(line('🟢'))
    case 'deployment_told':
      return loud(line('📟'))
    case 'run_started':
      return startedNote(event, around, scene)
    case 'run_cancel_requested':
      return line('🛑')
    case 'step_requested':
      return stepNote(event, md`🪜 ${sentence(event, around)}`)
    case 'step_done':
      return line('🪜')
    case 'rollout_paused':
      return loud(line('⏸️'))
    case 'rollout_skipped':
      return loud(line('⏭️'))
    case 'rollout_continued':
      return loud(line('▶️', owner(around, event.paused.by, 'this was your pause')))
    case 'deployment_ended':
      return endedNote(event, around, scene)
    case 'deployment_verified':
      return verifiedNote(event, around, scene)
    case 'verification_recorded':
      return verificationNote(event, around, scene)
    case 'verification_accepted':
      return loud(line('⚠️'))
    case 'countdown_begun':
      return countdownNote(event, around, scene)
    case 'countdown_cancelled':
      return loud(line('✋'))
    case 'reaction_withheld':
      return withheldNote(event, around, scene)
    case 'reality_doubted':
      return null
    case 'drift_found':
      return driftNote(event, around)
    case 'flag_off_requested':
      return line('▶️')
    case 'flag_off_done':
      return loud(line('✅', md` Look whether it is well now.`))
    case 'flag_off_failed':
      return loud(line('❌', afterFlag(event.off, event.environment, pipeline)))
    case 'retirement_done':
      return line('🧹')
    case 'retirement_failed':
      return loud(line('⚠️'))
    case 'migration_gone':
      return line('↩️')
    case 'migration_begun':
    case 'migration_resumed':
      return line('▶️')
    case 'migration_paused':
      return line('⏸️')
    case 'migration_run_ended':
      return migrationEnded(event, line)
    case 'migration_verified':
      return line('✅')
    case 'migration_contracted':
      return line('🏁')
    case 'migration_reopened':
      return line('⚠️')
    case 'migration_opened':
    case 'migration_live':
    case 'migration_ready':
    case 'migration_run_requested':
    case 'migration_run_claimed':
    case 'migration_run_started':
    case 'migration_reminded':
      return null
    case 'reality_agreed':
      return event.doubt.isDrift ? loud(line('🟢', md` No action needed.`)) : null
    case 'deployment_settled':
      return event.why === 'retry' ? line('🔁') : null
    case 'cancel_requested':
      return isRunning(scene) ? line('🛑') : null
    case 'train_cancelled':
      return line('🚫', afterCancel(event))
    case 'train_arrived':
      return arrivedNote(event, around, scene)
    case 'rollback_ordered':
      return loud(line('⏪'))
    case 'rolled_back':
      return rolledBackNote(event, around, scene)
    case 'release_recorded':
      return line('📝')
  }
}

/** With what was seen at the step before: from then on its announcement shows the next one's. */
const stepNote = (
  { seen = [] }: Extract<Event, { type: 'step_requested' }>,
  said: Mrkdwn,
): Narration => note([said, ...seen.map((one) => md`✅ ${clip(one, 200)}`)])

/** Its card shows what goes well; only its verification is news. */
function migrationEnded(
  { status, kind }: Extract<Event, { type: 'migration_run_ended' }>,
  line: (picture: string) => Narration,
): Narration | null {
  if (status === 'failed' || status === 'unknown') return loud(line('❌'))
  return status === 'succeeded' && kind === 'verify' ? line('✅') : null
}

function consented(
  event: Extract<Event, { type: 'consent_given' }>,
  around: Around,
): Narration | null {
  const said = yes(event, around)
  const whose = owner(around, event.consent.by, 'this was said for you')
  return said === null ? null : note([md`✅ ${said}${whose}`])
}

/** Whoever it belonged to is told, unless it was they who did it. */
const owner = ({ pipeline, actor }: Around, name: string | null, what: string): Mrkdwn =>
  name === null || name === actor || name === SYSTEM
    ? nothing
    : md` ${mention(pipeline, name)}, ${what}.`

const loud = (one: Narration): Narration => ({ ...one, broadcast: true })

/** Lines told, with the first one as the sentence for notifications. */
function note(lines: readonly Mrkdwn[], more: Narration['blocks'] = []): Narration {
  const [first = nothing] = lines
  return { text: spoken(first), blocks: [...sections(lines), ...more], broadcast: false }
}

function departed(scene: Scene, first: Mrkdwn): Narration {
  const asked = ask(scene)
  const phase = phaseOf(scene)
  const isFree = phase.is !== 'held' && phase.is !== 'stopped' && phase.is !== 'waiting'
  const rest = isFree ? md`No action needed.` : sentenceOf(scene, phase)
  const lines = asked.lines.length === 0 ? [rest] : asked.lines
  return {
    text: spoken(first),
    blocks: [...sections([first, ...lines]), ...actions(asked.buttons), ...hint(asked)],
    broadcast: true,
  }
}

const hint = ({ lines }: Ask): Narration['blocks'] =>
  lines.length === 0
    ? []
    : [context(md`One yes counts for all of yours aboard and the whole journey.`)]

/** What fell behind waits for a person there, and its own thread says so. */
const afterCancel = ({ changes, receiver }: Extract<Event, { type: 'train_cancelled' }>): Mrkdwn =>
  receiver === null || changes.length === 0 ? md`. No action needed.` : nothing

/** Whoever tried is told, and how else it goes. */
const afterFlag = ({ by, flag }: FlagOff, environment: string, pipeline: Pipeline): Mrkdwn =>
  md` ${mention(pipeline, by)}, try again: ${flagCommand(pipeline.name, environment, flag)}, or go back: ${rollbackCommand(pipeline.name, environment)}`

const isRunning = (scene: Scene | null): boolean =>
  scene?.deployments.some(({ status }) => status === 'requested' || status === 'running') ?? false

/** Told once the doors should be closing or are closed; before, the announcement shows it. */
function checkFailed(
  { check }: Extract<Event, { type: 'check_recorded' }>,
  scene: Scene | null,
  pipeline: Pipeline,
): Narration | null {
  const change = scene?.changes.find(({ sha }) => sha === check.sha)
  if (scene === null || change === undefined || check.status !== 'failure') return null
  return note([
    md`❌ Check ${check.name} failed on ${changeName(change, scene.links.repository)}. ${authors(pipeline, change)}, it keeps train #${scene.train.number}${scene.train.sha === null ? ' from departing with it' : ' waiting'}.`,
  ])
}

const authors = (pipeline: Pipeline, change: Change): Mrkdwn =>
  some(
    [...new Set([change.author, ...change.coAuthors])].map((name) => mention(pipeline, name)),
    3,
  )
