/**
 * One bounded question over HTTP, to an address of an origin that the server's own file names.
 *
 * Invariant: time and size are bounded, a redirect is an answer and is never followed, and what a
 * name leads to is looked at before it is connected to, by the very connection that uses it.
 */
import { lookup } from 'node:dns'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isAllowedAddress } from '../config/addresses.ts'

/** What came back; without an answer: whether anybody is there, and why not, in a few words. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  /** Something said for certain that nothing listens there. */
  | { readonly kind: 'refused'; readonly says: string }
  | { readonly kind: 'silent'; readonly says: string }

/** A longer time is no time to a timer: it would be over at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

/** More than this is no answer to a question about health. */
const BODY_BYTES_MAX = 1024 * 1024

/** Looked up and judged in one step: the address that was judged is the one that is used. */
const guarded: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (fault, found) => {
    if (fault !== null) return callback(fault, [])
    const wrong = found.find(({ address }) => !isAllowedAddress(address))
    if (wrong !== undefined) {
      return callback(new Error(`${hostname} leads to ${wrong.address}, which is never asked`), [])
    }
    const [first] = found
    if (options.all === true || first === undefined) return callback(null, found)
    callback(null, first.address, first.family)
  })
}

/** Asks with GET. Never throws: whatever goes wrong is an answer of its own. */
export const ask = (
  address: URL,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Answer> => bounded(address, { timeoutMs, signal, body: null })

/** Tells with POST, as JSON; the same otherwise. */
export const post = (
  address: URL,
  body: object,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<Answer> => {
  const { signal } = new AbortController()
  return bounded(address, { timeoutMs, signal, body: JSON.stringify(body) })
}

interface Asking {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Null: nothing is sent along. */
  readonly body: string | null
}

async function bounded(address: URL, { timeoutMs, signal, body }: Asking): Promise<Answer> {
  const host = address.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isAllowedAddress(host)) {
    return { kind: 'silent', says: `${host} is never asked` }
  }
  const late = AbortSignal.timeout(Math.min(timeoutMs, TIMEOUT_MS_MAX))
  try {
    return await answerOf(address, AbortSignal.any([late, signal]), body)
  } catch (fault) {
    if (late.aborted) return { kind: 'silent', says: 'out of time' }
    return unanswered(fault)
  }
}

function answerOf(address: URL, signal: AbortSignal, body: string | null): Promise<Answer> {
  const send = address.protocol === 'https:' ? secure : plain
  const accept = { accept: 'application/json, text/plain, */*', 'user-agent': 'signalbox' }
  const headers = body === null ? accept : { ...accept, 'content-type': 'application/json' }
  const method = body === null ? 'GET' : 'POST'
  const options = { lookup: guarded, signal, headers, method, agent: false } as const
  return new Promise((resolve, reject) => {
    const asked = send(address, options, (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes > BODY_BYTES_MAX) {
          asked.destroy()
          resolve({ kind: 'silent', says: 'answers with more than 1 MB' })
        } else parts.push(part)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          kind: 'answered',
          status: response.statusCode ?? 0,
          body: Buffer.concat(parts).toString('utf8'),
        }),
      )
    })
    // Left to itself, a connection that is no longer HTTP is closed without a word to anybody.
    asked.on('upgrade', ({ statusCode }, socket) => {
      socket.destroy()
      resolve({ kind: 'answered', status: statusCode ?? 0, body: '' })
    })
    asked.on('error', reject)
    asked.on('close', () => reject(new Error('hung up')))
    asked.end(body ?? undefined)
  })
}

function unanswered(fault: unknown): Answer {
  const found = fault instanceof AggregateError ? fault.errors[0] : fault
  const code: unknown = found instanceof Error && 'code' in found ? found.code : null
  switch (code) {
    case 'ECONNREFUSED':
      return { kind: 'refused', says: 'nothing listens there' }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { kind: 'silent', says: 'its name is not known' }
    case 'ECONNRESET':
      return { kind: 'silent', says: 'hung up' }
    default:
      return { kind: 'silent', says: found instanceof Error ? found.message : String(found) }
  }
}
