/**
 * Watching words: checks that nobody reports the end of, and a train that only people keep.
 *
 * Invariant: a train is people's concern only while nothing else is in its way, so nobody is woken
 * for one that its window, a lock or another train keeps.
 */
import { type Blocker, type Gate, title } from '../blocker.ts'
import { unreported, verdictOn } from '../checks.ts'
import { blockers } from '../gate.ts'
import { answeredFor } from '../gates/words.ts'
import { aboard, nextEnvironment, planOf, unfinished } from '../line.ts'
import type { Change, Pipeline, Train } from '../model.ts'
import { askedFor, entitled, isConsented, standInOf, vouchersOf, writersOf } from '../people.ts'
import type { EnvironmentPolicy } from '../policy.ts'
import { type Concern, type History, isOver, type Told } from './concern.ts'
import { named, senders } from './people.ts'

/** Where nothing went live for so long, nobody waits for a boarding train. */
const UNUSED_MS = 30 * 24 * 60 * 60_000

/**
 * One for each train that is kept by checks which have not ended for too long: about the newest
 * change of which that is so. It is enough that this one becomes green.
 */
export function checkConcerns(pipeline: Pipeline, now: number): readonly Concern[] {
  const { checksMs } = pipeline.policy.watch
  const isUsed = pipeline.environments.some(({ live }) => live && now - live.since < UNUSED_MS)
  return unfinished(pipeline).flatMap((train): readonly Concern[] => {
    if (train.sha === null && !isUsed) return []
    const newest = keeping(pipeline, train, now)
      .map((change) => ({
        change,
        late: unreported(pipeline, change).filter(({ since }) => isOver(since, checksMs, now)),
      }))
      .findLast(({ late }) => late.length > 0)
    return newest === undefined ? [] : [lateChecks(pipeline, train, newest)]
  })
}

function lateChecks(
  pipeline: Pipeline,
  train: Train,
  { change, late }: { readonly change: Change; readonly late: ReturnType<typeof unreported> },
): Concern {
  const has = late.length === 1 ? 'has' : 'have'
  return {
    kind: 'checks',
    about: change.sha,
    since: Math.min(...late.map(({ since }) => since)),
    says: `${listed(late.map(({ name }) => name))} on ${title(change.number, change.sha)} ${has} not ended`,
    act: 'look at it in CI, and run it again',
    command: null,
    train: train.number,
    environment: null,
    runs: [],
    to: { at: 'direct', people: authorsOf(pipeline, train, change) },
  }
}

/** Of a departed train its sha; while it boards, what lies behind the newest it could leave on. */
function keeping(pipeline: Pipeline, train: Train, now: number): readonly Change[] {
  const all = aboard(pipeline, train)
  if (train.sha !== null) return all.filter(({ sha }) => sha === train.sha)
  const green = all.findLastIndex((one) => verdictOn(pipeline, one, now).color === 'green')
  return all.slice(green + 1)
}

function authorsOf(pipeline: Pipeline, train: Train, change: Change): readonly string[] {
  const asked = askedFor(pipeline, change, [])
  return named(pipeline, [
    ...(asked.rule === 'each' ? asked.people : []),
    ...(train.special === null ? [] : [train.special.by]),
  ])
}

/** What no machine and no time opens. */
const PEOPLE: readonly Gate[] = [
  'consent',
  'approvals',
  'hold',
  'diverged',
  'veto',
  'failed',
  'unknown',
]

/** One for each gate at which a departed train waits for people alone, and has for too long. */
export function waitingConcerns(
  pipeline: Pipeline,
  history: History,
  now: number,
): readonly Concern[] {
  return unfinished(pipeline).flatMap((train) => {
    const policy = nextEnvironment(pipeline, train)
    if (policy === undefined || train.sha === null || train.cancelling !== null) return []
    const found = blockers(pipeline, train, { policy, now })
    if (found.some(({ gate }) => !PEOPLE.includes(gate))) return []
    return found
      .filter(({ since }) => isOver(since, pipeline.policy.watch.waitingMs, now))
      .map((blocker) => waiting(pipeline, history, { train, policy, blocker }))
  })
}

/** A train may stand there again, for another reason. */
const AGAIN: readonly Gate[] = ['hold', 'failed', 'unknown']

interface Waits {
  readonly train: Train
  readonly policy: EnvironmentPolicy
  readonly blocker: Blocker
}

function waiting(pipeline: Pipeline, history: History, waits: Waits): Concern {
  const { train, policy, blocker } = waits
  const { gate, since } = blocker
  return {
    kind: 'waiting',
    about: aboutWaiting(train.number, gate, [
      policy.name,
      ...(AGAIN.includes(gate) ? [since] : []),
    ]),
    since,
    says: `train #${train.number} stands before ${policy.name}: ${blocker.message}`,
    act: gate === 'consent' ? 'say yes, or hold it with a reason' : blocker.clearBy,
    command: null,
    train: train.number,
    environment: policy.name,
    runs: [],
    to: whoClears(pipeline, history, waits),
  }
}

/** The name of a waiting train's concern. */
export const aboutWaiting = (
  train: number,
  gate: Gate,
  where: readonly (string | number)[],
): string => [train, gate, ...where].join(' ')

function whoClears(pipeline: Pipeline, history: History, { train, policy, blocker }: Waits): Told {
  switch (blocker.gate) {
    case 'consent': {
      const people = silentAuthors(pipeline, train, policy)
      return people.length > 0 ? { at: 'direct', people } : { at: 'thread', people }
    }
    case 'approvals': {
      const { from } = policy.approvals
      const people = from === null ? [] : named(pipeline, approvers(pipeline, train, policy))
      return { at: 'thread', people }
    }
    case 'hold': {
      const holders = train.holds.filter(({ at }) => at === blocker.since).map(({ by }) => by)
      const people = named(pipeline, holders)
      return people.length > 0 ? { at: 'direct', people } : { at: 'thread', people }
    }
    default:
      return { at: 'thread', people: senders(pipeline, history, train) }
  }
}

function silentAuthors(
  pipeline: Pipeline,
  train: Train,
  { approvals }: EnvironmentPolicy,
): readonly string[] {
  const standIn = standInOf(approvals)
  const silent = aboard(pipeline, train).flatMap((change) => {
    const { rule, people } = askedFor(pipeline, change, standIn)
    if (rule === 'any' || isConsented(pipeline, change, standIn)) return []
    return people.filter(
      (name) => !pipeline.consents.some((one) => one.change === change.sha && one.by === name),
    )
  })
  return [...new Set(silent)]
}

/** Entitled, and no writer of anything in the plan. */
function approvers(pipeline: Pipeline, train: Train, policy: EnvironmentPolicy): readonly string[] {
  const plan = planOf(pipeline, train, policy)
  if (plan === null) return []
  const writers = answeredFor(pipeline, train, plan).flatMap((change) => [
    ...writersOf(pipeline, change),
    ...vouchersOf(pipeline, change),
  ])
  const said = train.approvals.filter((one) => one.plan === plan.hash).map(({ by }) => by)
  return entitled(pipeline, policy.approvals.from).filter(
    (name) => !writers.includes(name) && !said.includes(name),
  )
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
