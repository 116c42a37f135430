/**
 * The authors of suspected changes are told of a failure in person, once each; so is whoever's lock
 * keeps it from going back by itself.
 *
 * Invariant: at most one direct message per person and deployment, however often it is asked for:
 * after a doubtful attempt none more. Nobody is told of a failure that is over.
 */
import { suspectsNow } from '../core/suspects.ts'
import { putOnce } from '../db/outbox.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Scene } from '../slack/scene.ts'
import { MENTIONS_MAX } from '../slack/views/ask.ts'
import { lockQuestion } from '../slack/views/lock-question.ts'
import { warning } from '../slack/views/warning.ts'
import { type Announcing, type Delivery, DONE } from './announce.ts'
import { tellInPerson } from './in-person.ts'
import { laneOf } from './outgoing.ts'
import { loadStage } from './scene.ts'

interface Alerting {
  readonly pipeline: string
  readonly train: number
  /** Of the deployment that went wrong. */
  readonly key: string
}

/** Writes one effect for each of them. Repeating it adds none: lanes are told apart by name. */
export async function alert(
  { staging }: Announcing,
  { pipeline, train, key, seq }: Alerting & { readonly seq: number },
): Promise<Delivery> {
  const { scene } = await loadStage(staging, pipeline, train)
  const people = scene === null ? [] : suspectedIn(scene, key)
  await inTransaction(staging.pool, async (tx) => {
    for (const person of people) {
      const effect = { type: 'warn', train, key, person } as const
      const lane = laneOf(pipeline, train, effect)
      await putOnce(tx, { pipeline, train, lane, effect, seq, delayMs: 0 })
    }
  })
  return DONE
}

/** Tells one of them, unless somebody has dealt with it or a message may have been sent. */
export async function warn(
  { staging, slack }: Announcing,
  of: Alerting & { readonly person: string; readonly unsure: boolean },
): Promise<Delivery> {
  const { scene } = await loadStage(staging, of.pipeline, of.train)
  if (of.unsure || scene === null) return DONE
  const message = lockQuestion(scene, of) ?? warning(scene, of)
  if (message !== null) {
    await tellInPerson({ slack }, scene.pipeline, { person: of.person, message })
  }
  return DONE
}

/** Linked members who are suspected now, the likeliest first; no more than a thread mentions. */
function suspectedIn({ pipeline, changes, deployments }: Scene, key: string): readonly string[] {
  const deployment = deployments.find((one) => one.key === key)
  if (deployment === undefined) return []
  const names = suspectsNow(pipeline, deployment, changes).flatMap(({ people }) => people)
  const members = pipeline.people.filter(({ slack, active }) => slack !== null && active)
  const told = [...new Set(names)].filter((name) => members.some((one) => one.name === name))
  return told.slice(0, MENTIONS_MAX)
}
