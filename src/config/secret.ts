/**
 * A value that must not be read by accident: tokens and addresses that carry passwords.
 *
 * Invariant: only `reveal()` gives it out; logging, inspecting or serialising it says `[secret]`.
 */
import { inspect } from 'node:util'

export interface Secret {
  /** The value itself, to be used at once and kept nowhere. */
  readonly reveal: () => string
  readonly toJSON: () => string
  readonly toString: () => string
  readonly [inspect.custom]: () => string
}

const masked = (): string => '[secret]'

/** Wraps a value; it lives in a closure, so no walk over the object's properties finds it. */
export const secretOf = (value: string): Secret =>
  Object.freeze({
    reveal: () => value,
    toJSON: masked,
    toString: masked,
    [inspect.custom]: masked,
  })
