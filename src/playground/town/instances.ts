/**
 * The two running shops, as they are: found by what their deploys wrote, and asked.
 *
 * Invariant: a version shown here was answered by the instance itself, just now. Instances stop
 * with the playground and start again with it.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Instance } from '../page/shape.ts'
import { isRecord, parsed, textOf } from '../wire/json.ts'

const run = promisify(execFile)
const ENVIRONMENTS = ['staging', 'production'] as const
const ANSWER_WITHIN_MS = 1_000
const START_WITHIN_MS = 10_000

const readText = (path: string): string | null =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() : null

/** Asks both. */
export function lookAtInstances(sites: string): Promise<readonly Instance[]> {
  return Promise.all(ENVIRONMENTS.map((environment) => look(join(sites, environment), environment)))
}

async function look(site: string, environment: string): Promise<Instance> {
  const written = parsed(readText(join(site, 'instance.json')) ?? '')
  const port = isRecord(written) ? Number(written['port']) : Number.NaN
  const silent: Instance = { environment, url: null, version: null, health: 'silent' }
  if (!Number.isInteger(port)) return silent
  const url = `http://127.0.0.1:${port}`
  try {
    const answer = await fetch(`${url}/version`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    const body: unknown = await answer.json()
    if (!isRecord(body) || body['environment'] !== environment) return silent
    const health = body['healthy'] === true ? 'healthy' : 'sick'
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

/** One that cannot be started is shown as silent: that is all there is to say of it. */
async function tell(script: string, args: readonly string[]): Promise<void> {
  await run(process.execPath, [script, ...args], { timeout: START_WITHIN_MS }).catch(() => null)
}
