/**
 * `signalbox plan`: what would happen to each train, as a terminal shows it.
 *
 * Invariant: it asks and changes nothing.
 */
import type { ApiClient } from './api-client.ts'
import { visible } from './visible.ts'

interface ChangeJson {
  readonly sha: string
  readonly number: number | null
  readonly title: string
  readonly author: string
}

interface PlanJson {
  readonly trains: readonly {
    readonly number: number
    readonly status: string
    readonly departs_at: string | null
    readonly left: readonly ChangeJson[]
    readonly stages: readonly {
      readonly environment: string
      readonly sha: string
      readonly base_sha: string | null
      readonly changes: readonly ChangeJson[]
      readonly not_before: string
      readonly soak_ms: number
      readonly gates: readonly {
        readonly gate: string
        readonly message: string
        readonly clear_by: string
        readonly opens_at: string | null
      }[]
    }[]
  }[]
}

/** Of one train, or of all: a line per environment, and under it each gate it would meet. */
export async function planText(
  api: ApiClient,
  pipeline: string,
  train: number | null,
): Promise<string> {
  const asked = train === null ? {} : { train }
  const path = `/pipelines/${encodeURIComponent(pipeline)}/plan`
  const { trains } = (await api.post(path, asked)) as unknown as PlanJson
  const lines = trains.flatMap((one) => {
    const departs = one.departs_at === null ? '' : ` · departs ${local(one.departs_at)}`
    const left = one.left.length === 0 ? '' : ` · stays for the next: ${named(one.left)}`
    return [`Train #${one.number} · ${one.status}${departs}${left}`, ...one.stages.flatMap(stage)]
  })
  return lines.length === 0 ? 'no such train is on the line' : lines.map(visible).join('\n')
}

type StageJson = PlanJson['trains'][number]['stages'][number]

function stage({ environment, sha, base_sha, changes, ...rest }: StageJson): readonly string[] {
  const range = `${base_sha === null ? 'nothing yet' : base_sha.slice(0, 8)} → ${sha.slice(0, 8)}`
  const names = changes.length === 0 ? 'no change' : named(changes)
  const soak = rest.soak_ms === 0 ? '' : `, then soaks ${Math.round(rest.soak_ms / 1_000)} s`
  return [
    `  ${environment}: ${range}, ${names} · not before ${local(rest.not_before)}${soak}`,
    ...rest.gates.map(({ gate, message, clear_by, opens_at }) => {
      const opens = opens_at === null ? '' : ` (opens ${local(opens_at)})`
      return `     ⏳ ${gate}: ${message}${opens} → ${clear_by}`
    }),
  ]
}

const local = (at: string): string => new Date(at).toLocaleString()

const named = (changes: readonly ChangeJson[]): string =>
  changes.map(({ number, sha }) => (number === null ? sha.slice(0, 8) : `#${number}`)).join(', ')
