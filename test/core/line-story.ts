/**
 * Stories about one pipeline, told with the core alone: verbs in, what happened out.
 *
 * Invariant: the story's clock moves only when told to, and ticks as the sweep would.
 */
import { expect } from 'vitest'
import type { Blocker } from '../../src/core/blocker.ts'
import type { Command } from '../../src/core/command.ts'
import { decide } from '../../src/core/decide.ts'
import type { Event } from '../../src/core/event.ts'
import { blockers } from '../../src/core/gate.ts'
import { aboard, nextEnvironment, planOf, unfinished } from '../../src/core/line.ts'
import type {
  Actor,
  Change,
  CheckStatus,
  Deployment,
  Pipeline,
  Train,
} from '../../src/core/model.ts'
import type { Policy } from '../../src/core/policy.ts'
import type { Refusal } from '../../src/core/refusal.ts'
import { wakeAt } from '../../src/core/wake.ts'
import { emptyPipeline, people, policy, sha } from '../world/policy.ts'

export class LineStory {
  pipeline: Pipeline
  now = 1_000_000
  readonly log: Event[] = []

  constructor(its: Policy = policy()) {
    this.pipeline = emptyPipeline(its)
  }

  /** Answers the types of what happened. A refusal fails the story. */
  act(who: string, command: Command): readonly string[] {
    const decision = decide(this.pipeline, command, { actor: actor(who), now: this.now })
    if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.refusal)}`)
    this.pipeline = decision.pipeline
    const events = decision.events.map(({ event }) => event)
    this.log.push(...events)
    return events.map(({ type }) => type)
  }

  /** The code with which it was refused; nothing may have changed. */
  refused(who: string, command: Command): string {
    return this.refusal(who, command)?.code ?? 'accepted'
  }

  /** The whole refusal, with what it names; null: accepted. Nothing may have changed. */
  refusal(who: string, command: Command): Refusal | null {
    const before = structuredClone({ ...this.pipeline, shipped: [] })
    const decision = decide(this.pipeline, command, { actor: actor(who), now: this.now })
    expect({ ...this.pipeline, shipped: [] }).toEqual(before)
    return decision.ok ? null : decision.refusal
  }

  merge(change: Change): readonly string[] {
    return this.act('ci', { type: 'record_change', change: { ...change, mergedAt: this.now } })
  }

  depart(): readonly string[] {
    return this.act('ana', {
      type: 'depart',
      train: null,
      ref: null,
      environment: null,
      plan: null,
    })
  }

  consent(who: string, train: number): readonly string[] {
    return this.act(who, { type: 'consent', train })
  }

  /** Lets time pass, looking whenever the core asked to be looked at. */
  pass(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const wake = wakeAt(this.pipeline, this.now)
      if (wake === null || wake > until) break
      this.now = wake
      this.act('signalbox', { type: 'tick' })
    }
    this.now = until
  }

  /** The deployment under way at an environment. */
  underWay(environment: string): Deployment {
    const found = this.pipeline.deployments.find(
      (one) => one.environment === environment && ['requested', 'running'].includes(one.status),
    )
    if (found === undefined) throw new Error(`nothing is under way in ${environment}`)
    return found
  }

  /** An agent claims what waits there and reports how it ended. */
  run(
    environment: string,
    status: 'succeeded' | 'failed' | 'aborted' | 'unknown',
  ): readonly string[] {
    const { run, epoch } = this.underWay(environment)
    if (!this.underWay(environment).claimed) this.act('signalbox', { type: 'claim_run', run })
    return this.report(run, epoch, status)
  }

  report(
    run: string,
    epoch: number,
    status: 'running' | 'succeeded' | 'failed' | 'aborted' | 'unknown',
  ): readonly string[] {
    const reason = status === 'running' ? null : `it ${status}`
    return this.act('signalbox', { type: 'record_run', run, epoch, status, reason, tail: [] })
  }

  /** Which gates keep the oldest departed train from its next environment. */
  gates(): readonly string[] {
    return this.blockers().map(({ gate }) => gate)
  }

  blockers(): readonly Blocker[] {
    const train = unfinished(this.pipeline).find(({ status }) => status === 'departed')
    const where = train && nextEnvironment(this.pipeline, train)
    return train && where ? blockers(this.pipeline, train, { policy: where, now: this.now }) : []
  }

  /** Why a train may not enter an environment, also one that is not its next. */
  blockersAt(train: number, environment: string): readonly Blocker[] {
    const its = this.train(train)
    const where = this.pipeline.policy.environments.find(({ name }) => name === environment)
    return where ? blockers(this.pipeline, its, { policy: where, now: this.now }) : []
  }

  train(number: number): Train {
    const found = this.pipeline.trains.find((one) => one.number === number)
    if (found === undefined) throw new Error(`there is no train #${number}`)
    return found
  }

  aboard(train: number): readonly string[] {
    return aboard(this.pipeline, this.train(train)).map((one) => one.sha)
  }

  /** The hash of the plan for a train's next environment. */
  plan(train: number): string {
    const its = this.train(train)
    const where = nextEnvironment(this.pipeline, its)
    return (where && planOf(this.pipeline, its, where)?.hash) ?? ''
  }

  check(name: string, status: CheckStatus): readonly string[] {
    const its = { sha: sha(name), name: 'test', status, at: this.now }
    return this.act('ci', { type: 'record_check', ...its })
  }

  live(environment: string): string | undefined {
    return this.pipeline.environments.find(({ name }) => name === environment)?.live?.sha
  }

  status(train: number): string | undefined {
    return this.pipeline.trains.find(({ number }) => number === train)?.status
  }
}

export function actor(name: string): Actor {
  if (name === 'signalbox') return { name, kind: 'system', groups: [] }
  const person = people.find((one) => one.name === name)
  return person
    ? { name, kind: 'person', groups: person.groups }
    : { name, kind: 'machine', groups: [] }
}
