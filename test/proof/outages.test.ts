/**
 * Random outages of PostgreSQL and Redis while people and senders go on: real processes, faults in
 * any order, several at once.
 *
 * Method: a history strikes, acts, mends, acts again. Afterwards everything that was accepted is
 * there once, every change that was merged is live, and connections have not piled up.
 */
import { describe, expect, inject, test } from 'vitest'
import type { Fault } from '../faults/proxy.ts'
import type { OwnPostgres, OwnRedis } from '../faults/servers.ts'
import { FaultTown } from '../faults/town.ts'
import { below, measured, pick, type Random, randomOf, SEED, size } from './size.ts'

/** Strikes; answers how to mend it. */
type Strike = () => Promise<() => Promise<void> | void>

const nothing = (): void => {}

const NETWORK: readonly [Fault, ...Fault[]] = [
  { kind: 'refuse' },
  { kind: 'blackhole', of: 'both' },
  { kind: 'blackhole', of: 'requests' },
  { kind: 'blackhole', of: 'replies' },
  { kind: 'half-open' },
  { kind: 'reset' },
  { kind: 'drop-reply' },
  { kind: 'slow', ms: 100 },
  { kind: 'slice' },
]

function networkOf({ proxy }: OwnPostgres | OwnRedis, random: Random): Strike {
  const fault = pick(random, NETWORK)
  return async () => {
    await proxy.plant(fault)
    // What stands half-open is noticed by nobody for minutes: the network drops it first.
    return fault.kind === 'half-open' ? () => proxy.plant({ kind: 'reset' }) : () => proxy.heal()
  }
}

function strikeOf(town: FaultTown, random: Random): Strike {
  const { postgres, redis } = town
  if (redis === null || random() < 0.15) {
    return pick<Strike>(random, [
      networkOf(postgres, random),
      networkOf(postgres, random),
      async () => {
        await postgres.terminate()
        return nothing
      },
      () => postgres.freeze(),
      async () => {
        await postgres.stop()
        return () => postgres.start()
      },
    ])
  }
  return pick<Strike>(random, [
    networkOf(redis, random),
    networkOf(redis, random),
    async () => {
      await redis.flush()
      return nothing
    },
    async () => redis.freeze(),
    async () => {
      await redis.kill()
      return () => redis.startEmpty()
    },
    async () => {
      await redis.failOver()
      return nothing
    },
  ])
}

/** What people and senders do meanwhile; an error is an answer. */
async function act(town: FaultTown, random: Random): Promise<void> {
  const acts = [
    () => town.push(),
    () => town.slash('/deploy api'),
    () => town.slash('/deploy status api'),
    () => town.health('web'),
    () => town.health('worker'),
    () => town.box.command('ana', { type: 'depart' }),
  ] as const
  const some = Array.from({ length: 1 + below(random, 4) }, () =>
    pick<() => Promise<unknown>>(random, acts)(),
  )
  await Promise.allSettled(some)
}

async function history(town: FaultTown, random: Random, name: string): Promise<void> {
  const its = await town.merge(name)
  for (let strikes = 1 + below(random, 3); strikes > 0; strikes -= 1) {
    const mend = await strikeOf(town, random)()
    await act(town, random)
    await mend()
    await act(town, random)
  }
  await town.send(its)
  await town.arrived(its)
  await town.expectSound()
}

/** Pools of ten and the queue's own, of two processes. */
const CONNECTIONS_MAX = 2 * (10 + 3 * 3 + 2)

const queues = [
  { queue: 'postgres', of: 'PostgreSQL', ci: 2, full: 100 },
  ...(inject('redisUrl') === null
    ? []
    : [{ queue: 'redis', of: 'Redis', ci: 5, full: 200 } as const]),
] as const

describe.each(queues)('with the queue on $of', ({ queue, of, ci, full }) => {
  const rounds = size({ ci, full })

  test(
    `${rounds} histories of outages lose nothing and do nothing twice`,
    async () => {
      const town = await FaultTown.open(queue)
      try {
        for (let round = 0; round < rounds; round += 1) {
          const random = randomOf(SEED * 1_000_003 + round)
          await history(town, random, `History ${round} of seed ${SEED}`)
          expect(town.postgres.proxy.standing).toBeLessThanOrEqual(CONNECTIONS_MAX)
        }
      } finally {
        await town.close()
      }
      measured(
        `histories of outages, the queue on ${of}: lost, done twice, a process that ended`,
        `${rounds} (${town.accepted.length} deliveries accepted, ${town.merged.length} deployments): 0, 0, 0`,
      )
    },
    rounds * 120_000,
  )
})
