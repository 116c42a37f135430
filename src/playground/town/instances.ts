/**
 * The two running shops, as they are: found by what their deploys wrote, and asked.
 *
 * Invariant: a version shown here was answered by the instance itself, just now. Instances stop
 * with the playground and start again with it.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Instance } from '../page/shape.ts'
import { isRecord, parsed, textOf } from '../wire/json.ts'

const run = promisify(execFile)
const ENVIRONMENTS = ['staging', 'production'] as const
const ANSWER_WITHIN_MS = 1_000
const START_WITHIN_MS = 10_000

export const readText = (path: string): string | null =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() : null

/** Asks both. */
export function lookAtInstances(sites: string): Promise<readonly Instance[]> {
  return Promise.all(ENVIRONMENTS.map((environment) => look(sites, environment)))
}

/** Where the one that serves now listens; null: nothing was deployed there. */
export function instanceAt(sites: string, environment: string): string | null {
  if (!ENVIRONMENTS.some((one) => one === environment)) return null
  return addressIn(join(sites, environment))
}

/** Where the process of that folder listens, as it wrote itself; null: none ever did. */
export function addressIn(folder: string): string | null {
  const written = parsed(readText(join(folder, 'instance.json')) ?? '')
  const port = isRecord(written) ? Number(written['port']) : Number.NaN
  return Number.isInteger(port) ? `http://127.0.0.1:${port}` : null
}

export const isAnswering = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).then(
    ({ ok }) => ok,
    () => false,
  )

async function look(sites: string, environment: string): Promise<Instance> {
  const silent: Instance = { environment, url: null, version: null, health: 'silent' }
  const url = instanceAt(sites, environment)
  if (url === null) return silent
  try {
    const answer = await fetch(`${url}/version`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    const body: unknown = await answer.json()
    if (!isRecord(body) || body['environment'] !== environment) return silent
    const health = body['health'] === 'healthy' ? 'healthy' : 'sick'
    return { ...silent, url, version: textOf(body['version']) ?? null, health }
  } catch {
    return silent
  }
}

/** Starts what ran when the playground was stopped. */
export async function startInstances(sites: string): Promise<void> {
  for (const { environment, version } of await lookAtInstances(sites)) {
    const site = join(sites, environment)
    const deployed = readText(join(site, 'version'))
    const script = join(site, 'instance.mjs')
    if (version !== null || deployed === null || !existsSync(script)) continue
    await tell(script, ['start', site, environment, deployed])
  }
}

export async function stopInstances(sites: string): Promise<void> {
  await Promise.all(
    ENVIRONMENTS.map(async (environment) => {
      const site = join(sites, environment)
      const script = join(site, 'instance.mjs')
      if (existsSync(script)) await tell(script, ['stop', site])
    }),
  )
}

const BY_HAND = `export const apply = (shop) => ({
  ...shop,
  notices: [...shop.notices, 'Changed by hand, and by nobody’s plan'],
})
`

/** Changes what production runs, past every plan, as somebody with a shell there would; else why not. */
export async function changeByHand(sites: string): Promise<string | null> {
  const environment = 'production'
  const site = join(sites, environment)
  if ((await look(sites, environment)).version === null) return 'Nothing runs in production yet.'
  const version = 'by-hand'
  writeFileSync(join(site, 'features', '99-by-hand.mjs'), BY_HAND)
  writeFileSync(join(site, 'version'), `${version}\n`)
  const script = join(site, 'instance.mjs')
  await tell(script, ['stop', site])
  await tell(script, ['start', site, environment, version])
  return null
}

/** One that cannot be started is shown as silent: that is all there is to say of it. */
export async function tell(script: string, args: readonly string[]): Promise<void> {
  await run(process.execPath, [script, ...args], { timeout: START_WITHIN_MS }).catch(() => null)
}
