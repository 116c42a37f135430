/**
 * The pipeline file: from text to people and whole policies.
 *
 * Invariant: either everything in it is understood, or nothing of it is used and every problem is
 * told with its line.
 */
import type { Person, Policy } from '../core/policy.ts'
import { toAfterVerified } from './after-verified.ts'
import { readDocument } from './document.ts'
import { toChecks, toDoors } from './doors.ts'
import { toFlags } from './flags.ts'
import { toFromRepository } from './from-repository.ts'
import { type FileProblem, problemsIn } from './issues.ts'
import type { lineFinder } from './locate.ts'
import { toMigrations } from './migrations.ts'
import { knownNames } from './names.ts'
import { toOnFailure } from './on-failure.ts'
import { nameOf, type PersonEntry } from './people.ts'
import { toRollout } from './rollout.ts'
import { fileSchema, type PipelineEntry } from './schema.ts'
import { toReality, toSteps } from './verify.ts'
import { toWatch } from './watch.ts'
import { toWindows } from './windows.ts'

export type PolicyFile =
  | {
      readonly ok: true
      readonly people: readonly Person[]
      readonly policies: readonly Policy[]
      /** By pipeline: the lines of what a policy under way may conflict with. */
      readonly lines: Readonly<Record<string, Readonly<Record<string, number>>>>
    }
  | { readonly ok: false; readonly problems: readonly FileProblem[] }

/** Reads the pipeline file; `tokenNames`: machines it may grant something to, null: nobody knows. */
export function readPolicies(
  text: string,
  { tokenNames }: { readonly tokenNames: readonly string[] | null },
): PolicyFile {
  const plain = readDocument(text)
  if (!plain.ok) return plain
  const { value, lineAt } = plain
  const read = fileSchema(knownNames(value, tokenNames)).safeParse(value)
  if (!read.success) return { ok: false, problems: problemsIn(read.error.issues, value, lineAt) }
  const pipelines = Object.entries(read.data.pipelines)
  return {
    ok: true,
    people: read.data.people.map(toPerson),
    policies: pipelines.map(([name, entry]) => toPolicy(name, entry)),
    lines: Object.fromEntries(
      pipelines.map(([name, entry]) => [name, linesOf(['pipelines', name], entry, lineAt)]),
    ),
  }
}

function linesOf(
  path: readonly string[],
  { environments }: PipelineEntry,
  lineAt: ReturnType<typeof lineFinder>,
): Readonly<Record<string, number>> {
  const keys = ['repository', 'branch', 'environments'] as const
  return Object.fromEntries([
    ...keys.map((key) => [key, lineAt([...path, key])]),
    ...environments.map(({ name }, index) => [
      `environments.${name}`,
      lineAt([...path, 'environments', index]),
    ]),
  ])
}

const toPerson = (entry: PersonEntry): Person => ({
  name: nameOf(entry) ?? '',
  slack: entry.slack ?? null,
  github: entry.github ?? null,
  email: entry.email ?? null,
  groups: entry.groups,
  active: true,
})

function toPolicy(pipeline: string, entry: PipelineEntry): Policy {
  const { repository, branch, paths, channel, train, checks, environments, permissions } = entry
  return {
    pipeline,
    repository,
    branch,
    paths,
    channel: channel ?? null,
    fromRepository: toFromRepository(entry.from_repository),
    doors: toDoors(train),
    backlog: train.backlog,
    timeZone: entry.time_zone,
    checks: toChecks(checks),
    environments: environments.map(
      ({ name, was, deploy, approvals, soak, windows, agent, ...seen }, index) => ({
        name,
        was,
        deploy: {
          run: deploy.run,
          in: deploy.in,
          timeoutMs: deploy.timeout,
          silenceTimeoutMs: deploy.silence_timeout,
        },
        approvals: {
          authors: approvals.authors ?? (index === environments.length - 1 ? 'all' : 'none'),
          others: approvals.others,
          from: approvals.from,
          expireMs: approvals.expire,
          standIn: approvals.stand_in,
          standInAfterMs: approvals.stand_in_after,
        },
        soakMs: soak,
        windows: windows && toWindows(windows, entry.time_zone),
        verify: toSteps(seen.verify),
        reality: toReality(seen.reality),
        onFailure: toOnFailure(seen.on_failure),
        rollout: toRollout(seen.steps, seen.rollout),
        afterVerified: toAfterVerified(seen.after_verified),
        agent,
      }),
    ),
    // An environment that nobody may settle is an outage, so whoever may roll back may settle too.
    permissions: { ...permissions, settle: permissions.settle ?? permissions.roll_back },
    signals: entry.signals,
    flags: toFlags(entry.flags),
    migrations: toMigrations(entry.migrations),
    watch: toWatch(entry.watch),
  }
}
