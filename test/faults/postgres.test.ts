/**
 * PostgreSQL frozen, gone, restarted, half-open: what people and senders get meanwhile, and that
 * nothing is lost or done twice.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FaultTown } from './town.ts'

let town: FaultTown

beforeAll(async () => {
  town = await FaultTown.open('postgres')
})
afterAll(() => town.close())

interface Outage {
  readonly strike: () => Promise<void>
  readonly mend: () => Promise<void>
}

let thaw = (): void => {}

const outages: Readonly<Record<string, Outage>> = {
  'frozen behind the network': {
    strike: () => town.postgres.proxy.plant({ kind: 'blackhole', of: 'both' }),
    mend: () => town.postgres.proxy.heal(),
  },
  'whose replies vanish': {
    strike: () => town.postgres.proxy.plant({ kind: 'blackhole', of: 'replies' }),
    mend: () => town.postgres.proxy.heal(),
  },
  'that nobody reaches': {
    strike: () => town.postgres.proxy.plant({ kind: 'refuse' }),
    mend: () => town.postgres.proxy.heal(),
  },
  'stopped where it stands': {
    strike: async () => {
      thaw = await town.postgres.freeze()
    },
    mend: async () => thaw(),
  },
  'shut down and started again': {
    strike: () => town.postgres.stop(),
    mend: () => town.postgres.start(),
  },
}

describe.each(Object.entries(outages))('a PostgreSQL %s', (name, { strike, mend }) => {
  test('people and senders are told in time, a deploy goes on, and all is well afterwards', async () => {
    town.box.touch('hold')
    const first = await town.merge(`Ride through one ${name}`)
    await town.send(first)

    await strike()
    try {
      const [web, worker, command, delivery, live] = await Promise.all([
        town.health('web'),
        town.health('worker'),
        town.slash('/lock api production careful'),
        town.push(),
        town.isLive('web'),
      ])
      expect(live).toBe(true)
      expect(web).toMatchObject({ status: 503, database: 'unreachable' })
      expect(worker).toMatchObject({ status: 503, database: 'unreachable' })
      expect(command.status).toBe(200)
      expect(String(command.body?.['text'])).toMatch(/nothing was done|database does not answer/)
      expect(delivery).toBe(503)
      town.box.release('hold')
    } finally {
      await mend()
    }

    await town.arrived(first)
    const next = await town.merge(`Ride after one ${name}`)
    await town.slack.slash('U0ANA', '/lock api production release')
    await town.send(next)
    await town.arrived(next)
    await town.expectSound()
  }, 180_000)
})

/** What nobody announces and nobody mends: the processes get over it by themselves. */
const blows: Readonly<Record<string, () => Promise<unknown>>> = {
  'every connection is terminated': () => town.postgres.terminate(),
  'every connection stands, and is dead': () => town.postgres.proxy.plant({ kind: 'half-open' }),
  'the next reply of every connection is lost': () =>
    town.postgres.proxy.plant({ kind: 'drop-reply' }),
}

test.each(Object.entries(blows))(
  'while a deploy runs, %s: it goes on, and the next one follows',
  async (name, strike) => {
    town.box.touch('hold')
    const first = await town.merge(`Ride while ${name}`)
    await town.send(first)
    await strike()
    await Promise.allSettled([town.push(), town.slash('/deploy status api'), town.health('web')])
    town.box.release('hold')
    await town.arrived(first)
    const next = await town.merge(`Ride after ${name}`)
    await town.send(next)
    await town.arrived(next)
    await town.expectSound()
  },
  180_000,
)
