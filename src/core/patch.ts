/**
 * One part of a pipeline replaced, everything else the same object.
 *
 * Invariant: what is not named is untouched, which is how the database knows what to save.
 */
import type { Deployment, Environment, Lock, Pipeline, Train } from './model.ts'

export function train(pipeline: Pipeline, number: number, patch: Partial<Train>): Pipeline {
  const trains = pipeline.trains.map((one) => (one.number === number ? { ...one, ...patch } : one))
  return { ...pipeline, trains }
}

export function deployment(pipeline: Pipeline, key: string, patch: Partial<Deployment>): Pipeline {
  const deployments = pipeline.deployments.map((one) =>
    one.key === key ? { ...one, ...patch } : one,
  )
  return { ...pipeline, deployments }
}

export function environmentTo(
  pipeline: Pipeline,
  name: string,
  patch: Partial<Environment>,
): Pipeline {
  const environments = pipeline.environments.map((one) =>
    one.name === name ? { ...one, ...patch } : one,
  )
  return { ...pipeline, environments }
}

export function setLock(pipeline: Pipeline, where: Lock, lock: Lock | null): Pipeline {
  if (where.environment === null) return { ...pipeline, lock }
  return environmentTo(pipeline, where.environment, { lock })
}

/** What people said once for one plan. */
type Words = Pick<Train, 'passes' | 'overrides' | 'accepted' | 'vetoReleases'>

const NO_WORDS: Words = { passes: [], overrides: [], accepted: [], vetoReleases: [] }

export const wordsOf = (pipeline: Pipeline, number: number): Words =>
  pipeline.trains.find((one) => one.number === number) ?? NO_WORDS

/** What was said once for a start there with exactly this plan. */
export function wordsFor(
  pipeline: Pipeline,
  number: number,
  on: { readonly environment: string; readonly plan: string },
): Pick<Words, 'passes' | 'overrides'> {
  const { passes, overrides } = wordsOf(pipeline, number)
  const here = <T extends typeof on>(words: readonly T[]): readonly T[] =>
    words.filter(({ environment, plan }) => environment === on.environment && plan === on.plan)
  return { passes: here(passes), overrides: here(overrides) }
}

/** What was said once for a start there is used up by it. */
export function useUp(pipeline: Pipeline, number: number, environment: string): Pipeline {
  const { passes, overrides } = wordsOf(pipeline, number)
  const elsewhere = <T extends { readonly environment: string }>(
    words: readonly T[],
  ): readonly T[] => words.filter((word) => word.environment !== environment)
  return passes.length + overrides.length === 0
    ? pipeline
    : train(pipeline, number, { passes: elsewhere(passes), overrides: elsewhere(overrides) })
}
