/** Slack through a socket that we open, for installations nobody can call. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ANA, EdgeTown } from './edge-town.ts'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open({ socket: true })
})

afterEach(() => town.close())

test('a command over the socket acts, is acknowledged with its answer, and a repeat acts once', async () => {
  const locked = await town.slack.slashOverSocket(ANA, '/lock api production careful', '1.1')
  expect(JSON.stringify(locked)).toContain('lock')
  expect((await town.pipeline()).environments[0]?.lock?.by).toBe('ana')
  await town.slack.slashOverSocket(ANA, '/lock api production careful', '1.1')
  expect((await town.events()).filter(({ type }) => type === 'locked').length).toBe(1)
})

test('without a signing secret nothing comes in over HTTP', async () => {
  expect((await town.slack.slash(ANA, '/lock api production careful')).status).toBe(404)
})
