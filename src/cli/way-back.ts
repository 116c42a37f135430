/**
 * The verbs of the way back: rollback with its preview, vetoes, words for others, broken glass.
 *
 * Invariant: `rollback` without a reason only looks; what it would need is named before it is done.
 */
import type { ApiClient } from './api-client.ts'
import { type MigrationJson, migrationLines } from './migration.ts'
import { visible } from './visible.ts'
import { type Fields, list, type Sub, type Tell, whole, words } from './words.ts'

export function addWayBack(sub: Sub, api: ApiClient, tell: Tell): void {
  sub('rollback <pipeline> [reason...]', 'put an earlier release back; without a reason: preview')
    .option('--environment <name>', 'by default the last one')
    .option('--to <sha>', 'which past release; by default the one before')
    .option('--abort', 'end the deployment that is under way there first')
    .option('--settle', 'declare dead a deployment, or an increment, of which nobody knows the end')
    .option('--take-over', 'although somebody else holds a lock')
    .action(async (pipeline: string, reason: readonly string[], given: Fields) => {
      const { takeOver, ...rest } = given
      if (reason.length === 0) return console.log(await preview(api, pipeline, rest))
      const over = takeOver === undefined ? {} : { take_over: takeOver }
      return tell(pipeline, { type: 'roll_back', reason: words(reason), ...rest, ...over })
    })
  sub('keep <pipeline> [reason...]', 'cancel the countdown to an automatic rollback')
    .option('--environment <name>', 'by default wherever one runs')
    .action((pipeline: string, reason: readonly string[], given: Fields) =>
      tell(pipeline, {
        type: 'cancel_countdown',
        ...given,
        ...(reason.length === 0 ? {} : { reason: words(reason) }),
      }),
    )
  sub('flag-off <pipeline> <flag>', 'turn a flag off, quicker than a rollback')
    .option('--environment <name>', 'by default the last one')
    .action((pipeline: string, flag: string, given: Fields) =>
      tell(pipeline, { type: 'flag_off', flag, ...given }),
    )
  sub(
    'release-veto <pipeline> <train> <reason...>',
    'let a train carry what was taken back, for its sha',
  ).action((pipeline: string, train: string, reason: readonly string[]) =>
    tell(pipeline, { type: 'release_veto', train: whole(train), reason: words(reason) }),
  )
  sub(
    'vouch <pipeline> <train> <change> <reason...>',
    'yes for an author who does not answer',
  ).action((pipeline: string, train: string, change: string, reason: readonly string[]) =>
    tell(pipeline, { type: 'vouch', train: whole(train), change, reason: words(reason) }),
  )
  sub(
    'record-release <pipeline> <environment> <sha> <reason...>',
    'say what is live there without us',
  ).action((pipeline: string, environment: string, sha: string, reason: readonly string[]) =>
    tell(pipeline, { type: 'record_release', environment, sha, reason: words(reason) }),
  )
  sub('break-glass <pipeline> <reason...>', 'pass gates with the present plan, once')
    .option('--train <number>', 'by default the first on the line', whole)
    .option('--environment <name>', 'by default the next one')
    .option('--gate <gate>', 'may be repeated; by default what people’s words would open', list)
    .action((pipeline: string, reason: readonly string[], { gate, ...given }: Fields) =>
      tell(pipeline, {
        type: 'break_glass',
        reason: words(reason),
        ...given,
        ...(gate === undefined ? {} : { gates: gate }),
      }),
    )
}

interface PreviewJson {
  readonly environment: string
  readonly from: string | null
  readonly to: { readonly sha: string; readonly train: number | null }
  readonly trains: readonly number[]
  readonly changes: readonly {
    readonly sha: string
    readonly number: number | null
    readonly title: string
    readonly author: string
  }[]
  readonly needs: readonly ('abort' | 'settle')[]
  readonly locks: readonly { readonly by: string; readonly reason: string }[]
  /** Absent of a server before migrations. */
  readonly migrations?: readonly MigrationJson[]
}

async function preview(api: ApiClient, pipeline: string, given: Fields): Promise<string> {
  const asked = new URLSearchParams()
  for (const key of ['environment', 'to']) {
    if (typeof given[key] === 'string') asked.set(key, given[key])
  }
  const path = `/pipelines/${encodeURIComponent(pipeline)}/rollback?${asked}`
  const seen = (await api.get(path)) as unknown as PreviewJson
  const short = (sha: string | null): string => sha?.slice(0, 8) ?? 'nothing'
  const whose = seen.to.train === null ? 'recorded by hand' : `train #${seen.to.train}`
  const lines = [
    `${seen.environment}: ${short(seen.from)} → ${short(seen.to.sha)} (${whose})`,
    ...seen.changes.map(
      ({ sha, number, title, author }) =>
        `  takes back ${number === null ? short(sha) : `#${number}`} ${title} · ${author}`,
    ),
    ...seen.locks.map(({ by, reason }) => `  🔒 ${by}: ${reason}`),
    ...(seen.migrations ?? []).flatMap((one) => [
      ...migrationLines({ ...one, waits: [] }).map((line) => `  ⚠ ${line}`),
      '    the code that comes back may not know the new schema',
    ]),
    ...seen.needs.map((word) => `  needs --${word}`),
    `Nothing was done. To do it: signalbox rollback ${pipeline} REASON`,
  ]
  return lines.map(visible).join('\n')
}
