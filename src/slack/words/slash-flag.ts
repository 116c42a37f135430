/**
 * `/deploy flag off PIPELINE FLAG [in ENVIRONMENT]`, read.
 *
 * Invariant: a flag is one word; whether it may be one is the core's to say.
 */
import { type Asked, type Known, type Misread, misread } from './asked.ts'
import { equal, isMisread, pipelineOf, slip } from './places.ts'
import { joined, type Token } from './tokens.ts'

const VERB = '/deploy flag off'

export function flagAsked(parts: readonly Token[], known: Known): Asked | Misread {
  const [off, ...named] = parts
  if (!equal(off, 'off')) {
    return misread('A flag is only turned off from here.', `${VERB} PIPELINE FLAG`)
  }
  const place = pipelineOf(named, VERB, known)
  if (isMisread(place)) return place
  const { pipeline, rest } = place
  const [flag, inside, where, ...more] = rest
  if (flag === undefined) return misread('Which flag?', `${VERB} ${pipeline} FLAG`)
  const asked = (environment: string | null): Asked => {
    const command = { type: 'flag_off', environment, flag: flag.text } as const
    return { do: 'command', pipeline, command }
  }
  if (inside === undefined) return asked(null)
  const names = known.pipelines.get(pipeline)?.environments ?? []
  const environment = names.find((name) => equal(where, name))
  if (equal(inside, 'in') && environment !== undefined && more.length === 0) {
    return asked(environment)
  }
  const meant = slip(where?.text ?? '', names) ?? names.at(-1) ?? 'ENVIRONMENT'
  return misread(
    `What is meant by ${joined(rest.slice(1))}? A flag is turned off \`in\` one of ${names.join(', ')}.`,
    `${VERB} ${pipeline} ${flag.text} in ${meant}`,
  )
}
