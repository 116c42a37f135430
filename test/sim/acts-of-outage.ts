/**
 * What happens to processes, machines, clocks and the configuration.
 *
 * Invariant: whatever is taken away here is given back when the history ends.
 */
import { conflictsWith } from '../../src/core/conflict.ts'
import type { Person } from '../../src/core/policy.ts'
import type { Act, ActName } from './history.ts'
import { edited } from './policies.ts'
import type { World } from './world.ts'

type Outage = Extract<
  ActName,
  | 'deactivate'
  | 'activate'
  | 'lose_role'
  | 'gain_role'
  | 'reload'
  | 'kill_replica'
  | 'start_replica'
  | 'kill_agent'
  | 'lose_machine'
  | 'start_machine'
  | 'by_hand'
  | 'skew'
  | 'hint'
>

export function actOutage(world: World, { act, n, m, who }: Act & { readonly who: string }): void {
  const { replicas, machines } = world
  const replica = replicas[m % replicas.length]
  const machine = machines[m % machines.length]
  switch (act as Outage) {
    case 'deactivate':
      change(world, who, { active: false })
      return
    case 'activate':
      change(world, who, { active: true })
      return
    case 'lose_role':
      change(world, who, { groups: [] })
      return
    case 'gain_role':
      change(world, m % 2 === 0 ? 'dee' : 'eve', { groups: ['sre'] })
      return
    case 'reload': {
      const { policy } = world.pipeline
      const next = edited(policy, n)
      if (conflictsWith(world.pipeline, next, []).length > 0) return
      world.configure({ policy: next })
      return
    }
    case 'kill_replica':
      replica?.process.kill()
      return
    case 'start_replica':
      if (replica !== undefined && !replica.process.isAlive) world.startReplica(replica)
      return
    case 'kill_agent':
      machine?.process.kill()
      return
    case 'lose_machine':
      machine?.crash()
      return
    case 'start_machine':
      if (machine !== undefined && !machine.process.isAlive) machine.start()
      return
    case 'by_hand': {
      const place = world.books.policy.environments[n % world.books.policy.environments.length]
      const heard = world.books.branch.line.filter((one) => world.books.heard.has(one))
      const sha = heard[m % Math.max(1, heard.length)]
      if (place === undefined || sha === undefined) return
      machine?.byHand({
        environment: place.name,
        sha,
        by: who === 'mallory' ? 'dee' : who,
        ms: 500 + n * 5,
      })
      return
    }
    case 'skew':
      if (replica !== undefined) replica.skewMs = (n - 500) * 1_200
      return
    case 'hint':
      world.hint()
      return
  }
}

function change(
  world: World,
  name: string,
  facts: Partial<Pick<Person, 'active' | 'groups'>>,
): void {
  const people = world.pipeline.people.map((one) =>
    one.name === name ? { ...one, ...facts } : one,
  )
  world.configure({ people })
}
