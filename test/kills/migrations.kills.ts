/** A server that is killed while it makes the schema: the next one goes on where it was. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { People } from './people.ts'
import { MIGRATIONS } from './plan.ts'
import { examined, toldOf } from './tour.ts'
import { KillTown } from './town.ts'

let town: KillTown

beforeAll(async () => {
  town = await KillTown.open('lone', { empty: true })
})
afterAll(() => town.close())

test('every migration is applied once, whichever it died in', async () => {
  for (const armed of MIGRATIONS) town.points.arm(armed)
  town.start()
  const people = new People(town)
  await people.until('somebody answers', () => true)
  for (const armed of MIGRATIONS) expect(town.points.isArmed(armed), armed).toBe(false)
  expect(town.deaths.map(({ signal }) => signal)).toEqual(MIGRATIONS.map(() => 'SIGKILL'))
  const told = await town.command(['migrate'])
  expect(told.code, told.said).toBe(0)
  await people.merge('The first change')
  await people.until('it is aboard', ({ trains }) => trains.length === 1)
  await examined(town)
  toldOf('killed in a migration', town, [])
}, 240_000)
