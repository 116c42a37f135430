/**
 * A town whose GitHub is served for real, and a bot that takes notes of what it is told.
 *
 * Invariant: the bot's door is reached over real HTTP, and every signature is checked.
 */
import { createHmac } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import pino from 'pino'
import { closeServer, listen } from '../../src/http/server.ts'
import { API, createGithub } from '../../src/playground/github/github.ts'
import { makeSample, type Sample } from '../../src/playground/sample.ts'
import { openStore, type Store } from '../../src/playground/store.ts'
import { createTownClock } from '../../src/playground/town/clock.ts'
import { createCustomers } from '../../src/playground/town/customers.ts'
import { createTown, type Running } from '../../src/playground/town/town.ts'

export interface Told {
  readonly event: string
  readonly delivery: string
  readonly isSigned: boolean
  readonly body: Readonly<Record<string, unknown>>
}

export interface TownBench {
  readonly sample: Sample
  readonly store: Store
  readonly town: Running
  readonly told: Told[]
  readonly url: string
  readonly apiUrl: string
  /** What the bot answers to a delivery from now on. */
  answer: number
  readonly stop: () => Promise<void>
}

export async function startTown(): Promise<TownBench> {
  const home = mkdtempSync(join(tmpdir(), 'signalbox-town-'))
  const sample = makeSample(home, { url: 'http://localhost:3000', port: 3000 })
  const store = openStore(join(home, 'playground.json'))
  const told: Told[] = []
  const app = new Hono()
  app.post('/github/webhooks', async (c) => {
    const raw = await c.req.text()
    const { webhookSecret } = store.state.github
    const signature = `sha256=${createHmac('sha256', webhookSecret).update(raw).digest('hex')}`
    told.push({
      event: c.req.header('x-github-event') ?? '',
      delivery: c.req.header('x-github-delivery') ?? '',
      isSigned: c.req.header('x-hub-signature-256') === signature,
      body: JSON.parse(raw),
    })
    return c.body(null, bench.answer === 202 ? 202 : 503)
  })
  let url = ''
  const log = pino({ level: 'silent' })
  const clock = createTownClock()
  const where = (): string => url
  const parts = { store, url: where, log }
  const github = createGithub({ folder: sample.repository, now: clock.now, ...parts })
  app.route('/', github.routes)
  const customers = createCustomers({ sites: sample.sites, now: clock.now })
  const town = createTown({ sample, github, home, clock, customers, ...parts })
  const server = await listen(app, { port: 0, host: '127.0.0.1' })
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const bench: TownBench = {
    sample,
    store,
    town,
    told,
    url,
    apiUrl: `${url}${API}`,
    answer: 202,
    stop: async () => {
      await town.stop()
      store.flush()
      await closeServer(server)
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  return bench
}
