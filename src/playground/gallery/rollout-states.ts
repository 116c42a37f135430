/**
 * Where a rollout in steps can be, from stories that really lead there.
 *
 * Invariant: the core itself brought it there; nothing is painted.
 */
import type { Look } from '../../core/finding.ts'
import { inSteps, sha } from './cast.ts'
import { Ride } from './ride.ts'

const WELL: Look = { outcome: 'pass', says: '', good: 1, all: 1, behind: [] }

const lock = {
  type: 'lock',
  id: 'lock-1',
  environment: 'production',
  reason: 'migration under way',
  forMs: null,
  takeOver: false,
} as const

const COMPARED = 'checkout errors'

const compared = (one: Ride, outcome: Look['outcome'], says: string): Ride => {
  const here = one.pipeline.deployments.findLast(({ environment }) => environment === 'production')
  const its = { run: here?.run ?? '', step: COMPARED, at: one.now, before: null } as const
  one.act('signalbox', { type: 'record_verification', ...its, look: { ...WELL, outcome, says } })
  return one
}

const alike = (one: Ride): Ride =>
  compared(one.pass(600_000), 'pass', '0.01 against 0.01 of the old release, Mann–Whitney p = 0.4')

/** At its first step in production, above a release that went all the way. */
function atStaff(): Ride {
  const one = new Ride(inSteps()).merge('z', { number: 9, title: 'First', author: 'ana' })
  one.ready()
  for (const _ of [1, 2, 3]) alike(one.end('production', 'succeeded'))
  one.merge('a', { number: 12, title: 'Cache the price list', parent: sha('z'), lines: 42 })
  return one.ready().end('production', 'succeeded')
}

/** Where a rollout in steps can be, by name. */
export function inStepsStates(): Readonly<Record<string, Ride>> {
  const says = (one: Ride, who: string, command: Parameters<Ride['act']>[1]): Ride => {
    one.act(who, command)
    return one
  }
  const worse = '0.041 against 0.003 of the old release, Mann–Whitney p = 0.0004'
  return {
    'rolling out': atStaff(),
    'on its way to its next step': alike(atStaff()).start('production'),
    'paused at a step': says(atStaff(), 'bob', {
      ...{ type: 'pause_rollout', environment: null },
      reason: 'the queue looks long',
    }),
    'kept at a step': says(atStaff(), 'bob', lock),
    'inconclusive at a step': compared(atStaff().pass(600_000), 'inconclusive', 'no data'),
    'worse at a step': compared(atStaff().pass(120_000), 'fail', worse),
    'sent to its last step': says(atStaff(), 'dee', {
      ...{ type: 'skip_to_full', environment: null },
      reason: 'the fix is urgent',
    }).start('production'),
  }
}
