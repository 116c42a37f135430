/**
 * Everybody does what the line asks for, nobody objects, nothing fails: then everything arrives.
 *
 * Invariant: help is what messages offer to people; nothing is moved past the commands.
 */
import { blockers } from '../../src/core/gate.ts'
import { aboard, journeyOf, planOf, unfinished } from '../../src/core/line.ts'
import { phaseOf } from '../../src/core/migration.ts'
import type { Pipeline, Train } from '../../src/core/model.ts'
import { resumeMigration } from './acts-on-line.ts'
import { Broken } from './broken.ts'
import { PEOPLE } from './policies.ts'
import type { World } from './world.ts'

const ROUNDS = 60

export function help(world: World): void {
  world.configure({ people: PEOPLE })
  for (let round = 0; round < ROUNDS; round += 1) {
    if (isDone(world)) return
    helpOnce(world, round)
    world.clock.pass(45_000)
  }
  const { pipeline, clock } = world
  const waits = unfinished(pipeline).map((train) => ({
    number: train.number,
    status: train.status,
    why: journeyOf(pipeline, train).map((policy) =>
      blockers(pipeline, train, { policy, now: clock.now }).map(({ message }) => message),
    ),
  }))
  throw new Broken('I-20', `never arrives: ${JSON.stringify(waits)}`)
}

const isDone = ({ pipeline }: World): boolean =>
  unfinished(pipeline).every((train) => isEmpty(pipeline, train)) &&
  pipeline.environments.every(({ rollback }) => rollback === null)

/** It boards, and nobody has come. */
const isEmpty = (pipeline: Pipeline, train: Train): boolean =>
  train.status === 'boarding' && aboard(pipeline, train).length === 0

/** One round of it: `round` after how many to let go what lacks what is live. */
export function helpOnce(world: World, round: number): void {
  const { pipeline, books } = world
  if (pipeline.stopped !== null) world.say('dee', { type: 'resume', reason: 'go' })
  world.lockAll('dee', { type: 'unlock', id: null })
  if (pipeline.lock !== null) world.say('dee', { type: 'unlock', environment: null, id: null })
  for (const { name, lock } of pipeline.environments) {
    if (lock !== null) world.say('dee', { type: 'unlock', environment: name, id: null })
    helpPlace(world, name)
  }
  resumeMigration(world, 'dee')
  for (const { name } of pipeline.environments) {
    const ready = pipeline.migrations.filter(
      (one) => one.environment === name && phaseOf(one) === 'ready',
    )
    for (const { change } of ready) {
      world.say('dee', { type: 'run_migration', change, environment: name })
    }
  }
  for (const train of unfinished(pipeline)) helpTrain(world, train, round > 5)
  if (unfinished(pipeline).some(({ status }) => status === 'boarding')) {
    world.say('dee', { type: 'depart', train: null, ref: null, environment: null, plan: null })
  }
  world.say('dee', { type: 'retry', train: null, reason: null })
  world.say('dee', { type: 'continue', environment: null, reason: 'it is fine' })
  const sent = unfinished(pipeline).flatMap(({ sha }) => sha ?? [])
  for (const sha of new Set([...books.branch.line.slice(1), ...sent])) {
    const names = new Set(['test', ...(books.checks.get(sha)?.keys() ?? [])])
    for (const name of names) {
      const status = books.checks.get(sha)?.get(name)?.status
      if (status !== 'success') world.github.check(sha, 'success', name)
    }
  }
}

function helpPlace(world: World, environment: string): void {
  const { targets } = world.books
  const here = world.pipeline.deployments.find(
    (one) =>
      one.environment === environment &&
      !one.settled &&
      ['unknown', 'failed', 'aborted'].includes(one.status),
  )
  if (here === undefined || targets.atWork(environment) !== undefined) return
  if (here.account !== null) {
    // Where nothing ever was, somebody puts there what is on the branch.
    const heard = world.books.branch.line.findLast((one) => world.books.heard.has(one))
    const sha = targets.at(environment) ?? heard
    if (sha !== undefined) world.recordRelease('dee', environment, sha)
    return
  }
  if (here.status !== 'unknown') return
  const end = targets.executions.get(here.run)?.end
  const outcome = end === 'succeeded' ? 'succeeded' : 'failed'
  world.say('dee', { type: 'settle_unknown', environment, outcome, reason: 'looked' })
}

function helpTrain(world: World, train: Train, isLate: boolean): void {
  const { pipeline, clock } = world
  const { number, holds, status } = train
  for (const { by } of holds) {
    world.say('dee', { type: 'withdraw', train: number, what: 'hold', of: by, reason: 'go' })
  }
  const gates = new Set(
    journeyOf(pipeline, train).flatMap((policy) =>
      blockers(pipeline, train, { policy, now: clock.now }).map(({ gate }) => gate),
    ),
  )
  if (gates.has('consent') || status === 'boarding') {
    for (const { name } of PEOPLE) world.say(name, { type: 'consent', train: number })
  }
  if (gates.has('approvals')) {
    for (const { name } of PEOPLE) {
      world.say(name, { type: 'approve', train: number, environment: null, plan: null })
    }
  }
  if (gates.has('approvals') && isLate) {
    const words = { train: number, environment: null, gates: ['approvals'] }
    const reason = 'whoever may approve it has vouched for a part of it'
    world.say('dee', { type: 'break_glass', ...words, reason })
  }
  if (gates.has('veto')) {
    world.say('dee', { type: 'release_veto', train: number, reason: 'looked at it' })
  }
  if (gates.has('facts')) world.github.tellAll()
  if (gates.has('facts') && isLate && train.special !== null) {
    world.say('dee', { type: 'cancel', train: number, reason: 'nobody knows where it left main' })
  }
  if (gates.has('migration') && isLate) {
    const its = {
      train: number,
      environment: null,
      gates: ['migration'],
      reason: 'they ride together',
    }
    world.say('dee', { type: 'break_glass', ...its })
  }
  // Behind what is live: at first that train is not wanted any more, then it goes all the same.
  const lacks = journeyOf(pipeline, train).find((policy) =>
    blockers(pipeline, train, { policy, now: clock.now }).some(({ gate }) => gate === 'diverged'),
  )
  const plan = lacks === undefined ? null : (planOf(pipeline, train, lacks)?.hash ?? null)
  if (plan !== null && isLate) {
    world.say('dee', { type: 'depart', train: number, ref: null, environment: null, plan })
  } else if (plan !== null) {
    world.say('dee', { type: 'cancel', train: number, reason: 'it is behind what is live' })
  }
}
