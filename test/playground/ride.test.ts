/**
 * A stranger's first ride: the real bot, as `npm start` runs it, pressed in a real browser.
 *
 * Method: one server of its own on the sample, and nothing but what can be seen and pressed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, openBrowser } from './browser.ts'

describe.skipIf(!hasBrowser)('a first ride', () => {
  const home = mkdtempSync(join(tmpdir(), 'signalbox-first-ride-'))
  let server: ChildProcess
  let said = ''
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    server = await serve(home, (words) => {
      said += words
    })
    browser = await openBrowser()
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
    page = await context.newPage()
    page.setDefaultTimeout(25_000)
  })
  afterAll(async () => {
    await browser?.close()
    server?.kill('SIGKILL')
    await endAgent(home)
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })

  const log = (): Locator => page.locator('#log')
  const announcement = (train: number): Locator =>
    log()
      .getByRole('article')
      .filter({ hasText: `Train #${train} · shop ·` })
      .first()
  const as = (name: string) => page.getByRole('button', { name: `Act as ${name}` }).click()
  const goodToGo = () => log().getByRole('button', { name: 'Good to go' }).last().click()
  const serving = (environment: string, change: number) =>
    page.locator(`[data-environment="${environment}"]`).getByText(`#${change}`).waitFor()
  const merge = async (change: number): Promise<void> => {
    await page.getByRole('button', { name: 'Merge it' }).click()
    await page.locator(`[data-number="${change}"][data-ci="success"]`).waitFor()
    await announcement(change < 103 ? 1 : 2)
      .getByText(`#${change}`)
      .waitFor()
  }

  /** A guest and somebody of another workspace are told why not, each alone. */
  const refused = async (): Promise<void> => {
    for (const [who, why] of [
      ['Gus', 'guests cannot act here'],
      ['Fay', 'only members of this workspace can act here'],
    ] as const) {
      await as(who)
      await log().getByRole('button', { name: 'Depart now' }).click()
      await log().getByText(why).waitFor()
    }
    await as('Ana')
    await log().getByText('can act here').first().waitFor({ state: 'detached' })
  }
  /** Says yes in the App Home, where it stands first. */
  const fromHome = async (): Promise<void> => {
    const channels = page.getByRole('navigation', { name: 'Channels' })
    await channels.getByRole('button', { name: 'Signalbox' }).click()
    await log().getByText('your #103 is aboard. Good to go?').waitFor()
    await goodToGo()
    await log().getByText('Nothing waits for you').waitFor()
    await channels.getByRole('button', { name: 'deploys' }).click()
  }

  test('from a merge to production by two people’s word, and back', {
    timeout: 180_000,
  }, async () => {
    await page.goto(/ready at (\S+)/.exec(said)?.[1] ?? '')
    const tour = page.getByRole('region', { name: 'Your first ride' })
    await tour.getByText('Your first ride · 1 of 5').waitFor()
    const { violations } = await new AxeBuilder({ page }).include('#town').analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    await merge(101)
    await tour.getByText('2 of 5').waitFor()
    await merge(102)
    await refused()
    await log().getByRole('button', { name: 'Depart now' }).click()
    await announcement(1).getByText('Waiting for 2 of 2 authors (@ana and @bob)').waitFor()
    await serving('staging', 102)
    await goodToGo()
    await announcement(1).getByText('Waiting for 1 of 2 authors (@bob)').waitFor()
    await as('Bob')
    await goodToGo()
    await announcement(1).getByText('Live in production since').waitFor()
    await serving('production', 102)
    expect(
      await announcement(1)
        .getByRole('button', { name: /go|hold|cancel/i })
        .count(),
    ).toBe(0)

    await tour.getByText('5 of 5').waitFor()

    await merge(103)
    await page.getByRole('button', { name: 'Let 5 min pass' }).click()
    await as('Cem')
    await announcement(2).getByText('Waiting for @cem before production').waitFor()
    await serving('staging', 103)
    await fromHome()
    // The deploy that his word started survives its agent.
    await page.getByRole('button', { name: 'Kill the agent' }).click()
    await page.getByText('It is gone; the next one starts').waitFor()
    await serving('production', 103)
    // Its deploy succeeded and it was healthy at first; that is not believed before it has soaked.
    const sick = log().getByText('should say healthy').first()
    await sick.waitFor()
    // It would go back by itself, but Cem wants to do it with his own hands.
    await announcement(2).getByText('about to go back').first().waitFor()
    await announcement(2).getByRole('button', { name: 'Cancel the rollback' }).click()
    await announcement(2).getByText('not healthy').first().waitFor()
    await announcement(2).getByText('cem keeps it from going back by itself').waitFor()
    await announcement(2).getByRole('button', { name: 'Continue…' }).waitFor()
    await announcement(2).getByRole('button', { name: 'Roll back…' }).waitFor()
    // The preview comes where the button stood, and not in a thread that nobody has open.
    await announcement(2).getByRole('button', { name: 'Roll back…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('the bells are sick')
    await dialog.getByRole('button', { name: 'Show what it would do' }).click()
    await log().getByText('Roll back shop production?').waitFor()
    await log().getByRole('button', { name: 'Roll back', exact: true }).click()
    await dialog.getByRole('button', { name: 'Roll back' }).click()
    await announcement(2).getByText('cem took it back: the bells are sick').waitFor()
    await serving('production', 102)
    await tour.getByText('That was a whole ride').waitFor()
    await tour.getByRole('button', { name: 'Close' }).click()
    expect(await tour.isVisible()).toBe(false)
    // Nothing is under way any more, and somebody changes the shop past every train.
    await announcement(2).getByText('took it back').first().waitFor()
    await page.getByRole('button', { name: 'Change production by hand' }).click()
    await log().getByText('by-hand').first().waitFor()
    expect(await log().textContent()).not.toContain('<!date')
  })

  test('the server stops in order, and has started no agent more than was needed', {
    timeout: 30_000,
  }, async () => {
    const ended = new Promise<number | null>((done) => server.once('exit', done))
    server.kill('SIGTERM')
    expect(await ended).toBe(0)
    // The second one after the first was killed.
    expect(said.match(/started the embedded agent/g)).toHaveLength(2)
    const faults = said.split('\n').filter((line) => /^\{"level":[456]0/.test(line))
    expect(faults).toEqual([])
  })
})

/** Starts the build as `npm start` does, and waits until it says that it is ready. */
async function serve(home: string, heard: (words: string) => void): Promise<ChildProcess> {
  const { DATABASE_URL: _, REDIS_URL: __, SIGNALBOX_CONFIG: ___, ...env } = process.env
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, PORT: String(await freePort()), SIGNALBOX_HOME: home },
  })
  child.stderr?.on('data', (bytes: Buffer) => heard(bytes.toString()))
  await new Promise<void>((ready, fail) => {
    child.once('exit', (code) => fail(new Error(`serve ended with ${code}`)))
    child.stdout?.on('data', (bytes: Buffer) => {
      heard(bytes.toString())
      if (bytes.includes('ready at')) ready()
    })
  })
  return child
}

async function endAgent(home: string): Promise<void> {
  try {
    process.kill(Number(readFileSync(join(home, 'agent.lock'), 'utf8').split(' ')[0]), 'SIGKILL')
  } catch {
    // It stopped with the server, as it should.
  }
}

const freePort = (): Promise<number> =>
  new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
