/**
 * What a verification looks at, over real HTTP: instances of a service, and a server of metrics.
 *
 * Invariant: it answers only what the test has set; a server that is down does not listen.
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens where the system says; started again, on the same port. */
class Listener {
  private server: Server | null = null
  private port = 0
  private readonly answer: (path: URL, response: ServerResponse) => void

  constructor(answer: (path: URL, response: ServerResponse) => void) {
    this.answer = answer
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async up(): Promise<void> {
    const server = createServer((request, response) =>
      this.answer(new URL(request.url ?? '/', 'http://here'), response),
    )
    await new Promise<void>((ready) => server.listen(this.port, '127.0.0.1', ready))
    this.port = (server.address() as AddressInfo).port
    this.server = server
  }

  async down(): Promise<void> {
    const { server } = this
    this.server = null
    if (server === null) return
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
}

/** How an instance answers: truly, or as something is wrong with it. */
export type Manner =
  | 'well'
  | 'error'
  | 'hangs'
  | 'no json'
  | 'endless'
  | 'redirects'
  | 'switches protocols'
  | 'breaks off'

/** One instance of a service; it says which sha it runs. */
export class Instance {
  says: string
  manner: Manner = 'well'
  asked = 0
  private readonly listener = new Listener((_, response) => this.respond(response))

  constructor(says: string) {
    this.says = says
  }

  get url(): string {
    return `${this.listener.url}/version`
  }

  up = (): Promise<void> => this.listener.up()
  down = (): Promise<void> => this.listener.down()

  private respond(response: ServerResponse): void {
    this.asked += 1
    switch (this.manner) {
      case 'well':
        response.end(JSON.stringify({ build: { sha: this.says } }))
        return
      case 'error':
        response.writeHead(500).end('oops')
        return
      case 'no json':
        response.end('<html>')
        return
      case 'redirects':
        response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end()
        return
      case 'switches protocols': {
        const head =
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n'
        response.socket?.write(head)
        return
      }
      case 'breaks off':
        response.writeHead(200, { 'content-length': '999' }).write('{')
        setImmediate(() => response.destroy())
        return
      case 'endless': {
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        }
        response.on('drain', more)
        more()
        return
      }
      case 'hangs':
    }
  }
}

/** A Prometheus-compatible server: the answer to every query is what was set last. */
export class Metrics {
  /** Samples as Prometheus writes them; null: it hangs. */
  samples: readonly string[] | null = ['0']
  /** Set, it decides for each query. */
  answers: ((query: string) => readonly string[]) | null = null
  /** Of a query over time: what it was at a moment, in seconds; null: nothing. */
  over: (query: string, at: number) => string | null = () => null
  /** How many series answer a query over time, each with the same numbers. */
  series = 1
  readonly queries: string[] = []
  private readonly listener = new Listener((path, response) => this.respond(path, response))

  get url(): string {
    return this.listener.url
  }

  up = (): Promise<void> => this.listener.up()
  down = (): Promise<void> => this.listener.down()

  private respond({ pathname, searchParams }: URL, response: ServerResponse): void {
    const query = searchParams.get('query') ?? ''
    this.queries.push(query)
    if (pathname === '/api/v1/query_range') {
      this.range(query, searchParams, response)
      return
    }
    if (pathname !== '/api/v1/query') {
      response.writeHead(404).end()
      return
    }
    const samples = this.answers === null ? this.samples : this.answers(query)
    if (samples === null) return
    const result = samples.map((value) => ({ metric: {}, value: [1_700_000_000, value] }))
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))
  }

  /** Series, with a number at every step at which there was one. */
  private range(query: string, asked: URLSearchParams, response: ServerResponse): void {
    if (this.samples === null) return
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(asked.get(name)))
    const values: [number, string][] = []
    for (let at = start ?? 0; at <= (end ?? 0); at += step || 1) {
      const value = this.over(query, at)
      if (value !== null) values.push([at, value])
    }
    const one = { metric: {}, values }
    const result = values.length === 0 ? [] : Array.from({ length: this.series }, () => one)
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
  }
}
