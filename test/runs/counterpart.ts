/**
 * A server as an agent sees it: claims, cancels, reports and logs over real HTTP.
 *
 * Invariant: it keeps what it was told, in order, and can be made to be away.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type {
  AccountReport,
  PollAnswer,
  PollRequest,
  RunOrder,
  RunReport,
} from '../../src/runs/protocol.ts'

export interface Counterpart {
  readonly url: string
  readonly token: string
  readonly polls: PollRequest[]
  readonly reports: RunReport[]
  readonly accounts: AccountReport[]
  readonly logs: Map<string, Buffer>
  /** Claimed until their end is reported. */
  readonly orders: RunOrder[]
  readonly cancels: string[]
  readonly fetch: string[]
  /** What reports are answered with; 500: away. */
  reportStatus: number
  readonly endOf: (run: string) => RunReport | undefined
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function startCounterpart(): Promise<Counterpart> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const [status, answer] = answerTo(counterpart, request, body)
      // As a long poll: an idle answer takes a moment.
      setTimeout(() => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(answer))
      }, 5)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const counterpart: Counterpart = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'agent-token',
    polls: [],
    reports: [],
    accounts: [],
    logs: new Map(),
    orders: [],
    cancels: [],
    fetch: [],
    reportStatus: 200,
    endOf: (run) => counterpart.reports.find((it) => it.run === run && it.status !== 'started'),
  }
  return counterpart
}

function answerTo(
  counterpart: Counterpart,
  { url = '', headers }: IncomingMessage,
  body: Buffer,
): readonly [status: number, answer: unknown] {
  if (headers.authorization !== `Bearer ${counterpart.token}`) return [401, {}]
  const { pathname, searchParams } = new URL(url, counterpart.url)
  if (pathname === '/api/v1/agent/poll') {
    counterpart.polls.push(JSON.parse(body.toString()))
    const { orders, cancels, fetch, endOf } = counterpart
    const claims = orders.filter(({ run }) => endOf(run) === undefined)
    return [200, { claims, cancels, fetch: fetch.splice(0) } satisfies PollAnswer]
  }
  if (pathname === '/api/v1/agent/report') {
    if (counterpart.reportStatus !== 500) counterpart.reports.push(JSON.parse(body.toString()))
    return [counterpart.reportStatus, {}]
  }
  if (pathname === '/api/v1/agent/account') {
    if (counterpart.reportStatus !== 500) counterpart.accounts.push(JSON.parse(body.toString()))
    return [counterpart.reportStatus, {}]
  }
  const run = pathname.replace('/api/v1/agent/log/', '')
  const known = counterpart.logs.get(run) ?? Buffer.alloc(0)
  if (Number(searchParams.get('offset')) !== known.length) return [409, { offset: known.length }]
  const longer = Buffer.concat([known, body])
  counterpart.logs.set(run, longer)
  return [200, { offset: longer.length }]
}
