/**
 * `/lock` and `/rollback`, read.
 *
 * Invariant: `release` acts only as the last word with nothing but a place before it, and a
 * duration counts only at the end.
 */
import { parseDuration } from '../../core/duration.ts'
import { type Asked, type Known, type Misread, misread } from './asked.ts'
import { environmentOf, equal, isMisread, type Place, pipelineOf, slip } from './places.ts'
import { joined, type Token } from './tokens.ts'

export function lockAsked(parts: readonly Token[], known: Known): Asked | Misread {
  const [first, ...rest] = parts
  if (first === undefined || (rest.length === 0 && equal(first, 'status'))) return { do: 'locks' }
  if (rest.length === 0 && equal(first, 'help')) return { do: 'help' }
  if (equal(first, 'all')) return everything(rest)
  const place = pipelineOf(parts, '/lock', known)
  if (isMisread(place)) return place
  const found = environmentOf(place, '/lock', known)
  if (isMisread(found)) return found
  const { environment } = found
  const { pipeline } = place
  const named = ['/lock', pipeline, ...(environment === null ? [] : [environment])].join(' ')
  if (found.rest.length === 1 && equal(found.rest[0], 'release')) {
    return { do: 'command', pipeline, command: { type: 'unlock', environment, id: null } }
  }
  const words = reasonFor(found.rest, named)
  if (isMisread(words)) return words
  const { reason, forMs } = words
  const command = { type: 'lock', id: '', environment, reason, forMs, takeOver: false } as const
  return { do: 'command', pipeline, command }
}

function everything(rest: readonly Token[]): Asked | Misread {
  if (rest.length === 1 && equal(rest[0], 'release')) return { do: 'unlock_all' }
  const words = reasonFor(rest, '/lock all')
  return isMisread(words) ? words : { do: 'lock_all', ...words }
}

/** The reason and, at its end, for how long. */
function reasonFor(
  rest: readonly Token[],
  named: string,
): { readonly reason: string; readonly forMs: number | null } | Misread {
  const last = rest.at(-1)
  if (rest.length > 1 && equal(last, 'release')) {
    return misread(
      'Lock or release? To release, write only that; to lock for this reason, quote it.',
      `${named} release`,
    )
  }
  const timed = rest.length >= 2 && equal(rest.at(-2), 'for')
  const ms = timed && last !== undefined && !last.quoted ? parseDuration(last.text) : undefined
  if (timed && ms === undefined && last !== undefined && !last.quoted && /^\d/.test(last.text)) {
    return misread(
      `${last.text} is no duration: write 30m, 2h or 1d, or quote the reason.`,
      `${named} ${joined(rest.slice(0, -2)) || 'REASON'} for 2h`,
    )
  }
  if (ms === 0) return misread('A lock for no time is none.')
  const words = ms === undefined ? rest : rest.slice(0, -2)
  const reason = joined(words)
  if (reason === '') {
    return misread(
      'A lock needs a reason: others will read it.',
      `${named} REASON${ms === undefined ? '' : ` for ${last?.text ?? '2h'}`}`,
    )
  }
  const only = words.length === 1 && words[0]?.quoted === false ? words[0].text : ''
  if (only !== '' && slip(only, ['release', 'status']) !== undefined) {
    return misread(`Is ${only} a reason? Then quote it.`, `${named} release`)
  }
  return { reason, forMs: ms ?? null }
}

/** `/rollback` never acts by itself: it asks for a preview, which has the buttons. */
export function rollbackAsked(parts: readonly Token[], known: Known): Asked | Misread {
  if (parts.length === 1 && equal(parts[0], 'help')) return { do: 'help' }
  const place = pipelineOf(parts, '/rollback', known)
  if (isMisread(place)) return place
  const found = environmentOf(place, '/rollback', known)
  if (isMisread(found)) return found
  return previewOf(place, found.environment, found.rest)
}

function previewOf(
  { pipeline }: Place,
  environment: string | null,
  rest: readonly Token[],
): Asked | Misread {
  const [word, version, ...others] = rest
  const named = ['/rollback', pipeline, ...(environment === null ? [] : [environment])].join(' ')
  const preview = { do: 'preview_rollback', pipeline, environment } as const
  if (!equal(word, 'to')) return { ...preview, to: null, reason: joined(rest) || null }
  if (version === undefined) {
    return misread('Back to which version? Without `to` it is the one before.', named)
  }
  return { ...preview, to: version.text.replace(/^#/, ''), reason: joined(others) || null }
}
