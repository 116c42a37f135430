/**
 * What is derived from a state, derived once: the gate, the doors and every message ask for the same.
 *
 * Invariant: only for pure functions of values that never change. What is remembered dies with the
 * state that it was derived from.
 */

/** `derive`, which asks itself once for each state. */
export function perState<State extends object, T>(
  derive: (state: State) => T,
): (state: State) => T {
  const known = new WeakMap<State, { readonly it: T }>()
  return (state) => {
    const found = known.get(state)
    if (found !== undefined) return found.it
    const it = derive(state)
    known.set(state, { it })
    return it
  }
}
