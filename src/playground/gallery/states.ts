/**
 * Each state of a train, from a story that really leads there.
 *
 * Invariant: the core itself brought every train where it stands; nothing is painted.
 */
import type { Look } from '../../core/finding.ts'
import { sha, takingBack, twoStage, verified, verifiedOrBack, watched, windowed } from './cast.ts'
import { Ride } from './ride.ts'
import { inStepsStates } from './rollout-states.ts'

const lock = {
  type: 'lock',
  id: 'lock-1',
  reason: 'migration under way',
  forMs: 7_200_000,
  takeOver: false,
} as const

const TAIL = [
  'applying 0042_drop_cart.sql',
  'ERROR: relation "cart" is still referenced',
  'deploy.sh: exit 1',
]

const WELL: Look = { outcome: 'pass', says: '0.01 (at most 0.02)', good: 2, all: 2, behind: [] }
const SILENT: Look = { ...WELL, outcome: 'inconclusive', says: 'no data', good: 0, all: 0 }
const RISING: Look = { ...WELL, outcome: 'fail', says: '0.31 (at most 0.02)', good: 0 }
const STALE: Look = {
  outcome: 'fail',
  says: 'on 0badcafe',
  good: 1,
  all: 2,
  behind: [{ name: 'web-07', says: 'on 0badcafe' }],
}

/** Deployed to production, and looked at: the version of its instances, then its errors. */
const lookedAt = (...looks: readonly Look[]): Ride =>
  looking(new Ride(verified()).mergeThree().arrive().pass(60_000), looks)

function looking(one: Ride, looks: readonly Look[]): Ride {
  const { run } = one.pipeline.deployments.findLast(
    ({ environment }) => environment === 'production',
  ) ?? { run: '' }
  for (const [index, look] of looks.entries()) {
    const step = index === 0 ? 'version' : 'errors'
    const its = { type: 'record_verification', run, step, at: one.now, before: null } as const
    one.act('signalbox', { ...its, look })
  }
  return one
}

/** Found sick in production, above a release that was well. */
function sickAbove(): Ride {
  const one = new Ride(verifiedOrBack()).merge('z', { number: 9, title: 'First', author: 'ana' })
  looking(one.arrive(), [WELL, WELL])
  looking(one.pass(600_000), [WELL, WELL])
  one.merge('a', { number: 12, title: 'Cache the price list', parent: sha('z'), lines: 42 })
  return looking(one.ready().end('production', 'succeeded'), [STALE, WELL])
}

/** Errors rise above an earlier release, and a signal watches what one of the changes touches. */
function suspected(): Ride {
  const one = new Ride(watched()).merge('z', { number: 9, title: 'First', author: 'ana' })
  looking(one.arrive().pass(60_000), [WELL, WELL]).pass(700_000)
  looking(one, [WELL, WELL])
  const prices = { paths: ['src/prices/list.ts'], watched: ['errors'], labels: ['flag:prices'] }
  one.merge('a', { number: 12, title: 'Cache the price list', parent: sha('z'), ...prices })
  one.merge('b', { number: 13, title: 'Drop the cart', author: 'bob', parent: sha('a') })
  return looking(one.arrive().pass(60_000), [WELL, RISING])
}

function turnedOff(outcome: 'done' | 'failed'): Ride {
  const one = suspected()
  const its = { environment: 'production', flag: 'prices' } as const
  one.act('dee', { type: 'flag_off', ...its })
  const says = outcome === 'done' ? 'exit status 0' : 'its agent has not been heard of'
  one.act('signalbox', { type: 'record_flag', ...its, since: one.now, outcome, says })
  return one
}

function drifted(): Ride {
  const one = lookedAt(WELL, WELL).pass(600_000)
  const run = 'api-41-production-forward-1'
  for (const step of ['version', 'errors']) {
    const its = { type: 'record_verification', run, step, at: one.now } as const
    one.act('signalbox', { ...its, before: one.now - 30_000, look: WELL })
  }
  const environment = 'production'
  const asked = { type: 'record_reality', environment, epoch: 1, at: one.now, look: STALE } as const
  one.act('signalbox', asked)
  one.act('signalbox', { ...asked, look: WELL })
  return one
}

/** Under way in production, above a release to which a failure goes back by itself. */
function aboveRelease(policy = takingBack()): Ride {
  const one = new Ride(policy).merge('z', { number: 9, title: 'First', author: 'ana' }).arrive()
  one.merge('a', { number: 12, title: 'Cache the price list', parent: sha('z'), lines: 42 })
  return one.ready()
}

/** Each state of a train's announcement, by name. */
export function states(): Readonly<Record<string, Ride>> {
  const ride = (): Ride => new Ride().mergeThree()
  const staged = (): Ride => ride().depart().end('staging', 'succeeded').pass(300_000)
  const said = (): Ride => {
    const one = staged()
    for (const who of ['ana', 'bob', 'cem']) one.act(who, { type: 'consent', train: 41 })
    return one
  }
  const going = (): Ride => {
    const one = said()
    one.act('dee', { type: 'approve', train: 41, environment: null, plan: null })
    return one
  }
  const after = (one: Ride, ...commands: Parameters<Ride['act']>[]): Ride => {
    for (const [who, command] of commands) one.act(who, command)
    return one
  }
  const red = { type: 'record_check', sha: sha('a'), name: 'test', status: 'failure' } as const
  const due = new Ride(
    twoStage({ checks: { require: ['test'], timeoutMs: 3_600_000, settleMs: 0 } }),
  )
  const back = {
    type: 'roll_back',
    environment: null,
    to: null,
    reason: 'prices are wrong',
  } as const
  const words = { takeOver: false, settle: false, abort: false }
  const fails = (one: Ride): Ride =>
    one.end('production', 'failed', { reason: 'exit status 1', tail: TAIL })
  const second = (landed = true): Ride => {
    const one = new Ride().merge('z', { number: 9, title: 'First', author: 'ana' })
    one.arrive()
    one.merge('a', { number: 12, title: 'Cache the price list', parent: sha('z'), lines: 42 })
    one.ready()
    return landed ? one.end('production', 'succeeded') : one
  }
  /** Three trains have arrived, so it is known what is usual. */
  const fourth = (): Ride => {
    const one = new Ride()
    for (const [index, name] of ['x', 'y', 'z'].entries()) {
      const parent = index === 0 ? null : sha(['x', 'y'][index - 1] ?? '')
      one.merge(name, { number: index + 7, title: `Change ${name}`, parent }).arrive()
    }
    one.merge('a', { number: 12, title: 'Cache the price list', parent: sha('z'), lines: 42 })
    return one.ready().start('production')
  }
  return {
    boarding: ride(),
    due: after(due.mergeThree(), ['ci', { ...red, at: due.now }]).pass(1_500_000),
    'held while boarding': after(ride(), [
      'bob',
      { type: 'hold', train: 41, reason: 'the cart is still read' },
    ]),
    'stopped while boarding': after(ride(), [
      'bob',
      { type: 'stop', reason: 'smoke in the office' },
    ]),
    'waiting for its agent': ride().depart(),
    deploying: ride().depart().start('staging').pass(130_000),
    soaking: new Ride(twoStage({ environments: twoStage().environments.slice(0, 1) }))
      .merge('a', { number: 12 })
      .depart()
      .end('staging', 'succeeded'),
    'soaking and waiting': ride().depart().end('staging', 'succeeded'),
    'waiting for consent': after(staged(), ['ana', { type: 'consent', train: 41 }]),
    'waiting for approval': said(),
    'outside its windows': new Ride(windowed())
      .mergeThree()
      .depart()
      .end('staging', 'succeeded')
      .pass(300_000),
    locked: after(said(), ['bob', { ...lock, environment: 'production' }]),
    held: after(staged(), ['dee', { type: 'hold', train: 41, reason: 'not on a Friday' }]),
    stopped: after(staged(), ['dee', { type: 'stop', reason: 'the database is slow' }]),
    'going on after a stop': after(
      staged(),
      ['dee', { type: 'stop', reason: 'the database is slow' }],
      ['dee', { type: 'resume', reason: 'an index was missing' }],
    ),
    'deploying to production': going().start('production'),
    'half of its usual time': fourth().pass(130_000),
    'longer than usual': fourth().pass(600_000),
    failed: going().end('production', 'failed', { reason: 'exit status 1', tail: TAIL }),
    'timed out': going().end('production', 'failed', { reason: 'over its time limit of 15m' }),
    unknown: going().end('production', 'unknown', { reason: 'the agent’s host is gone' }),
    'being cancelled': after(going().start('production'), [
      'bob',
      { type: 'cancel', train: 41, reason: 'wrong base' },
    ]),
    aborted: ride().depart().end('staging', 'aborted', { reason: 'ended on its machine' }),
    cancelled: after(staged(), ['bob', { type: 'cancel', train: 41, reason: 'wrong base' }]),
    arrived: ride().arrive(),
    'being verified': lookedAt(WELL),
    'verified and soaking': lookedAt(WELL, WELL),
    inconclusive: lookedAt(WELL, SILENT),
    'not healthy': lookedAt(STALE, WELL),
    'not healthy, with a suspect': suspected(),
    'its flag turned off': turnedOff('done'),
    'its flag not turned off': turnedOff('failed'),
    'continued by a person': after(lookedAt(WELL, SILENT), [
      'dee',
      { type: 'continue', environment: null, reason: 'the metrics server is being moved' },
    ]),
    drifted: drifted(),
    'rolling back': after(second(), ['bob', { ...back, ...words }]),
    'rollback failed': after(second(), ['bob', { ...back, ...words }]).end('production', 'failed', {
      reason: 'exit status 2',
      tail: TAIL,
    }),
    'waiting for an absent author': after(staged(), ['ana', { type: 'consent', train: 41 }]).pass(
      5 * 3_600_000,
    ),
    'failed above a release': second(false).end('production', 'failed', {
      reason: 'exit status 1',
    }),
    'about to go back': fails(aboveRelease()),
    'kept by a person': after(fails(aboveRelease()), [
      'bob',
      {
        type: 'cancel_countdown',
        environment: null,
        deployment: null,
        since: null,
        reason: 'the disk was full',
      },
    ]),
    'taken back by itself': fails(aboveRelease()).pass(30_000).end('production', 'succeeded'),
    'not taken back under a lock': fails(
      after(aboveRelease(), ['bob', { ...lock, environment: 'production' }]),
    ),
    'sick, and about to go back': sickAbove(),
    'not taken back twice': fails(sickAbove().pass(30_000)),
    'would have gone back': fails(aboveRelease(takingBack({ dryRun: true }))),
    ...inStepsStates(),
    'would have asked under a lock': fails(
      after(aboveRelease(takingBack({ dryRun: true })), [
        'bob',
        { ...lock, environment: 'production' },
      ]),
    ),
    vetoed: after(second(), ['bob', { ...back, ...words }])
      .end('production', 'succeeded')
      .depart()
      .end('staging', 'succeeded')
      .pass(300_000),
    'rolled back': after(second(), ['bob', { ...back, ...words }]).end('production', 'succeeded'),
  }
}

/** Which train a state is about: a later one where something had to be live before. */
export function trainOf(name: string): number {
  const second = [
    'rolling back',
    'rollback failed',
    'rolled back',
    'failed above a release',
    'about to go back',
    'kept by a person',
    'taken back by itself',
    'not taken back under a lock',
    'sick, and about to go back',
    'not taken back twice',
    'would have gone back',
    'would have asked under a lock',
    'not healthy, with a suspect',
    'its flag turned off',
    'its flag not turned off',
    'rolling out',
    'on its way to its next step',
    'paused at a step',
    'kept at a step',
    'inconclusive at a step',
    'worse at a step',
    'sent to its last step',
  ]
  if (name === 'half of its usual time' || name === 'longer than usual') return 44
  return name === 'vetoed' ? 43 : second.includes(name) ? 42 : 41
}
