/**
 * Whether a new policy can take over now, or something under way still needs the one in force.
 *
 * Invariant: pure, and says what must end first. What conflicts with nothing is accepted whole; a
 * policy is never mixed from two.
 */
import { aboard, isVerifiedAt, journeyOf, unfinished } from './line.ts'
import { atWorkIn, nameOf } from './migrations.ts'
import type { Deployment, Pipeline, Train } from './model.ts'
import type { Policy } from './policy.ts'
import { isUnderWay, occupant } from './releases.ts'

/** One reason why the new policy must wait. */
export interface Conflict {
  /** The part of the file: `repository`, `branch`, `environments`, or `environments.NAME`. */
  readonly place: string
  readonly message: string
  /** What must end first. */
  readonly ends: string
}

/** Something under way that needs an environment, or the whole pipeline, as it is. */
interface Need {
  readonly what: string
  readonly ends: string
}

/** Environments that get a new name and keep everything else: from the old name to the new. */
export function renamesOf(old: Policy, next: Policy): ReadonlyMap<string, string> {
  const had = new Set(old.environments.map(({ name }) => name))
  return new Map(
    next.environments.flatMap(({ name, was }) =>
      was !== null && had.has(was) && !had.has(name) ? [[was, name] as const] : [],
    ),
  )
}

/**
 * Why `next` must wait; empty: it can be accepted. `former`: names of environments that are no
 * longer in force and have a history of their own.
 */
export function conflictsWith(
  pipeline: Pipeline,
  next: Policy,
  former: readonly string[],
): readonly Conflict[] {
  const renames = renamesOf(pipeline.policy, next)
  return [
    ...moved(pipeline, next),
    ...pipeline.policy.environments.flatMap(({ name }) => {
      const renamed = renames.get(name)
      if (renamed !== undefined) return renaming(pipeline, { from: name, to: renamed, former })
      return next.environments.some((one) => one.name === name) ? [] : removal(pipeline, name)
    }),
    ...reordering(pipeline, next, renames),
  ]
}

/** Another repository or branch has other changes: nothing that waits would be found there. */
function moved(pipeline: Pipeline, next: Policy): readonly Conflict[] {
  const { policy } = pipeline
  const places = (['repository', 'branch'] as const).filter((key) => policy[key] !== next[key])
  const needs = places.length === 0 ? [] : needsOfPipeline(pipeline)
  return places.flatMap((place) =>
    needs.map(({ what, ends }) => ({
      place,
      message: `the ${place} changes from ${policy[place]} to ${next[place]}, but ${what}`,
      ends,
    })),
  )
}

function removal(pipeline: Pipeline, name: string): readonly Conflict[] {
  return needsOfEnvironment(pipeline, name).map(({ what, ends }) => ({
    place: 'environments',
    message: `${name} is no longer there (renamed? then say \`was: ${name}\`), but ${what}`,
    ends,
  }))
}

/** An agent knows what it runs by the old name: a run, or a doubt about one, must end under it. */
function renaming(
  pipeline: Pipeline,
  {
    from,
    to,
    former,
  }: { readonly from: string; readonly to: string; readonly former: readonly string[] },
): readonly Conflict[] {
  const place = `environments.${to}`
  const message = (what: string): string => `${from} is renamed to ${to}, but ${what}`
  const here = occupant(pipeline, from)
  const open = here !== undefined && (isUnderWay(here) || here.status === 'unknown')
  const needs = [
    ...(open ? [needOf(here)] : []),
    ...rollbackNeeds(pipeline, from),
    ...incrementNeeds(pipeline, from),
  ]
  const taken = former.includes(to)
    ? [
        {
          place,
          message: message(`there was another environment ${to}, with a history of its own`),
          ends: 'choose another name',
        },
      ]
    : []
  return [...needs.map(({ what, ends }) => ({ place, message: message(what), ends })), ...taken]
}

/** A train that still has to pass two environments does so in the order it departed for. */
function reordering(
  pipeline: Pipeline,
  next: Policy,
  renames: ReadonlyMap<string, string>,
): readonly Conflict[] {
  const order = next.environments.map(({ name }) => name)
  return departed(pipeline).flatMap((train) => {
    const journey = journeyOf(pipeline, train).map(({ name }) => name)
    const kept = journey.filter((name) => order.includes(renames.get(name) ?? name))
    const at = (name: string): number => order.indexOf(renames.get(name) ?? name)
    const swapped = kept.find((name, index) => {
      const after = kept[index + 1]
      return after !== undefined && at(after) < at(name) && !isVerifiedAt(pipeline, train, after)
    })
    if (swapped === undefined) return []
    const need = needOfTrain(train)
    const message = `environments change their order after ${swapped}, but ${need.what}`
    return [{ place: 'environments', message, ends: need.ends }]
  })
}

const departed = (pipeline: Pipeline): readonly Train[] =>
  unfinished(pipeline).filter(({ status }) => status === 'departed')

const needOfTrain = ({ number }: Train): Need => ({
  what: `train #${number} is on its way`,
  ends: `train #${number} arrives, or is cancelled`,
})

function needsOfEnvironment(pipeline: Pipeline, name: string): readonly Need[] {
  const travellers = departed(pipeline).filter(
    (train) =>
      journeyOf(pipeline, train).some((one) => one.name === name) &&
      !isVerifiedAt(pipeline, train, name),
  )
  const here = occupant(pipeline, name)
  return [
    ...travellers.map(needOfTrain),
    ...(here === undefined ? [] : [needOf(here)]),
    ...rollbackNeeds(pipeline, name),
    ...incrementNeeds(pipeline, name),
    ...lockNeeds(pipeline, name),
  ]
}

function needsOfPipeline(pipeline: Pipeline): readonly Need[] {
  const names = pipeline.policy.environments.map(({ name }) => name)
  const boarding = unfinished(pipeline).filter(
    (train) => train.status === 'boarding' && aboard(pipeline, train).length > 0,
  )
  return [
    ...departed(pipeline).map(needOfTrain),
    ...boarding.map(({ number }) => ({
      what: `changes are aboard train #${number}`,
      ends: `train #${number} departs and arrives`,
    })),
    ...names.flatMap((name) => {
      const here = occupant(pipeline, name)
      return here === undefined ? [] : [needOf(here)]
    }),
    ...names.flatMap((name) => [
      ...rollbackNeeds(pipeline, name),
      ...incrementNeeds(pipeline, name),
      ...lockNeeds(pipeline, name),
    ]),
    ...lockNeeds(pipeline, null),
  ]
}

function rollbackNeeds(pipeline: Pipeline, name: string): readonly Need[] {
  const order = pipeline.environments.find((one) => one.name === name)?.rollback
  if (order == null) return []
  return [{ what: `${order.by} rolls ${name} back`, ends: 'the rollback lands' }]
}

/** An agent knows the place of what it runs by its name. */
function incrementNeeds(pipeline: Pipeline, name: string): readonly Need[] {
  const one = atWorkIn(pipeline, name)
  if (one === undefined) return []
  return [
    {
      what: `the migration of ${nameOf(pipeline, one.change)} runs in ${name}`,
      ends: 'its increment ends',
    },
  ]
}

function lockNeeds(pipeline: Pipeline, name: string | null): readonly Need[] {
  const its = pipeline.environments.find((one) => one.name === name)?.lock
  const lock = name === null ? pipeline.lock : its
  if (lock == null) return []
  const where = name ?? pipeline.name
  return [
    { what: `${lock.by} keeps ${where} locked: ${lock.reason}`, ends: `${where} is unlocked` },
  ]
}

function needOf({ status, train, environment, kind, account }: Deployment): Need {
  if (account !== null) {
    return {
      what: `nobody has looked at what agent ${account.agent} did in ${environment}`,
      ends: 'somebody records what is live there, or rolls back',
    }
  }
  const whose = kind === 'rollback' ? 'the rollback' : `train #${train}`
  switch (status) {
    case 'requested':
    case 'running':
      return { what: `${whose} is being deployed to ${environment}`, ends: 'the deployment ends' }
    case 'succeeded':
    case 'verified':
      return { what: `${whose} soaks in ${environment}`, ends: 'its soak is over' }
    case 'failed':
    case 'aborted':
      return {
        what: `${whose} ${status} in ${environment}`,
        ends: 'it is retried, cancelled or rolled back, or somebody records what is live',
      }
    case 'unknown':
      return {
        what: `nobody knows how ${whose} ended in ${environment}`,
        ends: 'somebody settles it as succeeded or failed',
      }
  }
}
