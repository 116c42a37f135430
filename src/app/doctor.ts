/**
 * What is wrong with an installation, or may become so.
 *
 * Invariant: reads only. `wrong` needs somebody now; a `warning` will on a bad day; each finding
 * names the way out.
 */
import { linkedPeople, reservedNames } from '../core/links.ts'
import { rightsIn } from '../core/people.ts'
import type { Person } from '../core/policy.ts'
import { unansweredAccounts } from '../db/accounts.ts'
import { agentSilences } from '../db/agents.ts'
import { brokenInvariants, verifyAudit } from '../db/audit.ts'
import {
  peopleWithTokens,
  recentStrangers,
  stuckMigrations,
  unclaimedRuns,
  unknownDeployments,
} from '../db/diagnosis.ts'
import { inboxState } from '../db/inbox.ts'
import { readLinked } from '../db/links.ts'
import { refusedIssues } from '../db/migration-messages.ts'
import { outboxHealth } from '../db/outbox.ts'
import { pipelineNames, waitingPolicies } from '../db/policies.ts'
import { mergesRefused } from '../db/pulls.ts'
import { wrongIn, wrongRepositoryFiles } from '../db/repository-files.ts'
import { inTransaction, type Pool, type Tx } from '../db/transaction.ts'
import { MERGES_REFUSED } from './merge-status.ts'
import type { PipelineFile } from './policies.ts'

export interface Finding {
  readonly level: 'wrong' | 'warning' | 'fine'
  readonly what: string
}

export interface Patient {
  readonly file: PipelineFile
  /** Names of the tokens of the configuration. */
  readonly tokenNames: readonly string[]
  /** Agents that cannot be heard of now, for the server that starts them is not running. */
  readonly resting: readonly string[]
}

const SILENT_MS = 60_000
/** What waits longer than this for another system is stuck. */
const STUCK_MS = 10 * 60_000

const wrong = (what: string): Finding => ({ level: 'wrong', what })
const warning = (what: string): Finding => ({ level: 'warning', what })

type Check = (tx: Tx, patient: Patient) => Promise<readonly Finding[]>

/** Each check with what is said when it finds nothing. */
const CHECKS: readonly (readonly [Check, string])[] = [
  [invariants, 'every invariant holds'],
  [audit, 'the audit verifies'],
  [outcomes, 'the outcome of every deployment is known'],
  [migrations, 'no migration waits for somebody to look at it'],
  [accounts, 'no agent knows more than the database'],
  [inbox, 'what GitHub delivered was taken in'],
  [outbox, 'Slack and GitHub were told everything that was due'],
  [merges, 'GitHub can be shown how the line and its migrations stand'],
  [policies, 'the policies of the configuration file are in force'],
  [pipelines, 'the configuration file names every pipeline'],
  [agents, 'every agent was heard of'],
  [authors, 'every author and merger of the last 30 days is linked'],
  [tokens, 'whoever may act in a last environment has a token for when Slack is away'],
]

/** What GitHub does not let us do for migrations, and what to do about it. */
export const ISSUES_REFUSED =
  'GitHub takes no issue of ours: give the App or token "Issues: write", or turn issues on in the repository'

/** Looks at everything; what is fine is said too. */
export async function examine(pool: Pool, patient: Patient): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [check, fine] of CHECKS) {
    const found = await inTransaction(pool, (tx) => check(tx, patient))
    findings.push(...(found.length > 0 ? found : [{ level: 'fine' as const, what: fine }]))
  }
  return findings
}

async function invariants(tx: Tx): Promise<readonly Finding[]> {
  const broken = await brokenInvariants(tx)
  return broken.map(({ invariant, what }) => wrong(`broken invariant ${invariant}: ${what}`))
}

async function audit(tx: Tx): Promise<readonly Finding[]> {
  const broken = await verifyAudit(tx)
  return broken.map(({ chain, seq, why }) => wrong(`audit chain ${chain}, row ${seq}: ${why}`))
}

async function outcomes(tx: Tx): Promise<readonly Finding[]> {
  const open = await unknownDeployments(tx)
  return open.map(({ pipeline, environment, key }) =>
    wrong(
      `nobody knows how ${key} ended, so ${pipeline}/${environment} is closed: look at the target, then \`signalbox settle ${pipeline} ${environment} succeeded|failed REASON\``,
    ),
  )
}

/** Migrations that went wrong, or of which nobody knows how an increment ended. */
async function migrations(tx: Tx): Promise<readonly Finding[]> {
  const stuck = await stuckMigrations(tx)
  return stuck.map(({ pipeline, environment, change, status, kind, number, reason }) => {
    const what = kind === 'verify' ? 'its verification' : `increment ${number}`
    const how =
      status === 'unknown'
        ? `nobody knows how ${what} ended, so ${pipeline}/${environment} takes nothing`
        : `${what} failed (${reason ?? 'no reason given'})`
    return wrong(
      `the migration of ${change}: ${how}; look at the target, then \`signalbox migration resume ${pipeline} ${change} --environment ${environment}\``,
    )
  })
}

/** Environments of which an agent knows more than this database. */
async function accounts(tx: Tx): Promise<readonly Finding[]> {
  const unanswered = await unansweredAccounts(tx)
  return unanswered.map(({ pipeline, environment, sha, status, agent, by, reason }) => {
    const who = by === null ? 'which this database has forgotten' : `ordered by ${by} by hand`
    return wrong(
      `${pipeline}/${environment}: agent ${agent} ran ${sha.slice(0, 8)} there, ${who} (${status}: ${reason}); look at the target, then \`record-release\` what is live, or roll back`,
    )
  })
}

/** Deliveries that could not be recorded: their facts are missing until somebody acts. */
async function inbox(tx: Tx): Promise<readonly Finding[]> {
  const { waiting, oldestMs, givenUp } = await inboxState(tx)
  const stuck = warning(
    `${waiting} GitHub deliveries wait, the oldest for ${minutes(oldestMs)}: see the log of the worker`,
  )
  return [
    ...givenUp.map(({ delivery, event, error }) =>
      wrong(
        `GitHub delivery ${delivery} (${event}) was given up: ${error ?? 'no reason known'}; redeliver it from the webhook settings on GitHub`,
      ),
    ),
    ...(oldestMs > STUCK_MS ? [stuck] : []),
  ]
}

/** Messages that people or GitHub were to see, and did not. */
async function outbox(tx: Tx): Promise<readonly Finding[]> {
  const { waiting, oldestMs, gaveUp, lastError } = await outboxHealth(tx)
  const why = lastError === null ? '' : ` (last error: ${lastError})`
  const lost = wrong(
    `${gaveUp} messages to Slack or GitHub were given up in the last day${why}: mend what the error names; the next event tells how it stands`,
  )
  const stuck = warning(
    `${waiting} messages to Slack or GitHub wait, the oldest for ${minutes(oldestMs)}${why}: they go out by themselves once they can`,
  )
  return [...(gaveUp > 0 ? [lost] : []), ...(oldestMs > STUCK_MS ? [stuck] : [])]
}

/** What the App or token may not do at GitHub, as the server found when it last tried. */
async function merges(tx: Tx, { file }: Patient): Promise<readonly Finding[]> {
  const served = new Set(file.policies.map(({ pipeline }) => pipeline))
  const issues = (await refusedIssues(tx)).flatMap(({ pipeline, change }) => {
    const what = `${pipeline}, migration of ${change}: ${ISSUES_REFUSED}; it is tried again every hour`
    return served.has(pipeline) ? [warning(what)] : []
  })
  const told = (await mergesRefused(tx)).flatMap(({ pipeline, refused }) => {
    const isKnown = refused === 'statuses' || refused === 'pulls'
    return isKnown && served.has(pipeline)
      ? [warning(`${pipeline}: ${MERGES_REFUSED[refused]}; it is tried again every hour`)]
      : []
  })
  return [...told, ...issues]
}

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`

async function policies(tx: Tx): Promise<readonly Finding[]> {
  const waiting = await waitingPolicies(tx)
  const refused = await wrongRepositoryFiles(tx)
  return [
    ...waiting.flatMap(({ pipeline, file, conflicts }) =>
      conflicts.map(({ line, message, ends }) =>
        warning(
          `${file}:${line} (${pipeline}) is not in force yet: ${message}; it waits until ${ends}`,
        ),
      ),
    ),
    ...refused.flatMap((row) =>
      wrongIn(row).map((problem) =>
        warning(
          `${problem} (${row.pipeline}, in ${row.seen.slice(0, 8)}): nothing of that file is used until it is mended, or the server’s file allows it`,
        ),
      ),
    ),
  ]
}

async function pipelines(tx: Tx, { file }: Patient): Promise<readonly Finding[]> {
  const served = new Set(file.policies.map(({ pipeline }) => pipeline))
  return (await pipelineNames(tx))
    .filter((name) => !served.has(name))
    .map((name) =>
      warning(
        `the pipeline ${name} is in the database, but ${file.path} does not name it: its history is kept, nothing moves it`,
      ),
    )
}

async function agents(tx: Tx, { file, resting }: Patient): Promise<readonly Finding[]> {
  const silences = await agentSilences(tx)
  const unclaimed = await unclaimedRuns(tx)
  const wanted = new Map<string, string[]>()
  for (const { pipeline, environments } of file.policies) {
    for (const { agent, name } of environments) {
      wanted.set(agent, [...(wanted.get(agent) ?? []), `${pipeline}/${name}`])
    }
  }
  return [...wanted].flatMap(([agent, places]) => {
    const waiting = unclaimed.get(agent) ?? 0
    const silence = silences.get(agent)
    const isHeard = silence !== undefined && silence < SILENT_MS
    if (waiting === 0 && (isHeard || resting.includes(agent))) return []
    const since =
      silence === undefined
        ? 'was never heard of'
        : `is silent for ${Math.round(silence / 1_000)} s`
    const told = `the agent ${agent} of ${places.join(', ')} ${isHeard ? 'is there' : since}`
    return waiting > 0
      ? [wrong(`${told}, and ${waiting} of its deployments wait: start it, or look at its log`)]
      : [warning(`${told}: nothing can be deployed there until it is started`)]
  })
}

const NAMED_MAX = 20

async function authors(tx: Tx, { file }: Patient): Promise<readonly Finding[]> {
  const people = await linkedNow(tx, file)
  const known = people.flatMap(({ name, github }) => [name, ...(github === null ? [] : [github])])
  const strangers = await recentStrangers(tx, {
    repositories: file.policies.map(({ repository }) => repository),
    known: known.map((name) => name.toLowerCase()),
  })
  if (strangers.length === 0) return []
  const more = strangers.length > NAMED_MAX ? ` and ${strangers.length - NAMED_MAX} more` : ''
  return [
    warning(
      `not linked, so never asked, though they wrote or merged in the last 30 days: ${strangers.slice(0, NAMED_MAX).join(', ')}${more} (\`/deploy link LOGIN\`, or \`people\` in ${file.path})`,
    ),
  ]
}

async function linkedNow(tx: Tx, { people, policies }: PipelineFile): Promise<readonly Person[]> {
  const reserved = reservedNames(people, policies)
  return linkedPeople(people, { ...(await readLinked(tx, people)), reserved })
}

async function tokens(tx: Tx, { file, tokenNames }: Patient): Promise<readonly Finding[]> {
  const have = new Set([...(await peopleWithTokens(tx)), ...tokenNames])
  const without = (await linkedNow(tx, file)).filter(
    (person) =>
      person.active &&
      !have.has(person.name) &&
      file.policies.some((policy) => rightsIn(policy, person).length > 0),
  )
  const names = without.map(({ name }) => name).join(', ')
  return without.length === 0
    ? []
    : [
        warning(
          `without a token, so without a way to approve or roll back while Slack is away: ${names} (\`/deploy token\` gives one)`,
        ),
      ]
}
