/**
 * What a person says with a command, noted before it is decided: the start may follow at once.
 *
 * Invariant: a word that is refused was not said; the undo puts the books back as they were.
 */
import type { Command } from '../../src/core/command.ts'
import { aboard, journeyOf, planOf } from '../../src/core/line.ts'
import type { Pipeline, Train } from '../../src/core/model.ts'
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import type { Books } from './books.ts'

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
      return depart(books, { who, train, command })
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

function depart(
  books: Books,
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
    const pass = { by: who, train: number, environment: command.environment, gates: [], sha }
    books.passes = [...before, pass]
    return () => {
      books.passes = before
    }
  }
  if (command.plan === null || books.accepted.has(number)) return nothing
  books.accepted.add(number)
  return () => books.accepted.delete(number)
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
  const places = journeyOf(pipeline, train).map(({ name }) => name)
  const where = command.environment === null ? places : [command.environment]
  books.glass = [
    ...before,
    ...where.map((environment) => ({
      by: who,
      train: train.number,
      environment,
      gates,
      sha: train.sha,
    })),
  ]
  return () => {
    books.glass = before
  }
}
