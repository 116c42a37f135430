/**
 * The time of the town, which people can let pass.
 *
 * Invariant: every moment on the page is told by this clock.
 */
let aheadMs = 0

/** Now in the town, in milliseconds since the epoch. */
export const townNow = (): number => Date.now() + aheadMs

export function setAhead(ms: number): void {
  aheadMs = ms
}
