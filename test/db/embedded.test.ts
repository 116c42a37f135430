import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holderOf, lockHome } from '../../src/config/home-lock.ts'
import { startEmbedded } from '../../src/db/embedded.ts'
import { createPool } from '../../src/db/pool.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { quiet } from '../world/database.ts'

let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'signalbox-embedded-'))
  await chmod(home, 0o755)
})

afterEach(() => rm(home, { recursive: true, force: true }))

async function ask(url: string, statement: string): Promise<readonly unknown[]> {
  const pool = createPool(url, { log: quiet, max: 1 })
  try {
    return (await pool.query(statement)).rows
  } finally {
    await pool.end()
  }
}

test('data survive a restart', async () => {
  const first = await startEmbedded({ home, log: quiet, fast: true })
  await ask(first.url, `CREATE TABLE kept AS SELECT 42 AS answer`)
  await first.stop()
  const second = await startEmbedded({ home, log: quiet, fast: true })
  expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
  await second.stop()
})

test('a server left behind by a killed process is ended, and the data are served again', async () => {
  const first = await startEmbedded({ home, log: quiet, fast: true })
  await ask(first.url, `CREATE TABLE kept AS SELECT 42 AS answer`)
  const second = await startEmbedded({ home, log: quiet, fast: true })
  expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
  await second.stop()
})

test.runIf(process.getuid?.() === 0)('works where only root may enter', async () => {
  await chmod(home, 0o700)
  const embedded = await startEmbedded({ home, log: quiet, fast: true })
  expect(await ask(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await embedded.stop()
  expect(existsSync(join(home, 'postgres'))).toBe(false)
})

test('a lost connection ends the query, never the process, and the pool goes on', async () => {
  const embedded = await startEmbedded({ home, log: quiet, fast: true })
  const pool = createPool(embedded.url, { log: quiet, max: 2 })
  const killed = inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
    await tx.query('SELECT 1')
  })
  await expect(killed).rejects.toThrow()
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await pool.end()
  await embedded.stop()
})

test('a home is held by one process, is named when taken, and is free after a kill', async () => {
  const unlock = await lockHome(home, 'serve')
  await expect(lockHome(home, 'serve')).rejects.toThrow(`pid ${process.pid}`)
  await unlock()
  const script = `import('${join(process.cwd(), 'dist/config/home-lock.js')}')
    .then(({ lockHome }) => lockHome(process.argv[1], 'serve')).then(() => console.log('held'))
    .then(() => setInterval(() => {}, 1000))`
  const other = spawn(process.execPath, ['-e', script, home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((held) => other.stdout.once('data', held))
  expect(await holderOf(home, 'serve')).toBe(other.pid)
  const ended = new Promise((done) => other.once('exit', done))
  other.kill('SIGKILL')
  await ended
  const again = await lockHome(home, 'serve')
  await again()
})

test('half-set configuration is told whole, and leaves with 78 before anything starts', () => {
  const run = (): string =>
    execFileSync(process.execPath, ['dist/cli.js', 'serve'], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: {
        PATH: process.env['PATH'],
        PORT: 'x',
        SIGNALBOX_API_TOKENS: 'ana=s3cret',
        SIGNALBOX_HOME: home,
      },
    })
  let told: { status?: number; stderr?: string } = {}
  try {
    run()
  } catch (fault) {
    told = fault as typeof told
  }
  expect(told.status).toBe(78)
  expect(told.stderr).toContain('PORT')
  expect(told.stderr).toContain('SIGNALBOX_API_TOKENS')
  expect(told.stderr).not.toContain('s3cret')
})

test('what is wrong with the environment and with the file is told at once', () => {
  const file = join(home, 'signalbox.yml')
  writeFileSync(file, 'pipelines:\n  api:\n    repositry: acme/api\n')
  const said = spawnSync(process.execPath, ['dist/cli.js', 'serve'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], PORT: 'x', SIGNALBOX_HOME: home, SIGNALBOX_CONFIG: file },
  })
  expect(said.status).toBe(78)
  expect(said.stderr).toContain('PORT must be')
  expect(said.stderr).toContain('signalbox.yml:3 `repositry` is not a key')
})

test('tokens that cannot be read hide nothing of the file, and blame it for no name', () => {
  const file = join(home, 'signalbox.yml')
  writeFileSync(
    file,
    'pipelines:\n  api:\n    repositry: acme/api\n    permissions: { lock: [ci] }\n    environments: [{ name: production, agent: box }]\n',
  )
  const said = spawnSync(process.execPath, ['dist/cli.js', 'serve'], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      SIGNALBOX_HOME: home,
      SIGNALBOX_CONFIG: file,
      SIGNALBOX_API_TOKENS: 'ci',
    },
  })
  expect(said.status).toBe(78)
  expect(said.stderr).toContain('SIGNALBOX_API_TOKENS entry 1')
  expect(said.stderr).toContain('signalbox.yml:3 `repositry` is not a key')
  expect(said.stderr).not.toMatch(/`(ci|box)`/)
})

test('a database that does not answer is named with the way out, and never its password', () => {
  const said = spawnSync(process.execPath, ['dist/cli.js', 'serve'], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      SIGNALBOX_HOME: home,
      DATABASE_URL: 'postgres://box:s3cret@127.0.0.1:1/box',
    },
  })
  expect(said.status).toBe(1)
  expect(said.stderr).toContain('the database of DATABASE_URL cannot be reached')
  expect(said.stderr).not.toContain('s3cret')
})
