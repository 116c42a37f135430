/**
 * A wait with an end.
 *
 * Invariant: whoever asked over HTTP is answered while they still listen; what comes too late is
 * not undone, only not waited for.
 */

/** The outcome of `work`; throws `late` as a message when it takes longer than `ms`. */
export async function inTime<T>(work: Promise<T>, ms: number, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(late)), ms)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
