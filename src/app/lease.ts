/**
 * A lease that its holder keeps alive, so that a killed holder's work is free within seconds.
 *
 * Invariant: what others can see is begun only while the last renewal is younger than half the
 * lease. A holder that was frozen, or cut off from the database, begins nothing more: by the time
 * another takes over, its last call is at least the other half old, and is found by the probe.
 */
export const LEASE_MS = 6_000
const RENEW_MS = 2_000

/** The lease ran out, or somebody else has it: whoever has it now goes on. */
export class LeaseLost extends Error {}

export interface Lease {
  /** Throws `LeaseLost` unless the lease was renewed just now. */
  readonly assertHeld: () => void
  /** Renews it; false: it is somebody else's by now. */
  readonly renew: () => Promise<boolean>
}

export interface LeaseOptions {
  /** Takes or renews it in the database for `LEASE_MS`; false: somebody else has it. */
  readonly renew: () => Promise<boolean>
  /** Told when the database could not be asked; the next renewal tries again. */
  readonly failed: (fault: unknown) => void
}

/** Does the work while renewing the lease beside it. */
export async function underLease<T>(
  { renew, failed }: LeaseOptions,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  let renewedAt = Number.NEGATIVE_INFINITY
  const renewed = async (): Promise<boolean> => {
    // The moment before it is asked: the database counts from a later one.
    const asked = performance.now()
    const held = await renew()
    renewedAt = held ? asked : Number.NEGATIVE_INFINITY
    return held
  }
  const timer = setInterval(() => void renewed().catch(failed), RENEW_MS)
  try {
    return await work({
      renew: renewed,
      assertHeld: () => {
        if (performance.now() - renewedAt > LEASE_MS / 2) {
          throw new LeaseLost('the lease was not renewed in time: another process goes on')
        }
      },
    })
  } finally {
    clearInterval(timer)
  }
}
