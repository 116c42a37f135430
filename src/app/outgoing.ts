/**
 * Effects of just audited events, put into the outbox by the transaction that wrote them.
 *
 * Invariant: no call outside, and no effect that nothing here would ever deliver.
 */
import type { Effect } from '../core/effect.ts'
import { effectsOf, shownAnew, trainOf } from '../core/effects.ts'
import type { Event } from '../core/event.ts'
import { unfinished } from '../core/line.ts'
import { standing, trainWith } from '../core/migrations.ts'
import type { Pipeline } from '../core/model.ts'
import type { Policy } from '../core/policy.ts'
import { putEffect } from '../db/outbox.ts'
import type { Tx } from '../db/transaction.ts'

/** Whether this installation delivers an effect: Slack may be off, a pipeline without a channel. */
export type Delivers = (policy: Policy, effect: Effect) => boolean

/** Silent authors are asked in person this long after the departure. */
const REMIND_AFTER_MS = 30 * 60_000

export interface Outgoing {
  readonly before: Pipeline
  /** As decided. */
  readonly pipeline: Pipeline
  readonly events: readonly { readonly seq: number; readonly event: Event }[]
  readonly delivers: Delivers
}

/** One announcement per train, with the newest event it has to show; then the rest in order. */
export async function putEffects(
  tx: Tx,
  { before, pipeline, events, delivers }: Outgoing,
): Promise<void> {
  const { name, policy } = pipeline
  const last = events.at(-1)?.seq ?? 0
  const anew = shownAnew(before, pipeline).filter((train) =>
    delivers(policy, { type: 'announce', train }),
  )
  const announced = new Map(anew.map((train) => [train, last]))
  const cards = new Map<string, number>()
  const rest: { readonly seq: number; readonly train: number | null; readonly effect: Effect }[] =
    []
  for (const { seq, event } of events) {
    for (const effect of effectsOf(event).filter((one) => delivers(policy, one))) {
      if (effect.type !== 'announce') {
        rest.push({ seq, effect, train: trainOf(event, pipeline) })
        continue
      }
      const line = unfinished(pipeline).map(({ number }) => number)
      if (effect.train === null) for (const change of atWork(pipeline)) cards.set(change, seq)
      const trains = effect.train === null ? line : [effect.train]
      for (const train of trains) announced.set(train, seq)
    }
  }
  for (const [change, seq] of cards) {
    const effect: Effect = { type: 'migration', change }
    const train = trainWith(pipeline, change)
    if (delivers(policy, effect)) rest.push({ seq, train, effect })
  }
  for (const [train, seq] of announced) {
    const effect: Effect = { type: 'announce', train }
    await putEffect(tx, {
      pipeline: name,
      train,
      lane: laneOf(name, train, effect),
      effect,
      seq,
      delayMs: 0,
    })
  }
  for (const { seq, train, effect } of rest) {
    const delayMs = effect.type === 'remind' ? REMIND_AFTER_MS : 0
    await putEffect(tx, {
      pipeline: name,
      train,
      lane: laneOf(name, train, effect),
      effect,
      seq,
      delayMs,
    })
  }
}

/** Changes whose migrations wait for what keeps a line, too: their cards say so. */
const atWork = (pipeline: Pipeline): readonly string[] => [
  ...new Set(standing(pipeline).flatMap((one) => (one.begun === null ? [] : [one.change]))),
]

/** Every train on the line drawn anew: time alone has changed what there is to read. */
export async function putRedraw(
  tx: Tx,
  { pipeline, delivers }: Omit<Outgoing, 'before' | 'events'>,
): Promise<void> {
  for (const { number: train } of unfinished(pipeline)) {
    const effect: Effect = { type: 'announce', train }
    if (!delivers(pipeline.policy, effect)) continue
    const lane = laneOf(pipeline.name, train, effect)
    // It shows no event of its own: the number of one that waits already stays.
    await putEffect(tx, { pipeline: pipeline.name, train, lane, effect, seq: 0, delayMs: 0 })
  }
}

/** A train's thread is one lane, so it reads in order; slower things have their own. */
export function laneOf(pipeline: string, train: number | null, effect: Effect): string {
  switch (effect.type) {
    case 'announce':
    case 'narrate':
    case 'policy':
    // Behind the message that told of the stop.
    case 'close_stop':
      return `${pipeline} ${train ?? 'line'}`
    case 'mirror':
      return `${pipeline} mirror`
    case 'migration':
      return `${pipeline} migration ${effect.change}`
    case 'migration_asks':
      return `${pipeline} migration ${effect.change} ${effect.environment} asks`
    case 'migration_word':
      return `${pipeline} migration ${effect.change} ${effect.environment} ${effect.of} ${effect.person ?? ''}`
    case 'issue':
      return `${pipeline} issue ${effect.change}`
    case 'close':
      return `${pipeline} ${effect.train} close`
    case 'remind':
      return `${pipeline} ${effect.train} remind`
    case 'nudge':
      return `${pipeline} ${effect.train} nudge ${effect.person}`
    case 'alert':
      return `${pipeline} ${effect.train} alert`
    case 'warn':
      return `${pipeline} ${effect.train} warn ${effect.key} ${effect.person}`
    case 'retire':
      return `${pipeline} retire ${effect.key}`
    case 'flag_off':
      return `${pipeline} flag ${effect.environment} ${effect.flag}`
    case 'link':
      return `${pipeline} link ${effect.request}`
    case 'concern':
      return effect.person === null
        ? `${pipeline} ${train ?? 'line'}`
        : `${pipeline} ${effect.kind} ${effect.about} ${effect.person}`
  }
}
