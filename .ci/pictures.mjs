// Redraws the pictures of the docs from a real ride in the playground: `npm run pictures`.
// Invariant: nothing is painted; the real bot is pressed in a real browser, and the page is shot.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const BYTES_MAX = 300_000
const PICTURE = 'docs/ride.png'

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = [process.env.CHROMIUM ?? '', ...browsers].find((path) => existsSync(path))
if (executablePath === undefined) {
  console.error('No Chromium here: apt-get install chromium, or set CHROMIUM to its path.')
  process.exit(1)
}

const home = mkdtempSync(join(tmpdir(), 'signalbox-pictures-'))
const server = await serve()
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  await ride(server.url)
} finally {
  await browser.close()
  const ended = new Promise((done) => server.child.once('exit', done))
  server.child.kill('SIGTERM')
  await ended
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}
const { size } = statSync(PICTURE)
if (size > BYTES_MAX) {
  console.error(`${PICTURE} has ${size} bytes; ${BYTES_MAX} are allowed.`)
  process.exitCode = 1
} else console.log(`${PICTURE}: ${size} bytes`)

/** Two changes by two people, one of whom has said yes: what a channel shows all day. */
async function ride(url) {
  const page = await browser.newPage({ viewport: { width: 1180, height: 680 } })
  page.setDefaultTimeout(30_000)
  await page.goto(url)
  await page.getByRole('button', { name: 'Skip' }).click()
  const log = page.locator('#log')
  for (const change of [101, 102]) {
    await page.getByRole('button', { name: 'Merge it' }).click()
    await page.locator(`[data-number="${change}"][data-ci="success"]`).waitFor()
    await log.getByText(`#${change}`).first().waitFor()
  }
  await log.getByRole('button', { name: 'Depart now' }).click()
  await log.getByText('Waiting for 2 of 2 authors').first().waitFor()
  await log.getByRole('button', { name: 'Good to go' }).click()
  await log.getByText('Waiting for 1 of 2 authors').first().waitFor()
  // Cem, who has nothing aboard: what only ana reads is not for the picture.
  await page.getByRole('button', { name: 'Act as Cem' }).click()
  await page
    .getByRole('button', { name: /\d repl/ })
    .first()
    .click()
  await page.locator('#thread-log').getByText('said yes to #101').waitFor()
  await log.getByText('production next').waitFor()
  await page.addStyleTag({ content: '#town { display: none !important }' })
  await page.mouse.move(0, 0)
  await page.evaluate(() => {
    document.activeElement?.blur()
    document.getElementById('log').scrollTop = 0
    const thread = document.getElementById('thread-log')
    thread.scrollTop = thread.scrollHeight
  })
  mkdirSync('docs', { recursive: true })
  await page.screenshot({ path: PICTURE })
}

async function serve() {
  const { DATABASE_URL: _, REDIS_URL: __, SIGNALBOX_CONFIG: ___, ...env } = process.env
  const child = spawn(process.execPath, ['dist/cli.js', 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...env, LOG_LEVEL: 'warn', PORT: String(await freePort()), SIGNALBOX_HOME: home },
  })
  const url = await new Promise((ready, fail) => {
    child.once('exit', (code) => fail(new Error(`serve ended with ${code}`)))
    child.stdout.on('data', (bytes) => {
      const found = /ready at (\S+)/.exec(bytes.toString())
      if (found) ready(found[1])
    })
  })
  return { child, url }
}

function freePort() {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => found(port))
    })
  })
}
