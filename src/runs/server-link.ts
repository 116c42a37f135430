/**
 * How an agent speaks to the server.
 *
 * Invariant: every call has a time limit, and a failed one says whether to repeat it.
 */
import type { AccountReport, PollAnswer, PollRequest, RunReport } from './protocol.ts'

export interface ServerLink {
  /** Throws when the server cannot be reached. */
  readonly poll: (request: PollRequest, signal: AbortSignal) => Promise<PollAnswer>
  /** `done`: recorded, or refused for good; `again`: the server is not there now. */
  readonly report: (report: RunReport) => Promise<'done' | 'again'>
  /** `unknown_place`: this server has no such environment. */
  readonly account: (report: AccountReport) => Promise<'done' | 'again' | 'unknown_place'>
  /** Appends to the log; answers the offset to go on from. Throws when it must be repeated. */
  readonly log: (run: string, offset: number, bytes: Uint8Array) => Promise<number>
}

const TIMEOUT_MS = 10_000

export interface Server {
  readonly url: string
  readonly token: string
}

/** `where` is asked at every call: an embedded server may come back on another port. */
export function createServerLink(where: () => Server): ServerLink {
  const post = async (
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Response> => {
    const { url, token } = where()
    const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream'
    const headers = { authorization: `Bearer ${token}`, 'content-type': type }
    return fetch(`${url}/api/v1/agent/${path}`, { method: 'POST', headers, body, signal })
  }
  return {
    poll: async (request, signal) => {
      const limit = AbortSignal.timeout(request.waitMs + TIMEOUT_MS)
      const either = AbortSignal.any([signal, limit])
      const answer = await post('poll', JSON.stringify(request), either)
      if (!answer.ok) throw new Error(`the server answers ${answer.status}: ${await answer.text()}`)
      return (await answer.json()) as PollAnswer
    },
    report: async (report) => {
      const limit = AbortSignal.timeout(TIMEOUT_MS)
      const answer = await post('report', JSON.stringify(report), limit).catch(() => null)
      await answer?.body?.cancel()
      const final = answer?.ok || answer?.status === 409 || answer?.status === 404
      return final ? 'done' : 'again'
    },
    account: async (report) => {
      const limit = AbortSignal.timeout(TIMEOUT_MS)
      const answer = await post('account', JSON.stringify(report), limit).catch(() => null)
      await answer?.body?.cancel()
      if (answer?.ok) return 'done'
      return answer?.status === 404 ? 'unknown_place' : 'again'
    },
    log: async (run, offset, bytes) => {
      const limit = AbortSignal.timeout(TIMEOUT_MS)
      const path = `log/${encodeURIComponent(run)}?offset=${offset}`
      const answer = await post(path, new Uint8Array(bytes), limit)
      if (!answer.ok && answer.status !== 409)
        throw new Error(`the server answers ${answer.status}`)
      return ((await answer.json()) as { offset: number }).offset
    },
  }
}
