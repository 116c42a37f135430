/**
 * What each button means.
 *
 * Invariant: pure; the whole table of action ids. A button's value names what it acts on; whether
 * that still stands is for whoever looks it up.
 */
import type { Command } from '../core/command.ts'
import type { ButtonValue } from './words/button-value.ts'

/** What a person gives a written reason for. */
export type Act =
  | 'hold'
  | 'vouch'
  | 'cancel'
  | 'retry'
  | 'withdraw_hold'
  | 'release_veto'
  | 'resume'
  | 'take_over'
  | 'roll_back'
  | 'confirm_rollback'
  | 'continue'
  | 'pause'
  | 'skip'
  | 'pause_migration'

export type Pressed =
  /** `plan`: the hash the button was drawn for, to be compared before anything is done. */
  | {
      readonly do: 'command'
      readonly command: Command
      readonly plan: string | null
      readonly environment: string | null
    }
  | { readonly do: 'ask_reason'; readonly act: Act }
  /** Without a reason when the hold is the presser's own. */
  | { readonly do: 'withdraw_hold'; readonly train: number; readonly of: string | null }
  | { readonly do: 'confirm_rollback' }
  /** About somebody's link; `value` names the request, or the login. */
  | { readonly do: 'link'; readonly act: 'confirm' | 'refuse' | 'withdraw' | 'end' }
  | { readonly do: 'confirm_special' }
  | { readonly do: 'dismiss' }
  /** Nothing to do: a link. */
  | { readonly do: 'nothing' }
  | { readonly do: 'unreadable' }

const command = (
  it: Command,
  plan: string | null = null,
  environment: string | null = null,
): Pressed => ({ do: 'command', command: it, plan, environment })

const ask = (act: Act): Pressed => ({ do: 'ask_reason', act })

/** What a press asks for. */
export function pressed(action: string, value: ButtonValue | null): Pressed {
  // A button that only opens an address.
  if (action === 'train.thread') return { do: 'nothing' }
  if (value === null) return { do: 'unreadable' }
  const environment = value.environment ?? null
  switch (action) {
    case 'rollback.confirm':
      return { do: 'confirm_rollback' }
    case 'special.confirm':
      return value.to === undefined ? { do: 'unreadable' } : { do: 'confirm_special' }
    case 'special.dismiss':
    case 'rollback.dismiss':
      return { do: 'dismiss' }
    case 'train.rollback':
      return ask('roll_back')
    case 'lock.release':
      return value.lock === undefined
        ? { do: 'unreadable' }
        : command({ type: 'unlock', environment, id: value.lock })
    case 'flag.off':
      return value.flag === undefined || environment === null
        ? { do: 'unreadable' }
        : command({ type: 'flag_off', environment, flag: value.flag })
    case 'migration.run':
    case 'migration.pause':
    case 'migration.resume':
      return onMigration(action, value)
    case 'lock.take_over':
      return ask('take_over')
    case 'link.confirm':
      return { do: 'link', act: 'confirm' }
    case 'link.refuse':
      return { do: 'link', act: 'refuse' }
    case 'link.withdraw':
      return { do: 'link', act: 'withdraw' }
    case 'link.end':
      return { do: 'link', act: 'end' }
    case 'rollout.pause':
      return isOfOne(value) ? ask('pause') : { do: 'unreadable' }
    case 'rollout.skip':
      return isOfOne(value) ? ask('skip') : { do: 'unreadable' }
    case 'rollout.continue':
    case 'verification.continue':
      return isOfOne(value) ? ask('continue') : { do: 'unreadable' }
    case 'line.claim':
      return command({ type: 'claim' })
    case 'line.resume':
      return ask('resume')
    case 'countdown.cancel': {
      // Without what it was drawn for it could cancel one that was never shown.
      const { countdown: deployment, since } = value
      if (deployment === undefined || since === undefined) return { do: 'unreadable' }
      return command({ type: 'cancel_countdown', environment, deployment, since, reason: null })
    }
    default:
      return value.train === undefined
        ? { do: 'unreadable' }
        : onTrain(action, { ...value, train: value.train })
  }
}

/** Without what it was drawn for it could act on a deployment that was never shown. */
const isOfOne = ({ environment, deployment }: ButtonValue): boolean =>
  environment !== undefined && deployment !== undefined

/** It acts on exactly the one that it was drawn for. */
function onMigration(
  action: 'migration.run' | 'migration.pause' | 'migration.resume',
  { change, environment }: ButtonValue,
): Pressed {
  if (change === undefined || environment === undefined) return { do: 'unreadable' }
  switch (action) {
    case 'migration.run':
      return command({ type: 'run_migration', change, environment })
    case 'migration.pause':
      return ask('pause_migration')
    case 'migration.resume':
      return command({ type: 'resume_migration', change, environment, reason: null })
  }
}

function onTrain(action: string, value: ButtonValue & { readonly train: number }): Pressed {
  const { train } = value
  const environment = value.environment ?? null
  const plan = value.plan ?? null
  switch (action) {
    case 'train.consent':
      return command({ type: 'consent', train })
    case 'train.approve':
      // An approval without the plan it was drawn for could approve something never shown.
      return plan === null
        ? { do: 'unreadable' }
        : command({ type: 'approve', train, environment, plan })
    case 'train.depart': {
      const depart = { type: 'depart', train, ref: null, environment: null } as const
      return command({ ...depart, plan })
    }
    case 'train.go_under_lock':
    case 'train.go_outside_windows':
      return environment === null || plan === null
        ? { do: 'unreadable' }
        : command({ type: 'depart', train, ref: null, environment, plan: null }, plan, environment)
    case 'train.withdraw':
      // Drawn for a hold, it is about holds: one's own first, whoever's it was drawn for.
      if (value.of !== undefined) return { do: 'withdraw_hold', train, of: null }
      return command({ type: 'withdraw', train, what: null, of: null, reason: null })
    case 'hold.withdraw':
      return { do: 'withdraw_hold', train, of: value.of ?? null }
    case 'train.hold':
      return ask('hold')
    case 'train.vouch':
      return value.change === undefined ? { do: 'unreadable' } : ask('vouch')
    case 'train.cancel':
      return ask('cancel')
    case 'train.retry':
      return ask('retry')
    case 'train.release_veto':
      return ask('release_veto')
    default:
      return { do: 'unreadable' }
  }
}
