/**
 * Every transaction, judged: what was said, what was written, and where everything stands after it.
 *
 * Invariant: a verdict rests on the books alone. From the state under test only what it claims is
 * read: which change is aboard which train, what is live.
 */

import type { Command } from '../../src/core/command.ts'
import { decide } from '../../src/core/decide.ts'
import { canonical } from '../../src/core/digest.ts'
import { aboard, line } from '../../src/core/line.ts'
import type { Actor, Pipeline } from '../../src/core/model.ts'
import type { Books, CheckWord } from './books.ts'
import { must } from './broken.ts'
import { judgeAct, judgeWhole, placesIn } from './judge-acts.ts'
import { judgeBack } from './judge-back.ts'
import { judgeIncrement } from './judge-increment.ts'
import { judgeStart } from './judge-start.ts'
import { judgeStep } from './judge-step.ts'
import { keepBooks } from './keep-books.ts'
import { say } from './said.ts'
import type { Outcome, Store, Witness } from './store.ts'

export function judge(store: Store, books: Books, count: (what: string) => void): Witness {
  return {
    asked: (command, actor) => {
      count(`command:${command.type}`)
      if (command.type === 'record_check') noteCheck(books, command)
      return say(books, store.pipeline, actor.name, command)
    },
    answered: (command, actor, outcome, before) => {
      if (!outcome.ok) {
        count(`refusal:${outcome.refusal.code}`)
        must(store.pipeline === before, 'I-6', () => `refused, and changed: ${command.type}`)
        return
      }
      const places = placesIn(books)
      for (const { actor: by, event } of outcome.events) {
        count(`event:${event.type}`)
        const committed = { command, actor, by, event }
        judgeAct(books, committed, places)
        if (event.type === 'rollback_ordered') judgeBack(books, event)
        if (event.type === 'step_requested') judgeStep(books, event)
        if (event.type === 'deployment_requested') judgeStart(books, event.deployment)
        if (event.type === 'migration_run_requested') judgeIncrement(books, event)
        keepBooks(books, committed)
      }
      for (const { actor: by, event } of outcome.events) {
        judgeWhole(books, { command, actor, by, event })
      }
      judgeState(store.pipeline, books)
      if (outcome.events.length > 0) judgeRepeat(store, command, actor, outcome)
    },
  }
}

const RANK = { pending: 0, success: 1, failure: 2 } as const

/** The newest by the source's own time counts; of two at one moment the worse. */
function noteCheck(
  books: Books,
  { sha, name, status, at }: CheckWord & { sha: string; name: string },
): void {
  const known = books.checks.get(sha) ?? new Map<string, CheckWord>()
  books.checks.set(sha, known)
  const before = known.get(name)
  const isNews =
    before === undefined ||
    at > before.at ||
    (at === before.at && RANK[status] > RANK[before.status])
  if (isNews) known.set(name, { status, at })
}

/** What was observed is told again: nothing may come of it. */
function judgeRepeat(store: Store, command: Command, actor: Actor, outcome: Outcome): void {
  // Every third is enough: deciding twice is what this costs.
  if (store.audit.length % 3 !== 0) return
  if (
    !['record_change', 'record_check', 'record_force_push', 'record_run'].includes(command.type)
  ) {
    return
  }
  const again = decide(store.pipeline, command, { actor, now: store.clock.now })
  const [first] = again.ok ? again.events : []
  must(first === undefined, 'I-8', () => {
    return `${command.type} told again: ${first?.event.type}, after ${canonical(outcome)}`
  })
}

function judgeState(pipeline: Pipeline, books: Books): void {
  for (const { name, live } of pipeline.environments) {
    const active = pipeline.deployments.filter(
      (one) => one.environment === name && ['requested', 'running', 'unknown'].includes(one.status),
    )
    must(active.length < 2, '6.1', () => `${name}: ${active.map(({ key }) => key)}`)
    const isEarly = active.some(({ epoch, account }) => account === null && epoch === live?.epoch)
    must(!isEarly, '6.4', () => `${name} is live before its last step is done`)
  }
  for (const { number, status } of pipeline.trains) {
    const its = books.trains.get(number)?.status
    must(its === status, 'I-11', () => `train #${number} is ${status} by no event, but ${its}`)
  }
  judgePlaces(pipeline, books)
}

/** Every heard change is live or aboard exactly one train. */
function judgePlaces(pipeline: Pipeline, books: Books): void {
  const aboardNow = line(pipeline).flatMap((train) => aboard(pipeline, train).map(({ sha }) => sha))
  const once = new Set(aboardNow)
  must(once.size === aboardNow.length, 'I-7', () => 'a change is aboard two trains')
  if (!books.isPlain) return
  const { branch } = books
  const last = pipeline.environments.at(-1)
  const order = last?.rollback ?? null
  const upTo = Math.max(
    ...[last?.live?.sha, pipeline.tip, order?.from].map((one) => branch.line.indexOf(one ?? '')),
  )
  for (const [index, sha] of branch.line.entries()) {
    if (!books.heard.has(sha) || index <= upTo) continue
    must(once.has(sha), 'I-7', () => `#${index + 1} is in no place`)
  }
}
