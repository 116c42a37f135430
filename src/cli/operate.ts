/**
 * What an operator does to an installation: check the configuration, migrate, verify the audit.
 *
 * Invariant: reads only, but for `migrate`. Exit 1 when something is wrong, for cron.
 */
import { type Command, InvalidArgumentError } from 'commander'
import { compare } from '../app/consider-policy.ts'
import type { PipelineFile } from '../app/policies.ts'
import { describePolicy, windowsNow } from '../config/describe.ts'
import { withRepositoryFile } from '../config/repository-file.ts'
import { chainNames, readAudit, verifyAudit } from '../db/audit.ts'
import { auditHeads, compareHeads, type Head, headText, parseHead } from '../db/audit-heads.ts'
import { migrate } from '../db/migrate.ts'
import { pipelineNames } from '../db/policies.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { MIGRATIONS } from '../serve.ts'
import { configOrExit, leave, namesOfTokens, readFile, textOrExit } from './configuration.ts'
import { withDatabase } from './database.ts'

interface CheckOptions {
  readonly token: readonly string[]
  readonly database?: true
  readonly repositoryFile?: string
}

export function addOperating(program: Command): void {
  program
    .command('config')
    .description('the configuration file')
    .command('check <file>')
    .description('what is wrong with it, or what it means in words')
    .option(
      '--token <names...>',
      'names of machine tokens that it may mention, beside those of SIGNALBOX_API_TOKENS',
      [],
    )
    .option(
      '--repository-file <file>',
      'together with what a repository says in its `.github/signalbox.yml`',
    )
    .option('--database', 'also what is under way and would make it wait')
    .action(async (path: string, { token, database, repositoryFile }: CheckOptions) => {
      if (database) configOrExit()
      const configured = namesOfTokens(process.env)
      const read = readFile(path, configured && [...token, ...configured])
      if (!read.ok) leave(read.problems)
      const file = repositoryFile === undefined ? read.file : withOwnFile(read.file, repositoryFile)
      const now = Date.now()
      const said = file.policies.flatMap((one) => [describePolicy(one), windowsNow(one, now)])
      console.log(said.filter((text) => text !== '').join('\n\n'))
      if (database) await withDatabase((pool) => tellConflicts(pool, file))
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
    .option('--head <heads...>', 'what `audit head` printed earlier, kept elsewhere', readHead)
    .action(({ head }: { readonly head?: readonly Head[] }) =>
      withDatabase((pool) => tellAudit(pool, head ?? [])),
    )
  audit
    .command('head')
    .description('the newest row of each chain, a line each, to be kept elsewhere')
    .action(() =>
      withDatabase(async (pool) => {
        for (const one of await inTransaction(pool, auditHeads)) console.log(headText(one))
      }),
    )
  audit
    .command('export')
    .description('every row of every chain, one JSON object a line, hashes included')
    .action(() => withDatabase(exportAudit))
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

/** Every pipeline that lets its repository speak, with what it says; leaves where that is wrong. */
function withOwnFile(file: PipelineFile, path: string): PipelineFile {
  const text = textOrExit(path)
  if (file.policies.every(({ fromRepository }) => fromRepository === null)) {
    leave([`${file.path} lets no repository speak: give a pipeline \`from_repository: true\``])
  }
  const read = file.policies.map((policy) => ({
    policy,
    its:
      policy.fromRepository === null
        ? { ok: true as const, policy }
        : withRepositoryFile(text, policy, file.people),
  }))
  const problems = read.flatMap(({ its }) => (its.ok ? [] : its.problems))
  if (problems.length > 0) leave(problems.map(({ line, message }) => `${path}:${line} ${message}`))
  return { ...file, policies: read.map(({ policy, its }) => (its.ok ? its.policy : policy)) }
}

/** What would make this file wait if it were told now. */
async function tellConflicts(pool: Pool, file: PipelineFile): Promise<void> {
  const known = await inTransaction(pool, pipelineNames)
  for (const policy of file.policies.filter(({ pipeline }) => known.includes(pipeline))) {
    const proposal = { policy, file: file.path, lines: file.lines[policy.pipeline] ?? {} }
    const configured = { people: file.people, carries: () => true, ridesAlone: () => false }
    const { conflicts } = await inTransaction(pool, (tx) => compare(tx, proposal, configured))
    for (const { line, message, ends } of conflicts) {
      console.log(`⏳ ${file.path}:${line} ${policy.pipeline}: ${message}; it waits until ${ends}`)
    }
    if (conflicts.length === 0) console.log(`✓ ${policy.pipeline}: nothing under way conflicts`)
  }
}

function readHead(text: string, before: readonly Head[] | undefined): readonly Head[] {
  const head = parseHead(text)
  if (head === undefined) {
    throw new InvalidArgumentError(
      'must be CHAIN:ROW:HASH, a line that `signalbox audit head` printed',
    )
  }
  return [...(before ?? []), head]
}

async function tellAudit(pool: Pool, kept: readonly Head[]): Promise<void> {
  const broken = await inTransaction(pool, async (tx) => [
    ...(await verifyAudit(tx)),
    ...(await compareHeads(tx, kept)),
  ])
  for (const { chain, seq, why } of broken) console.log(`✗ chain ${chain}, row ${seq}: ${why}`)
  if (broken.length > 0) process.exitCode = 1
  else if (kept.length === 0) console.log('✓ the audit verifies')
  else console.log(`✓ the audit verifies, and holds what was kept (${kept.length})`)
}
