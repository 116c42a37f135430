/**
 * The page in a real browser: what the bot posts is drawn, pressed and answered.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ANNOUNCEMENT } from './announcement.ts'
import { type Bench, settle, startBench } from './bot.ts'
import { hasBrowser, MISSING, openBrowser } from './browser.ts'

test.skipIf(hasBrowser)('a browser is here to look with', () => {
  console.warn(MISSING)
  if (process.env['CI']) throw new Error(MISSING)
})

describe.skipIf(!hasBrowser)('the page', () => {
  let browser: Browser
  let bench: Bench
  let context: BrowserContext
  let page: Page
  const faults: string[] = []

  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
  })

  beforeEach(async () => {
    bench = await startBench()
    bench.answer = async (c, body) => {
      const { actions, type, trigger_id } = body as {
        actions?: readonly { readonly action_id: string }[]
        type?: string
        trigger_id?: string
      }
      if (actions?.[0]?.action_id === 'train.hold') {
        await bench.slack.views.open({ trigger_id: trigger_id ?? '', view: REASON })
      }
      if (type === 'view_submission' && JSON.stringify(body).includes('"short"')) {
        const errors = { reason: 'Say a little more.' }
        return c.json({ response_action: 'errors', errors })
      }
      return 'command' in body ? c.json({ text: `You said *${body['text']}*` }) : c.body(null, 200)
    }
    context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
    page = await context.newPage()
    page.on('pageerror', (fault) => faults.push(fault.message))
    await page.goto(bench.url)
    await page.getByRole('button', { name: /Act as Ana/ }).waitFor()
  })
  afterEach(async () => {
    await context.close()
    await bench.stop()
    expect(faults.splice(0)).toEqual([])
  })

  const channel = 'C0DEPLOYS'
  const post = async (more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const message = { channel, text: 'Train #42', blocks: [...ANNOUNCEMENT], ...more }
    const { ts = '' } = await bench.slack.chat.postMessage(message as never)
    return ts
  }
  const log = () => page.locator('#log')

  test('a message arrives without a reload, is drawn whole, and follows its updates', async () => {
    const ts = await post()
    await log().getByText('Train #42 · shop · departed').waitFor()
    expect(await log().locator('.undrawn').count()).toBe(0)
    // A title that looks like a mention is only text.
    expect(await log().locator('.mention.loud').count()).toBe(0)
    await picture(page, 'announcement')
    await bench.slack.chat.update({ channel, ts, text: 'over', blocks: [] })
    await log().getByText('over').waitFor()
    expect(await log().getByRole('button', { name: 'Good to go' }).count()).toBe(0)
  })

  test('a button is pressed by who acts, and a dangerous one asks first', async () => {
    await post()
    await page.getByRole('button', { name: /Act as Bob/ }).click()
    await page.getByRole('button', { name: 'Good to go' }).click()
    await settle('the bot hears the press', () => bench.heard.length === 1)
    expect(bench.heard[0]).toMatchObject({
      isSigned: true,
      body: { user: { id: 'U0BOB' }, actions: [{ action_id: 'train.consent', value: '42' }] },
    })
    await log().getByRole('button', { name: 'Roll back' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await log().getByRole('button', { name: 'Roll back' }).click()
    await picture(page, 'confirm')
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click()
    await settle('the bot hears the second press', () => bench.heard.length === 2)
    expect(bench.heard[1]?.body).toMatchObject({ actions: [{ action_id: 'train.rollback' }] })
  })

  test('an overflow menu and a select say what was chosen', async () => {
    await post()
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Hold it' }).click()
    await settle('the bot hears the choice', () => bench.heard.length === 1)
    await page.locator('[data-action="pick"]').selectOption('production')
    await settle('the bot hears the selection', () => bench.heard.length === 2)
    expect(bench.heard.map(({ body }) => body['actions'])).toMatchObject([
      [{ type: 'overflow', selected_option: { value: 'hold' } }],
      [{ type: 'static_select', selected_option: { value: 'production' } }],
    ])
  })

  test('a form opens, is sent back with its error, and is taken', async () => {
    await post()
    await page.getByRole('button', { name: 'Hold', exact: true }).click()
    await page.getByLabel('Why').fill('short')
    await picture(page, 'modal')
    await page.keyboard.press('Enter')
    await page.getByText('Say a little more.').waitFor()
    await page.getByLabel('Why').fill('the migration is wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(bench.heard.at(-1)?.body).toMatchObject({
      view: { state: { values: { reason: { text: { value: 'the migration is wrong' } } } } },
    })
  })

  test('a command is suggested, completed and sent by keyboard alone', async () => {
    await page.getByRole('textbox', { name: /Message #deploys/ }).focus()
    await page.keyboard.type('/d')
    await picture(page, 'suggestions')
    await page.keyboard.press('Tab')
    await page.keyboard.type('shop')
    await page.keyboard.press('Enter')
    await log().getByText('You said shop').waitFor()
    await log().getByText('Only visible to you').waitFor()
    expect(bench.heard[0]?.body).toMatchObject({ command: '/deploy', text: 'shop' })
  })

  test('a bot that fails is shown as Slack shows it', async () => {
    bench.answer = (c) => c.body(null, 500)
    await post()
    await page.getByRole('button', { name: 'Good to go' }).click()
    await page.getByText(/This app is not responding/).waitFor()
  })

  test('a thread opens beside the channel, takes a reply, and a permalink leads into it', async () => {
    const ts = await post()
    const reply = await bench.slack.chat.postMessage({
      channel,
      text: 'Departed: <@U0ANA> your #12 is aboard',
      thread_ts: ts,
      reply_broadcast: true,
    })
    await page.getByRole('button', { name: /1 reply/ }).click()
    const thread = page.getByRole('region', { name: 'Thread' })
    await thread.getByText('your #12 is aboard').waitFor()
    await page.keyboard.type('Thank you')
    await page.keyboard.press('Enter')
    await thread.getByText('Thank you').waitFor()
    await picture(page, 'thread')
    await page.getByRole('button', { name: 'Close the thread' }).click()
    const link = await bench.slack.chat.getPermalink({ channel, message_ts: reply.ts ?? '' })
    await page.goto(link.permalink ?? '')
    await page.locator('#thread-log').getByText('your #12 is aboard').waitFor()
  })

  test('nothing on it is barred to a keyboard or a screen reader, light or dark, wide or narrow', async () => {
    const thread_ts = await post()
    await bench.slack.chat.postMessage({ channel, text: '`code`, <!here> and <@U0ANA>', thread_ts })
    await bench.slack.chat.postEphemeral({ channel, user: 'U0ANA', text: 'only you' })
    await page.getByRole('button', { name: /1 reply/ }).click()
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1400, 390]) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 844 })
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(
          violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
          `${colorScheme} ${width}`,
        ).toEqual([])
        await picture(page, `${colorScheme}-${width}`)
      }
    }
  })

  test('at phone width one pane is seen at a time', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await post()
    await log().getByText('Train #42').first().waitFor()
    const isWider = () => page.evaluate('document.documentElement.scrollWidth > innerWidth')
    expect(await isWider()).toBe(false)
    await picture(page, 'phone')
    await page.getByRole('navigation', { name: 'Panes' }).getByText('Town').click()
    expect(await page.getByRole('heading', { name: 'The town' }).isVisible()).toBe(true)
    expect(await log().isVisible()).toBe(false)
    expect(await isWider()).toBe(false)
  })
})

const REASON = {
  type: 'modal',
  callback_id: 'reason',
  title: { type: 'plain_text', text: 'Hold train #42' },
  submit: { type: 'plain_text', text: 'Hold' },
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      label: { type: 'plain_text', text: 'Why' },
      element: { type: 'plain_text_input', action_id: 'text' },
    },
  ],
} as const as never

/** Keeps a picture where somebody asked for pictures. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['PICTURES']
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
