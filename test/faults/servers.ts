/**
 * A PostgreSQL and a Redis of one's own, to be frozen, restarted and killed.
 *
 * Invariant: the suite's own servers are never touched; whatever is frozen thaws before it is ended.
 */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts'
import { createPool } from '../../src/db/pool.ts'
import type { Pool } from '../../src/db/transaction.ts'
import { quiet } from '../world/database.ts'
import { startRedis } from '../world/redis.ts'
import { FaultProxy } from './proxy.ts'

/** Where a URL points, as a proxy needs it. */
const targetOf = (url: string): { readonly host: string; readonly port: number } => {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

const through = (url: string, port: number): string => {
  const changed = new URL(url)
  changed.port = String(port)
  return changed.href
}

export class OwnPostgres {
  readonly proxy: FaultProxy
  private readonly home: string
  private embedded: Embedded
  /** Looks from outside, past the proxy. */
  observer: Pool

  private constructor(home: string, embedded: Embedded) {
    this.home = home
    this.embedded = embedded
    this.proxy = new FaultProxy(targetOf(embedded.url))
    this.observer = createPool(embedded.url, { log: quiet, max: 2 })
  }

  static async open(): Promise<OwnPostgres> {
    const home = await mkdtemp(join(tmpdir(), 'signalbox-faults-'))
    await chmod(home, 0o755)
    const own = new OwnPostgres(home, await startEmbedded({ home, log: quiet, fast: true }))
    await own.proxy.open()
    return own
  }

  /** The address for those who shall suffer. */
  get url(): string {
    return through(this.embedded.url, this.proxy.port)
  }

  async stop(): Promise<void> {
    await this.observer.end()
    await this.embedded.stop()
  }

  async start(): Promise<void> {
    this.embedded = await startEmbedded({ home: this.home, log: quiet, fast: true })
    this.observer = createPool(this.embedded.url, { log: quiet, max: 2 })
    this.proxy.pointAt(targetOf(this.embedded.url))
  }

  /** Ends every connection but the observer's own; answers how many there were. */
  async terminate(): Promise<number> {
    const { rowCount } = await this.observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND application_name LIKE 'signalbox%'
          AND pid <> pg_backend_pid()`,
    )
    return rowCount ?? 0
  }

  /** Stops every process of the server where it stands; answers how to let them go on. */
  async freeze(): Promise<() => void> {
    const { rows } = await this.observer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const pids = family(rows[0]?.pid ?? 0)
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    return () => {
      for (const pid of pids) process.kill(pid, 'SIGCONT')
    }
  }

  async close(): Promise<void> {
    await this.proxy.close()
    await this.stop()
    await rm(this.home, { recursive: true, force: true })
  }
}

/** A backend's postmaster, and all of its children. */
function family(backend: number): readonly number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const postmaster = rows.find(([pid]) => pid === backend)?.[1]
  if (postmaster === undefined) throw new Error(`no process ${backend}`)
  const children = rows.flatMap(([pid, parent]) => (parent === postmaster ? [pid ?? 0] : []))
  return [postmaster, ...children]
}

type Redis = NonNullable<Awaited<ReturnType<typeof startRedis>>>

export class OwnRedis {
  readonly proxy: FaultProxy
  private redis: Redis

  private constructor(redis: Redis) {
    this.redis = redis
    this.proxy = new FaultProxy(targetOf(redis.url))
  }

  static async open(): Promise<OwnRedis> {
    const own = new OwnRedis(await aRedis())
    await own.proxy.open()
    return own
  }

  get url(): string {
    return through(this.redis.url, this.proxy.port)
  }

  async flush(): Promise<void> {
    const socket = createConnection({ host: '127.0.0.1', port: this.redis.port })
    socket.end('FLUSHALL\r\n')
    let said = ''
    for await (const bytes of socket) said += bytes
    if (said !== '+OK\r\n') throw new Error(`Redis was not flushed: ${said}`)
  }

  freeze(): () => void {
    this.redis.process.kill('SIGSTOP')
    return () => this.redis.process.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    await this.redis.stop()
  }

  /** After `kill`: there again at its place, with nothing in it. */
  async startEmpty(): Promise<void> {
    this.redis = await aRedis(this.redis.port)
  }

  /** Another server takes its place, which has heard of nothing yet. */
  async failOver(): Promise<void> {
    const before = this.redis
    this.redis = await aRedis()
    this.proxy.pointAt(targetOf(this.redis.url))
    await before.stop()
  }

  async close(): Promise<void> {
    await this.proxy.close()
    await this.redis.stop()
  }
}

async function aRedis(at?: number): Promise<Redis> {
  const redis = await startRedis(at)
  if (redis === null) throw new Error('these tests start a redis-server of their own: install one')
  return redis
}
