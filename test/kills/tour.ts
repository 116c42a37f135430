/**
 * A tour: the rides of one shape after one another in the same town, and the figures of it.
 *
 * Invariant: at its end `signalbox doctor` and `signalbox audit verify` say what the rides found.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measured, size } from '../proof/size.ts'
import { People } from './people.ts'
import { type Ride, TOURS, type Tour } from './plan.ts'
import type { Return } from './reattach.ts'
import { take } from './rides.ts'
import { KillTown } from './town.ts'

const RIDE_MS = 240_000

/** Declares a test for each ride of a tour; the full proof takes the tour twice. */
export function rideThrough(name: keyof typeof TOURS): void {
  const { shape, rides, stepped = false }: Tour = TOURS[name]
  describe.each(Array.from({ length: size({ ci: 1, full: 2 }) }, (_, at) => at + 1))(
    'round %i',
    () => {
      let town: KillTown
      const waits: number[] = []
      const returns: Return[] = []

      beforeAll(async () => {
        town = await KillTown.open(shape, { stepped })
        town.start()
        await new People(town).until('somebody answers', () => true)
      })
      afterAll(() => town.close())

      test.each(rides.map((ride) => [titleOf(ride), ride] as const))(
        '%s',
        async (title, ride) => {
          const taken = await take(town, ride, title)
          waits.push(...taken.waits)
          returns.push(...taken.returns)
        },
        RIDE_MS,
      )

      test('afterwards, doctor and audit verify find nothing', () => examined(town), RIDE_MS)

      test('what was counted is told', () => {
        toldOf(`killed at named points (${name})`, town, waits)
        toldReturns(name, returns)
      })
    },
  )
}

const titleOf = ({ kind, kills, later = [] }: Ride): string =>
  `${kind}: ${[...kills, ...later].join(', ')}`

/** The value below which a share of the values lies. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

/** Hands over how many kills there were, and how long each kept its step waiting. */
export function toldOf(what: string, town: KillTown, waits: readonly number[]): void {
  const named = town.points.hits().filter(({ did }) => did === 'kill').length
  const kills = named + town.killedAtRandom
  const seconds = (share: number): string => (quantile(waits, share) / 1_000).toFixed(1)
  const found = `${kills} kills: 0, 0, 0`
  measured(
    `processes ${what}: something lost, done twice, broken; until it went on again (p50, p99)`,
    waits.length === 0 ? found : `${found}; ${seconds(0.5)} s, ${seconds(0.99)} s`,
  )
}

/** Hands over how soon runs were attended to again: the most looks or polls, and the time it took. */
function toldReturns(name: string, returns: readonly Return[]): void {
  if (returns.length === 0) return
  const times = returns.map(({ ms }) => ms)
  const seconds = (share: number): string => (quantile(times, share) / 1_000).toFixed(1)
  const most = Math.max(...returns.map(({ count }) => count))
  measured(
    `agents and servers killed (${name}): looks, of one a second, until a run is attended to again, at most; time with the start of a process (p50, p99)`,
    `${returns.length}: ${most}; ${seconds(0.5)} s, ${seconds(0.99)} s`,
  )
}

/** As somebody who operates it would look. */
export async function examined(town: KillTown): Promise<void> {
  const audit = await town.command(['audit', 'verify'])
  expect(audit.code, audit.said).toBe(0)
  const doctor = await town.command(['doctor'])
  expect(doctor.said).toContain('every invariant holds')
  expect(doctor.said).toContain('the audit verifies')
}
