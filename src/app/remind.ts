/**
 * Authors who have not answered half an hour after the departure are asked in person, once.
 *
 * Invariant: at most one direct message per person and train: after a doubtful attempt none more.
 */
import { aboard } from '../core/line.ts'
import type { Change, Pipeline, Train } from '../core/model.ts'
import { askedFor, standInOf } from '../core/people.ts'
import { putOnce } from '../db/outbox.ts'
import { inTransaction, type Tx } from '../db/transaction.ts'
import { reminder } from '../slack/views/reminder.ts'
import { type Announcing, type Delivery, DONE } from './announce.ts'
import { tellInPerson } from './in-person.ts'
import { laneOf } from './outgoing.ts'
import { loadStage } from './scene.ts'

interface Reminding {
  readonly pipeline: string
  readonly train: number
  readonly seq: number
}

/** Writes one effect for each silent author. Repeating it adds none: lanes are told apart by name. */
export async function remind(
  { staging }: Announcing,
  { pipeline, train, seq }: Reminding,
): Promise<Delivery> {
  const { scene } = await loadStage(staging, pipeline, train)
  if (scene === null || scene.train.status !== 'departed') return DONE
  const people = scene.pipeline.people.filter(({ slack }) => slack !== null)
  const silent = people.filter(
    ({ name }) => waitingFor(scene.pipeline, scene.train, name).length > 0,
  )
  await inTransaction(staging.pool, async (tx) => {
    for (const { name } of silent) {
      const effect = { type: 'nudge', train, person: name } as const
      const lane = laneOf(pipeline, train, effect)
      if (await isAskedAlready(tx, pipeline, { train, person: name })) continue
      await putOnce(tx, { pipeline, train, lane, effect, seq, delayMs: 0 })
    }
  })
  return DONE
}

/** Asks one author, unless the answer has come or a message may have been sent. */
export async function ask(
  { staging, slack }: Announcing,
  of: Reminding & { readonly person: string; readonly unsure: boolean },
): Promise<Delivery> {
  const { scene } = await loadStage(staging, of.pipeline, of.train)
  if (of.unsure || scene === null || scene.train.status !== 'departed') return DONE
  const message = reminder(scene, of.person)
  if (message !== null) {
    await tellInPerson({ slack }, scene.pipeline, { person: of.person, message })
  }
  return DONE
}

/** A watchdog with little patience has asked the same before. */
async function isAskedAlready(
  tx: Tx,
  pipeline: string,
  { train, person }: { readonly train: number; readonly person: string },
): Promise<boolean> {
  const { rows } = await tx.query(
    `SELECT 1 FROM outbox
      WHERE pipeline = $1 AND train = $2 AND effect->>'type' = 'concern'
        AND effect->>'kind' = 'waiting' AND effect->>'about' LIKE '% consent %'
        AND effect->>'person' = $3 LIMIT 1`,
    [pipeline, train, person],
  )
  return rows.length > 0
}

/** Changes aboard that still wait for this person's own word. */
function waitingFor(pipeline: Pipeline, train: Train, name: string): readonly Change[] {
  const asking = pipeline.policy.environments.filter(({ approvals }) => approvals.authors === 'all')
  return aboard(pipeline, train).filter((change) =>
    asking.some(({ approvals }) => {
      const { rule, people } = askedFor(pipeline, change, standInOf(approvals))
      const said = pipeline.consents.some(
        ({ change: sha, by }) => sha === change.sha && by === name,
      )
      return rule === 'each' && people.includes(name) && !said
    }),
  )
}
