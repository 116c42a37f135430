/**
 * What is told of a deployment: started, ended, verified, arrived, taken back.
 *
 * Invariant: a failure is told with its last lines, what to do now, and those who may know why
 * first; "no action needed" is said when none is.
 */
import type { Button } from '@slack/types'
import type { Event } from '../../core/event.ts'
import { journeyOf } from '../../core/line.ts'
import type { Deployment } from '../../core/model.ts'
import { failureOfRun } from '../../core/suspects.ts'
import type { Narration, Scene } from '../scene.ts'
import { partsOf, rollbackCommand, what } from '../words/deployment-name.ts'
import { join, link, logTail, type Mrkdwn, md, nothing, ours, spoken } from '../words/mrkdwn.ts'
import { mention, shortSha } from '../words/names.ts'
import { type Around, sentence } from '../words/sentence.ts'
import { moment, span } from '../words/time.ts'
import { MENTIONS_MAX } from './ask.ts'
import { actions, sections } from './blocks.ts'
import { cancel, canGoBack, flagOff, retry, rollBack } from './choices.ts'
import { guide } from './guide.ts'
import { tookOf } from './journey.ts'
import { nothingLeft } from './sentence-of-end.ts'
import { comparisonLine, suspectFlags, suspectLines } from './suspects.ts'
import { foundLines } from './verification-notes.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>

const TAIL_LINES = 20

const told = (lines: readonly Mrkdwn[], broadcast = false): Narration => ({
  text: spoken(lines[0] ?? nothing),
  blocks: sections(lines),
  broadcast,
})

const deploymentOf = (scene: Scene | null, key: string): Deployment | undefined =>
  scene?.deployments.find((one) => one.key === key)

export function startedNote(
  event: Of<'run_started'>,
  around: Around,
  scene: Scene | null,
): Narration | null {
  const deployment = deploymentOf(scene, event.key)
  // Of a step it is told once, when it is done.
  if ((deployment?.rollout?.at ?? 0) > 0) return null
  const address = scene?.links.logs[event.run]
  const log = address === undefined ? nothing : md` ${link(address, ours('Live log'))}`
  const which =
    deployment === undefined
      ? nothing
      : md` ${shortSha(deployment.sha)} on agent ${deployment.agent}.`
  return told([md`▶️ ${sentence(event, around)}${which}${log}`])
}

export function endedNote(
  event: Of<'deployment_ended'>,
  around: Around,
  scene: Scene | null,
): Narration {
  const deployment = deploymentOf(scene, event.key)
  const took = deployment === undefined ? '' : tookOf(deployment)
  const after = took === '' ? '' : ` It took ${took}.`
  switch (event.status) {
    case 'succeeded':
      return told([md`✅ ${success(event, around)}${after}${soaking(event.key, scene)}`])
    case 'aborted':
      return told([md`🛑 ${sentence(event, around)}${after}`])
    case 'failed':
    case 'unknown':
      return wentWrong(event, { around, scene, deployment, after })
  }
}

/** An exit status of zero is no news. */
const success = (event: Of<'deployment_ended'>, around: Around): Mrkdwn =>
  event.source === 'person' ? sentence(event, around) : md`The ${what(event.key)} succeeded.`

function soaking(key: string, scene: Scene | null): Mrkdwn {
  const { environment } = partsOf(key)
  const policy = scene?.pipeline.policy.environments.find(({ name }) => name === environment)
  if (policy !== undefined && policy.verify.length > 0) {
    const soaks = policy.soakMs === 0 ? nothing : md`, and it soaks for ${span(policy.soakMs)}`
    return md` Its verification begins${soaks}; no action needed.`
  }
  return policy === undefined || policy.soakMs === 0
    ? nothing
    : md` It soaks for ${span(policy.soakMs)}; no action needed.`
}

function wentWrong(
  event: Of<'deployment_ended'>,
  {
    around,
    scene,
    deployment,
    after,
  }: {
    readonly around: Around
    readonly scene: Scene | null
    readonly deployment: Deployment | undefined
    readonly after: string
  },
): Narration {
  const picture = event.status === 'unknown' ? '❓' : '❌'
  const first = md`${picture} ${sentence(event, around)}${after}`
  const { kind, environment } = partsOf(event.key)
  const isKnown = event.status !== 'unknown' && kind !== 'rollback'
  const failure = isKnown ? failureOfRun(event) : null
  const flags = scene === null || failure === null ? [] : suspectFlags(scene, failure)
  const lines = [
    first,
    ...(scene === null || failure === null ? [] : suspectLines(scene, failure)),
    logTail(event.tail.slice(-TAIL_LINES), 2_400),
    ...(deployment === undefined || scene === null
      ? []
      : [
          comparisonLine(scene, deployment),
          ...guide(
            { ...deployment, status: event.status },
            {
              canGoBack: canGoBack(scene, environment),
              flags,
              log: scene.links.logs[deployment.run] ?? null,
            },
          ),
        ]),
  ]
  const buttons =
    scene === null
      ? []
      : event.status === 'unknown'
        ? rollBack(scene, environment)
        : [
            ...flagOff(scene, environment, flags),
            ...againOrBack(scene, environment, flags),
            ...(kind === 'rollback' ? [] : [cancel(scene)]),
          ]
  return { text: spoken(first), blocks: [...sections(lines), ...actions(buttons)], broadcast: true }
}

/** Where a flag comes first, going back comes second; one of them all stands out. */
const againOrBack = (
  scene: Scene,
  environment: string,
  flags: readonly string[],
): readonly Button[] =>
  flags.length === 0
    ? [retry(scene), ...rollBack(scene, environment)]
    : [...rollBack(scene, environment), retry(scene, 'default')]

/** With nothing to see it is verified the moment it succeeded, and that was told. */
export function verifiedNote(
  event: Of<'deployment_verified'>,
  around: Around,
  scene: Scene | null,
): Narration | null {
  const { environment } = partsOf(event.key)
  const policy = around.pipeline.policy.environments.find(({ name }) => name === environment)
  if (scene === null || policy === undefined) return null
  if (policy.soakMs === 0 && policy.verify.length === 0) return null
  const soaked = policy.soakMs === 0 ? nothing : md` It stayed healthy for ${span(policy.soakMs)}.`
  return told([md`✅ ${sentence(event, around)}${soaked}`, ...foundLines(scene, event.key)])
}

/** The receipt. */
export function arrivedNote(
  event: Of<'train_arrived'>,
  around: Around,
  scene: Scene | null,
): Narration {
  const { pipeline } = around
  const way = scene === null ? pipeline.policy.environments : journeyOf(pipeline, scene.train)
  const last = way.at(-1)?.name ?? ''
  const first = md`🏁 ${sentence(event, around)} ${shortSha(event.sha)} is live in ${last}.`
  const places = pipeline.environments.slice(0, 10).flatMap(({ name }) => {
    const live = scene?.deployments.findLast(
      ({ environment, kind, status }) =>
        environment === name &&
        kind === 'forward' &&
        (status === 'verified' || status === 'succeeded'),
    )
    return live === undefined
      ? []
      : [md`• ${name}: ${shortSha(live.sha)} since ${moment(live.endedAt ?? live.requestedAt)}`]
  })
  const end = md`${nothingLeft(scene?.changes ?? [])} To take it back: ${rollbackCommand(pipeline.name, last)}`
  return told([first, ...places, end], true)
}

/** Those whose changes no longer run are told: they wait again, and will not travel unasked. */
export function rolledBackNote(
  event: Of<'rolled_back'>,
  around: Around,
  scene: Scene | null,
): Narration {
  const { pipeline } = around
  const known = scene?.changes ?? pipeline.changes
  const authors = [
    ...new Set(event.changes.flatMap((sha) => known.find((one) => one.sha === sha)?.author ?? [])),
  ]
  const shown = join(
    authors.slice(0, MENTIONS_MAX).map((name) => mention(pipeline, name)),
    ' ',
  )
  const more = authors.length > MENTIONS_MAX ? ` (${MENTIONS_MAX} of ${authors.length})` : ''
  const next =
    authors.length === 0
      ? []
      : [
          md`${shown}${more} what you changed no longer runs in ${event.environment}. It travels again after a fix or a revert is merged, or once somebody lets it go again with a reason.`,
        ]
  return told([md`⏪ ${sentence(event, around)}.`, ...next], true)
}
