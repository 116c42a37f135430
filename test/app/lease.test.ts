/** A lease: kept alive by its holder, and nothing visible is begun under one that is not fresh. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LEASE_MS, LeaseLost, underLease } from '../../src/app/lease.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const failed = (): void => {}

test('a holder at work renews its lease, however long the work takes', async () => {
  let renewals = 0
  const renew = async (): Promise<boolean> => {
    renewals += 1
    return true
  }
  await underLease({ renew, failed }, async (lease) => {
    await lease.renew()
    await vi.advanceTimersByTimeAsync(10 * LEASE_MS)
    lease.assertHeld()
  })
  expect(renewals).toBeGreaterThanOrEqual(20)
  await vi.advanceTimersByTimeAsync(10 * LEASE_MS)
  expect(renewals).toBeLessThanOrEqual(31)
})

test('a holder that cannot renew begins nothing more, long before others may take over', async () => {
  let isAway = false
  const renew = async (): Promise<boolean> => {
    if (isAway) throw new Error('the database is away')
    return true
  }
  await underLease({ renew, failed }, async (lease) => {
    await lease.renew()
    isAway = true
    await vi.advanceTimersByTimeAsync(LEASE_MS / 2 + 1)
    expect(() => lease.assertHeld()).toThrow(LeaseLost)
  })
})

test('a holder that was frozen finds out before it does anything', async () => {
  let holder = 'mine'
  const renew = async (): Promise<boolean> => holder === 'mine'
  await underLease({ renew, failed }, async (lease) => {
    await lease.renew()
    holder = 'another'
    await vi.advanceTimersByTimeAsync(2_000)
    expect(() => lease.assertHeld()).toThrow(LeaseLost)
    expect(await lease.renew()).toBe(false)
  })
})

test('nothing is begun before the lease is taken', async () => {
  await underLease({ renew: async () => true, failed }, async (lease) => {
    expect(() => lease.assertHeld()).toThrow(LeaseLost)
  })
})
