/**
 * Scenes told as stories.
 *
 * Invariant: the core really drives the train, and what is drawn is what it left.
 */

import type { Command } from '../../core/command.ts'
import { decide } from '../../core/decide.ts'
import { emptyPipeline } from '../../core/empty.ts'
import type { Event } from '../../core/event.ts'
import { evolve } from '../../core/evolve.ts'
import { aboard, inOrder, unfinished } from '../../core/line.ts'
import type { Deployment, Pipeline, Train } from '../../core/model.ts'
import type { Person, Policy } from '../../core/policy.ts'
import { wakeAt } from '../../core/wake.ts'
import type { Links, Scene, Told } from '../../slack/scene.ts'
import { actor, cast, change, sha, twoStage } from './cast.ts'

export const links: Links = {
  url: 'https://signalbox.example',
  repository: 'https://github.com/acme/api',
  logs: {},
  announcement: 'https://acme.slack.com/archives/C0DEPLOYS/p1',
}

/** 2026-11-20 10:00 UTC: snapshots show it. */
export const START = Date.UTC(2026, 10, 20, 10)

/** The line was in use before the stories begin. */
const FIRST_TRAIN = 41

/** A pipeline that remembers what it was told, as the audit and the thread would. */
export class Ride {
  pipeline: Pipeline
  now = START
  readonly told: Told[] = []
  /** Every train ever on it and what it carried, and every deployment: finished ones leave. */
  private readonly trains = new Map<number, Train>()
  private readonly deployments = new Map<string, Deployment>()
  private readonly carried = new Map<number, Scene['changes']>()
  private readonly heard = new Map<string, Scene['changes'][number]>()

  constructor(its: Policy = twoStage(), known: readonly Person[] = cast) {
    this.pipeline = emptyPipeline(its, known, FIRST_TRAIN)
  }

  act(who: string, command: Command): readonly Event[] {
    const before = this.told.length
    const decision = decide(this.pipeline, command, { actor: actor(who), now: this.now })
    if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.refusal)}`)
    for (const { actor: by, event } of decision.events) {
      this.remember()
      this.pipeline = evolve(this.pipeline, event, { at: this.now })
      this.told.push({ seq: this.told.length + 1, at: this.now, actor: by, event })
    }
    this.remember()
    return this.told.slice(before).map(({ event }) => event)
  }

  private remember(): void {
    for (const one of this.pipeline.changes) this.heard.set(one.sha, one)
    for (const one of this.pipeline.deployments) this.deployments.set(one.key, one)
    const environments = this.pipeline.environments.map((one) => ({
      ...one,
      took: { forward: this.took(one.name, 'forward'), rollback: this.took(one.name, 'rollback') },
    }))
    this.pipeline = { ...this.pipeline, environments }
    for (const train of this.pipeline.trains) this.trains.set(train.number, train)
    for (const train of unfinished(this.pipeline)) {
      this.carried.set(train.number, aboard(this.pipeline, train))
    }
  }

  /** As the database would know it. */
  private took(place: string, kind: Deployment['kind']): readonly number[] {
    return [...this.deployments.values()]
      .filter((one) => one.environment === place && one.kind === kind)
      .flatMap(({ status, startedAt, endedAt }) =>
        (status === 'succeeded' || status === 'verified') && startedAt !== null && endedAt !== null
          ? [endedAt - startedAt]
          : [],
      )
      .reverse()
  }

  merge(name: string, over: Parameters<typeof change>[1] = {}): this {
    const its = { ...change(name), mergedAt: this.now, ...over }
    this.act('ci', { type: 'record_change', change: its })
    return this
  }

  /** The three changes of the picture: a small one, a migration, and a bot's. */
  mergeThree(): this {
    this.merge('a', { number: 12, title: 'Cache the price list', author: 'ana', lines: 42 })
    this.pass(60_000)
    this.merge('b', {
      number: 13,
      title: 'Drop the legacy cart',
      author: 'bob',
      lines: 770,
      parent: sha('a'),
      paths: ['migrations/0042_drop_cart.sql'],
    })
    this.pass(60_000)
    const bot = { title: 'Bump undici', author: 'dependabot', mergedBy: 'cem', lines: 4 }
    return this.merge('c', { number: 15, parent: sha('b'), ...bot })
  }

  depart(): this {
    const all = { train: null, ref: null, environment: null, plan: null }
    this.act('ana', { type: 'depart', ...all })
    return this
  }

  pass(ms: number): this {
    const until = this.now + ms
    for (;;) {
      const wake = wakeAt(this.pipeline, this.now)
      if (wake === null || wake > until) break
      this.now = wake
      this.act('signalbox', { type: 'tick' })
    }
    this.now = until
    return this
  }

  start(place: string): this {
    const { run, epoch } = this.underWay(place)
    this.act('signalbox', { type: 'claim_run', run })
    const report = { run, epoch, reason: null, tail: [] } as const
    this.act('signalbox', { type: 'record_run', status: 'running', ...report })
    return this
  }

  end(
    place: string,
    status: 'succeeded' | 'failed' | 'aborted' | 'unknown',
    { reason = null, tail = [] }: { reason?: string | null; tail?: readonly string[] } = {},
  ): this {
    const { run, epoch, status: now } = this.underWay(place)
    if (now === 'requested') this.start(place)
    this.pass(220_000)
    this.act('signalbox', { type: 'record_run', run, epoch, status, reason, tail })
    return this
  }

  private underWay(place: string): Deployment {
    const found = this.pipeline.deployments.find(
      (one) => one.environment === place && ['requested', 'running'].includes(one.status),
    )
    if (found === undefined) throw new Error(`nothing is under way in ${place}`)
    return found
  }

  /** All the way to the last environment, and there verified. */
  arrive(): this {
    return this.ready().end('production', 'succeeded')
  }

  /** Everyone has said yes, and the last environment is under way. */
  ready(): this {
    this.depart()
    this.end('staging', 'succeeded').pass(5 * 60_000)
    for (const who of ['ana', 'bob', 'cem'])
      this.tryTo(who, { type: 'consent', train: this.last() })
    this.tryTo('dee', { type: 'approve', train: this.last(), environment: null, plan: null })
    return this
  }

  tryTo(who: string, command: Command): void {
    const decision = decide(this.pipeline, command, { actor: actor(who), now: this.now })
    if (decision.ok) this.act(who, command)
  }

  last(): number {
    return unfinished(this.pipeline)[0]?.number ?? 0
  }

  scene(number: number): Scene {
    const train = this.trains.get(number)
    if (train === undefined) throw new Error(`there was no train #${number}`)
    const changes = inOrder(this.carried.get(number) ?? []).map(
      (one) => this.heard.get(one.sha) ?? one,
    )
    const deployments = [...this.deployments.values()].filter((one) => one.train === number)
    const logs = Object.fromEntries(deployments.map(({ run }) => [run, `${links.url}/logs/${run}`]))
    const its = { ...links, logs }
    return { pipeline: this.pipeline, train, changes, deployments, now: this.now, links: its }
  }
}
