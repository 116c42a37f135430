/**
 * A migration's card: the one message in its train's thread, redrawn as it goes on.
 *
 * Invariant: a line for each environment it stands in, and the buttons that its phase takes. Whether
 * the presser may is decided when the press comes.
 */
import { type Migration, type MigrationPhase, phaseOf } from '../../core/migration.ts'
import { waitsOf } from '../../core/migration-way.ts'
import { answerable, endsAt, ownersOf } from '../../core/migrations.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'
import {
  clip,
  command,
  join,
  link,
  listed,
  logTail,
  type Mrkdwn,
  md,
  nothing,
  ours,
} from '../words/mrkdwn.ts'
import { called, changeName, counted, mention } from '../words/names.ts'
import { clock, moment, since } from '../words/time.ts'
import { actions, header, message, sections } from './blocks.ts'
import { buttonsAmong, buttonsOf } from './migration-buttons.ts'

export interface Migrating {
  readonly pipeline: Pipeline
  /** The sha of the change that carries it. */
  readonly change: string
  readonly now: number
  /** Its repository's page; null: it has none. */
  readonly repository: string | null
  readonly logOf: (run: string) => string
  /** Where its issue can be opened; null: there is none. */
  readonly issue: string | null
}

const PICTURES: Readonly<Record<MigrationPhase, string>> = {
  waiting: '⬜',
  ready: '👉',
  running: '▶️',
  paused: '⏸️',
  failed: '❌',
  verifying: '🔍',
  verified: '✅',
  contracted: '🏁',
}

/** Those of one change, in travel order, over or not. */
const ofChange = ({ pipeline, change }: Pick<Migrating, 'pipeline' | 'change'>) =>
  pipeline.policy.environments.flatMap(
    ({ name }) =>
      pipeline.migrations.find((one) => one.change === change && one.environment === name) ?? [],
  )

export function migrationCard(seen: Migrating): Message {
  const { pipeline, change } = seen
  const all = ofChange(seen)
  const known = pipeline.changes.find(({ sha }) => sha === change) ?? { sha: change, number: null }
  const title = pipeline.changes.find(({ sha }) => sha === change)?.title ?? ''
  const owners = ownersOf(pipeline, change).map((name) => called(pipeline, name))
  const first = md`Migration of ${changeName(known, seen.repository)} ${clip(title, 90)}`
  const isLeft = all.some((one) => !OVER.includes(phaseOf(one)))
  const whose =
    owners.length === 0 || !isLeft ? nothing : md`It is ${listed(owners, 'or')}'s to run.`
  return message(md`🗄️ ${first}: ${join(all.map(shortly), ', ')}`, [
    header(`🗄️ Migration · ${pipeline.name}`),
    ...sections([first]),
    ...all
      .slice(0, PLACES_MAX)
      .flatMap((one) => [
        ...sections(lines(seen, one)),
        ...actions(buttonsAmong(pipeline, all, one)),
      ]),
    ...sections([...contract(seen, all), whose]),
  ])
}

/** Nothing is left to run. */
const OVER: readonly MigrationPhase[] = ['verified', 'contracted']

/** Two blocks each, of the fifty that a message takes. */
const PLACES_MAX = 20

const shortly = (one: Migration): Mrkdwn => md`${one.environment} ${phaseOf(one)}`

const BAR = 10

/** `▰▰▱▱▱▱▱▱▱▱ 1200 of 50000`. */
export function progressBar({ progress }: Migration): Mrkdwn {
  if (progress === null) return nothing
  const { done, of } = progress
  if (of === null || of <= 0) return md`${done}`
  const over = Math.min(BAR, Math.floor((done / of) * BAR))
  return md`${ours(`${'▰'.repeat(over)}${'▱'.repeat(BAR - over)}`)} ${done} of ${of}`
}

function lines(seen: Migrating, one: Migration): readonly Mrkdwn[] {
  const phase = phaseOf(one)
  const head = md`${PICTURES[phase]} *${one.environment}* · ${howItStands(seen, one)}`
  const tail = phase === 'failed' ? logTail(one.run?.tail.slice(-5) ?? [], 500) : nothing
  return [head, tail, ...waiting(seen, one)]
}

/** How it stands, in a few words. */
function howItStands(
  { pipeline, now, logOf }: Pick<Migrating, 'pipeline' | 'now' | 'logOf'>,
  one: Migration,
): Mrkdwn {
  const { begun, environment, run, liveSince, paused, verifiedAt, increments } = one
  const at = run === null ? '' : logOf(run.run)
  const log = at === '' ? nothing : link(at, md`log`)
  switch (phaseOf(one)) {
    case 'waiting': {
      const after = pipeline.policy.migrations?.afterMs ?? 0
      return liveSince === null
        ? md`waits until its change is live in ${environment}`
        : md`its change is live since ${clock(liveSince)}; it is ready at ${since(liveSince + after, now)}`
    }
    case 'ready':
      return md`ready to run`
    case 'running': {
      const end = endsAt(one, now)
      const by = begun === null ? nothing : md`run by ${called(pipeline, begun.by)}`
      const until = end === null ? nothing : md`done about ${since(end, now)}`
      const count = increments === 0 ? nothing : md`${counted(increments, 'increment')}`
      return join([progressBar(one), count, until, by, log], ' · ')
    }
    case 'paused': {
      const what = md`paused by ${called(pipeline, paused?.by ?? '')} at ${since(paused?.since ?? 0, now)}: ${clip(paused?.reason ?? '', 150)}`
      const atWork = run?.status === 'running' ? md`increment ${run.number} still runs` : nothing
      return join([progressBar(one), what, atWork], ' · ')
    }
    case 'failed': {
      const what = run?.kind === 'verify' ? md`its verification` : md`increment ${run?.number ?? 0}`
      const how =
        run?.status === 'unknown' ? md`nobody knows how ${what} ended` : md`${what} failed`
      return join([progressBar(one), md`${how}: ${clip(run?.reason ?? '', 150)}`, log], ' · ')
    }
    case 'verifying':
      return join([md`all moved, being verified`, log], ' · ')
    case 'verified':
      return md`verified ${moment(verifiedAt ?? 0)}`
    case 'contracted':
      return md`over: what it replaced is removed`
  }
}

/** One of them in a line of its own, where no card is. */
export function lineOf(pipeline: Pipeline, one: Migration, now: number): Mrkdwn {
  const its = pipeline.changes.find(({ sha }) => sha === one.change)
  const name = changeName(its ?? { sha: one.change, number: null })
  const how = howItStands({ pipeline, now, logOf: () => '' }, one)
  return md`${PICTURES[phaseOf(one)]} migration of ${name} in ${one.environment}: ${how}`
}

/** What keeps it from going on; that the next increment is not due yet is no news. */
function waiting(
  { pipeline, now }: Pick<Migrating, 'pipeline' | 'now'>,
  one: Migration,
): readonly Mrkdwn[] {
  const phase = phaseOf(one)
  if (phase !== 'running' && phase !== 'verifying') return []
  return waitsOf(pipeline, one, now)
    .filter(({ gate }) => gate !== 'soak' && gate !== 'occupied')
    .slice(0, 3)
    .map((wait) => md`• waits: ${clip(wait.message, 200)} → ${clip(wait.clearBy, 150)}`)
}

/** The same for whoever asks why nothing moves. */
export function waitLines(pipeline: Pipeline, one: Migration, now: number): readonly Mrkdwn[] {
  const phase = phaseOf(one)
  const isWaiting = phase === 'ready' || phase === 'paused' || phase === 'failed'
  const kept = waiting({ pipeline, now }, one)
  return isWaiting || kept.length > 0 ? [lineOf(pipeline, one, now), ...kept] : []
}

/** Once it is verified everywhere: the third step. */
function contract({ pipeline, issue }: Migrating, all: readonly Migration[]): readonly Mrkdwn[] {
  const open = all.filter(({ contract: by }) => by === null)
  if (open.length === 0 || open.some(({ verifiedAt }) => verifiedAt === null)) return []
  const where = issue === null ? nothing : md` ${link(issue, md`The issue`)}`
  return [md`🧹 Now remove the old code: ${marks(pipeline)}.${where}`]
}

/** How a change says that it removes the old code. */
export function marks({ policy: { migrations } }: Pipeline): Mrkdwn {
  const { labels = [], paths = [] } = migrations?.contract ?? {}
  const named = labels.slice(0, 3).map((label) => md`the label ${command(label)}`)
  const under = paths.slice(0, 3).map((path) => md`a path of ${command(path)}`)
  const all = [...named, ...under]
  return all.length === 0
    ? md`nothing says yet how a change is recognised that does`
    : md`a change that does bears ${listed(all, 'or')}`
}

/** To one of its owners, when it is for them to go on; null: it is not any more. */
export function migrationWord(
  { pipeline, change, now, repository, logOf }: Migrating,
  environment: string,
): Message | null {
  const one = answerable(pipeline).find(
    (its) => its.change === change && its.environment === environment,
  )
  if (one === undefined) return null
  const known = pipeline.changes.find(({ sha }) => sha === change) ?? { sha: change, number: null }
  const its = md`${pipeline.name}: the migration of your ${changeName(known, repository)}`
  switch (phaseOf(one)) {
    case 'ready': {
      const text = md`👉 ${its} is ready to run in ${environment}: the change is live there since ${since(one.liveSince ?? now, now)}.`
      return message(text, [...sections([text]), ...actions(buttonsOf(pipeline, one))])
    }
    case 'failed': {
      const { run } = one
      const log = run === null ? nothing : link(logOf(run.run), md`its log`)
      const text = md`❌ ${its} went wrong in ${environment}: ${clip(run?.reason ?? '', 200)}. Nothing of it starts until somebody resumes it.`
      const tail = logTail(run?.tail.slice(-8) ?? [], 700)
      return message(text, [...sections([text, tail, log]), ...actions(buttonsOf(pipeline, one))])
    }
    case 'verified': {
      if (one.contract !== null) return null
      const text = md`🧹 ${its} is verified in ${environment} since ${moment(one.verifiedAt ?? now)}, and the old code is still there. Remove it: ${marks(pipeline)}.`
      return message(text, [...sections([text])])
    }
    case 'waiting':
    case 'running':
    case 'paused':
    case 'verifying':
    case 'contracted':
      return null
  }
}

/** The same where people cannot be reached in person. */
export const mentioned = (pipeline: Pipeline, names: readonly string[]): Mrkdwn =>
  listed(
    names.slice(0, 5).map((name) => mention(pipeline, name)),
    'or',
  )
