/** When a silent agent may be judged: only if it could have been heard. */
import { expect, test } from 'vitest'
import { createPatience, sweepForever } from '../../src/app/sweep.ts'
import { quiet, testDatabase } from '../world/database.ts'

const SECOND = 1_000

function clocked() {
  let now = 0
  const patience = createPatience(() => now)
  /** Sweeps each second for so long. */
  const sweeps = (seconds: number, well = true): void => {
    for (let swept = 0; swept < seconds; swept += 1) {
      now += SECOND
      patience.swept(well)
    }
  }
  const pause = (seconds: number): void => {
    now += seconds * SECOND
  }
  return { patience, sweeps, pause }
}

test('after a start agents have a whole lease to be heard', () => {
  const { patience, sweeps } = clocked()
  sweeps(59)
  expect(patience.judges()).toBe(false)
  sweeps(1)
  expect(patience.judges()).toBe(true)
})

test('after an outage of the database longer than a lease, nobody is declared silent at once', () => {
  const { patience, sweeps } = clocked()
  sweeps(120)
  sweeps(90, false)
  expect(patience.judges()).toBe(false)
  sweeps(59)
  expect(patience.judges()).toBe(false)
  sweeps(1)
  expect(patience.judges()).toBe(true)
})

test('after this process was frozen, nobody is declared silent at once', () => {
  const { patience, sweeps, pause } = clocked()
  sweeps(120)
  pause(90)
  expect(patience.judges()).toBe(false)
  sweeps(60)
  expect(patience.judges()).toBe(true)
})

test('a sweep that ended well, but only after an outage, judges nobody next', () => {
  const { patience, sweeps, pause } = clocked()
  sweeps(120)
  pause(30)
  patience.swept(true)
  expect(patience.judges()).toBe(false)
})

test('the watchdogs look at nothing either while agents may still be unheard', async () => {
  const database = await testDatabase()
  const heard: string[] = []
  const stop = new AbortController()
  const nobody = () => Promise.reject(new Error('nothing is due'))
  const sweeping = {
    pool: database.pool,
    dispatch: nobody,
    agents: {
      look: nobody,
      report: nobody,
      account: nobody,
      heard: () => {},
      expire: async () => {
        heard.push('expire')
      },
    },
    lockAll: async () => {
      heard.push('swept')
      return { ok: true, events: [] } as const
    },
    watch: {
      look: async () => {
        heard.push('look')
      },
      lookAt: nobody,
    },
    log: quiet,
    known: () => true,
    rest: async () => stop.abort(),
  }
  await sweepForever(sweeping, stop.signal)
  expect(heard).toEqual(['swept'])
  await database.drop()
})
