/** Patience: whoever asks is answered before Slack's three seconds are over. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LATE, patiently } from '../../src/slack/patience.ts'

const SLACK_MS = 3_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new Promise<never>(() => {})

test.each([0, 1_000, 2_900])('work that does not end, %i ms after the request', async (age) => {
  const since = performance.now()
  vi.advanceTimersByTime(age)
  const answered = vi.fn()
  void patiently(never, since).then(answered)
  await vi.advanceTimersByTimeAsync(SLACK_MS - 1 - age)
  expect(answered).toHaveBeenCalledExactlyOnceWith(LATE)
})

test('work that ends in time answers for itself', async () => {
  const work = new Promise((resolve) => setTimeout(() => resolve('done'), 2_000))
  const answer = patiently(work)
  await vi.advanceTimersByTimeAsync(SLACK_MS)
  expect(await answer).toBe('done')
})
