/**
 * Stretches of time, and what is left of some where others are taken away.
 *
 * Invariant: what is handed on is in order, and none touches another; the work grows with how many
 * there are, not with how many pairs of them.
 */

/** A stretch of time, its end not included. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** The same time in as few stretches as it takes. */
export function merged(all: readonly Stretch[]): readonly Stretch[] {
  const found: Stretch[] = []
  for (const one of [...all].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1)
    if (last === undefined || last.to < one.from) found.push(one)
    else found[found.length - 1] = { from: last.from, to: Math.max(last.to, one.to) }
  }
  return found
}

/** What is left of `all` without `gone`, both merged. */
export function without(all: readonly Stretch[], gone: readonly Stretch[]): readonly Stretch[] {
  const left: Stretch[] = []
  // Nothing before it reaches into what comes yet.
  let first = 0
  for (const { from, to } of all) {
    let start = from
    for (let at = first; at < gone.length; at += 1) {
      const next = gone[at]
      if (next === undefined || next.from >= to) break
      if (next.to <= from) {
        first = at + 1
        continue
      }
      if (start < next.from) left.push({ from: start, to: next.from })
      start = next.to
    }
    if (start < to) left.push({ from: start, to })
  }
  return left
}
