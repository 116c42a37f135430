/**
 * The end of the newest run's log, for whoever asks.
 *
 * Invariant: says whose log it is and how its run stands before any line of it.
 */
import type { Deployment, Pipeline } from '../../core/model.ts'
import { isBaking } from '../../core/steps.ts'
import type { Message } from '../scene.ts'
import { what } from '../words/deployment-name.ts'
import { command, link, logTail, type Mrkdwn, md, nothing, ours } from '../words/mrkdwn.ts'
import { shortSha } from '../words/names.ts'
import { since } from '../words/time.ts'
import { context, header, message, section, sections } from './blocks.ts'
import { tookOf } from './journey.ts'

const LINES_MAX = 20

export function runLog(
  deployment: Deployment,
  {
    lines,
    address,
    now,
  }: { readonly lines: readonly string[]; readonly address: string; readonly now: number },
): Message {
  const { key, run, sha, train } = deployment
  const first = md`${PICTURES[deployment.status]} The ${what(key)} of ${shortSha(sha)}${train === null ? nothing : md` by train #${train}`} ${state(deployment, now)}.`
  const shown = logTail(lines.slice(-LINES_MAX), 2_600)
  const whole = link(address, ours('The whole log'))
  return message(first, [
    header(`The newest log of ${key.split('/')[0] ?? ''}`),
    ...sections([first]),
    section(shown.mrkdwn === '' ? md`It has written nothing yet.` : shown),
    context(md`${whole} · ${command(`signalbox log ${run}`)}`),
  ])
}

export function nothingRan({ name }: Pick<Pipeline, 'name'>): Message {
  const text = md`Nothing has been deployed by ${name} yet, so there is no log.`
  return message(text, [section(text)])
}

const PICTURES = {
  requested: '🚦',
  running: '▶️',
  succeeded: '✅',
  verified: '✅',
  failed: '❌',
  aborted: '🛑',
  unknown: '❓',
} as const satisfies Record<Deployment['status'], string>

function state(deployment: Deployment, now: number): Mrkdwn {
  const { status, requestedAt, startedAt, endedAt, reason } = deployment
  const at = since(endedAt ?? startedAt ?? requestedAt, now)
  const took = tookOf(deployment)
  const after = took === '' ? '' : ` after ${took}`
  const why = reason === null ? nothing : md`: ${reason}`
  switch (status) {
    case 'requested':
      return md`waits for its agent since ${at}`
    case 'running':
      return isBaking(deployment) ? md`is done, and bakes` : md`runs since ${at}`
    case 'succeeded':
    case 'verified':
      return md`succeeded at ${at}${after}`
    case 'failed':
      return md`failed at ${at}${after}${why}`
    case 'aborted':
      return md`was aborted at ${at}${after}${why}`
    case 'unknown':
      return md`ended in a way nobody knows${why}`
  }
}
