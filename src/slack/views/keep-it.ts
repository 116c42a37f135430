/**
 * The button that cancels a countdown.
 *
 * Invariant: it names the deployment and the countdown it was drawn for, so that an old one cancels no later
 * countdown.
 */
import type { Button } from '@slack/types'
import type { Deployment } from '../../core/model.ts'
import type { Countdown } from '../../core/reaction.ts'
import { button } from './blocks.ts'
import type { Seen } from './phase.ts'
import { value } from './train-value.ts'

export const keepIt = (
  seen: Seen,
  { key, environment }: Pick<Deployment, 'key' | 'environment'>,
  { since }: Pick<Countdown, 'since'>,
): Button =>
  button({
    id: 'countdown.cancel',
    text: 'Cancel the rollback',
    value: { ...value(seen), environment, countdown: key, since },
    style: 'primary',
  })
