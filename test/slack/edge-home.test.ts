/** The App Home: what waits for whoever opens it, answered there. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ANA, BOB, EdgeTown } from './edge-town.ts'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open()
})
afterEach(async () => {
  await town.close()
})

/** A train of one change by ana, which waits for her and for one other. */
async function waiting(): Promise<void> {
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
}

test('shows what waits for whoever opens it, and the trains', async () => {
  await waiting()
  const ana = await town.slack.openHome(ANA)
  expect(ana).toContain('Good to go?')
  expect(ana).toContain('Train #1')
  expect(await town.slack.openHome(BOB)).toContain('may be approved by you')
})

test('a yes given there counts, and what waits is drawn anew', async () => {
  await waiting()
  await town.slack.openHome(ANA)
  await town.slack.pressHome(ANA, 'train.consent')
  expect(await town.slack.home(ANA, 'said yes')).toContain('Nothing waits for you')
  expect((await town.events()).map(({ type }) => type)).toContain('consent_given')
})

test('a hold placed there asks for its reason, and is then shown', async () => {
  await waiting()
  await town.slack.openHome(ANA)
  await town.slack.pressHome(ANA, 'train.hold')
  await town.slack.submit(ANA, 'the cart is still read')
  expect(await town.slack.home(ANA, 'You hold api train #1')).toContain('the cart is still read')
})

test('tells a guest that guests do not act', async () => {
  expect(await town.slack.openHome('U0GUEST')).toContain('guests cannot act here')
})
