/**
 * The gallery in a real browser: everything the bot can say is drawn, light and dark, and kept as
 * pictures for whoever wants to look.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pictures } from '../../src/playground/gallery/pictures.ts'
import { type Bench, startBench } from './bot.ts'
import { hasBrowser, openBrowser } from './browser.ts'

const ARTIFACTS = resolve('artifacts', 'gallery')
const BUNDLE_BYTES_MAX = 300_000

let bench: Bench

beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.stop())

test('all that the page loads is less than 300 kB, compressed', async () => {
  const seen = new Map<string, number>()
  const load = async (address: string): Promise<void> => {
    if (seen.has(address)) return
    const answer = await fetch(address)
    expect(answer.ok, address).toBe(true)
    const bytes = Buffer.from(await answer.arrayBuffer())
    const isText = !address.endsWith('.woff2')
    seen.set(address, isText ? gzipSync(bytes).length : bytes.length)
    if (!isText) return
    const links = bytes
      .toString()
      .matchAll(/(?:from|import|href=|src=|url\() ?["']([^"':]+\.\w+)["']/g)
    for (const [, link = ''] of links) await load(new URL(link, address).href)
  }
  await load(`${bench.url}/`)
  const all = [...seen.values()].reduce((sum, bytes) => sum + bytes, 0)
  expect(seen.size).toBeGreaterThan(15)
  expect(all).toBeLessThan(BUNDLE_BYTES_MAX)
})

describe.skipIf(!hasBrowser)('the gallery', () => {
  let browser: Browser
  let page: Page
  const faults: string[] = []

  beforeAll(async () => {
    browser = await openBrowser()
    // Axe wants a context of its own.
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
    page = await context.newPage()
    page.on('pageerror', (fault) => faults.push(fault.message))
    page.setDefaultTimeout(30_000)
  })
  afterAll(async () => {
    await browser?.close()
    expect(faults).toEqual([])
  })

  const only = async (group: string | null): Promise<void> => {
    const query = group === null ? '' : `?only=${encodeURIComponent(group)}`
    await page.goto(`${bench.url}/playground/gallery${query}`)
    await page.locator('.picture').first().waitFor()
  }

  test('draws each picture twice, leaves no block out, and none is beyond a limit', {
    timeout: 60_000,
  }, async () => {
    await only(null)
    const drawn = await page
      .locator('.picture')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-name')))
    expect(drawn.toSorted()).toEqual(
      pictures()
        .map(({ name }) => name)
        .sort(),
    )
    expect(await page.locator('.side[data-theme="light"]').count()).toBe(drawn.length)
    expect(await page.locator('.side[data-theme="dark"]').count()).toBe(drawn.length)
    expect(await page.locator('.undrawn').count()).toBe(0)
    expect(await page.locator('.picture-head .wrong').count()).toBe(0)
    // No title of theirs becomes a mention, in any state.
    expect(await page.locator('.mention.loud').count()).toBe(0)
  })

  test('bars nobody from a form or the Home', { timeout: 120_000 }, async () => {
    for (const group of ['form', 'reminder', 'help']) {
      await only(group)
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    }
  })

  test.runIf(process.env['CI'])('is kept as pictures', { timeout: 300_000 }, async () => {
    mkdirSync(ARTIFACTS, { recursive: true })
    const groups = [...new Set(pictures().map(({ name }) => name.split(':')[0] ?? ''))]
    for (const group of groups) {
      await only(group)
      // What is out of sight is not drawn otherwise.
      await page.addStyleTag({ content: '.picture { content-visibility: visible !important }' })
      await page.screenshot({ path: join(ARTIFACTS, `${group}.png`), fullPage: true })
    }
    console.log(`${groups.length} pictures of the gallery: ${ARTIFACTS}`)
  })

  test('is not wider than a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await only('announcement')
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
  })
})
