/**
 * How a deployment is called, and the commands that lead back from it.
 *
 * Invariant: all of it is read from its key.
 */
import { code, type Mrkdwn, md } from './mrkdwn.ts'

/** The parts of `pipeline/train:environment:kind:attempt`. */
export function partsOf(key: string): {
  readonly train: number | null
  readonly environment: string
  readonly kind: string
} {
  const [train = '', environment = '', kind = ''] = key.slice(key.lastIndexOf('/') + 1).split(':')
  const number = Number(train)
  return { train: Number.isSafeInteger(number) ? number : null, environment, kind }
}

/** `rollback of production`, `deployment to staging`. */
export function what(key: string): Mrkdwn {
  const { environment, kind } = partsOf(key)
  return kind === 'rollback' ? md`rollback of ${environment}` : md`deployment to ${environment}`
}

/** For a place in a sentence of ours where a command is named. */
export const rollbackCommand = (pipeline: string, environment: string): Mrkdwn =>
  code(`/rollback ${pipeline} ${environment}`)

/** The same for a flag. */
export const flagCommand = (pipeline: string, environment: string, flag: string): Mrkdwn =>
  code(`/deploy flag off ${pipeline} ${flag} in ${environment}`)
