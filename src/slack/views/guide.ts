/**
 * What to do now, as a numbered list, after a deployment that went wrong.
 *
 * Invariant: every step can be done from here or names the command that does it.
 */
import type { Deployment } from '../../core/model.ts'
import { command, link, type Mrkdwn, md, ours } from '../words/mrkdwn.ts'

/** `canGoBack`: there is an earlier release to go back to; `log`: its address, null: it has none. */
export function guide(
  deployment: Deployment,
  { canGoBack, log }: { readonly canGoBack: boolean; readonly log: string | null },
): readonly Mrkdwn[] {
  const { environment } = deployment
  const pipeline = deployment.key.split('/')[0] ?? ''
  const read = log === null ? md`Read the log` : link(log, ours('Read the log'))
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
      md`1. ${read}: half of the release may be there.`,
      md`2. Retry, or go further back: ${command(`/rollback ${pipeline} ${environment} to VERSION REASON`)}`,
      md`3. Repaired by hand? Record what is live: ${command(`signalbox record-release ${pipeline} ${environment} SHA REASON`)}`,
    ]
  }
  const again = command(`/deploy retry ${pipeline}`)
  return [
    md`1. ${read}: half of the release may be there.`,
    canGoBack
      ? md`2. A hiccup? ${again}. A bad change? ${back}`
      : md`2. A hiccup? ${again}. There is no earlier release to go back to.`,
    md`3. Or take it off the line: ${command(`/deploy cancel ${pipeline} REASON`)}. Its changes wait for the next train.`,
  ]
}
