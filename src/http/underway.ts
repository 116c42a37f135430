/**
 * The requests being answered at this moment, so that a stop can wait for the last of them.
 *
 * Invariant: what a handler needs is not taken from it before it has ended, but for one that does
 * not end in time.
 */
import type { MiddlewareHandler } from 'hono'

export interface Underway {
  readonly count: MiddlewareHandler
  /** Resolves when nothing is under way, or after `ms`; answers whether nothing is. */
  readonly over: (ms: number) => Promise<boolean>
}

export function createUnderway(): Underway {
  let requests = 0
  const waiting = new Set<() => void>()
  return {
    count: async (_, next) => {
      requests += 1
      try {
        await next()
      } finally {
        requests -= 1
        if (requests === 0) for (const wake of [...waiting]) wake()
      }
    },
    over: async (ms) => {
      if (requests === 0) return true
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
      return requests === 0
    },
  }
}
