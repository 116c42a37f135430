/**
 * Watching runs: one that never began, one that writes nothing, one slower than it usually is.
 *
 * Invariant: each is about one run, whatever becomes of it meanwhile; a run that a person already
 * ends is nobody's concern.
 */
import { durationText } from '../duration.ts'
import type { Deployment, Pipeline } from '../model.ts'
import { isBaking } from '../steps.ts'
import { progressOf } from '../usual.ts'
import { type Concern, type History, isOver } from './concern.ts'
import { named, senders } from './people.ts'

const SECOND_MS = 1_000
/** A run that usually takes seconds is not late at once. */
const LATE_MS_MIN = 60_000

export function runConcerns(pipeline: Pipeline, history: History, now: number): readonly Concern[] {
  const underWay = pipeline.deployments.filter(({ cancelling }) => !cancelling)
  return underWay.flatMap((one) => [
    ...notStarted(pipeline, history, { one, now }),
    ...silent(pipeline, history, { one, now }),
    ...slower(pipeline, history, { one, now }),
  ])
}

interface Watched {
  readonly one: Deployment
  readonly now: number
}

const about = (one: Deployment) =>
  ({
    about: one.run,
    train: one.train,
    environment: one.environment,
  }) as const

const what = ({ kind, environment, train }: Deployment): string =>
  kind === 'rollback'
    ? `the rollback of ${environment}`
    : `the deployment of train #${train ?? '?'} to ${environment}`

export const span = (ms: number): string => durationText(Math.max(SECOND_MS, ms - (ms % SECOND_MS)))

function notStarted(
  { policy: { watch } }: Pipeline,
  history: History,
  { one, now }: Watched,
): readonly Concern[] {
  if (one.status !== 'requested' || !isOver(one.requestedAt, watch.notStartedMs, now)) return []
  return [
    {
      ...about(one),
      ...waitingForAgent(history, one, { what: what(one), now }),
      kind: 'not_started',
      since: one.requestedAt,
      runs: [],
      to: { at: 'channel' },
    },
  ]
}

/** What is said of a run that has not begun, and how it would. */
export function waitingForAgent(
  { seen }: History,
  { agent: name, claimed }: Pick<Deployment, 'agent' | 'claimed'>,
  { what: its, now }: { readonly what: string; readonly now: number },
): Pick<Concern, 'says' | 'act' | 'command'> {
  const isEmbedded = name === 'embedded'
  const agent = isEmbedded ? 'the embedded agent' : `agent ${name}`
  if (claimed) {
    const says = `${its} was taken by ${agent} and has not begun`
    return { says, act: 'look at the log of the agent', command: null }
  }
  const at = seen.get(name)
  const heard =
    at === undefined ? 'which was never heard of' : `last heard of ${span(now - at)} ago`
  const says = `${its} waits for ${agent}, ${heard}`
  return { says, act: start(isEmbedded), command: startedBy(name) }
}

const start = (isEmbedded: boolean): string =>
  isEmbedded
    ? 'it runs beside the server: look at its log, or start that'
    : 'look at its log, or start it on its machine'

const startedBy = (agent: string): string =>
  agent === 'embedded' ? 'signalbox serve' : `signalbox agent --name ${agent}`

function silent(pipeline: Pipeline, history: History, { one, now }: Watched): readonly Concern[] {
  const { silentMs } = pipeline.policy.watch
  if (one.status !== 'running' || isBaking(one)) return []
  const begun = one.startedAt ?? one.requestedAt
  const since = Math.max(begun, history.spoke.get(one.run) ?? 0)
  if (!isOver(since, silentMs, now) || isWithinUsual(pipeline, one, now)) return []
  const says = `${what(one)} has written nothing for ${span(now - since)}`
  return [{ ...about(one), kind: 'silent', since, says, ...look(pipeline, history, one) }]
}

/** A run that is quiet for as long as it usually takes is at its work, as far as anybody knows. */
function isWithinUsual(pipeline: Pipeline, one: Deployment, now: number): boolean {
  const progress = progressOf(pipeline, one, now)
  return progress !== null && now < progress.eta
}

function slower(pipeline: Pipeline, history: History, { one, now }: Watched): readonly Concern[] {
  const times = pipeline.policy.watch.slowerTimes
  const progress = progressOf(pipeline, one, now)
  if (times === null || progress === null) return []
  const { startedAt: since, usualMs } = progress
  if (!isOver(since, Math.max(usualMs * times, usualMs + LATE_MS_MIN), now)) return []
  const says = `${what(one)} runs for ${span(now - since)}, and usually takes ${span(usualMs)}`
  return [{ ...about(one), kind: 'slower', since, says, ...look(pipeline, history, one) }]
}

/** Only who sees the log knows whether to wait. */
function look(
  pipeline: Pipeline,
  history: History,
  one: Deployment,
): Pick<Concern, 'act' | 'command' | 'runs' | 'to'> {
  const train = pipeline.trains.find(({ number }) => number === one.train)
  const order = pipeline.environments.find(({ name }) => name === one.environment)?.rollback
  const isBack = one.kind === 'rollback'
  const people = isBack
    ? named(pipeline, order?.by === undefined ? [] : [order.by])
    : senders(pipeline, history, train)
  return {
    act: isBack ? 'look at its log' : 'look at its log, and cancel the train if it hangs',
    command: isBack ? `/deploy log ${pipeline.name}` : `/deploy cancel ${pipeline.name} REASON`,
    runs: [one.run],
    to: { at: 'thread', people },
  }
}
