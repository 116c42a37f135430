/**
 * Webhooks lost, repeated and shuffled, then told again: always the same facts, and every change in
 * exactly one place.
 *
 * Invariant: what is compared with is the branch as it was made (`branch-history.ts`), not another
 * answer of our own.
 */
import { expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import { hearDue } from '../../src/app/hear.ts'
import { changeFor, createObserver } from '../../src/app/observe.ts'
import type { Command } from '../../src/core/command.ts'
import { decide } from '../../src/core/decide.ts'
import { aboard, branchOrder, unfinished, wholeOrder } from '../../src/core/line.ts'
import type { Change, Pipeline } from '../../src/core/model.ts'
import type { Person } from '../../src/core/policy.ts'
import { storeDeliveries } from '../../src/db/inbox.ts'
import { type Configured, ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import type { Heard, HeardChange } from '../../src/github/heard.ts'
import { readDelivery } from '../../src/github/inbound.ts'
import { actor, LineStory } from '../core/line-story.ts'
import { quiet, testDatabase } from '../world/database.ts'
import { askAuthors, environment, people as plainPeople, policy } from '../world/policy.ts'
import { type BranchHistory, branchHistory, type Delivery, REPOSITORY } from './branch-history.ts'
import { below, measured, pick, type Random, randomOf, SEED, shuffled, size } from './size.ts'

const PERMUTATIONS = size({ ci: 150, full: 5_000 })
const PER_HISTORY = 5
const ON_POSTGRES = Math.min(10, PERMUTATIONS)

const people: readonly Person[] = plainPeople.map((one) => ({
  ...one,
  email: `${one.name}@example.com`,
}))
const ITS = policy({
  repository: REPOSITORY,
  environments: [environment('production', { approvals: askAuthors })],
})

const read = ({ event, payload }: Delivery): Heard => {
  const reading = readDelivery(event, payload, 0)
  if (reading.outcome !== 'heard') throw new Error(`${event}: ${reading.reason}`)
  return reading.heard
}

const changeOf = (heard: HeardChange): Change => changeFor(people, { ...heard, paths: null })

/** What a delivery makes the line record. */
function commandsOf(delivery: Delivery): readonly Command[] {
  const heard = read(delivery)
  switch (heard.kind) {
    case 'merge':
    case 'push':
      return [{ type: 'record_change', change: changeOf(heard.change) }]
    case 'force_push': {
      const { by, before, change } = heard
      const push = { head: change.sha, at: change.mergedAt, by, gone: [before] }
      return [
        { type: 'record_change', change: changeOf(change) },
        { type: 'record_force_push', ...push },
      ]
    }
    case 'check':
      return [{ type: 'record_check', ...heard.check }]
    case 'pull':
    case 'look':
      return []
  }
}

/** A sweep: all deliveries once more, and of a force-push what only a comparison finds out. */
function sweep(random: Random, history: BranchHistory): readonly Command[] {
  const { forced, changes, deliveries } = history
  const again = shuffled(random, deliveries).flatMap(commandsOf)
  if (forced === null) return again
  const found = changes.map(({ sha, parent, mergedAt, title, author, coAuthors }): Command => {
    const one = { sha, parent, mergedAt, title, author, coAuthors: [...coAuthors].sort() }
    const open = {
      number: null,
      mergedBy: null,
      lines: null,
      paths: null,
      labels: [],
      reverts: null,
    }
    return {
      type: 'record_change',
      change: {
        ...open,
        ...one,
        carried: true,
        alone: false,
        watched: [],
        migrates: false,
        contracts: false,
      },
    }
  })
  // GitHub's list of pushes has a clock of its own.
  const at = forced.at + (changes.length % 2 === 0 ? -700 : 300)
  return [...again, ...shuffled(random, found), { type: 'record_force_push', ...forced, at }]
}

/** Up to 30 % lost, the others told up to three more times, in any order. */
function asHeard(random: Random, deliveries: readonly Delivery[]): readonly Delivery[] {
  const loss = random() * 0.3
  const arrived = deliveries.filter(() => random() >= loss)
  return shuffled(
    random,
    arrived.flatMap((one) => Array.from({ length: 1 + below(random, 4) }, () => one)),
  )
}

/** What people and agents do meanwhile; most of it is refused, as in life. */
function meanwhile(random: Random, story: LineStory): void {
  const say = (who: string, command: Command): void => {
    const decision = decide(story.pipeline, command, { actor: actor(who), now: story.now })
    if (decision.ok) story.pipeline = decision.pipeline
  }
  const who = pick(random, ['ana', 'bob', 'cem'])
  const train = pick(random, [1, 2, 3])
  const run = story.pipeline.deployments.find(({ status }) => status === 'requested')
  switch (below(random, 12)) {
    case 0:
      say(who, { type: 'depart', train: null, ref: null, environment: null, plan: null })
      return
    case 1:
    case 2:
    case 3:
      for (const { number } of unfinished(story.pipeline)) {
        say(who, { type: 'consent', train: number })
      }
      return
    case 4:
      say(who, { type: 'hold', train, reason: 'wait' })
      return
    case 5:
      for (const { number } of unfinished(story.pipeline)) {
        const it = { train: number, what: 'hold', of: null, reason: null } as const
        for (const one of ['ana', 'bob', 'cem']) say(one, { type: 'withdraw', ...it })
      }
      return
    case 6:
      say(who, { type: 'cancel', train, reason: 'no' })
      return
    case 7:
      story.pass(below(random, 30) * 60_000)
      return
    case 8:
    case 9:
      if (run !== undefined) story.run('production', 'succeeded')
      return
    default:
  }
}

const sorted = (from: Iterable<string>): readonly string[] => [...from].sort()

/** The facts, in the words of the truth. */
function factsOf(pipeline: Pick<Pipeline, 'changes' | 'checks' | 'dropped'>) {
  const changes = pipeline.changes.map((one) => {
    const { sha, parent, number, title, author, coAuthors, mergedAt, reverts, labels } = one
    const others = coAuthors.filter((name) => name !== author)
    return { sha, parent, number, title, author, coAuthors: others, mergedAt, reverts, labels }
  })
  return {
    changes: changes.sort((a, b) => (a.sha < b.sha ? -1 : 1)),
    checks: sorted(pipeline.checks.map(({ sha, name, status }) => `${sha} ${name} ${status}`)),
    gone: sorted(pipeline.dropped),
  }
}

const truthOf = ({ changes, checks, gone }: BranchHistory) => ({
  changes: [...changes].sort((a, b) => (a.sha < b.sha ? -1 : 1)),
  checks: sorted([...checks].map(([what, status]) => `${what} ${status}`)),
  gone: sorted(gone),
})

/** Who travels or has arrived, a change as often as it is somewhere. */
const placesOf = (pipeline: Pipeline): readonly string[] =>
  sorted([
    ...pipeline.shipped.keys(),
    ...unfinished(pipeline).flatMap((train) => aboard(pipeline, train).map(({ sha }) => sha)),
  ])

function historyOf(number: number, most = 13): BranchHistory {
  const random = randomOf(SEED * 1_000_003 + number)
  const forces = below(random, 3)
  return branchHistory(random, {
    name: `${SEED}-${number}`,
    merges: 6 + below(random, most - 5),
    forces,
  })
}

test('lost, repeated and shuffled deliveries end in the same facts and the same union aboard', () => {
  let commands = 0
  let arrived = 0
  for (let index = 0; index < PERMUTATIONS; index += 1) {
    const history = historyOf(Math.floor(index / PER_HISTORY))
    const random = randomOf(SEED * 7_000_003 + index)
    const story = new LineStory(ITS)
    story.pipeline = { ...story.pipeline, people }
    story.now = Date.parse('2026-03-02T12:00:00Z')
    for (const delivery of asHeard(random, history.deliveries)) {
      for (const command of commandsOf(delivery)) story.act('signalbox', command)
      // After a force-push a departed train keeps what it carried: a story of its own.
      if (history.forced === null) meanwhile(random, story)
      commands += 1
    }
    for (const command of sweep(random, history)) story.act('signalbox', command)

    const told = `history ${SEED}-${Math.floor(index / PER_HISTORY)}, permutation ${index}`
    expect(factsOf(story.pipeline), told).toEqual(truthOf(history))
    expect(placesOf(story.pipeline), told).toEqual(sorted(history.branch))
    const order = history.forced === null ? wholeOrder : branchOrder
    expect(
      order(story.pipeline).map(({ sha }) => sha),
      told,
    ).toEqual(history.branch)
    for (const command of sweep(random, history)) {
      const news = story
        .act('signalbox', command)
        .filter((type) => /^(change|check|branch)_/.test(type))
      expect(news, `${told}: told once more`).toEqual([])
    }
    arrived += story.pipeline.shipped.size
  }
  expect(arrived).toBeGreaterThan(0)
  measured(
    'shuffles of deliveries, up to 30 % lost and 3 times repeated, then a sweep: other facts, a change in no place or in two',
    `${PERMUTATIONS} shuffles of ${commands} deliveries, ${arrived} changes arrived meanwhile: 0, 0`,
  )
}, 1_800_000)

test('so they do through the inbox, on real PostgreSQL, heard by two processes at once', async () => {
  for (let index = 0; index < ON_POSTGRES; index += 1) {
    const history = historyOf(1_000_000 + index, 7)
    const random = randomOf(SEED * 9_000_003 + index)
    const database = await testDatabase()
    const { pool } = database
    const configured: Configured = {
      policy: ITS,
      people,
      carries: () => true,
      ridesAlone: () => false,
    }
    await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
    const pipelines = new Map([['api', configured]])
    const dispatch = createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
    const apiUrl = 'https://api.github.com'
    const observer = createObserver({ pool, pipelines, dispatch, apiUrl })
    let count = 0
    const store = (one: Delivery): Promise<void> => {
      const heard = read(one)
      const { repository } = heard
      const checkedSha = heard.kind === 'check' ? heard.check.sha : null
      const sha256 = history.deliveries.indexOf(one).toString(16).padStart(64, '0')
      count += 1
      const row = { delivery: `d-${count}`, event: one.event, sha256, repository, checkedSha }
      return inTransaction(pool, (tx) => storeDeliveries(tx, [{ ...row, body: heard }]))
    }
    const hear = async (): Promise<void> => {
      const hearing = { pool, observer, account: null, log: quiet }
      while (
        (await Promise.all([hearDue(hearing, 'hear'), hearDue(hearing, 'hear')])).some(Boolean)
      );
    }
    for (const delivery of asHeard(random, history.deliveries)) {
      await store(delivery)
      if (below(random, 8) === 0) await hear()
    }
    for (const delivery of shuffled(random, history.deliveries)) await store(delivery)
    await hear()
    for (const command of sweep(random, history)) await dispatch('api', command, actor('signalbox'))

    const { pipeline } = await inTransaction(pool, (tx) => loadPipeline(tx, configured, []))
    const { rows: checks } = await pool.query(`SELECT sha, name, status FROM checks`)
    const { rows: gone } = await pool.query<{ sha: string }>(`SELECT sha FROM dropped`)
    const truth = truthOf(history)
    const there = factsOf({ ...pipeline, checks, dropped: new Set(gone.map(({ sha }) => sha)) })
    const onBranch = new Set(history.branch)
    const changes = truth.changes.filter(({ sha }) => onBranch.has(sha))
    const kept = there.changes.filter(({ sha }) => onBranch.has(sha))
    expect({ ...there, changes: kept }, `history ${index}`).toEqual({ ...truth, changes })
    expect(placesOf(pipeline)).toEqual(sorted(history.branch))
    expect(branchOrder(pipeline).map(({ sha }) => sha)).toEqual(history.branch)
    await database.drop()
  }
  measured('of these, through the inbox on PostgreSQL', `${ON_POSTGRES}: 0, 0`)
}, 600_000)
