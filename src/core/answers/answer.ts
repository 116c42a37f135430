/**
 * The shapes shared by all answers, and the look-ups that refuse.
 *
 * Invariant: a look-up either finds what the command names or says what there is instead.
 */
import type { Event } from '../event.ts'
import { environmentOf, unfinished } from '../line.ts'
import type { Actor, Environment, Pipeline, Train } from '../model.ts'
import { mayDo } from '../people.ts'
import type { EnvironmentPolicy, Permissions } from '../policy.ts'
import type { Refusal } from '../refusal.ts'

/** What the answers need besides the pipeline. */
export interface Context {
  readonly actor: Actor
  readonly now: number
}

export type Answer =
  | { readonly ok: true; readonly events: readonly Event[] }
  | { readonly ok: false; readonly refusal: Refusal }

export type Found<T> =
  | { readonly ok: true; readonly it: T }
  | { readonly ok: false; readonly refusal: Refusal }

export const refuse = (refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal,
})

export const record = (...events: readonly Event[]): Answer => ({ ok: true, events })

/** The unfinished train of that number. */
export function findTrain(pipeline: Pipeline, number: number): Found<Train> {
  const train = unfinished(pipeline).find((one) => one.number === number)
  return train ? { ok: true, it: train } : refuse({ code: 'no_such_train', train: number })
}

export function findEnvironment(pipeline: Pipeline, name: string): Found<EnvironmentPolicy> {
  const { environments } = pipeline.policy
  const found = environments.find((one) => one.name === name)
  if (found !== undefined) return { ok: true, it: found }
  const known = environments.map((one) => one.name)
  return refuse({ code: 'no_such_environment', environment: name, known })
}

/** The environment of that name as it stands, by default the last one. */
export function findPlace(pipeline: Pipeline, name: string | null): Found<Environment> {
  const found = findEnvironment(pipeline, name ?? pipeline.policy.environments.at(-1)?.name ?? '')
  if (!found.ok) return found
  const it = environmentOf(pipeline, found.it.name)
  if (it === undefined) throw new Error(`environment ${found.it.name} was not loaded`)
  return { ok: true, it }
}

/** A refusal unless the actor holds the permission. */
export function lacks(
  pipeline: Pipeline,
  { actor }: Context,
  permission: keyof Permissions,
): Refusal | undefined {
  return mayDo(pipeline, actor, permission) ? undefined : { code: 'not_allowed', permission }
}

/** A refusal unless the actor is a linked, active person: a machine never consents or approves. */
export function notLinked(
  pipeline: Pipeline,
  { actor }: Context,
  act: string,
): Refusal | undefined {
  if (actor.kind !== 'person') return { code: 'people_only', act }
  const person = pipeline.people.find(({ name }) => name === actor.name)
  if (person === undefined) return { code: 'not_linked', name: actor.name }
  return person.active ? undefined : { code: 'not_active', name: actor.name }
}
