/**
 * The verbs of migrations: how they stand, run, pause, resume.
 *
 * Invariant: thin. What may be done and why not is the server's to say, never decided here.
 */
import type { ApiClient } from './api-client.ts'
import { visible } from './visible.ts'
import { type Fields, type Sub, type Tell, words } from './words.ts'

export interface MigrationJson {
  readonly change: string
  readonly number: number | null
  readonly title: string | null
  readonly environment: string
  readonly phase: string
  readonly ready_at: string | null
  readonly owners: readonly string[]
  readonly increments: number
  readonly done: number | null
  readonly of: number | null
  readonly ends_at: string | null
  readonly paused: { readonly by: string; readonly reason: string } | null
  readonly run: {
    readonly run: string
    readonly status: string
    readonly reason: string | null
  } | null
  readonly waits: readonly {
    readonly gate: string
    readonly message: string
    readonly clear_by: string
  }[]
}

export function addMigrations(sub: Sub, api: ApiClient, tell: Tell): void {
  const migration = sub('migration', 'data that a change moves once it is live and stable')
  migration
    .command('list <pipeline>')
    .description('which stand, how far each is, and what it waits for')
    .action(async (pipeline: string) => {
      const state = await api.get(`/pipelines/${encodeURIComponent(pipeline)}`)
      const all = (state['migrations'] ?? []) as readonly MigrationJson[]
      const lines = all.flatMap(migrationLines)
      console.log(lines.length === 0 ? 'no migration stands' : lines.map(visible).join('\n'))
    })
  migration
    .command('run <pipeline> [change]')
    .description(
      'let the one run that is ready; where several are, NUMBER (12, or a short sha) says which',
    )
    .option('--environment <name>', 'by default the first where it is ready')
    .action((pipeline: string, change: string | undefined, given: Fields) =>
      tell(pipeline, { type: 'run_migration', ...named(change), ...given }),
    )
  migration
    .command('pause <pipeline> <change> <reason...>')
    .description('what runs of it ends, and nothing more begins')
    .option('--environment <name>', 'by default the first where it can be paused')
    .action((pipeline: string, change: string, reason: readonly string[], given: Fields) =>
      tell(pipeline, { type: 'pause_migration', change, reason: words(reason), ...given }),
    )
  migration
    .command('resume <pipeline> <change> [reason...]')
    .description('go on after a pause; after a failure, with that increment once more')
    .option('--environment <name>', 'by default the first that was paused or failed')
    .action((pipeline: string, change: string, reason: readonly string[], given: Fields) =>
      tell(pipeline, {
        type: 'resume_migration',
        change,
        ...(reason.length === 0 ? {} : { reason: words(reason) }),
        ...given,
      }),
    )
}

const named = (change: string | undefined): Fields => (change === undefined ? {} : { change })

/** One migration in one environment, named as a shell takes it (`#12` would be a comment), and what it waits for. */
export function migrationLines(one: MigrationJson): readonly string[] {
  const name = one.number === null ? one.change.slice(0, 8) : String(one.number)
  const amount = one.done === null ? '' : ` · ${one.done}${one.of === null ? '' : ` of ${one.of}`}`
  const count = one.increments === 0 ? '' : ` · ${one.increments} increments`
  const end = one.ends_at === null ? '' : ` · done about ${new Date(one.ends_at).toLocaleString()}`
  const at = one.ready_at === null ? '' : new Date(one.ready_at).toLocaleString()
  const what = (): string => {
    switch (one.phase) {
      case 'waiting':
        return at === '' ? ' · its change is not live there' : ` · ready at ${at}`
      case 'ready':
        return ` · ${one.owners.join(' or ') || 'somebody'} runs it`
      case 'paused':
        return one.paused === null ? '' : ` · ${one.paused.by}: ${one.paused.reason}`
      case 'failed':
        return one.run === null
          ? ''
          : ` · ${one.run.status} ${one.run.run}: ${one.run.reason ?? ''}`
      default:
        return ''
    }
  }
  return [
    `🗄️ migration of ${name} in ${one.environment} · ${one.phase}${what()}${amount}${count}${end}`,
    ...one.waits
      .filter(({ gate }) => gate !== 'soak')
      .map(({ gate, message, clear_by }) => `     ⏳ ${gate}: ${message} → ${clear_by}`),
  ]
}
