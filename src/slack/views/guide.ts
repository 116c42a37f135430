/**
 * What to do now, as a numbered list, after a deployment that went wrong.
 *
 * Invariant: every step can be done from here or names the command that does it.
 */
import type { Deployment } from '../../core/model.ts'
import { command, type Mrkdwn, md } from '../words/mrkdwn.ts'

/** `canGoBack`: there is an earlier release to go back to. */
export function guide(deployment: Deployment, canGoBack: boolean): readonly Mrkdwn[] {
  const { environment } = deployment
  const pipeline = deployment.key.split('/')[0] ?? ''
  const back = command(`/rollback ${pipeline} ${environment}`)
  if (deployment.status === 'unknown') {
    return [
      md`1. Look at ${environment} itself: what runs there?`,
      md`2. Say so: ${command(`signalbox settle ${pipeline} ${environment} succeeded|failed REASON`)}`,
      ...(canGoBack ? [md`3. Or go back, which declares this run dead: ${back}`] : []),
    ]
  }
  if (deployment.kind === 'rollback') {
    return [
      md`1. Read the log: half of the release may be there.`,
      md`2. Retry, or go further back: ${command(`/rollback ${pipeline} ${environment} to VERSION REASON`)}`,
      md`3. Repaired by hand? Record what is live: ${command(`signalbox record-release ${pipeline} ${environment} SHA REASON`)}`,
    ]
  }
  return [
    md`1. Read the log: half of the release may be there.`,
    canGoBack
      ? md`2. A hiccup? Retry. A bad change? Go back: ${back}`
      : md`2. A hiccup? Retry. There is no earlier release to go back to.`,
    md`3. Or cancel the train; its changes wait for the next one.`,
  ]
}
