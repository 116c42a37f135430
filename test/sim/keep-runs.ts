/**
 * What became of deployments and of migrations' runs, written into the books.
 *
 * Invariant: an outcome is written once, against what the target says; what is final stays so, and
 * epochs rise (invariants 3 and 4).
 */
import type { Event } from '../../src/core/event.ts'
import type { Deployment } from '../../src/core/model.ts'
import type { Books, Committed } from './books.ts'
import { must } from './broken.ts'
import { closedAt } from './judge-step.ts'
import { forgetLooks } from './keep-looks.ts'

type Ended = Extract<Event, { readonly type: 'migration_run_ended' }>

export function raise(books: Books, environment: string, epoch: number, maySame = false): void {
  const before = books.epochs.get(environment) ?? 0
  const rises = maySame ? epoch >= before : epoch > before
  must(rises, '6.3', () => `the epoch of ${environment} goes from ${before} to ${epoch}`)
  books.epochs.set(environment, epoch)
}

export function open(books: Books, one: Deployment): void {
  const { environment, epoch, key, run, kind, train, sha } = one
  raise(books, environment, epoch)
  must(!books.deployments.has(key), 'I-14', () => `${key} is ordered twice`)
  books.deployments.set(key, {
    ...{ run, environment, kind, train, sha, status: 'requested', endedAt: null },
    ...{ isSettled: false, isTakenBack: false },
    ...UNSTEPPED,
    isCompared: (one.rollout?.analysis.length ?? 0) > 0,
    passed: closedAt(books, environment, train),
  })
}

const UNSTEPPED = { step: 0, isBaking: false, isPaused: false, isSkipped: false } as const

/** What stands closed by now was passed by name: it was judged. */
export function nextStep(books: Books, event: Extract<Event, { type: 'step_requested' }>): void {
  const its = books.deployments.get(event.key)
  if (its === undefined) return
  const { environment, train } = its
  raise(books, environment, event.epoch)
  const passed = new Set([...its.passed, ...closedAt(books, environment, train)])
  const next = { run: event.run, step: event.at, isBaking: false, status: 'requested', passed }
  Object.assign(its, next)
  forgetLooks(books, event.key)
  const elsewhere = <T extends { train: number; environment: string }>(words: readonly T[]) =>
    words.filter((one) => one.train !== train || one.environment !== environment)
  books.glass = elsewhere(books.glass)
  books.passes = elsewhere(books.passes)
}

export function told(books: Books, one: Deployment): void {
  const { key, run, environment, kind, sha, train, epoch } = one
  if (!books.deployments.has(key)) raise(books, environment, epoch)
  books.deployments.set(key, {
    ...{ run, environment, kind, train, sha },
    ...{ status: one.status, endedAt: one.endedAt },
    ...{ isSettled: one.settled, isTakenBack: false },
    ...UNSTEPPED,
    isCompared: false,
    passed: new Set<string>(),
  })
}

const NEXT = {
  requested: ['running', 'succeeded', 'failed', 'aborted', 'unknown'],
  running: ['succeeded', 'failed', 'aborted', 'unknown'],
  unknown: ['succeeded', 'failed', 'aborted'],
  succeeded: ['verified'],
  verified: [],
  failed: [],
  aborted: [],
} as const

export function status(books: Books, key: string, to: Deployment['status']): void {
  const one = books.deployments.get(key)
  const may: readonly string[] = one === undefined ? [] : NEXT[one.status]
  must(may.includes(to), '6.4', () => `${key} goes from ${one?.status} to ${to}`)
  if (one === undefined) return
  one.status = to
  if (to === 'failed') books.badSince.set(key, books.clock.now)
  if (to !== 'running' && to !== 'verified') one.endedAt = books.clock.now
}

/** How a run ended, against what the target says. */
export function end(
  books: Books,
  { command, actor }: Committed,
  event: Extract<Event, { type: 'deployment_ended' }>,
): void {
  const before = books.deployments.get(event.key)
  const was = before?.status
  status(books, event.key, event.status)
  if (before === undefined) return
  if (event.status === 'succeeded') books.toldLive.set(before.environment, before.sha)
  if (event.source === 'person') {
    const isWord = ['settle_unknown', 'roll_back', 'record_release', 'cancel'].includes(
      command.type,
    )
    must(isWord && actor.kind === 'person', 'I-4', () => `${event.key} is settled by nobody`)
    const isOpen = command.type !== 'settle_unknown' || was === 'unknown'
    must(isOpen, 'I-4', () => `${event.key} is settled, and was ${was}`)
    return
  }
  // The step is done; that it is not well, or not wanted, ends the whole.
  if (before.isBaking) {
    // What somebody did there by hand meanwhile has overtaken it.
    if (command.type === 'take_account') return
    const isEnd = event.status === 'failed' || event.status === 'aborted'
    must(isEnd, 'I-4', () => `${event.key} ends in a bake`)
    const isSick = event.status !== 'failed' || !books.healthy.has(event.key)
    must(isSick, 'I-4', () => `${event.key} failed, and was seen to be well`)
    return
  }
  const really = books.targets.executions.get(before.run)
  if (event.status === 'succeeded') {
    must(really?.end === 'succeeded', 'I-4', () => `${event.key} did not succeed at its target`)
  }
  if (event.status === 'failed' || event.status === 'aborted') {
    const over = really === undefined || really.end !== null || command.type === 'take_account'
    must(over, 'I-4', () => `${event.key} is at work still, and ${event.status}`)
    const not = really?.end !== 'succeeded' || command.type === 'take_account'
    must(not, 'I-4', () => `${event.key} succeeded, and counts as ${event.status}`)
  }
}

/** How a run of a migration ended, against what the target says. */
export function endIncrement(
  books: Books,
  { run, status, kind, change, environment, reason }: Ended,
): void {
  const its = books.increments.get(run)
  must(its !== undefined, 'I-4', () => `${run} ends, and nobody ordered it`)
  if (its !== undefined) {
    its.isOpen = false
    its.isUnknown = status === 'unknown'
  }
  const really = books.targets.executions.get(run)
  if (status === 'succeeded') {
    must(really?.end === 'succeeded', 'I-4', () => `${run} did not succeed at its target`)
    if (kind === 'verify') books.migrated.add(`${environment} ${change}`)
  }
  if (status === 'failed' || status === 'aborted') {
    const isOver = really === undefined || really.end !== null
    must(isOver, 'I-4', () => `${run} is at work still, and ${status}: ${reason}`)
  }
}
