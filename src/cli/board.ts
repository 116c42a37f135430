/**
 * A pipeline's state as a terminal shows it.
 *
 * Invariant: pure; says what is where, what waits, for whom, and the way out.
 */
import { durationText } from '../core/duration.ts'
import { stepTitle } from '../core/rollout.ts'
import { type MigrationJson, migrationLines } from './migration.ts'
import { visible } from './visible.ts'

export interface StateJson {
  readonly pipeline: string
  readonly stopped: {
    readonly by: string
    readonly reason: string
    readonly since: string
    /** Absent of a server before stops were owned. */
    readonly owner?: string | null
  } | null
  readonly lock: LockJson | null
  readonly lock_all: LockJson | null
  readonly environments: readonly {
    readonly name: string
    readonly live: {
      readonly sha: string
      readonly train: number | null
      readonly by: string | null
      readonly since: string
    } | null
    readonly lock: LockJson | null
    readonly deployment: RunJson | null
    /** What an agent did there without the server, which somebody has to look at. */
    readonly unanswered: BlockerJson | null
    /** Absent of a server before automatic rollbacks. */
    readonly countdown?: { readonly to: string; readonly at: string; readonly cause: string } | null
    /** Absent of a server before windows. */
    readonly windows?: { readonly open: boolean; readonly until: string | null } | null
  }[]
  /** Absent of a server before migrations. */
  readonly migrations?: readonly MigrationJson[]
  readonly trains: readonly TrainJson[]
  /** Absent of a server before watchdogs. */
  readonly concerns?: readonly {
    readonly since: string
    readonly says: string
    readonly act: string
  }[]
  readonly policy_conflict: {
    readonly file: string
    readonly conflicts: readonly {
      readonly line: number
      readonly message: string
      readonly ends: string
    }[]
  } | null
  /** Absent of a server before repositories had a say. */
  readonly repository_file?: { readonly sha: string; readonly problems: readonly string[] } | null
}

interface RunJson {
  readonly status: string
  readonly run: string
  readonly kind?: 'forward' | 'rollback'
  /** Absent of a server before rollouts in steps; null: it goes to everybody at once. */
  readonly rollout?: RolloutJson | null
  readonly verification?: { readonly health: string } | null
  readonly started_at?: string | null
  /** Absent of a server before watchdogs; null: nobody can say what is usual. */
  readonly usual_ms?: number | null
  readonly eta?: string | null
}

interface RolloutJson {
  readonly step: string
  readonly phase: 'deploying' | 'baking' | 'paused' | 'waiting' | 'over'
  readonly until: string | null
  readonly steps: readonly { readonly name: string; readonly traffic: number | null }[]
}

interface LockJson {
  readonly by: string
  readonly reason: string
  readonly expires: string | null
}

interface BlockerJson {
  readonly gate: string
  readonly environment: string
  readonly message: string
  readonly clear_by: string
  /** When time alone clears it. */
  readonly until: string | null
}

interface TrainJson {
  readonly number: number
  readonly status: string
  readonly departs_at: string | null
  readonly due: boolean
  readonly next_environment: string | null
  readonly plan: string | null
  readonly changes: readonly {
    readonly sha: string
    readonly number: number | null
    readonly title: string
    readonly author: string
    readonly checks: string
    readonly consented: boolean | null
  }[]
  readonly blockers: readonly BlockerJson[]
  /** Absent of a server before special trains. */
  readonly special?: { readonly ref: string; readonly by: string } | null
  readonly deployments: readonly {
    readonly environment: string
    readonly status: string
    readonly run: string
    /** Absent of a server before suspects. */
    readonly suspects?: readonly SuspectJson[]
  }[]
}

interface SuspectJson {
  readonly sha: string
  readonly number: number | null
  readonly title: string
  readonly author: string
  readonly evidence: readonly string[]
}

/** The whole board of a pipeline. */
export function board(state: StateJson): string {
  const lines = [state.pipeline]
  if (state.stopped) {
    const { by, reason, since, owner } = state.stopped
    const minutes = Math.floor((Date.now() - Date.parse(since)) / 60_000)
    const whose = owner ? `${owner} is on it` : 'nobody owns it: `claim`'
    lines.push(`  ■ stopped by ${by} for ${minutes} min, ${whose}: ${reason}`)
  }
  if (state.lock_all) {
    lines.push(`  🔒 everything is locked by ${state.lock_all.by}: ${state.lock_all.reason}`)
  }
  if (state.lock) lines.push(`  🔒 locked by ${state.lock.by}: ${state.lock.reason}`)
  for (const { line, message, ends } of state.policy_conflict?.conflicts ?? []) {
    const file = state.policy_conflict?.file
    lines.push(`  ⚠ ${file}:${line} is not in force yet: ${message}; it waits until ${ends}`)
  }
  for (const problem of state.repository_file?.problems ?? []) {
    const at = state.repository_file?.sha.slice(0, 8)
    lines.push(
      `  ⚠ ${problem} (in ${at}): nothing of that file is used until it is mended, or the server’s file allows it`,
    )
  }
  for (const {
    name,
    live,
    lock,
    deployment,
    unanswered,
    windows,
    countdown,
  } of state.environments) {
    const there = live ? `${live.sha.slice(0, 8)} (${broughtBy(live)})` : 'nothing yet'
    const doing = deployment
      ? ` · ${deployment.status} ${deployment.run}${rollingOut(deployment)}${progress(deployment)}`
      : ''
    const locked = lock ? ` · 🔒 ${lock.by}: ${lock.reason}` : ''
    lines.push(`  ${name.padEnd(12)} ${there}${doing}${locked}${windowsNote(windows ?? null)}`)
    if (countdown) {
      const { to, at, cause } = countdown
      const when = new Date(at).toLocaleTimeString()
      const keep = `signalbox keep ${state.pipeline}`
      lines.push(`     ⏱ goes back to ${to.slice(0, 8)} by itself at ${when}: ${cause} → ${keep}`)
    }
    if (unanswered) lines.push(`     ${waiting(unanswered)}`)
  }
  for (const { since, says, act } of state.concerns ?? []) {
    lines.push(`  ⚠ ${says}, since ${new Date(since).toLocaleString()} → ${act}`)
  }
  for (const one of state.migrations ?? []) {
    if (one.phase !== 'verified') lines.push(...migrationLines(one).map((line) => `  ${line}`))
  }
  for (const train of state.trains) lines.push('', ...trainLines(train))
  if (state.trains.length === 0) lines.push('', '  no train on the line')
  return lines.map(visible).join('\n')
}

/** Where it is in its steps, while it is in them. */
function rollingOut({ rollout }: RunJson): string {
  if (!rollout || rollout.phase === 'over' || rollout.steps.length < 2) return ''
  const names = rollout.steps.map((one) => {
    const title = stepTitle(one)
    return one.name === rollout.step ? `[${title}]` : title
  })
  const until =
    rollout.phase === 'baking' && rollout.until !== null
      ? ` until ${new Date(rollout.until).toLocaleTimeString()}`
      : ''
  return ` · ${names.join(' ▸ ')} ${rollout.phase}${until}`
}

/** How long a run takes now, and usually. */
function progress({ status, started_at, usual_ms, eta, rollout }: RunJson): string {
  if (status !== 'running' || !started_at || (rollout && rollout.phase !== 'deploying')) return ''
  const now = Date.now()
  const whole = (ms: number): number => Math.max(0, Math.floor(ms / 1_000)) * 1_000
  const elapsed = ` for ${durationText(whole(now - Date.parse(started_at)))}`
  if (!usual_ms || !eta) return elapsed
  const usual = durationText(whole(usual_ms))
  return now < Date.parse(eta)
    ? `${elapsed} of usually ${usual}`
    : `${elapsed}, longer than its usual ${usual}`
}

function windowsNote(
  windows: { readonly open: boolean; readonly until: string | null } | null,
): string {
  if (windows === null) return ''
  const until = windows.until === null ? null : new Date(windows.until).toLocaleString()
  if (windows.open) return until === null ? '' : ` · 🕘 takes trains until ${until}`
  return ` · 🕘 outside its windows${until === null ? ', which never open again' : `, opens ${until}`}`
}

const broughtBy = ({
  train,
  by,
}: {
  readonly train: number | null
  readonly by: string | null
}): string =>
  train === null ? `by hand${by === null ? '' : `, recorded by ${by}`}` : `train #${train}`

function trainLines(train: TrainJson): readonly string[] {
  const doors = train.departs_at
    ? train.due
      ? ' · due: waits for green checks'
      : ` · departs ${new Date(train.departs_at).toLocaleTimeString()}`
    : ''
  const { special } = train
  const kind = special ? '🚑 Special train' : '🚂 Train'
  const ref = special ? ` · ${special.ref}, sent by ${special.by}` : ''
  const lines = [`  ${kind} #${train.number}${ref} · ${train.status}${doors}`]
  for (const { sha, number, title, author, checks, consented } of train.changes) {
    const mark = consented === null ? '·' : consented ? '✓' : '…'
    const name = number === null ? sha.slice(0, 8) : `#${number}`
    lines.push(`     ${mark} ${name} ${title} · ${author} · checks ${checks}`)
  }
  return [...lines, ...waits(train).map((line) => `     ${line}`)]
}

/** Why a train does not move, each reason with its way out, and whom to ask what broke. */
export function waits(train: TrainJson): readonly string[] {
  const suspects = train.deployments.flatMap((one) => one.suspects ?? [])
  return [...train.blockers.map(waiting), ...suspects.map(suspected)]
}

function suspected({ sha, number, title, author, evidence }: SuspectJson): string {
  const name = number === null ? sha.slice(0, 8) : `#${number}`
  return `🔎 look first at ${name} ${title} of ${author}: ${evidence.join('; ')}`
}

export function waiting({ gate, environment, message, clear_by, until }: BlockerJson): string {
  const when = until === null ? '' : ` (until ${new Date(until).toLocaleString()})`
  return `⏳ ${environment} · ${gate}: ${message}${when} → ${clear_by}`
}
