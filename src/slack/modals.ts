/**
 * The dialog for acts that need a written reason, and what its answer asks for.
 *
 * Invariant: pure; the dialog carries which act on what and where to answer, nothing else.
 */
import type { ModalView } from '@slack/types'
import type { Command } from '../core/command.ts'
import type { Act } from './actions.ts'
import { reasonModal } from './views/reason-modal.ts'
import { type ButtonValue, readValue, valueOf as written } from './words/button-value.ts'

const ACTS: Readonly<
  Record<Act, { readonly title: string; readonly label: string; readonly submit: string }>
> = {
  hold: { title: 'Hold this train', label: 'What should be looked at first?', submit: 'Hold' },
  vouch: {
    title: 'Vouch for an author',
    label: 'How do you know that the change is good? The author is told.',
    submit: 'Vouch',
  },
  cancel: {
    title: 'Cancel this train',
    label: 'Why? Whoever takes its changes on is told.',
    submit: 'Cancel the train',
  },
  retry: { title: 'Try again', label: 'What is different now?', submit: 'Try again' },
  withdraw_hold: {
    title: 'Withdraw a hold',
    label: 'Why may the train go? Whoever held it is told.',
    submit: 'Withdraw the hold',
  },
  release_veto: {
    title: 'Let it through',
    label: 'Why is what was taken back good now?',
    submit: 'Release the veto',
  },
  resume: { title: 'Resume the line', label: 'Why may it run again?', submit: 'Resume' },
  take_over: {
    title: 'Take over the lock',
    label: 'Why do you need it? Its holder is told.',
    submit: 'Take it over',
  },
  roll_back: {
    title: 'Roll back',
    label: 'What is wrong with what is live?',
    submit: 'Show what it would do',
  },
  pause: {
    title: 'Pause the rollout',
    label: 'What should be looked at before it goes on?',
    submit: 'Pause',
  },
  skip: {
    title: 'Skip to full',
    label: 'How do you know that it is good for everybody? Your name stands for it.',
    submit: 'Skip to full',
  },
  continue: {
    title: 'Continue',
    label: 'How do you know that it is healthy? Your name stands for it.',
    submit: 'Continue',
  },
  pause_migration: {
    title: 'Pause the migration',
    label: 'Why? What runs of it ends first; nothing more begins.',
    submit: 'Pause',
  },
  confirm_rollback: {
    title: 'Roll back',
    label: 'What is wrong with what is live?',
    submit: 'Roll back',
  },
}

/** What a dialog is about, kept in it while it is open. */
export interface About {
  readonly act: Act
  readonly value: ButtonValue
  readonly channel: string
  readonly thread: string | null
}

export function reasonDialog(about: About): ModalView {
  const { act, value, channel, thread } = about
  const meta = JSON.stringify({ act, value: written(value), channel, thread })
  return reasonModal({ act, meta, ...ACTS[act] })
}

const isAct = (text: unknown): text is Act => typeof text === 'string' && Object.hasOwn(ACTS, text)

/** Reads what a dialog was about; null: it is none of ours. */
export function readAbout(meta: string): About | null {
  let read: unknown
  try {
    read = JSON.parse(meta)
  } catch {
    return null
  }
  if (read === null || typeof read !== 'object') return null
  const { act, value, channel, thread } = read as Readonly<Record<string, unknown>>
  if (!isAct(act) || typeof value !== 'string' || typeof channel !== 'string') return null
  const on = readValue(value)
  if (on === null) return null
  return { act, value: on, channel, thread: typeof thread === 'string' ? thread : null }
}

function onDeployment(
  type: 'pause_rollout' | 'skip_to_full' | 'continue',
  { environment, deployment }: ButtonValue,
  reason: string,
): Command | null {
  return environment === undefined || deployment === undefined
    ? null
    : { type, environment, deployment, reason }
}

/** The command that an act with its reason is; null: it needs a look at the line first. */
export function commandOf({ act, value }: About, reason: string): Command | null {
  const train = value.train ?? null
  switch (act) {
    case 'resume':
      return { type: 'resume', reason }
    case 'pause':
      return onDeployment('pause_rollout', value, reason)
    case 'skip':
      return onDeployment('skip_to_full', value, reason)
    case 'continue':
      return onDeployment('continue', value, reason)
    case 'pause_migration': {
      const { change, environment } = value
      return change === undefined || environment === undefined
        ? null
        : { type: 'pause_migration', change, environment, reason }
    }
    case 'cancel':
      return { type: 'cancel', train, reason }
    case 'retry':
      return { type: 'retry', train, reason }
    case 'hold':
      return train === null ? null : { type: 'hold', train, reason }
    case 'release_veto':
      return train === null ? null : { type: 'release_veto', train, reason }
    case 'vouch':
      return train === null || value.change === undefined
        ? null
        : { type: 'vouch', train, change: value.change, reason }
    case 'withdraw_hold':
      return train === null
        ? null
        : { type: 'withdraw', train, what: 'hold', of: value.of ?? null, reason }
    case 'take_over':
    case 'roll_back':
    case 'confirm_rollback':
      return null
  }
}
