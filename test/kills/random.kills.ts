/**
 * Processes killed at moments nobody chose: one at a time, several, and all at once, while trains
 * ride.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { below, pick, type Random, randomOf, SEED, size } from '../proof/size.ts'
import { quiet, wrongs } from './aftermath.ts'
import { People, pause } from './people.ts'
import { forwardBy } from './rides.ts'
import { examined, toldOf } from './tour.ts'
import { KillTown } from './town.ts'

const KILLS = size({ ci: 12, full: 200 })
/** So many of them during one ride. */
const AT_ONE_RIDE = 4
const PAUSE_MS = 2_500

let town: KillTown

beforeAll(async () => {
  town = await KillTown.open('apart')
  town.start()
  await new People(town).until('somebody answers', () => true)
})
afterAll(() => town.close())

/** One time in five everything at once, as when a machine fails. */
function victims(random: Random): readonly string[] {
  const [first = '', ...others] = town.processes
  return below(random, 5) === 0 ? town.processes : [pick(random, [first, ...others])]
}

async function killSome(random: Random): Promise<void> {
  for (let at = 0; at < AT_ONE_RIDE; at += 1) {
    await pause(below(random, PAUSE_MS))
    for (const name of victims(random)) town.killAtRandom(name)
  }
}

test(`seed ${SEED}: whoever dies whenever, nothing is lost and nothing happens twice`, async () => {
  const random = randomOf(SEED)
  for (let ride = 1; town.killedAtRandom < KILLS; ride += 1) {
    const people = new People(town)
    const killing = killSome(random)
    await forwardBy(people, `Ride ${ride} of seed ${SEED}`)
    await killing
    await people.until('somebody answers', () => true)
    await quiet(town)
    expect(await wrongs(town), `seed ${SEED}, ride ${ride}`).toEqual([])
  }
  await examined(town)
  toldOf(`killed at random moments, seed ${SEED}`, town, [])
}, 3_600_000)
