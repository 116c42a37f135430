/**
 * The playground: stand-ins for Slack and GitHub, with a town around them.
 *
 * Invariant: the bot meets them through their APIs and signed deliveries alone, and cannot tell them
 * from Slack and GitHub. What it knows stands in `playground.json` under the home.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import { API, createGithub } from './github/github.ts'
import { MEMBERS, TEAM } from './members.ts'
import { pageRoutes } from './page-routes.ts'
import type { Sample } from './sample.ts'
import { openStore } from './store.ts'
import { createTownClock } from './town/clock.ts'
import { createCustomers } from './town/customers.ts'
import { DOORS, doorRoutes } from './town/doors.ts'
import { METRICS, metricsRoutes } from './town/metrics.ts'
import { createTown } from './town/town.ts'
import { createActs } from './wire/acts.ts'
import { apiRoutes } from './wire/api-routes.ts'
import { type Manifest, readManifest } from './wire/manifest.ts'
import { createPace } from './wire/pace.ts'
import { createWire } from './wire/wire.ts'

export interface Playing {
  readonly home: string
  /** The server's own address, asked for only once it listens. */
  readonly url: () => string
  readonly log: Logger
  /** The sample whose town is shown; null: a pipeline of one's own, and no town. */
  readonly sample: Pick<Sample, 'repository' | 'sites' | 'tokens'> | null
  /** What the app asks of Slack; by default the manifest of this version. */
  readonly manifest?: Manifest
}

export interface Playground {
  /** To be mounted at `/`. */
  readonly routes: Hono
  /** How the bot reaches this Slack. `apiUrl` is known once the server listens. */
  readonly slack: {
    readonly apiUrl: string
    readonly botToken: string
    readonly signingSecret: string
    readonly teamId: string
  }
  /** How the bot and its agent reach this GitHub; the address is known as soon as the server's is. */
  readonly github: {
    readonly apiUrl: string
    readonly token: string
    readonly webhookSecret: string
  }
  readonly people: readonly { readonly name: string; readonly slack: string }[]
  /** Puts the town's clock into the bot's own database; answers the address to use. */
  readonly prepare: (databaseUrl: string) => Promise<string>
  /** To be called once the server listens: starts the shops, tells what was not told. */
  readonly resume: () => Promise<void>
  readonly stop: () => Promise<void>
}

const MANIFEST = new URL('../../manifest.yml', import.meta.url)

export function startPlayground({ home, url, log, sample, ...given }: Playing): Playground {
  const clock = createTownClock()
  const store = openStore(join(home, 'playground.json'), clock.now)
  const manifest = given.manifest ?? readManifest(readFileSync(MANIFEST, 'utf8'))
  const stopping = new AbortController()
  const wire = createWire(store, url)
  const acts = createActs(wire, manifest, stopping.signal)
  const github =
    sample && createGithub({ folder: sample.repository, store, url, now: clock.now, log })
  const customers = sample && createCustomers({ sites: sample.sites, now: clock.now })
  const parts = { store, url, log, home, clock }
  const town = sample && github && customers && createTown({ sample, github, customers, ...parts })
  const routes = new Hono()
  routes.route('/playground/slack', apiRoutes(wire, createPace()))
  if (sample !== null) routes.route(DOORS, doorRoutes(sample.sites))
  if (customers !== null) routes.route(METRICS, metricsRoutes(customers.sales))
  if (github !== null) routes.route('/', github.routes)
  routes.route('/', pageRoutes({ store, acts, manifest, town, url, clock }))
  return {
    routes,
    slack: {
      get apiUrl() {
        return `${url()}/playground/slack/api/`
      },
      botToken: store.state.botToken,
      signingSecret: store.state.signingSecret,
      teamId: TEAM.id,
    },
    github: {
      get apiUrl() {
        return `${url()}${API}`
      },
      token: store.state.github.token,
      webhookSecret: store.state.github.webhookSecret,
    },
    people: MEMBERS.filter(({ kind }) => kind === 'member').map(({ id, name }) => ({
      name,
      slack: id,
    })),
    prepare: clock.installIn,
    resume: async () => town?.resume(),
    stop: async () => {
      stopping.abort()
      await town?.stop()
      store.flush()
    },
  }
}
