/**
 * The buttons of a migration: what may be done to it in its phase.
 *
 * Invariant: whether the presser may is decided when the press comes, never here.
 */
import type { Button } from '@slack/types'
import { type Migration, phaseOf } from '../../core/migration.ts'
import type { Pipeline } from '../../core/model.ts'
import { md } from '../words/mrkdwn.ts'
import { button } from './blocks.ts'

/** Its buttons, next to those of others: only the first to run stands out. */
export const buttonsAmong = (
  pipeline: Pipeline,
  all: readonly Migration[],
  one: Migration,
): readonly Button[] =>
  buttonsOf(pipeline, one, { standsOut: one === all.find((its) => phaseOf(its) === 'ready') })

/** What may be done to it now. */
export function buttonsOf(
  pipeline: Pipeline,
  one: Migration,
  { standsOut = true }: { readonly standsOut?: boolean } = {},
): readonly Button[] {
  const { change, environment } = one
  const value = { pipeline: pipeline.name, change, environment }
  switch (phaseOf(one)) {
    case 'ready':
      return [runButton(pipeline, one, standsOut)]
    case 'running':
    case 'verifying':
      return [pauseButton(pipeline, one)]
    case 'paused':
    case 'failed':
      return [button({ id: 'migration.resume', text: `Resume ${environment}`, value })]
    case 'waiting':
    case 'verified':
    case 'contracted':
      return []
  }
}

export const pauseButton = (
  { name }: Pipeline,
  { change, environment }: Pick<Migration, 'change' | 'environment'>,
): Button =>
  button({
    id: 'migration.pause',
    text: `Pause ${environment}…`,
    value: { pipeline: name, change, environment },
  })

const runButton = (
  { name }: Pipeline,
  { change, environment }: Migration,
  standsOut: boolean,
): Button =>
  button({
    id: 'migration.run',
    text: `Run migration in ${environment}`,
    ...(standsOut ? { style: 'primary' } : {}),
    value: { pipeline: name, change, environment },
    confirm: {
      title: 'Run the migration?',
      text: md`The data of ${environment} is moved in increments. A rollback of the code does not take it back.`,
      yes: 'Run it',
    },
  })
