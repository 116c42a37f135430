/**
 * How long Slack is kept waiting.
 *
 * Invariant: an answer leaves before Slack's three seconds are over, also when our database hangs;
 * the work goes on, and its outcome is told afterwards.
 */

const ANSWER_MS_MAX = 2_500

/** The work has not ended yet. */
export const LATE = Symbol('late')

/** What the work gives, or `LATE` when the request that began at `since` (ms) must be answered. */
export async function patiently<T>(
  work: Promise<T>,
  since = performance.now(),
): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ANSWER_MS_MAX - (performance.now() - since))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
