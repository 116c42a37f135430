/**
 * Special trains, applied: sent, kept by a lock, merged back.
 *
 * Invariant: total, like `evolve`, of which it is a part. The lock that a special train left is
 * followed from holder to holder; with its release the train no longer counts there.
 */
import type { Event } from './event.ts'
import type { Keep, Pipeline, Special } from './model.ts'
import { specialTrain } from './special.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>

export function departSpecial(
  pipeline: Pipeline,
  { train, sha, special, journey }: Of<'special_departed'>,
  at: number,
): Pipeline {
  const sent = specialTrain(train, { sha, special, journey, at })
  return { ...pipeline, trains: [...pipeline.trains, sent], nextTrain: train + 1 }
}

const specials = (pipeline: Pipeline, change: (its: Special, sha: string) => Special): Pipeline => {
  const trains = pipeline.trains.map((train) => {
    if (train.special === null || train.sha === null) return train
    const special = change(train.special, train.sha)
    return special === train.special ? train : { ...train, special }
  })
  const isSame = trains.every((train, index) => train === pipeline.trains[index])
  return isSame ? pipeline : { ...pipeline, trains }
}

export function keepSpecial(pipeline: Pipeline, { train, keep }: Of<'special_kept'>): Pipeline {
  const trains = pipeline.trains.map((one) =>
    one.number === train && one.special !== null
      ? { ...one, special: { ...one.special, keeps: [...one.special.keeps, keep] } }
      : one,
  )
  return { ...pipeline, trains }
}

/** Every train with that sha: it may have been sent more than once. */
export const mergeSpecial = (pipeline: Pipeline, { sha, change }: Of<'special_merged'>): Pipeline =>
  specials(pipeline, (its, own) => (own === sha ? { ...its, merged: change } : its))

/** The lock `from` was replaced by another, or (null) released. */
export const followLock = (pipeline: Pipeline, from: string, to: string | null): Pipeline =>
  specials(pipeline, (its) => {
    if (from === to || !its.keeps.some(({ lock }) => lock === from)) return its
    const keeps = its.keeps.map((keep): Keep => (keep.lock === from ? { ...keep, lock: to } : keep))
    return { ...its, keeps }
  })
