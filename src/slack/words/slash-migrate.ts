/**
 * `/deploy migrate PIPELINE [#NUMBER] [run|pause|resume] [in ENVIRONMENT] [REASON]`, read.
 *
 * Invariant: without one of its acts it only looks; a pause says why.
 */
import { type Asked, type Known, type Misread, misread } from './asked.ts'
import { equal, isMisread, pipelineOf, slip } from './places.ts'
import { joined, type Token } from './tokens.ts'

const VERB = '/deploy migrate'

const ACTS = ['run', 'pause', 'resume'] as const

const CHANGE = /^(?:#[1-9]\d{0,9}|[0-9a-f]{7,64})$/

export function migrateAsked(parts: readonly Token[], known: Known): Asked | Misread {
  const place = pipelineOf(parts, VERB, known)
  if (isMisread(place)) return place
  const { pipeline } = place
  const [first] = place.rest
  const isNamed = first !== undefined && !first.quoted && CHANGE.test(first.text)
  const change = isNamed ? first.text : null
  const [verb, ...rest] = isNamed ? place.rest.slice(1) : place.rest
  if (verb === undefined) return { do: 'migrations', pipeline, change }
  const act = ACTS.find((one) => equal(verb, one))
  const start = [VERB, pipeline, ...(change === null ? [] : [change])].join(' ')
  if (act === undefined) {
    const meant = slip(verb.text, ACTS)
    return misread(
      `What is meant by ${verb.text}? A migration is named like #12, and it is to run, pause or resume.`,
      meant === undefined ? start : [start, meant, joined(rest)].join(' ').trim(),
    )
  }
  const where = environmentIn(rest, { pipeline, start: `${start} ${act}`, known })
  if (isMisread(where)) return where
  const { environment } = where
  const reason = joined(where.rest)
  if (act === 'run') {
    return reason === ''
      ? { do: 'command', pipeline, command: { type: 'run_migration', change, environment } }
      : misread(`What is meant by ${reason}? To run takes no reason.`, `${start} run`)
  }
  if (act === 'resume') {
    const why = reason === '' ? null : reason
    const command = { type: 'resume_migration', change, environment, reason: why } as const
    return { do: 'command', pipeline, command }
  }
  if (reason === '') {
    return misread('To pause, give a reason: others will read it.', `${start} pause REASON`)
  }
  const command = { type: 'pause_migration', change, environment, reason } as const
  return { do: 'command', pipeline, command }
}

/** `in ENVIRONMENT`, if that is what comes next; another word after `in` begins a reason. */
function environmentIn(
  rest: readonly Token[],
  at: { readonly pipeline: string; readonly start: string; readonly known: Known },
): { readonly environment: string | null; readonly rest: readonly Token[] } | Misread {
  const [inside, where, ...more] = rest
  if (!equal(inside, 'in') || where === undefined) return { environment: null, rest }
  const names = at.known.pipelines.get(at.pipeline)?.environments ?? []
  const environment = names.find((name) => equal(where, name))
  if (environment !== undefined) return { environment, rest: more }
  const meant = where.quoted ? undefined : slip(where.text, names)
  return meant === undefined
    ? { environment: null, rest }
    : misread(
        `There is no environment ${where.text}.`,
        [at.start, 'in', meant, joined(more)].join(' ').trim(),
      )
}
