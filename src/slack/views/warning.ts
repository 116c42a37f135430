/**
 * The one direct message to somebody whose change is suspected of a failure.
 *
 * Invariant: only while it is wrong, and only with evidence; null once there is nothing to tell.
 */
import { flagsBehind, suspectsNow } from '../../core/suspects.ts'
import { unwell } from '../../core/verification.ts'
import type { Message, Scene } from '../scene.ts'
import { what } from '../words/deployment-name.ts'
import { clip, link, logTail, md, nothing, ours } from '../words/mrkdwn.ts'
import { changeName } from '../words/names.ts'
import { actions, message, sections } from './blocks.ts'
import { canGoBack, flagOff, goOn, retry, rollBack } from './choices.ts'
import { guide } from './guide.ts'
import { comparisonLine, evidenceOf } from './suspects.ts'
import { sickGuide } from './verification-notes.ts'

const TAIL_LINES = 20
const OWN_MAX = 3

export function warning(
  scene: Scene,
  { key, person }: { readonly key: string; readonly person: string },
): Message | null {
  const { pipeline, train, changes, deployments, links } = scene
  const deployment = deployments.find((one) => one.key === key)
  if (deployment === undefined) return null
  const own = suspectsNow(pipeline, deployment, changes).filter(({ people }) =>
    people.includes(person),
  )
  if (own.length === 0) return null
  const { environment, status } = deployment
  const hasFailed = status === 'failed'
  const why = hasFailed ? (deployment.reason ?? 'no reason given') : unwell(pipeline, deployment)
  const how = hasFailed ? '❌' : '🤒'
  const verb = hasFailed ? 'failed' : 'is not healthy'
  const first = md`${how} ${pipeline.name} train #${train.number}: the ${what(key)} ${verb}: ${clip(why, 300)}. Please look first: something points at what you changed.`
  const ways = { canGoBack: canGoBack(scene, environment), flags: flagsBehind(pipeline, own) }
  const there =
    links.announcement === null ? nothing : link(links.announcement, ours('See the train'))
  const lines = [
    first,
    ...own
      .slice(0, OWN_MAX)
      .map(
        ({ change, evidence }) =>
          md`• ${changeName(change, links.repository)} ${clip(change.title, 60)}: ${evidenceOf(evidence)}`,
      ),
    ...(own.length > OWN_MAX ? [md`• + ${own.length - OWN_MAX} more of yours`] : []),
    ...(hasFailed ? [logTail(deployment.tail.slice(-TAIL_LINES), 2_400)] : []),
    comparisonLine(scene, deployment),
    ...(hasFailed
      ? guide(deployment, { ...ways, log: links.logs[deployment.run] ?? null })
      : sickGuide(scene, environment, ways)),
    there,
  ]
  const other = hasFailed ? retry(scene) : goOn(scene, { environment, key })
  const buttons = [
    ...flagOff(scene, environment, ways.flags),
    ...rollBack(scene, environment),
    other,
  ]
  return message(first, [...sections(lines), ...actions(buttons)])
}
