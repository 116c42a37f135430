/**
 * The slash commands: the table people are shown, and how what they type is read.
 *
 * Invariant: pure, and a typo never acts: whatever is no command of the table is a misread, with
 * the nearest command as a suggestion.
 */
import type { Command } from '../../core/command.ts'
import { type Asked, type Known, type Misread, misread } from './asked.ts'
import { equal, isMisread, pipelineOf, slip } from './places.ts'
import { flagAsked } from './slash-flag.ts'
import { linkAsked } from './slash-link.ts'
import { lockAsked, rollbackAsked } from './slash-lock.ts'
import { migrateAsked } from './slash-migrate.ts'
import type { Slash } from './slash-table.ts'
import { joined, type Token, tokens } from './tokens.ts'

export type { Asked, Known, Misread }

/** What glass can be broken for, and what never: the core answers which is which. */
const GATES: readonly string[] =
  'checks consent approvals window soak hold stopped lock order veto facts occupied unknown failed diverged migration'.split(
    ' ',
  )

const LOOKS = ['status', 'why', 'history', 'log'] as const
const ACTS = [
  'stop',
  'claim',
  'resume',
  'cancel',
  'keep',
  'retry',
  'continue',
  'pause',
  'skip',
] as const
const VERBS: readonly string[] = [...LOOKS, ...ACTS, 'flag', 'migrate', 'link', 'token', 'help']

/** Longer is no command, and matching it would only cost time. */
const TYPED_MAX = 2_000

export function parse(slash: Slash, text: string, known: Known): Asked | Misread {
  if (text.length > TYPED_MAX) return misread('That is too long to be a command.')
  const parts = tokens(text)
  switch (slash) {
    case '/deploy':
      return deployAsked(parts, known)
    case '/rollback':
      return rollbackAsked(parts, known)
    case '/lock':
      return lockAsked(parts, known)
  }
}

function deployAsked(parts: readonly Token[], known: Known): Asked | Misread {
  const [first, ...rest] = parts
  if (first === undefined) return { do: 'board' }
  if (equal(first, 'help') && rest.length === 0) return { do: 'help' }
  if (equal(first, 'token') && rest.length === 0) return { do: 'token' }
  if (equal(first, 'link')) return linkAsked(rest)
  if (equal(first, 'flag')) return flagAsked(rest, known)
  if (equal(first, 'migrate')) return migrateAsked(rest, known)
  const look = LOOKS.find((verb) => equal(first, verb))
  if (look !== undefined) return looked(look, rest, known)
  const act = ACTS.find((verb) => equal(first, verb))
  if (act !== undefined) return acted(act, rest, known)
  return goAsked(first, rest, known)
}

function looked(
  look: (typeof LOOKS)[number],
  rest: readonly Token[],
  known: Known,
): Asked | Misread {
  if (rest.length === 0) return { do: look, pipeline: known.here }
  const place = pipelineOf(rest, `/deploy ${look}`, { ...known, here: null })
  if (isMisread(place)) return place
  return place.rest.length === 0
    ? { do: look, pipeline: place.pipeline }
    : misread(`What is meant by ${joined(place.rest)}?`, `/deploy ${look} ${place.pipeline}`)
}

function acted(act: (typeof ACTS)[number], rest: readonly Token[], known: Known): Asked | Misread {
  const place = pipelineOf(rest, `/deploy ${act}`, known)
  if (isMisread(place)) return place
  const { pipeline } = place
  const reason = joined(place.rest)
  if (act === 'claim') {
    return reason === ''
      ? { do: 'command', pipeline, command: { type: 'claim' } }
      : misread(
          `What is meant by ${reason}? To claim takes no reason.`,
          `/deploy claim ${pipeline}`,
        )
  }
  if (reason === '' && act !== 'retry' && act !== 'keep') {
    return misread(
      `To ${act}, give a reason: others will read it.`,
      `/deploy ${act} ${pipeline} REASON`,
    )
  }
  return { do: 'command', pipeline, command: commandOf(act, reason) }
}

function commandOf(act: Exclude<(typeof ACTS)[number], 'claim'>, reason: string): Command {
  switch (act) {
    case 'stop':
    case 'resume':
      return { type: act, reason }
    case 'cancel':
      return { type: 'cancel', train: null, reason }
    case 'continue':
      return { type: 'continue', environment: null, reason }
    case 'pause':
      return { type: 'pause_rollout', environment: null, reason }
    case 'skip':
      return { type: 'skip_to_full', environment: null, reason }
    case 'keep': {
      const why = reason === '' ? null : reason
      const whichever = { environment: null, deployment: null, since: null }
      return { type: 'cancel_countdown', ...whichever, reason: why }
    }
    case 'retry':
      return { type: 'retry', train: null, reason: reason === '' ? null : reason }
  }
}

/** `PIPELINE`, `PIPELINE@REF`, `PIPELINE!`; the pipeline may be the channel's. */
function goAsked(first: Token, rest: readonly Token[], known: Known): Asked | Misread {
  const shape = first.quoted ? null : /^([^@!]*)(?:@(.+)|(!))?$/.exec(first.text)
  const [, name = '', ref, bang] = shape ?? []
  const pipeline = [...known.pipelines.keys()].find((one) => one === name.toLowerCase())
  const own = name === '' && (ref !== undefined || bang !== undefined) ? known.here : null
  const found = pipeline ?? own
  if (found === null) return unknown(first, rest, known)
  if (ref !== undefined) return special(found, ref, { rest, known })
  if (bang !== undefined) return glass(found, rest)
  if (rest.length === 0) {
    const command = {
      type: 'depart',
      train: null,
      ref: null,
      environment: null,
      plan: null,
    } as const
    return { do: 'command', pipeline: found, command }
  }
  const [next] = rest
  if (rest.length > 0 && next?.text === '!') {
    return misread(
      'The ! stands right behind the name.',
      `/deploy ${found}! ${joined(rest.slice(1)) || 'REASON'}`,
    )
  }
  return misread(
    `What is meant by ${joined(rest)}? A train goes through every environment in order.`,
    `/deploy ${found}`,
  )
}

/** Nothing known begins like this: the nearest command is suggested. */
function unknown(first: Token, rest: readonly Token[], known: Known): Misread {
  const [, name = first.text, tail = ''] = /^([^@!]*)([@!].*)?$/s.exec(first.text) ?? []
  const pipeline = slip(name, known.pipelines.keys())
  const verb = slip(name, VERBS)
  const meant = verb ?? (pipeline === undefined ? undefined : `${pipeline}${tail}`)
  const all = [...known.pipelines.keys()].slice(0, 12).join(', ')
  return misread(
    `There is no pipeline or command ${first.text}; pipelines are ${all || 'none yet'}.`,
    meant === undefined
      ? '/deploy help'
      : ['/deploy', meant, joined(rest)].filter((part) => part !== '').join(' '),
  )
}

function special(
  pipeline: string,
  ref: string,
  { rest, known }: { readonly rest: readonly Token[]; readonly known: Known },
): Asked | Misread {
  if (rest.length === 0) return { do: 'special', pipeline, ref, environment: null }
  const [to, where, ...more] = rest
  const names = known.pipelines.get(pipeline)?.environments ?? []
  const environment = names.find((name) => equal(where, name))
  if (equal(to, 'to') && environment !== undefined && more.length === 0) {
    return { do: 'special', pipeline, ref, environment }
  }
  const last = names.at(-1) ?? 'ENVIRONMENT'
  const meant = slip((equal(to, 'to') ? where : to)?.text ?? '', names) ?? last
  return misread(
    `A special train goes \`to\` one of ${names.join(', ')}.`,
    `/deploy ${pipeline}@${ref} to ${meant}`,
  )
}

/** A list of gates, if the next word is one; then the reason. */
function glass(pipeline: string, rest: readonly Token[]): Asked | Misread {
  const [first, ...others] = rest
  const words = first === undefined || first.quoted ? [] : first.text.toLowerCase().split(',')
  const isList = words.length > 0 && words.every((word) => GATES.includes(word))
  const wrong = words.find((word) => !GATES.includes(word))
  const meant = wrong === undefined ? undefined : slip(wrong, GATES)
  const looksLikeList = words.length > 1 && words.every((word) => word !== '')
  if (!isList && wrong !== undefined && (looksLikeList || meant !== undefined)) {
    const mended = words.map((word) => (word === wrong ? (meant ?? 'GATE') : word)).join(',')
    return misread(
      `There is no gate ${wrong}. If it is the reason’s first word, quote the reason.`,
      `/deploy ${pipeline}! ${mended} ${joined(others) || 'REASON'}`,
    )
  }
  const reason = joined(isList ? others : rest)
  if (reason === '') {
    const list = isList ? ` ${words.join(',')}` : ''
    return misread(
      'Broken glass needs a reason: it is told to everyone and kept.',
      `/deploy ${pipeline}!${list} REASON`,
    )
  }
  const command = {
    type: 'break_glass',
    train: null,
    environment: null,
    gates: isList ? words : [],
    reason,
  } as const
  return { do: 'command', pipeline, command }
}
