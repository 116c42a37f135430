/**
 * What a failure that stands adds to the announcement: whose change to look at first, and the flag
 * that turns it off.
 *
 * Invariant: as it stands now. Nobody is named without evidence; a flag that was turned off since the
 * deployment began is no way out any more.
 */
import type { Button } from '@slack/types'
import type { Deployment } from '../../core/model.ts'
import { flagsBehind, type Suspect, suspectsNow } from '../../core/suspects.ts'
import type { Scene } from '../scene.ts'
import { type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { called, changeName } from '../words/names.ts'
import { flagOff } from './choices.ts'
import type { Phase } from './phase.ts'
import { evidenceOf } from './suspects.ts'

/** What went wrong with it, and is nobody's but people's to mend; null: nothing has. */
export function failureIn(phase: Phase): Deployment | null {
  return phase.is === 'failed' || phase.is === 'sick' || phase.is === 'counting_down'
    ? phase.deployment
    : null
}

/** One line: the likeliest suspect, and how many more there are; nothing without evidence. */
export function accusedLine(scene: Scene, failed: Deployment): Mrkdwn {
  const [first, ...more] = suspects(scene, failed)
  if (first === undefined) return nothing
  const { change, evidence } = first
  const name = changeName(change, scene.links.repository)
  const others = more.length === 0 ? nothing : md` (+ ${more.length} more)`
  return md`🔎 Look first at ${name} of ${called(scene.pipeline, change.author)}: ${evidenceOf(evidence.slice(0, 1))}${others}`
}

/** The flags that suspects stand behind, and that are still on as far as anybody here knows. */
export function flagsOn(scene: Scene, failed: Deployment): readonly string[] {
  const place = scene.pipeline.environments.find(({ name }) => name === failed.environment)
  // Of a rollout all steps count; what was turned off before it may be on again.
  const began = failed.rollout?.since ?? failed.requestedAt
  const off = (place?.flags ?? []).filter(
    ({ status, since }) => status === 'done' && since >= began,
  )
  return flagsBehind(scene.pipeline, suspects(scene, failed)).filter(
    (flag) => !off.some((one) => one.flag === flag),
  )
}

/** The flag first, and it alone stands out; before a countdown ends, its cancelling does. */
export function withFlag(
  scene: Scene,
  phase: Phase,
  buttons: readonly Button[],
): readonly Button[] {
  const failed = failureIn(phase)
  if (failed === null) return buttons
  const [flag] = flagOff(scene, failed.environment, flagsOn(scene, failed))
  if (flag === undefined) return buttons
  const [keep, ...rest] = buttons
  if (phase.is === 'counting_down' && keep !== undefined) return [keep, quiet(flag), ...rest]
  return [flag, ...buttons.map((one) => (one.style === 'primary' ? quiet(one) : one))]
}

const quiet = ({ style: _, ...button }: Button): Button => button

const suspects = ({ pipeline, changes }: Scene, failed: Deployment): readonly Suspect[] =>
  suspectsNow(pipeline, failed, changes)
