/**
 * The doors for the page: what one person sees, what he or she does, and news as they come.
 *
 * Invariant: only this machine's own pages may act: another site's, or one that merely resolves
 * to this machine, is refused.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { exhibition } from './gallery/exhibition.ts'
import { BOT, DEPLOYS, directWith, MEMBERS } from './members.ts'
import type { Channel, Done, Member, Sight, Values } from './page/shape.ts'
import type { Store } from './store.ts'
import type { TownClock } from './town/clock.ts'
import type { Running as Town } from './town/town.ts'
import { type Acts, actorOf, visibleTo } from './wire/acts.ts'
import { isRecord, type Json, textOf } from './wire/json.ts'
import type { Manifest } from './wire/manifest.ts'
import { openModals } from './wire/views.ts'

export interface PageParts {
  readonly store: Store
  readonly acts: Acts
  readonly manifest: Manifest
  readonly town: Town | null
  readonly clock: Pick<TownClock, 'aheadMs'>
  /** Hosts, besides this machine's own names, that the page is served under. */
  readonly url: () => string
}

const LOCAL = ['localhost', '127.0.0.1', '[::1]']
const KEEP_ALIVE_MS = 15_000
const LOOK_MS = 1_500

/** The page itself, at `/`, and what it talks to, below `/playground`. */
export function pageRoutes(parts: PageParts): Hono {
  const routes = new Hono()
  const { store, acts, town } = parts
  routes.get('/', (c) => c.html(source('index.html')))
  routes.get('/playground', (c) => c.redirect('/'))
  routes.get('/playground/gallery', (c) => c.html(source('gallery.html')))
  routes.get('/playground/gallery/pictures', (c) => c.json(exhibition()))
  routes.get('/playground/page/:file{[a-z0-9-]+\\.(js|css|svg|woff2)}', (c) => asset(c))
  routes.use('/playground/state', (c, next) => onlyOwnPage(parts, c, next))
  routes.use('/playground/news', (c, next) => onlyOwnPage(parts, c, next))
  routes.use('/playground/do/*', (c, next) => onlyOwnPage(parts, c, next))
  routes.get('/playground/state', (c) => {
    const by = actorOf(c.req.query('as'))
    return by === undefined ? c.notFound() : c.json(sightOf(parts, by))
  })
  routes.get('/playground/news', (c) => news(parts, c))
  routes.post('/playground/do/:act', async (c) => {
    const body: unknown = await c.req.json().catch(() => undefined)
    if (!isRecord(body))
      return c.json({ ok: false, message: 'The body must be a JSON object.' }, 400)
    const by = actorOf(body['as'])
    if (by === undefined) return c.json({ ok: false, message: 'There is no such person.' }, 400)
    return c.json(await perform({ store, acts, town }, { act: c.req.param('act'), by, body }))
  })
  return routes
}

interface Doing {
  readonly act: string
  readonly by: Member
  readonly body: Json
}

async function perform(
  { store, acts, town }: Pick<PageParts, 'store' | 'acts' | 'town'>,
  { act, by, body }: Doing,
): Promise<Done> {
  const values = isRecord(body['values']) ? (body['values'] as Values) : {}
  const channel = textOf(body['channel']) ?? null
  switch (act) {
    case 'say': {
      const text = textOf(body['text'])?.slice(0, 12_000) ?? ''
      const thread = textOf(body['thread']) ?? null
      return text.trim() === ''
        ? { ok: true }
        : acts.say(by, { channel: channel ?? '', thread }, text)
    }
    case 'press':
      return acts.press(by, {
        channel,
        ts: textOf(body['ts']) ?? null,
        view: textOf(body['view']) ?? null,
        block: textOf(body['block']) ?? '',
        action: textOf(body['action']) ?? '',
        choice: textOf(body['choice']) ?? null,
        values,
      })
    case 'submit':
      return acts.submit(by, values)
    case 'close':
      return acts.close(by)
    case 'home':
      return acts.openHome(by)
    case 'dismiss': {
      // Slack's own link below a message that only one person sees.
      const { state } = store
      state.messages = state.messages.filter((one) => one.to !== by.id || one.ts !== body['ts'])
      store.changed()
      return { ok: true }
    }
    case 'read': {
      if (channel === null) return { ok: true }
      const key = `${by.id} ${channel}`
      const newest = store.state.messages.filter((one) => one.channel === channel).at(-1)?.ts
      if (newest === undefined || store.state.read[key] === newest) return { ok: true }
      store.state.read = { ...store.state.read, [key]: newest }
      store.changed()
      return { ok: true }
    }
    case 'slack':
      store.state.isSlackDown = body['down'] === true
      store.changed()
      return { ok: true }
    default:
      return town === null ? unknownAct(act) : inTown(town, act, body)
  }
}

const unknownAct = (act: string): Done => ({ ok: false, message: `There is no act ${act}.` })

async function inTown(town: Town, act: string, body: Json): Promise<Done> {
  const told = (wrong: string | null): Done =>
    wrong === null ? { ok: true } : { ok: false, message: wrong }
  switch (act) {
    case 'merge':
      return told(await town.merge(body['queue'] === 'till' ? 'till' : 'shop'))
    case 'check': {
      const status = body['status'] === 'failure' ? 'failure' : 'success'
      return told(await town.setCheck(textOf(body['sha']) ?? '', status))
    }
    case 'github':
      return told(await town.setGithub(body['down'] === true))
    case 'webhooks':
      return told(await town.loseWebhooks(body['down'] === true))
    case 'kill':
      return told(await town.kill(body['which'] === 'worker' ? 'worker' : 'agent'))
    case 'by-hand':
      return told(await town.changeByHand())
    case 'skip':
      return told(await town.skip(Number(body['minutes']) * 60_000))
    default:
      return unknownAct(act)
  }
}

function sightOf({ store, manifest, town, clock }: PageParts, by: Member): Sight {
  const { state } = store
  const channels = [
    { ...DEPLOYS, kind: 'channel' as const },
    { id: directWith(by.id), name: 'Signalbox', kind: 'direct' as const },
  ]
  const messages = state.messages.filter((one) => visibleTo(by.id, one))
  const unread = (channel: string): number =>
    messages.filter(
      (one) =>
        one.channel === channel &&
        one.user !== by.id &&
        (one.thread === null || one.broadcast) &&
        one.ts > (state.read[`${by.id} ${channel}`] ?? ''),
    ).length
  return {
    me: by.id,
    bot: BOT.user,
    members: MEMBERS,
    channels: channels.map((one): Channel => ({ ...one, unread: unread(one.id) })),
    messages,
    view: openModals(store, by.id).at(-1) ?? null,
    home: state.homes[by.id] ?? null,
    commands: manifest.commands,
    isSlackDown: state.isSlackDown,
    aheadMs: clock.aheadMs(),
    town: town?.sight() ?? null,
  }
}

/** A line whenever something changed; the page then asks for what it sees. */
function news({ store, town }: PageParts, c: Context): Response {
  return streamSSE(c, async (stream) => {
    let wake = (): void => undefined
    let isNews = true
    const stopListening = store.onChange(() => {
      isNews = true
      wake()
    })
    const looking = setInterval(() => void town?.look(), LOOK_MS)
    void town?.look()
    stream.onAbort(() => wake())
    try {
      while (!stream.aborted && !stream.closed) {
        await stream.writeSSE({ event: isNews ? 'changed' : 'alive', data: '' })
        isNews = false
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, KEEP_ALIVE_MS)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
          if (isNews || stream.aborted) wake()
        })
      }
    } finally {
      stopListening()
      clearInterval(looking)
    }
  })
}

async function onlyOwnPage(
  { url }: PageParts,
  c: Context,
  next: () => Promise<void>,
): Promise<Response | undefined> {
  const host = c.req.header('host') ?? ''
  const own = [...LOCAL, new URL(url()).hostname]
  const isOwnHost =
    URL.canParse(`http://${host}`) && own.includes(new URL(`http://${host}`).hostname)
  const origin = c.req.header('origin')
  const isOwnOrigin =
    origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
  const isJson = (c.req.header('content-type') ?? '').startsWith('application/json')
  const isSafe = isOwnHost && isOwnOrigin && (c.req.method === 'GET' || isJson)
  if (!isSafe)
    return c.json({ ok: false, message: 'Only the playground’s own page may do this.' }, 403)
  await next()
  return undefined
}

const source = (file: string): string =>
  readFileSync(new URL(`../../src/playground/page/${file}`, import.meta.url), 'utf8')

const TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  woff2: 'font/woff2',
} as const

const isType = (kind: string | undefined): kind is keyof typeof TYPES =>
  kind !== undefined && Object.hasOwn(TYPES, kind)

/** Styles and pictures stand beside the sources, scripts in the build. */
function asset(c: Context): Response {
  const file = c.req.param('file') ?? ''
  const kind = file.split('.').at(-1)
  if (!isType(kind)) return c.notFound() as Response
  const folder = kind === 'js' ? 'dist' : 'src'
  const path = fileURLToPath(new URL(`../../${folder}/playground/page/${file}`, import.meta.url))
  try {
    const headers = { 'content-type': TYPES[kind], 'cache-control': 'no-cache' }
    return c.body(new Uint8Array(readFileSync(path)), 200, headers)
  } catch {
    return c.text('There is nothing here.', 404)
  }
}
