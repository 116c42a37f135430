/**
 * What goes wrong in a call: decided for each call by the seed.
 *
 * Invariant: each port has a stream of its own, so that leaving out one act of a history changes as
 * few faults as possible. A fault is counted when it happened, not when it was wished for.
 */
import { below, type Random, randomOf } from '../proof/size.ts'
import type { VirtualClock } from './clock.ts'
import { Lost } from './lost.ts'
import { Answer, type Steps } from './process.ts'

export const FAULTS = [
  /** The answer takes some seconds. */
  'delay',
  /** Nothing arrives. */
  'drop',
  /** It arrives twice. */
  'duplicate',
  /** It arrives again much later, after others. */
  'reorder',
  /** It is done, and the answer is lost. */
  'reply_lost',
  /** 429 with a time to wait. */
  'limited',
  /** 5xx, nothing done. */
  'server_error',
  /** No answer until the caller gives up; it may be done all the same, later. */
  'hang',
  /** An answer that is not, or no longer, true: as vendors give them. */
  'wrong',
  /** The process dies here. */
  'crash',
] as const

export type Fault = (typeof FAULTS)[number]

/** Longer than any call of ours waits. */
const TIMEOUT_MS = 10_000

const hash = (text: string): number =>
  [...text].reduce((sum, letter) => Math.imul(sum ^ letter.charCodeAt(0), 0x01000193), 0x811c9dc5)

export interface Faulty {
  readonly seed: number
  /** 0 to 0.5: how many of the calls go wrong. */
  readonly rate: number
  /** Kinds that do not happen: found unnecessary for a failure. */
  readonly without: readonly Fault[]
}

export class FaultPlan {
  /** False: the world has healed. */
  active = true
  private readonly plan: Faulty
  private readonly streams = new Map<string, Random>()
  private readonly count: (what: string) => void

  constructor(plan: Faulty, count: (what: string) => void) {
    this.plan = plan
    this.count = count
  }

  random(port: string): Random {
    const known = this.streams.get(port) ?? randomOf(this.plan.seed ^ hash(port))
    this.streams.set(port, known)
    return known
  }

  /** What goes wrong with the next call of a port, of the kinds it knows. */
  draw(port: string, kinds: readonly Fault[], share = 1): Fault | null {
    const random = this.random(port)
    const [luck, which] = [random(), random()]
    if (!this.active || luck >= this.plan.rate * share) return null
    const kind = kinds[Math.floor(which * kinds.length)]
    if (kind === undefined || this.plan.without.includes(kind)) return null
    this.count(`fault:${port}:${kind}`)
    return kind
  }
}

/** A call: what it does there, and what a vendor may say instead. */
export interface Call<T> {
  readonly port: string
  readonly kinds: readonly Fault[]
  readonly act: () => T
  readonly wrong?: () => T
  /** What hangs may be done all the same, after its caller has given up. */
  readonly isLate?: boolean
  /** How often of the plan's rate; by default always. */
  readonly share?: number
}

/** Calls the world, as it is. */
export function* call<T>(at: { faults: FaultPlan; clock: VirtualClock }, it: Call<T>): Steps<T> {
  const random = at.faults.random(it.port)
  const fault = at.faults.draw(it.port, it.kinds, it.share)
  yield 1 + below(random, 30)
  switch (fault) {
    case null:
    case 'crash':
      return it.act()
    case 'delay':
      yield 1_000 + below(random, 7_000)
      return it.act()
    case 'drop':
      yield TIMEOUT_MS
      throw new Lost(`${it.port}: no answer`)
    case 'server_error':
      throw new Lost(`${it.port}: 503`)
    case 'limited':
      throw new Lost(`${it.port}: 429`, 1_000 + below(random, 5_000))
    case 'duplicate': {
      const done = it.act()
      it.act()
      return done
    }
    case 'reorder': {
      at.clock.after(2_000 + below(random, 20_000), it.act)
      return it.act()
    }
    case 'reply_lost':
      it.act()
      yield TIMEOUT_MS
      throw new Lost(`${it.port}: its answer was lost`)
    case 'hang':
      // Whoever offers a probe does it in time or never; others may do it when nobody waits any more.
      if (it.isLate) at.clock.after(TIMEOUT_MS + below(random, 5_000), it.act)
      yield TIMEOUT_MS
      throw new Lost(`${it.port}: it hangs`)
    case 'wrong':
      return (it.wrong ?? it.act)()
  }
}

/** Waits for somebody's answer, no longer than a caller would. */
export function* within<T>(clock: VirtualClock, answer: Answer<T>): Steps<T> {
  const either = new Answer<T>()
  answer.whenThere(() => {
    if (answer.fault !== undefined) either.fail(answer.fault)
    else either.give(answer.value as T)
  })
  clock.after(TIMEOUT_MS, () => either.fail(new Lost('no answer in time')))
  yield either as Answer<unknown>
  if (either.fault !== undefined) throw either.fault
  return either.value as T
}
