/**
 * What people do with trains, locks and environments.
 *
 * Invariant: whoever says how a run ended, or what is live, has looked at the target.
 */
import type { FoundRef } from '../../src/core/command.ts'
import { branchOrder, unfinished, wholeOrder } from '../../src/core/line.ts'
import { hasFailed } from '../../src/core/migration.ts'
import { answerable } from '../../src/core/migrations.ts'
import { previewRollback } from '../../src/core/preview-rollback.ts'
import { change } from '../world/policy.ts'
import { looked } from './acts-of-words.ts'
import type { Act, ActName } from './history.ts'
import type { World } from './world.ts'

type OnLine = Extract<
  ActName,
  | 'depart'
  | 'depart_up_to'
  | 'send'
  | 'lock'
  | 'unlock'
  | 'lock_all'
  | 'unlock_all'
  | 'go_under_lock'
  | 'stop'
  | 'claim'
  | 'resume'
  | 'cancel'
  | 'keep'
  | 'retry'
  | 'continue'
  | 'pause'
  | 'skip'
  | 'settle'
  | 'roll_back'
  | 'record_release'
  | 'turn_flag_off'
  | 'run_migration'
  | 'pause_migration'
  | 'resume_migration'
>

export function actOnLine(world: World, at: Act & { readonly who: string }): void {
  const { act, n, m, who } = at
  const { pipeline, books } = world
  const its = looked(pipeline, n)
  const train = its?.number ?? 1
  const places = books.policy.environments
  const where = places[m % places.length]?.name ?? ''
  const named = n % 2 === 0 ? null : where
  const depart = { type: 'depart', train: null, ref: null, environment: null, plan: null } as const
  switch (act as OnLine) {
    case 'depart':
      world.say(who, depart)
      return
    case 'depart_up_to': {
      const order = branchOrder(pipeline)
      const boards = unfinished(pipeline).find(({ status }) => status === 'boarding')
      const ref = order[m % Math.max(1, order.length)]?.sha ?? null
      world.say(who, { ...depart, train: boards?.number ?? null, ref })
      return
    }
    case 'send':
      send(world, at)
      return
    case 'lock': {
      const id = `lock-${world.clock.now}-${n}`
      const environment = m % 4 === 0 ? null : where
      const forMs = n % 2 === 0 ? null : 20_000 + (n % 5) * 10_000
      const lock = { id, environment, reason: 'look', forMs, takeOver: n % 5 === 0 }
      world.say(who, { type: 'lock', ...lock })
      return
    }
    case 'unlock': {
      const environment = m % 4 === 0 ? null : where
      const known = pipeline.environments.find(({ name }) => name === environment)?.lock?.id ?? null
      world.say(who, { type: 'unlock', environment, id: n % 2 === 0 ? known : null })
      return
    }
    case 'lock_all': {
      const lock = { id: `all-${n}`, reason: 'freeze', takeOver: n % 3 === 0 }
      world.lockAll(who, { type: 'lock', ...lock, forMs: n % 2 === 0 ? 25_000 : null })
      return
    }
    case 'unlock_all':
      world.lockAll(who, { type: 'unlock', id: null })
      return
    case 'go_under_lock':
      // Half of them by somebody whom windows except.
      world.say(n % 2 === 0 ? 'dee' : who, { ...depart, train, environment: where })
      return
    case 'stop':
      world.say(who, { type: 'stop', reason: 'look' })
      return
    case 'claim':
      world.say(who, { type: 'claim' })
      return
    case 'resume':
      world.say(who, { type: 'resume', reason: 'looked' })
      return
    case 'cancel':
      world.say(who, { type: 'cancel', train, reason: 'no' })
      return
    case 'keep': {
      const keep = {
        type: 'cancel_countdown',
        deployment: null,
        since: null,
        reason: null,
      } as const
      world.say(who, { ...keep, environment: m % 2 === 0 ? null : where })
      return
    }
    case 'retry':
      world.say(who, { type: 'retry', train: null, reason: null })
      return
    case 'continue':
      world.say(who, {
        ...{ type: 'continue', reason: 'it is fine' },
        environment: n % 2 === 0 ? null : where,
      })
      return
    case 'pause':
      world.say(who, { type: 'pause_rollout', environment: null, reason: 'look' })
      return
    case 'skip':
      world.say(who, { type: 'skip_to_full', environment: null, reason: 'it is urgent' })
      return
    case 'settle':
      settle(world, who)
      return
    case 'roll_back':
      rollBack(world, { who, where, n })
      return
    case 'turn_flag_off':
      world.say(who, { type: 'flag_off', environment: where, flag: `flag-${n % 2}` })
      return
    case 'run_migration':
      world.say(who, { type: 'run_migration', change: null, environment: named })
      return
    case 'pause_migration': {
      const pause = { change: null, environment: named, reason: 'slow' }
      world.say(who, { type: 'pause_migration', ...pause })
      return
    }
    case 'resume_migration':
      resumeMigration(world, who)
      return
    case 'record_release':
      recordRelease(world, { who, where, n, m })
      return
  }
}

/** Looks at the target: while a command is at work there, nobody says how it ended. */
function settle(world: World, who: string): void {
  const { targets } = world.books
  const lost = world.pipeline.deployments.find(({ status }) => status === 'unknown')
  if (lost === undefined || targets.atWork(lost.environment) !== undefined) return
  const end = targets.executions.get(lost.run)?.end
  const outcome = end === 'succeeded' ? 'succeeded' : 'failed'
  const { environment } = lost
  world.say(who, { type: 'settle_unknown', environment, outcome, reason: 'looked' })
}

/** Looks at the target: while its command is at work there, nobody goes on. */
export function resumeMigration(world: World, who: string): void {
  const stuck = answerable(world.pipeline).find((one) => one.paused !== null || hasFailed(one))
  if (stuck === undefined || world.books.targets.atWork(stuck.environment) !== undefined) return
  const { change, environment } = stuck
  world.say(who, { type: 'resume_migration', change, environment, reason: 'looked' })
}

function rollBack(
  world: World,
  { who, where, n }: { readonly who: string; readonly where: string; readonly n: number },
): void {
  const { pipeline, books } = world
  const environment = n % 3 === 0 ? where : books.last
  const place = pipeline.environments.find(({ name }) => name === environment)
  if (place === undefined) return
  const chain = place.chain.map(({ sha }) => sha)
  const named = n % 4 === 0 ? (chain[n % Math.max(1, chain.length)] ?? null) : null
  const preview = previewRollback(pipeline, place, named)
  const to = preview.ok && n % 5 !== 0 ? preview.preview.target.sha : named
  // Declared dead only by who has seen that nothing is at work there.
  const settle = books.targets.atWork(environment) === undefined
  const words = { takeOver: n % 2 === 0, settle, abort: n % 3 !== 0 }
  world.say(who, { type: 'roll_back', environment, to, reason: 'bad', ...words })
}

/** Somebody puts a sha there by other means, then says so. */
function recordRelease(
  world: World,
  at: { readonly who: string; readonly where: string } & Pick<Act, 'n' | 'm'>,
): void {
  const { books, pipeline } = world
  const { targets, branch } = books
  const heard = branch.line.filter((one) => books.heard.has(one))
  // Now and then what stands on something nobody has told of: its place is known later.
  const unplaced = heard
    .slice(1)
    .findLast((one) => !books.heard.has(branch.commits.get(one)?.parent ?? ''))
  const isPlaced = unplaced === undefined || at.m % 2 === 0
  const newest = heard[heard.length - 1 - (at.n % Math.min(5, Math.max(1, heard.length)))]
  const [where, sha] = isPlaced ? [at.where, newest] : [books.last, unplaced]
  const busy = pipeline.deployments.some(
    ({ environment, status }) =>
      environment === where && ['requested', 'running', 'succeeded'].includes(status),
  )
  if (sha === undefined || busy || targets.untold.has(where) || targets.atWork(where) !== undefined)
    return
  world.recordRelease(at.who, where, sha)
}

function send(world: World, { n, m, who }: Act & { readonly who: string }): void {
  const { books, pipeline } = world
  const { branch } = books
  const refs = [...branch.refs]
  const onBranch = n % 4 === 0 || refs.length === 0
  const live = books.targets.at(books.last)
  const [ref, sha] = onBranch
    ? ['main', (m % 2 === 0 ? live : branch.head) ?? '']
    : (refs[m % refs.length] ?? ['', ''])
  const its = branch.commits.get(sha)
  if (its === undefined) {
    const found = { code: 'no_such_ref', ref: 'nowhere' } as const
    world.say(who, { type: 'depart_ref', train: null, found, environment: null })
    return
  }
  const asked = new Set([
    ...wholeOrder(pipeline).map((one) => one.sha),
    ...pipeline.environments.flatMap((one) => one.live?.sha ?? []),
    ...(pipeline.tip === null ? [] : [pipeline.tip]),
  ])
  const isOnBranch = branch.line.includes(sha)
  const own = isOnBranch ? [] : [...its.contains].filter((one) => isOwn(world, one))
  const found: FoundRef = {
    ...{ ref, sha, isOnBranch },
    fork: branch.line.findLast((one) => its.contains.has(one)) ?? null,
    changes: own.map((one) => {
      const { author = who, coAuthors = [], at = 0 } = branch.commits.get(one) ?? {}
      return { ...change('x', { author, coAuthors, mergedBy: who, mergedAt: at }), sha: one }
    }),
    contains: [...asked].filter((one) => its.contains.has(one)),
    lacks: [...asked].filter((one) => !its.contains.has(one)),
    within: [...asked].filter((one) => one !== sha && branch.contains(one, sha)),
  }
  const environment = n % 5 === 0 ? (books.policy.environments[0]?.name ?? null) : null
  const train = looked(pipeline, n)?.number ?? null
  world.say(who, { type: 'depart_ref', train: isOnBranch ? train : null, found, environment })
}

/** A commit that the branch does not hold now. */
const isOwn = (world: World, sha: string): boolean => !world.books.branch.line.includes(sha)
