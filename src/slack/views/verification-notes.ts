/**
 * What is told of a verification, and of an environment that drifts.
 *
 * Invariant: a verdict is told once, with what was seen, what to do now and the buttons to do it.
 */
import type { Event } from '../../core/event.ts'
import type { Deployment } from '../../core/model.ts'
import { type Failure, failureOfStep } from '../../core/suspects.ts'
import { findingOf, findingText, stepsOf } from '../../core/verification.ts'
import type { Narration, Scene } from '../scene.ts'
import { partsOf, rollbackCommand } from '../words/deployment-name.ts'
import { clip, command, type Mrkdwn, md, nothing, spoken } from '../words/mrkdwn.ts'
import { mention, shortSha } from '../words/names.ts'
import { type Around, sentence } from '../words/sentence.ts'
import { actions, sections } from './blocks.ts'
import { canGoBack, flagOff, goOn, retry, rollBack } from './choices.ts'
import { flagSteps, numbered, type Ways } from './guide.ts'
import { comparisonLine, suspectFlags, suspectLines } from './suspects.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** Silent while it has no verdict, and when it passes for the first time: the end tells that. */
export function verificationNote(
  event: Of<'verification_recorded'>,
  around: Around,
  scene: Scene | null,
): Narration | null {
  const { finding, was } = event
  if (finding.outcome === was) return null
  // A step that fails ends its deployment, and that is told.
  const here = scene?.deployments.find(({ key }) => key === event.key)
  if (here?.status === 'failed' && here.rollout !== null) return null
  switch (finding.outcome) {
    case 'waiting':
      return null
    case 'pass':
      return was === 'inconclusive'
        ? note([md`✅ ${sentence(event, around)} No action needed.`], false)
        : null
    case 'fail':
      return verdict(md`🤒 ${sentence(event, around)}`, event, scene)
    case 'inconclusive':
      return verdict(md`❔ ${sentence(event, around)}`, event, scene)
  }
}

/** What failed; null: nothing that anybody aboard could be suspected of. */
function failureIn(
  { key, finding }: Of<'verification_recorded'>,
  scene: Scene | null,
): { readonly failure: Failure; readonly deployment: Deployment } | null {
  const deployment = scene?.deployments.find((one) => one.key === key)
  if (scene === null || deployment === undefined || deployment.kind === 'rollback') return null
  const step = stepsOf(scene.pipeline, deployment).find(({ name }) => name === finding.step)
  return { failure: failureOfStep(step, finding), deployment }
}

function verdict(
  first: Mrkdwn,
  event: Of<'verification_recorded'>,
  scene: Scene | null,
): Narration {
  const { environment, kind } = partsOf(event.key)
  if (scene === null) return note([first], true)
  const canGo = canGoBack(scene, environment)
  const found = event.finding.outcome === 'fail' ? failureIn(event, scene) : null
  const causes =
    found === null
      ? []
      : [...suspectLines(scene, found.failure), comparisonLine(scene, found.deployment)]
  const flags = found === null ? [] : suspectFlags(scene, found.failure)
  const on = goOn(scene, environment)
  const buttons =
    event.finding.outcome === 'inconclusive'
      ? [on, ...rollBack(scene, environment)]
      : [
          ...flagOff(scene, environment, flags),
          // The quickest way out comes first, and it alone stands out.
          ...rollBack(scene, environment, flags.length === 0 ? 'primary' : 'default'),
          on,
          ...(kind === 'rollback' ? [] : [retry(scene, 'default')]),
        ]
  const lines = [first, ...causes, ...sickGuide(scene, environment, { canGoBack: canGo, flags })]
  const { text, blocks } = note(lines, true)
  return { text, blocks: [...blocks, ...actions(buttons)], broadcast: true }
}

/** What to do now, as a numbered list, about an environment that was not seen to be healthy. */
export const sickGuide = (
  { pipeline: { name } }: Pick<Scene, 'pipeline'>,
  environment: string,
  { canGoBack: canGo, flags }: Ways,
): readonly Mrkdwn[] =>
  numbered([
    ...flagSteps(name, environment, flags),
    md`Look at ${environment} itself: are its users fine?`,
    canGo
      ? md`They are not: ${rollbackCommand(name, environment)}`
      : md`They are not: merge a fix. There is no earlier release to go back to.`,
    md`They are: ${command(`/deploy continue ${name} REASON`)}`,
  ])

/** An environment that says it runs something else: whoever brought what should be there is told. */
export function driftNote(event: Of<'drift_found'>, around: Around): Narration {
  const { pipeline } = around
  const { environment, doubt } = event
  const authors = [
    ...new Set(around.changes.flatMap(({ sha, author }) => (sha === doubt.sha ? [author] : []))),
  ]
  const who =
    authors.length === 0 ? nothing : md` ${mention(pipeline, authors[0] ?? '')}, this is yours.`
  return note(
    [
      md`🌊 ${sentence(event, around)}${who}`,
      md`1. Look at ${environment} itself: who put what there?`,
      md`2. It was meant so? Record it: ${command(`signalbox record-release ${pipeline.name} ${environment} SHA REASON`)}`,
      md`3. It was not? Deploy what is live once more: ${command(`/deploy ${pipeline.name}@${doubt.sha.slice(0, 12)}`)}`,
    ],
    true,
  )
}

/** What each step has found, for the end of a soak and for the announcement. */
export function foundLines(scene: Scene, key: string): readonly Mrkdwn[] {
  const deployment = scene.deployments.find((one) => one.key === key)
  return deployment === undefined ? [] : linesOf(scene, deployment)
}

/** Steps that nothing is wrong with: the sentence above them tells of the others. */
export function wellLines(scene: Scene, deployment: Deployment): readonly Mrkdwn[] {
  const well = stepsOf(scene.pipeline, deployment).filter(
    ({ name }) => findingOf(deployment, name)?.outcome === 'pass',
  )
  return linesOf(scene, deployment, well)
}

/** The same of a step of a rollout, with what is still compared: that speaks at the bake's end only. */
export function bakeLines(scene: Scene, deployment: Deployment): readonly Mrkdwn[] {
  const { baseSha } = deployment
  const open = stepsOf(scene.pipeline, deployment).filter(({ name, kind }) => {
    const { outcome = 'waiting' } = findingOf(deployment, name) ?? {}
    return kind === 'comparison' && outcome === 'waiting'
  })
  const against =
    baseSha === null
      ? md`listened to; nothing was live before to compare it with`
      : md`compared with ${shortSha(baseSha)} until the bake ends`
  return [
    ...wellLines(scene, deployment),
    ...open.map(({ name }) => md`${PICTURES.waiting} ${name}: ${against}`),
  ]
}

function linesOf(
  { pipeline }: Scene,
  deployment: Deployment,
  steps = stepsOf(pipeline, deployment),
): readonly Mrkdwn[] {
  const { sha, verification } = deployment
  return steps.map((step) => {
    const finding = findingOf(deployment, step.name)
    if (finding === undefined) return md`⬜ ${step.name}: not looked at yet`
    const accepted = verification.accepted?.steps.some((one) => one.step === step.name)
    const by =
      accepted === true ? md` · answered for by ${verification.accepted?.by ?? ''}` : nothing
    return md`${PICTURES[finding.outcome]} ${step.name}: ${clip(findingText(step, finding, sha), 200)}${by}`
  })
}

const PICTURES = { waiting: '⏳', pass: '✅', fail: '🤒', inconclusive: '❔' } as const

const note = (lines: readonly Mrkdwn[], broadcast: boolean): Narration => ({
  text: spoken(lines[0] ?? nothing),
  blocks: sections(lines),
  broadcast,
})
