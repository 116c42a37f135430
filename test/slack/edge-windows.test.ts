/** Windows as people meet them in Slack: when they open, who goes all the same, and redrawn in time. */
import { afterEach, expect, test } from 'vitest'
import { askAuthors, environment, readWindows } from '../world/policy.ts'
import { ANA, BOB, EdgeTown } from './edge-town.ts'

let town: EdgeTown

/** The next Friday, 10:00 UTC. */
const FRIDAY = Date.UTC(2026, 10, 20, 10)
let now = FRIDAY

const HOUR = 3_600_000

async function open(approvals: typeof askAuthors | { readonly authors: 'none' }) {
  now = FRIDAY
  const windows = readWindows({ allow: ['Mon-Fri 12:00-14:00'], people: ['ana'] })
  const where = environment('production', { windows, approvals: { ...askAuthors, ...approvals } })
  town = await EdgeTown.open({ environments: [where], clock: () => now })
  await town.merge('one')
  await town.slack.slash(ANA, '/deploy api')
  await town.settle()
}

const shown = (): string => JSON.stringify(town.root().blocks)
const at = (ms: number): string => `<!date^${ms / 1_000}^`

afterEach(() => town.close())

test('the announcement, why and status say when it opens, and it goes as it does', async () => {
  await open({ authors: 'none' })
  expect(town.root().text).toContain('production is outside its windows (Mon-Fri 12')
  expect(shown()).toContain(`opens ${at(FRIDAY + 2 * HOUR)}`)
  await town.slack.slash(ANA, '/deploy why api')
  expect(JSON.stringify(town.slack.ephemerals.at(-1)?.blocks)).toContain(
    `opens ${at(FRIDAY + 2 * HOUR)}`,
  )
  await town.slack.slash(ANA, '/deploy status api')
  expect(JSON.stringify(town.slack.ephemerals.at(-1)?.blocks)).toContain('outside its windows')
  now = FRIDAY + 2 * HOUR
  await town.act({ type: 'tick' })
  expect((await town.pipeline()).deployments.length).toBe(1)
  await town.deploys()
  await town.settle()
})

test('who is excepted sends it all the same; another is told when it opens and whom to ask', async () => {
  await open({ authors: 'none' })
  await town.slack.press(BOB, 'train.go_outside_windows', town.root())
  await town.slack.heard(BOB, 'outside its windows until')
  await town.slack.heard(BOB, 'ask ana')
  await town.slack.press(ANA, 'train.go_outside_windows', town.root())
  expect((await town.events()).map(({ type }) => type)).toContain('window_passed')
  expect((await town.pipeline()).deployments.length).toBe(1)
  await town.deploys()
  await town.settle()
  expect(JSON.stringify(town.slack.thread(town.root().ts))).toContain('outside its windows, once')
})

test('what is shown follows the clock, though nothing else happens', async () => {
  await open(askAuthors)
  expect(shown()).toContain('outside its windows')
  now = FRIDAY + 2 * HOUR
  await town.act({ type: 'tick' })
  await town.settle()
  expect(shown()).not.toContain('outside its windows')
  now = FRIDAY + 4 * HOUR
  await town.act({ type: 'tick' })
  await town.settle()
  expect(shown()).toContain(`opens ${at(FRIDAY + 74 * HOUR)}`)
})
