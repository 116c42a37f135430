/**
 * One ride with points armed, from the merge until everything is quiet, and what must hold then.
 *
 * Invariant: every armed point was reached and killed its process with SIGKILL; the train ended
 * where it should; nothing was lost, nothing happened twice.
 */
import { expect } from 'vitest'
import type { StateJson } from '../../src/cli/board.ts'
import { quiet, wrongs } from './aftermath.ts'
import type { Hit } from './failpoints.ts'
import { People } from './people.ts'
import type { Armed, Ride } from './plan.ts'
import { INCREMENTS, STEPS } from './policy-file.ts'
import { agentReturns, LOOKS_MAX, type Return, serverReturns } from './reattach.ts'
import type { KillTown } from './town.ts'

const ANA = 'U0ANA'
const BOB = 'U0BOB'

type TrainJson = StateJson['trains'][number]

const numbered = (state: StateJson, train: number): TrainJson | undefined =>
  state.trains.find(({ number }) => number === train)

const waitsFor = (state: StateJson, train: number, gate: string): boolean =>
  numbered(state, train)?.blockers.some((one) => one.gate === gate) === true

const liveOf = (state: StateJson): string | undefined => state.environments[0]?.live?.sha

export interface Taken {
  /** How long each kill of the ride kept its step from being taken up again, in milliseconds. */
  readonly waits: readonly number[]
  /** How soon an agent had its run again, and a server its agents. */
  readonly returns: readonly Return[]
}

export async function take(town: KillTown, ride: Ride, title: string): Promise<Taken> {
  const people = new People(town)
  const from = town.points.hits().length
  const died = town.deaths.length
  if (ride.kind === 'cancel') {
    town.put('stubborn')
    town.put('slow')
  }
  for (const armed of ride.kills) town.points.arm(armed)
  const before = await people.until('a state', () => true)
  const { later = [] } = ride
  const { sha, train } = await departed(people, title, ride.kind === 'migrate')
  if (ride.kind === 'hold') await held(people, train)
  if (ride.kind === 'cancel') await cancelled(people, train)
  else {
    await spoken(people, train)
    if (ride.kind !== 'migrate' && later.length > 0) await baked(people, later)
    await arrived(people, { sha, train, unknown: ride.unknown ?? null })
  }
  if (ride.kind === 'forward' && later.length > 0) {
    const went = town.witness().filter((line) => line.includes(` ${sha} `))
    expect(went.map((line) => line.split(' ')[2])).toEqual(STEPS.map(String))
  }
  if (ride.kind === 'roll_back') await rolledBack(people, liveOf(before))
  if (ride.kind === 'migrate') await migrated(people, { change: sha, later })
  await stopped(town, people, ride)
  await quiet(town)
  const hits = town.points.hits().slice(from)
  for (const armed of [...ride.kills, ...later]) {
    expect(town.points.isArmed(armed), `${title}: ${armed} was never reached`).toBe(false)
  }
  expect(otherDeaths(town, hits)).toEqual([])
  expect(await wrongs(town)).toEqual([])
  const returns = [
    ...agentReturns(hits),
    ...serverReturns(hits, town.deaths.slice(died), town.refusals()),
  ]
  expect(returns.filter(({ count }) => count > LOOKS_MAX)).toEqual([])
  const waits = hits.flatMap((hit, at) => {
    if (hit.did !== 'kill') return []
    const again = hits.slice(at + 1).find(({ name, of }) => name === hit.name && of === hit.of)
    return again === undefined ? [] : [again.at - hit.at]
  })
  return { waits, returns }
}

/** A ride during which anybody may die at any moment: where nobody can know, a person looks. */
export async function forwardBy(people: People, title: string): Promise<void> {
  const { sha, train } = await departed(people, title)
  await spoken(people, train)
  for (;;) {
    const state = await people.until('it arrives, or nobody knows', (now) => {
      return liveOf(now) === sha || waitsFor(now, train, 'unknown')
    })
    if (!waitsFor(state, train, 'unknown')) return
    const run = state.environments[0]?.deployment?.run ?? ''
    const ran = people.town.witness().some((line) => line.startsWith(`${run} `))
    await settled(people, { train, ran })
  }
}

/** From the merge to closed doors. */
async function departed(
  people: People,
  title: string,
  migrates = false,
): Promise<{ readonly sha: string; readonly train: number }> {
  const sha = await people.merge(title, migrates ? ['migration'] : [])
  await people.findUndelivered()
  const carries = ({ changes }: TrainJson): boolean =>
    changes.some((change) => change.sha === sha && change.checks === 'green')
  const state = await people.until('aboard and green', ({ trains }) => trains.some(carries))
  const train = state.trains.find(carries)?.number ?? 0
  await people.command('ana', { type: 'depart' }, (now) => {
    return numbered(now, train)?.status !== 'boarding'
  })
  return { sha, train }
}

/** Its author's word, and another's. */
async function spoken(people: People, train: number): Promise<void> {
  await people.press({ user: ANA, action: 'train.consent', train }, (now) => {
    return !waitsFor(now, train, 'consent')
  })
  await people.press({ user: BOB, action: 'train.approve', train }, (now) => {
    return !waitsFor(now, train, 'approvals')
  })
}

/** The run, and the arrival. */
async function arrived(
  people: People,
  {
    sha,
    train,
    unknown,
  }: { readonly sha: string; readonly train: number; readonly unknown: Ride['unknown'] | null },
): Promise<void> {
  if (unknown !== null) await settled(people, { train, ran: unknown === 'ran' })
  await people.until('it arrives', (now) => liveOf(now) === sha && now.trains.length === 0)
}

/** Its first step has ended; from now on others die. */
async function baked(people: People, later: readonly Armed[]): Promise<void> {
  await people.until('its first step bakes', ({ environments }) => {
    const its = environments[0]?.deployment
    return its?.rollout?.phase === 'baking'
  })
  for (const armed of later) people.town.points.arm(armed)
}

/** Its owner's word, and every increment once, in its order. */
async function migrated(
  people: People,
  { change, later }: { readonly change: string; readonly later: readonly Armed[] },
): Promise<void> {
  const its = (state: StateJson, phase: string): boolean =>
    state.migrations?.some((one) => one.change === change && one.phase === phase) === true
  await people.until('its data may be moved', (now) => its(now, 'ready'))
  for (const armed of later) people.town.points.arm(armed)
  await people.command('ana', { type: 'run_migration', change }, (now) => !its(now, 'ready'))
  await people.until('its data is moved', (now) => its(now, 'verified'))
  const lines = people.town
    .witness()
    .filter((line) => line.includes(`migration-${change.slice(0, 8)}`))
  expect(lines.map((line) => Number(line.split(' ')[2]))).toEqual(
    Array.from({ length: INCREMENTS }, (_, at) => at + 1),
  )
}

/** A no with its reason, by a dialog that a dying server leaves open; then it is withdrawn. */
async function held(people: People, train: number): Promise<void> {
  await people.dialog({ user: BOB, action: 'train.hold', train }, 'the load test runs', (now) => {
    return waitsFor(now, train, 'hold')
  })
  await people.command('bob', { type: 'withdraw', train, what: 'hold' }, (now) => {
    return !waitsFor(now, train, 'hold')
  })
}

/** The environment stays closed until somebody has looked at the target. */
async function settled(
  people: People,
  { train, ran }: { readonly train: number; readonly ran: boolean },
): Promise<void> {
  await people.until('nobody knows', (now) => waitsFor(now, train, 'unknown'))
  const outcome = ran ? 'succeeded' : 'failed'
  const looked = { environment: 'production', outcome, reason: 'I looked at the target' }
  await people.command('bob', { type: 'settle_unknown', ...looked }, (now) => {
    return !waitsFor(now, train, 'unknown')
  })
  if (!ran) {
    await people.command('ana', { type: 'retry' }, (now) => !waitsFor(now, train, 'failed'))
  }
}

async function rolledBack(people: People, to: string | undefined): Promise<void> {
  const back = { type: 'roll_back', environment: 'production', reason: 'it is slow' }
  await people.command('ana', back, (now) => {
    return now.environments[0]?.deployment?.run.includes('rollback') === true
  })
  await people.until('it is back', (now) => liveOf(now) === to)
}

/** A stubborn deploy is ended by KILL, whoever dies meanwhile. */
async function cancelled(people: People, train: number): Promise<void> {
  await spoken(people, train)
  await people.until('it runs', () => people.town.witness().length > 0)
  await people.command('bob', { type: 'cancel', train, reason: 'wrong day' }, (now) => {
    const its = numbered(now, train)
    return its === undefined || ('cancelling' in its && its.cancelling !== null)
  })
  await people.until('it is off the line', (now) => numbered(now, train) === undefined)
}

/** Some points lie in a stop: the processes are told to, and are started again. */
async function stopped(town: KillTown, people: People, { kills }: Ride): Promise<void> {
  const atStop = kills.filter((armed) => /^(serve|agent\.idle)/.test(armed))
  for (const armed of atStop) {
    if (!town.points.isArmed(armed)) continue
    await quiet(town)
    town.signal(town.nameOf('web'), 'SIGTERM')
    await people.until(`${armed} was reached`, () => !town.points.isArmed(armed))
  }
  await people.until('somebody answers', () => true)
}

/** Processes that were armed and did not die by SIGKILL; the embedded agent is nobody's child. */
function otherDeaths(town: KillTown, hits: readonly Hit[]): readonly string[] {
  return hits.flatMap(({ name, pid, did }) => {
    const death = town.deaths.find((one) => one.pid === pid)
    if (did !== 'kill' || death === undefined || death.signal === 'SIGKILL') return []
    return [`${name}: ${death.process} ended with ${death.code}`]
  })
}
