/**
 * The button that cancels a countdown.
 *
 * Invariant: it names the deployment it was drawn for, so that an old one cancels no later
 * countdown.
 */
import type { Button } from '@slack/types'
import { button } from './blocks.ts'
import type { Seen } from './phase.ts'
import { value } from './train-value.ts'

export const keepIt = (
  seen: Seen,
  { key, environment }: { readonly key: string; readonly environment: string },
): Button =>
  button({
    id: 'countdown.cancel',
    text: 'Cancel the rollback',
    value: { ...value(seen), environment, countdown: key },
    style: 'primary',
  })
