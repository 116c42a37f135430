/**
 * A real Redis for the suite: REDIS_URL, one that listens here, or one that the suite starts.
 *
 * Invariant: nothing of it is flushed; tests use names of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createConnection, createServer } from 'node:net'

export interface SuiteRedis {
  /** null: there is none, and `why` says what was looked for. */
  readonly url: string | null
  readonly why: string | null
  readonly stop: () => Promise<void>
}

const LOCAL = { host: '127.0.0.1', port: 6379 } as const

export async function suiteRedis(env: NodeJS.ProcessEnv): Promise<SuiteRedis> {
  const nothing = async (): Promise<void> => {}
  const given = env['REDIS_URL']
  if (given !== undefined) return { url: given, why: null, stop: nothing }
  if (await listens(LOCAL.port))
    return { url: `redis://${LOCAL.host}:${LOCAL.port}`, why: null, stop: nothing }
  const started = await startRedis()
  if (started !== null) return { url: started.url, why: null, stop: started.stop }
  const why = 'no REDIS_URL, nothing listens on 127.0.0.1:6379, and no redis-server is on the PATH'
  return { url: null, why, stop: nothing }
}

/** A Redis of one's own, to be frozen and killed; null: no redis-server on the PATH. */
export async function startRedis(at?: number): Promise<{
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  readonly stop: () => Promise<void>
} | null> {
  const port = at ?? (await freePort())
  const flags = ['--port', String(port), '--save', '', '--appendonly', 'no', '--bind', LOCAL.host]
  const server = spawn('redis-server', flags, { stdio: 'ignore' })
  const ended = new Promise<void>((done) => {
    server.once('exit', () => done())
    server.once('error', () => done())
  })
  for (let look = 0; look < 100 && server.exitCode === null; look += 1) {
    if (server.pid === undefined) break
    if (await listens(port)) {
      const stop = async (): Promise<void> => {
        server.kill('SIGKILL')
        await ended
      }
      return { url: `redis://${LOCAL.host}:${port}`, port, process: server, stop }
    }
    await new Promise((again) => setTimeout(again, 50))
  }
  server.kill('SIGKILL')
  return null
}

const listens = (port: number): Promise<boolean> =>
  new Promise((answer) => {
    const socket = createConnection({ ...LOCAL, port })
    socket.setTimeout(1_000, () => socket.destroy())
    socket.once('connect', () => {
      answer(true)
      socket.destroy()
    })
    socket.once('error', () => answer(false))
    socket.once('close', () => answer(false))
  })

const freePort = (): Promise<number> =>
  new Promise((found, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, LOCAL.host, () => {
      const address = probe.address()
      probe.close(() => found(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
