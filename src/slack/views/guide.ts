/**
 * What to do now, as a numbered list, after a deployment that went wrong.
 *
 * Invariant: every step can be done from here or names the command that does it.
 */
import type { Deployment } from '../../core/model.ts'
import { flagCommand } from '../words/deployment-name.ts'
import { command, link, type Mrkdwn, md, ours } from '../words/mrkdwn.ts'

export interface Ways {
  /** There is an earlier release to go back to. */
  readonly canGoBack: boolean
  /** Flags that suspected changes stand behind: the quickest way out. */
  readonly flags: readonly string[]
}

export const numbered = (steps: readonly Mrkdwn[]): readonly Mrkdwn[] =>
  steps.map((step, index) => md`${index + 1}. ${step}`)

const FLAGS_MAX = 3

/** The first steps where suspects stand behind flags. */
export const flagSteps = (
  pipeline: string,
  environment: string,
  flags: readonly string[],
): readonly Mrkdwn[] =>
  flags
    .slice(0, FLAGS_MAX)
    .map((flag) => md`Turn the flag ${flag} off: ${flagCommand(pipeline, environment, flag)}`)

/** `log`: its address; null: it has none. */
export const guide = (
  deployment: Deployment,
  ways: Ways & { readonly log: string | null },
): readonly Mrkdwn[] => numbered(steps(deployment, ways))

function steps(
  deployment: Deployment,
  { canGoBack, flags, log }: Ways & { readonly log: string | null },
): readonly Mrkdwn[] {
  const { environment } = deployment
  const pipeline = deployment.key.split('/')[0] ?? ''
  const read = log === null ? md`Read the log` : link(log, ours('Read the log'))
  const back = command(`/rollback ${pipeline} ${environment}`)
  if (deployment.status === 'unknown') {
    return [
      md`Look at ${environment} itself: what runs there?`,
      md`Say so: ${command(`signalbox settle ${pipeline} ${environment} succeeded|failed REASON`)}`,
      ...(canGoBack ? [md`Or go back, which declares this run dead: ${back}`] : []),
    ]
  }
  if (deployment.kind === 'rollback') {
    return [
      md`${read}: half of the release may be there.`,
      md`Retry, or go further back: ${command(`/rollback ${pipeline} ${environment} to VERSION REASON`)}`,
      md`Repaired by hand? Record what is live: ${command(`signalbox record-release ${pipeline} ${environment} SHA REASON`)}`,
    ]
  }
  const again = command(`/deploy retry ${pipeline}`)
  return [
    ...flagSteps(pipeline, environment, flags),
    md`${read}: half of the release may be there.`,
    canGoBack
      ? md`A hiccup? ${again}. A bad change? ${back}`
      : md`A hiccup? ${again}. There is no earlier release to go back to.`,
    md`Or take it off the line: ${command(`/deploy cancel ${pipeline} REASON`)}. Its changes wait for the next train.`,
  ]
}
