/** A worker that is frozen past its lease, wakes, and finds that another one has gone on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quiet, wrongs } from './aftermath.ts'
import { People, pause } from './people.ts'
import type { Armed } from './plan.ts'
import { forwardBy } from './rides.ts'
import { examined } from './tour.ts'
import { KillTown } from './town.ts'

/** Longer than a lease, and than the other worker needs to take over. */
const FROZEN_MS = 12_000

let town: KillTown

beforeAll(async () => {
  town = await KillTown.open('apart', { spare: true })
  town.start()
  await new People(town).until('somebody answers', () => true)
})
afterAll(() => town.close())

/** Waits until the process that was frozen does something again. */
async function woken(): Promise<void> {
  for (const limit = Date.now() + 60_000; Date.now() < limit; await pause(100)) {
    const hits = town.points.hits()
    const at = hits.findLastIndex(({ did }) => did === FROZEN_MS)
    const frozen = hits[at]
    if (frozen !== undefined && hits.slice(at + 1).some(({ pid }) => pid === frozen.pid)) return
  }
  throw new Error('the frozen worker never woke')
}

const SENDING: readonly Armed[] = [
  'outbox.attempt_begun announce',
  'outbox.attempt_begun narrate',
  'outbox.effect_sent narrate',
  'outbox.attempt_begun mirror',
]

test.each(SENDING)(
  '%s: the other one goes on, and nothing is told twice',
  async (armed) => {
    town.points.arm(armed, { act: FROZEN_MS })
    const people = new People(town)
    await forwardBy(people, `Frozen at ${armed}`)
    await quiet(town)
    await woken()
    await quiet(town)
    expect(town.points.isArmed(armed)).toBe(false)
    expect(await wrongs(town)).toEqual([])
  },
  240_000,
)

test('afterwards, doctor and audit verify find nothing', () => examined(town), 240_000)
