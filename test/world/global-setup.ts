/**
 * One PostgreSQL for the whole run, the embedded one unless DATABASE_URL names another; one Redis.
 *
 * Invariant: the template database is migrated once; every test that needs one gets a copy. What
 * is skipped for want of a Redis is the last thing the suite says; in CI it is a failure.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createPool } from '../../src/db/pool.ts'
import { suiteRedis } from './redis.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly databaseUrl: string
    readonly template: string
    /** null: there is no Redis here. */
    readonly redisUrl: string | null
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const log = pino({ level: 'warn' })
  const home = await mkdtemp(join(tmpdir(), 'signalbox-suite-'))
  const given = process.env['DATABASE_URL']
  const embedded = given === undefined ? await startEmbedded({ home, log, fast: true }) : null
  const url = given ?? embedded?.url ?? ''
  const template = `signalbox_template_${process.pid}`
  const admin = createPool(url, { log, max: 2 })
  await admin.query(`CREATE DATABASE ${template}`)
  const pool = createPool(withDatabase(url, template), { log, max: 2 })
  await migrate(pool, 'migrations')
  await pool.end()
  provide('databaseUrl', url)
  provide('template', template)
  const redis = await suiteRedis(process.env)
  if (redis.url === null && process.env['CI'] !== undefined) {
    throw new Error(`CI requires a Redis: ${redis.why}`)
  }
  provide('redisUrl', redis.url)
  return async () => {
    await redis.stop()
    await admin.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`)
    await admin.end()
    await embedded?.stop()
    await rm(home, { recursive: true, force: true })
    if (redis.why !== null) console.log(`\nSkipped, what needs a Redis: ${redis.why}.`)
  }
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
