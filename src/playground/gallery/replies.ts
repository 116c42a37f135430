/**
 * Replies that are the same in whatever state the line is: words of the edge, forms, tokens.
 *
 * Invariant: exhaustive: an act or a word of the edge without a sample does not compile.
 */
import { REPOSITORY_FILE } from '../../core/policy.ts'
import type { Act } from '../../slack/actions.ts'
import { reasonDialog } from '../../slack/modals.ts'
import { type EdgeNo, turnedAway } from '../../slack/turned-away.ts'
import { help, misunderstood } from '../../slack/views/help.ts'
import { everythingLocked } from '../../slack/views/lock-all.ts'
import { lookingUp } from '../../slack/views/looking-up.ts'
import {
  policyInForce,
  policyRefused,
  policyWaits,
  policyWithdrawn,
} from '../../slack/views/policy-waits.ts'
import { nothingRan } from '../../slack/views/run-log.ts'
import { tokenGiven } from '../../slack/views/token.ts'
import { misread } from '../../slack/words/asked.ts'
import { ephemeral, form, inChannel, type Picture } from './picture.ts'
import { START } from './ride.ts'

const ACTS: Readonly<Record<Act, true>> = {
  hold: true,
  vouch: true,
  cancel: true,
  retry: true,
  withdraw_hold: true,
  release_veto: true,
  resume: true,
  continue: true,
  pause: true,
  skip: true,
  take_over: true,
  roll_back: true,
  pause_migration: true,
  confirm_rollback: true,
}

const TYPO = misread('There is no pipeline apo; pipelines are api.', '/deploy api')

const NOES: { readonly [Code in EdgeNo['code']]: EdgeNo & { readonly code: Code } } = {
  foreigner: { code: 'foreigner' },
  guest: { code: 'guest' },
  bot: { code: 'bot' },
  deactivated: { code: 'deactivated' },
  unknown: { code: 'unknown' },
  no_pipeline: { code: 'no_pipeline', known: ['api', 'web'] },
  unreadable: { code: 'unreadable' },
  elsewhere: { code: 'elsewhere' },
  preview_gone: { code: 'preview_gone' },
  preview_over: { code: 'preview_over' },
  too_many_tokens: { code: 'too_many_tokens' },
  no_channel: { code: 'no_channel' },
  no_lock: { code: 'no_lock' },
  no_hold: { code: 'no_hold' },
  misread: { code: 'misread', message: TYPO.message, suggestion: TYPO.suggestion },
  slow: { code: 'slow' },
  dialog_over: { code: 'dialog_over' },
  broken: { code: 'broken', incident: '5f0c1f0e-6a55-4b0e-9a2e-0d7a8f2f4c11' },
}

const POLICY = {
  file: '/etc/signalbox/signalbox.yml',
  conflicts: [
    {
      line: 14,
      message: '`environments` no longer names staging, where train #41 is on its way',
      ends: 'train #41 has left the line',
    },
  ],
}

const WRONG_OWN = {
  seen: 'c0ffee12c0ffee12c0ffee12c0ffee12c0ffee12',
  problems: [
    `${REPOSITORY_FILE}:7 \`pipelines.api.environments[1].approvals.others\`: must be at least 1, as the server’s file has it`,
  ],
  alone: false,
}

const YEAR_MS = 365 * 86_400_000

export function replies(): readonly Picture[] {
  const lock = { type: 'lock', id: 'all', reason: 'the data centre moves.' } as const
  const token = { secret: 'sbx_4fZk…Q2', id: 'tok-1', expires: START + YEAR_MS }
  return [
    inChannel('policy: waits', policyWaits('api', POLICY)),
    inChannel('policy: in force', policyInForce('api', POLICY.file)),
    inChannel('policy: the repository’s counts', policyInForce('api', REPOSITORY_FILE)),
    inChannel('policy: the repository’s is wrong', policyRefused('api', WRONG_OWN)),
    inChannel(
      'policy: the repository’s fits no longer',
      policyRefused('api', { ...WRONG_OWN, alone: true }),
    ),
    inChannel('policy: taken back', policyWithdrawn('api', POLICY.file)),
    ephemeral('help: all commands', help()),
    ephemeral('help: a typo', misunderstood(TYPO)),
    ephemeral('token: given', tokenGiven(token)),
    ephemeral('lock all: locked', everythingLocked({ ...lock, forMs: null, takeOver: false })),
    ephemeral('lock all: released', everythingLocked({ type: 'unlock', id: null })),
    ephemeral('look-up: it takes long', lookingUp('hotfix/cart')),
    ephemeral('log: nothing ran yet', nothingRan({ name: 'api' })),
    ...Object.values(NOES).map((no) => ephemeral(`turned away: ${no.code}`, turnedAway(no))),
    ...Object.keys(ACTS).map((act) =>
      form(
        `form: ${act}`,
        reasonDialog({
          act: act as Act,
          value: { pipeline: 'api', train: 41 },
          channel: 'C0DEPLOYS',
          thread: null,
        }),
      ),
    ),
  ]
}
