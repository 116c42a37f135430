/**
 * What an operator does to an installation: check the configuration, the audit, the invariants.
 *
 * Invariant: reads only, but for `migrate`. Exit 1 when something is wrong, for cron.
 */
import type { Command } from 'commander'
import pino from 'pino'
import { describePolicy } from '../config/describe.ts'
import { readPolicies } from '../config/file.ts'
import { lockHome } from '../config/home-lock.ts'
import { unansweredAccounts } from '../db/accounts.ts'
import { brokenInvariants, chainNames, readAudit, verifyAudit } from '../db/audit.ts'
import { startEmbedded } from '../db/embedded.ts'
import { inboxState } from '../db/inbox.ts'
import { migrate } from '../db/migrate.ts'
import { createPool } from '../db/pool.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { MIGRATIONS } from '../serve.ts'
import { configOrExit, leave, textOrExit } from './configuration.ts'

export function addOperating(program: Command): void {
  program
    .command('config')
    .description('the configuration file')
    .command('check <file>')
    .description('what is wrong with it, or what it means in words')
    .option('--token <names...>', 'names of machine tokens that it may mention', [])
    .action((file: string, { token }: { readonly token: readonly string[] }) => {
      const read = readPolicies(textOrExit(file), { tokenNames: token })
      if (!read.ok) leave(read.problems.map(({ line, message }) => `${file}:${line} ${message}`))
      console.log(read.policies.map(describePolicy).join('\n\n'))
    })
  program
    .command('migrate')
    .description('bring the database to this version')
    .action(() =>
      withDatabase(async (pool) => {
        const applied = await migrate(pool, MIGRATIONS)
        console.log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to do')
      }),
    )
  const audit = program.command('audit').description('the audit chain')
  audit
    .command('verify')
    .description('recompute every chain; names the first bad row of each')
    .action(() => withDatabase(tellAudit))
  audit
    .command('export')
    .description('every row of every chain, one JSON object a line, hashes included')
    .action(() => withDatabase(exportAudit))
  program
    .command('doctor')
    .description('check the invariants and the audit')
    .action(() =>
      withDatabase(async (pool) => {
        const broken = await inTransaction(pool, brokenInvariants)
        for (const { invariant, what } of broken) console.log(`✗ ${invariant}: ${what}`)
        if (broken.length > 0) process.exitCode = 1
        else console.log('✓ every invariant holds')
        await tellUnanswered(pool)
        await tellAudit(pool)
        await tellInbox(pool)
      }),
    )
}

/** Environments of which an agent knows more than this database. */
async function tellUnanswered(pool: Pool): Promise<void> {
  const unanswered = await inTransaction(pool, unansweredAccounts)
  for (const { pipeline, environment, sha, status, agent, by, reason } of unanswered) {
    const who = by === null ? 'which this database has forgotten' : `ordered by ${by} by hand`
    console.log(
      `✗ ${pipeline}/${environment}: agent ${agent} ran ${sha.slice(0, 8)} there, ${who} (${status}: ${reason}); look at the target, then \`record-release\` what is live, or roll back`,
    )
  }
  if (unanswered.length > 0) process.exitCode = 1
  else console.log('✓ no agent knows more than the database')
}

const EXPORT_PAGE = 1_000

async function exportAudit(pool: Pool): Promise<void> {
  for (const chain of await inTransaction(pool, chainNames)) {
    for (let after = 0; ; ) {
      const page = { after, limit: EXPORT_PAGE }
      const rows = await inTransaction(pool, (tx) => readAudit(tx, chain, page))
      for (const { at, ...row } of rows) {
        console.log(JSON.stringify({ chain, at: new Date(at).toISOString(), ...row }))
      }
      if (rows.length < EXPORT_PAGE) break
      after = rows.at(-1)?.seq ?? after
    }
  }
}

/** Deliveries that could not be recorded: their facts are missing until somebody acts. */
async function tellInbox(pool: Pool): Promise<void> {
  const { waiting, since, givenUp } = await inTransaction(pool, inboxState)
  for (const { delivery, event, error } of givenUp) {
    console.log(
      `✗ GitHub delivery ${delivery} (${event}) was given up: ${error ?? 'no reason known'}`,
    )
    console.log('  redeliver it from the webhook settings on GitHub')
  }
  if (givenUp.length > 0) process.exitCode = 1
  const age = since === null ? '' : `, the oldest since ${since.toISOString()}`
  console.log(`✓ ${waiting} GitHub deliveries wait${age}`)
}

async function tellAudit(pool: Pool): Promise<void> {
  const broken = await inTransaction(pool, verifyAudit)
  for (const { chain, seq, why } of broken) console.log(`✗ chain ${chain}, row ${seq}: ${why}`)
  if (broken.length > 0) process.exitCode = 1
  else console.log('✓ the audit verifies')
}

/** The embedded database is started for the command, so its server must not be running. */
async function withDatabase(work: (pool: Pool) => Promise<void>): Promise<void> {
  const config = configOrExit()
  const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }))
  const unlock = config.databaseUrl === null ? await lockHome(config.home, 'serve') : null
  const embedded =
    config.databaseUrl === null ? await startEmbedded({ home: config.home, log }) : null
  const pool = createPool(config.databaseUrl?.reveal() ?? embedded?.url ?? '', { log })
  try {
    await work(pool)
  } finally {
    await pool.end()
    await embedded?.stop()
    await unlock?.()
  }
}
