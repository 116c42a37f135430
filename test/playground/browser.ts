/**
 * A real browser, where there is one; who misses it is told how to get it.
 *
 * Invariant: without one, continuous integration fails rather than looks at nothing.
 */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = [process.env['CHROMIUM'] ?? '', ...BROWSERS].find((path) => existsSync(path))

export const hasBrowser = executablePath !== undefined

export const MISSING =
  'No Chromium here, so the page was not tested: apt-get install chromium, or set CHROMIUM to its path.'

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] })
