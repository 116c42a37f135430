/**
 * Redis frozen, slow, gone, emptied, replaced: it carries hints only, so people and senders notice
 * nothing, and `readyz` names it.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { OwnRedis } from './servers.ts'
import { ANA, eventually, FaultTown } from './town.ts'

let town: FaultTown
let redis: OwnRedis

interface Outage {
  readonly strike: () => Promise<void> | void
  readonly mend: () => Promise<void> | void
  /** False: it answers, as if nothing had happened. */
  readonly isAway: boolean
}

let thaw = (): void => {}
const nothing = (): void => {}

const outages: Readonly<Record<string, Outage>> = {
  'that is frozen': {
    strike: () => {
      thaw = redis.freeze()
    },
    mend: () => thaw(),
    isAway: true,
  },
  'that was killed, and comes back empty': {
    strike: () => redis.kill(),
    mend: () => redis.startEmpty(),
    isAway: true,
  },
  'behind a network that swallows everything': {
    strike: () => redis.proxy.plant({ kind: 'blackhole', of: 'both' }),
    mend: () => redis.proxy.heal(),
    isAway: true,
  },
  'that takes two seconds for everything': {
    strike: () => redis.proxy.plant({ kind: 'slow', ms: 1_000 }),
    mend: () => redis.proxy.heal(),
    isAway: false,
  },
  'that somebody flushes': { strike: () => redis.flush(), mend: nothing, isAway: false },
  'that fails over to an empty one': {
    strike: () => redis.failOver(),
    mend: nothing,
    isAway: false,
  },
  'whose connections stand and are dead': {
    strike: () => redis.proxy.plant({ kind: 'half-open' }),
    mend: () => redis.proxy.plant({ kind: 'reset' }),
    isAway: false,
  },
  'whose next reply is lost': {
    strike: () => redis.proxy.plant({ kind: 'drop-reply' }),
    mend: () => redis.proxy.heal(),
    isAway: false,
  },
}

describe.skipIf(inject('redisUrl') === null)('with the queue on Redis', () => {
  beforeAll(async () => {
    town = await FaultTown.open('redis')
    if (town.redis === null) throw new Error('this town was opened with a Redis')
    redis = town.redis
  })
  afterAll(() => town.close())

  test.each(Object.entries(outages))(
    'one %s delays nobody',
    async (name, { strike, mend, isAway }) => {
      const before = await town.merge(`Ride into one ${name}`)
      await town.send(before)
      await strike()
      try {
        const [command, delivery] = await Promise.all([
          town.slash('/lock api production careful'),
          town.push(),
        ])
        expect(String(command.body?.['text'])).toContain('careful')
        expect(delivery).toBe(202)
        expect((await town.slack.slash(ANA, '/lock api production release')).status).toBe(200)
        await town.arrived(before)
        const during = await town.merge(`Ride through one ${name}`)
        await town.send(during)
        await town.arrived(during)
        for (const of of ['web', 'worker'] as const) {
          if (!isAway) break
          await eventually(`the ${of} names the queue, and is ready`, async () => {
            const { status, database, queue } = await town.health(of)
            return status === 200 && database === 'ok' && queue === 'unreachable'
          })
        }
      } finally {
        await mend()
      }
      await town.expectSound()
    },
    180_000,
  )
})
