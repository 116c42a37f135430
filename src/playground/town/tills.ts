/**
 * The running tills: usually one; while a release is rolled out the old one and the new one.
 *
 * Invariant: found by what the deploys wrote, and asked; which share of the customers each gets is
 * the deploy script's word. They stop with the playground and start again with it.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Till } from '../page/shape.ts'
import { addressIn, isAnswering, readText, tell } from './instances.ts'
import type { Sales } from './sales.ts'

const ENVIRONMENT = 'production'

export interface Share {
  readonly release: string
  readonly percent: number
}

const folderOf = (sites: string): string => join(sites, 'till')

/** Who is sent where, the newest release first; empty: no till was opened yet. */
export function sharesOf(sites: string): readonly Share[] {
  const lines = (readText(join(folderOf(sites), 'shares')) ?? '').split('\n')
  return lines.flatMap((line) => {
    const [, percent, release = ''] = /^(\d+) ([0-9a-f]{40})$/.exec(line) ?? []
    return percent === undefined ? [] : [{ release, percent: Number(percent) }]
  })
}

/** Where the till of that release listens; null: there is none. */
export const tillAt = (sites: string, release: string): string | null =>
  addressIn(join(folderOf(sites), release))

/** A sale in so many fails before a till counts as sick, on this page: one is declined anyway. */
const SICK_ABOVE = 0.1
const WINDOW_MS = 10_000

/** Asks each. */
export function lookAtTills(
  sites: string,
  { sales, now }: { readonly sales: Sales; readonly now: number },
): Promise<readonly Till[]> {
  return Promise.all(
    sharesOf(sites).map(async ({ release, percent }): Promise<Till> => {
      const url = tillAt(sites, release)
      if (url === null || !(await isAnswering(url))) {
        return { release, percent, failing: null }
      }
      const part = sales.part(release, {
        of: ['failed_sales_total', 'sales_total'],
        at: now,
        windowMs: WINDOW_MS,
      })
      // To the next tenth: the page is not drawn anew for every customer.
      return {
        release,
        percent,
        failing: (part ?? 0) > SICK_ABOVE ? Math.round((part ?? 0) * 10) / 10 : 0,
      }
    }),
  )
}

/** Starts those that ran when the playground was stopped. */
export async function startTills(sites: string): Promise<void> {
  for (const { release } of sharesOf(sites)) {
    const till = join(folderOf(sites), release)
    const script = join(till, 'instance.mjs')
    if (existsSync(script)) await tell(script, ['start', till, ENVIRONMENT, release])
  }
}

/** Stops every one, also one that nobody is sent to any more. */
export async function stopTills(sites: string): Promise<void> {
  const folder = folderOf(sites)
  if (!existsSync(folder)) return
  const found = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory())
  await Promise.all(
    found.map(async ({ name }) => {
      const script = join(folder, name, 'instance.mjs')
      if (existsSync(script)) await tell(script, ['stop', join(folder, name)])
    }),
  )
}
