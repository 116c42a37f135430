/**
 * What must hold after any kill, once everything is quiet: nothing lost, nothing twice.
 *
 * Invariant: looked at from outside: the deploy script's own witness, what stands in Slack and on
 * GitHub, the audit's chain, and the view of broken invariants.
 */
import { brokenInvariants, verifyAudit } from '../../src/db/audit.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { pause } from './people.ts'
import type { KillTown } from './town.ts'

const QUIET_MS = 90_000

/** Waits until nothing is due any more: no delivery of GitHub, no message, no run. */
export async function quiet({ database }: KillTown): Promise<void> {
  const limit = Date.now() + QUIET_MS
  for (;;) {
    const { rows } = await database.pool.query<{ what: string }>(
      `SELECT 'inbox ' || event AS what FROM inbox WHERE taken_at IS NULL
       UNION ALL SELECT 'outbox ' || (effect->>'type') FROM outbox
        WHERE delivered_at IS NULL AND effect->>'type' <> 'remind'
       UNION ALL SELECT 'run ' || run FROM deployments WHERE status IN ('requested', 'running')`,
    )
    if (rows.length === 0) return
    if (Date.now() > limit) throw new Error(`never quiet: ${JSON.stringify(rows)}`)
    await pause(50)
  }
}

const twice = (all: readonly string[]): readonly string[] =>
  all.filter((one, index) => all.indexOf(one) !== index)

/** What was done twice, lost, or is broken; empty: nothing. */
export async function wrongs(town: KillTown): Promise<readonly string[]> {
  const { database, slack, github } = town
  const { rows: trains } = await database.pool.query<{ number: number }>(
    `SELECT number FROM trains WHERE pipeline = 'api' ORDER BY number`,
  )
  const { rows: deployments } = await database.pool.query<{
    key: string
    run: string
    status: string
  }>(`SELECT key, run, status FROM deployments WHERE pipeline = 'api'`)
  const { rows: given } = await database.pool.query<{ what: string }>(
    `SELECT 'inbox ' || event AS what FROM inbox WHERE gave_up_at IS NOT NULL
     UNION ALL SELECT 'outbox ' || (effect->>'type') FROM outbox WHERE gave_up_at IS NOT NULL`,
  )
  const ran = town.witness().map((line) => line.split(' ')[0] ?? '')
  const told = slack.messages.map(({ metadata }) => JSON.stringify(metadata)).filter(Boolean)
  const announced = told.filter((one) => one.includes('signalbox_train'))
  const shown = github.deployments.map(({ body }) => keyOf(body['payload']))
  const broken = await inTransaction(database.pool, brokenInvariants)
  const audit = await inTransaction(database.pool, verifyAudit)
  return [
    ...twice(ran).map((run) => `${run} was executed twice`),
    ...twice(told).map((one) => `told twice in Slack: ${one}`),
    ...twice(shown).map((key) => `${key} stands twice on GitHub`),
    ...trains
      .filter(({ number }) => !announced.some((one) => one.includes(`"train":${number}}`)))
      .map(({ number }) => `train ${number} was never announced`),
    ...deployments
      .filter(({ key }) => !shown.includes(key))
      .map(({ key }) => `${key} is not on GitHub`),
    ...deployments
      .filter(({ status, run }) => /succeeded|verified/.test(status) && !ran.includes(run))
      .map(({ run }) => `${run} succeeded, and was never executed`),
    ...given.map(({ what }) => `given up: ${what}`),
    ...broken.map(({ invariant, what }) => `broken invariant ${invariant}: ${what}`),
    ...audit.map(({ chain, seq, why }) => `audit chain ${chain}, row ${seq}: ${why}`),
  ]
}

function keyOf(payload: unknown): string {
  const read: unknown = typeof payload === 'string' ? JSON.parse(payload) : payload
  return typeof read === 'object' && read !== null && 'signalbox' in read
    ? String(read.signalbox)
    : 'none of ours'
}
