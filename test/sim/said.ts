/**
 * What a person says with a command, noted before it is decided: the start may follow at once.
 *
 * Invariant: a word that is refused was not said; the undo puts the books back as they were.
 */
import type { Command } from '../../src/core/command.ts'
import { aboard, journeyOf, planOf } from '../../src/core/line.ts'
import type { Pipeline, Train } from '../../src/core/model.ts'
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import type { Books, LockEntry, Shown } from './books.ts'

type Undo = () => void

const nothing: Undo = () => undefined

/** What an environment executes and demands, as whoever approves is shown it. */
export const termsOf = ({ deploy, approvals }: EnvironmentPolicy): string =>
  JSON.stringify([deploy, approvals])

/** Notes a word; answers how to take it back when it was refused. */
export function say(books: Books, pipeline: Pipeline, who: string, command: Command): Undo {
  const train = trainIn(pipeline, command)
  switch (command.type) {
    case 'consent':
      return consent(books, shown(pipeline, train), who, null)
    case 'vouch': {
      const change = shown(pipeline, train).filter((one) => one.startsWith(command.change))
      const writers = change.flatMap((one) => writersOf(books, one))
      const undos = writers.map((writer) => consent(books, change, writer, who))
      return () => {
        for (const undo of undos) undo()
      }
    }
    case 'approve':
      return approve(books, pipeline, { who, train, environment: command.environment })
    case 'release_veto': {
      const fresh = books.takenBack.filter((one) => !one.releasedFor.has(command.train))
      for (const one of fresh) one.releasedFor.add(command.train)
      return () => {
        for (const one of fresh) one.releasedFor.delete(command.train)
      }
    }
    case 'depart':
      return depart(books, pipeline, { who, train, command })
    case 'break_glass':
      return breakGlass(books, pipeline, { who, train, command })
    case 'withdraw':
    case 'hold':
    case 'resume':
      return nothing
    default:
      return nothing
  }
}

const trainIn = (pipeline: Pipeline, command: Command): Train | undefined => {
  const number = 'train' in command ? command.train : null
  return pipeline.trains.find(
    (one) => one.number === number && (one.status === 'boarding' || one.status === 'departed'),
  )
}

/** What a person sees aboard, as the state shows it. */
export const shown = (pipeline: Pipeline, train: Train | undefined): readonly string[] =>
  train === undefined ? [] : aboard(pipeline, train).map(({ sha }) => sha)

export function writersOf(books: Books, sha: string): readonly string[] {
  const its = books.branch.commits.get(sha)
  return its === undefined ? [] : [its.author, ...its.coAuthors]
}

function consent(books: Books, shas: readonly string[], who: string, by: string | null): Undo {
  const fresh = shas.filter((one) => !books.wordsOn(one).has(who))
  for (const one of fresh) books.wordsOn(one).set(who, by)
  return () => {
    for (const one of fresh) books.wordsOn(one).delete(who)
  }
}

function approve(
  books: Books,
  pipeline: Pipeline,
  at: {
    readonly who: string
    readonly train: Train | undefined
    readonly environment: string | null
  },
): Undo {
  const { train, who } = at
  if (train === undefined) return nothing
  const before = books.approvals
  const places = journeyOf(pipeline, train).filter(
    ({ name }) => at.environment === null || name === at.environment,
  )
  const words = places.flatMap((policy) => {
    const plan = planOf(pipeline, train, policy)
    if (plan === null) return []
    const ships = plan.changes.map(({ sha }) => sha).sort()
    const its = { environment: policy.name, sha: plan.sha, ships, terms: termsOf(policy) }
    return [{ by: who, train: train.number, at: books.clock.now, ...its }]
  })
  books.approvals = [...before, ...words]
  return () => {
    books.approvals = before
  }
}

/** The plan for a place as it is shown to whoever speaks now. */
function shownFor(pipeline: Pipeline, train: Train, policy: EnvironmentPolicy): Shown | null {
  const plan = planOf(pipeline, train, policy)
  if (plan === null) return null
  const ships = plan.changes.map(({ sha }) => sha).sort()
  return { base: plan.baseSha, ships, terms: termsOf(policy) }
}

function depart(
  books: Books,
  pipeline: Pipeline,
  {
    who,
    train,
    command,
  }: {
    readonly who: string
    readonly train: Train | undefined
    readonly command: Extract<Command, { type: 'depart' }>
  },
): Undo {
  if (train === undefined) return nothing
  const { number, sha } = train
  if (command.environment !== null) {
    const before = books.passes
    const { environment } = command
    const policy = books.policy.environments.find(({ name }) => name === environment)
    if (policy === undefined) return nothing
    const shown = shownFor(pipeline, train, policy)
    const gates = [
      ...(locksAt(books, environment).length > 0 ? ['lock'] : []),
      ...(shutNow(books, policy) === undefined ? [] : ['window']),
    ]
    books.passes = [...before, { by: who, train: number, environment, gates, sha, shown }]
    return () => {
      books.passes = before
    }
  }
  if (command.plan === null) return nothing
  const before = books.accepted
  const words = journeyOf(pipeline, train).flatMap((policy) => {
    const plan = planOf(pipeline, train, policy)
    if (plan === null || plan.hash !== command.plan) return []
    return [{ train: number, environment: policy.name, base: plan.baseSha }]
  })
  books.accepted = [...before, ...words]
  return () => {
    books.accepted = before
  }
}

/** Locks that close a place now: its own, the pipeline's, and the one on everything. */
export const locksAt = (books: Books, environment: string): readonly LockEntry[] =>
  [books.locks.get(environment), books.locks.get('*'), books.lockAll].flatMap((lock) =>
    lock == null || (lock.expires !== null && books.clock.now >= lock.expires) ? [] : [lock],
  )

/** The denied minutes that it is now, by the clock of UTC; undefined: it is open. */
export function shutNow(books: Books, { windows }: EnvironmentPolicy): string | undefined {
  const clock = new Date(books.clock.now).toISOString().slice(11, 16)
  return windows?.deny.find(({ text }) => {
    const [from = '', to = ''] = text.split('-')
    return from <= clock && clock < to
  })?.text
}

/** What broken glass opens where nobody names a gate: README says so. */
const ALL_BUT_NAMED = ['checks', 'consent', 'approvals', 'window', 'soak']

function breakGlass(
  books: Books,
  pipeline: Pipeline,
  {
    who,
    train,
    command,
  }: {
    readonly who: string
    readonly train: Train | undefined
    readonly command: Extract<Command, { type: 'break_glass' }>
  },
): Undo {
  if (train === undefined) return nothing
  const before = books.glass
  const gates = command.gates.length === 0 ? ALL_BUT_NAMED : command.gates
  const where = journeyOf(pipeline, train).filter(
    ({ name }) => command.environment === null || name === command.environment,
  )
  books.glass = [
    ...before,
    ...where.map((policy) => ({
      by: who,
      train: train.number,
      environment: policy.name,
      gates,
      sha: train.sha,
      shown: shownFor(pipeline, train, policy),
    })),
  ]
  return () => {
    books.glass = before
  }
}

/** Whether somebody is there, and among those who may. */
export function isEntitled(books: Books, from: readonly string[] | null, who: string): boolean {
  const person = books.people.find(({ name }) => name === who)
  if (person === undefined || !person.active) return false
  return from === null || from.some((one) => one === who || person.groups.includes(one))
}
