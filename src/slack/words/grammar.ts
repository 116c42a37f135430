/**
 * The grammar of the slash commands.
 *
 * Invariant: pure; what is not understood never acts.
 */
import { type Asked, type Known, type Misread, misread } from './asked.ts'

export const GRAMMAR: readonly string[] = [
  '/deploy',
  '/deploy PIPELINE',
  '/deploy status|why|history|log [PIPELINE]',
  '/deploy stop|resume|cancel|retry PIPELINE REASON',
  '/deploy help',
  '/rollback PIPELINE [ENVIRONMENT] [to VERSION] [REASON]',
  '/lock PIPELINE [ENVIRONMENT] REASON',
  '/lock PIPELINE [ENVIRONMENT] release',
  '/lock status',
]

export type { Asked, Known, Misread } from './asked.ts'

const no = (message: string): Misread => misread(message, '/deploy help')

export function parse(
  slash: '/deploy' | '/rollback' | '/lock',
  text: string,
  known: Known,
): Asked | Misread {
  const words = text.trim().split(/\s+/).filter(Boolean)
  const [first = '', ...rest] = words
  if (slash === '/deploy') return deploy(first, rest, known)
  if (slash === '/lock' && (first === 'status' || first === '')) return { do: 'locks' }
  if (!known.pipelines.has(first)) return no(`There is no pipeline ${first}.`)
  const places = known.pipelines.get(first)?.environments ?? []
  const environment = places.find((name) => name === rest[0]) ?? null
  const after = environment === null ? rest : rest.slice(1)
  if (slash === '/rollback') {
    const to = after[0] === 'to' ? (after[1] ?? null) : null
    const reason = (to === null ? after : after.slice(2)).join(' ') || null
    return { do: 'preview_rollback', pipeline: first, environment, to, reason }
  }
  if (after.join(' ') === 'release') {
    return { do: 'command', pipeline: first, command: { type: 'unlock', environment, id: null } }
  }
  if (after.length === 0) return no('Say why it is locked.')
  const reason = after.join(' ')
  const command = {
    type: 'lock',
    id: '',
    environment,
    reason,
    forMs: null,
    takeOver: false,
  } as const
  return { do: 'command', pipeline: first, command }
}

function deploy(first: string, rest: readonly string[], known: Known): Asked | Misread {
  if (first === '') return { do: 'board' }
  if (first === 'help') return { do: 'help' }
  if (first === 'status' || first === 'why' || first === 'history' || first === 'log') {
    return { do: first, pipeline: rest[0] ?? known.here }
  }
  const pipeline = known.pipelines.has(first) ? first : (rest[0] ?? '')
  if (!known.pipelines.has(pipeline)) return no(`There is no pipeline or command ${first}.`)
  const reason = rest.slice(1).join(' ')
  if (first === 'stop' || first === 'resume') {
    return { do: 'command', pipeline, command: { type: first, reason } }
  }
  if (first === 'cancel' || first === 'retry') {
    return { do: 'command', pipeline, command: { type: first, train: null, reason } }
  }
  if (rest.length > 0) return no(`After ${first} nothing more is expected.`)
  const command = { type: 'depart', train: null, ref: null, environment: null, plan: null } as const
  return { do: 'command', pipeline, command }
}
