/**
 * `signalbox doctor` and the heads of the audit, beside a running server with the embedded
 * database, and without one.
 */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Installation } from '../world/serving.ts'

let world: Installation

beforeAll(async () => {
  world = new Installation(null, {
    script: () => 'true',
    pipeline: '    environments:\n      - { name: production, deploy: { run: sh deploy.sh } }',
  })
  await world.start()
})
afterAll(() => world.clean())

const doctor = () => command('doctor')

async function command(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly said: string }> {
  const { DATABASE_URL: _, ...env } = process.env
  const run = promisify(execFile)(process.execPath, [resolve('dist/cli.js'), ...args], {
    env: {
      ...env,
      SIGNALBOX_HOME: world.home,
      SIGNALBOX_CONFIG: join(world.home, 'signalbox.yml'),
    },
  })
  return run.then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (fault: { readonly code: number; readonly stdout: string; readonly stderr: string }) => ({
      code: fault.code,
      said: fault.stdout + fault.stderr,
    }),
  )
}

test('it looks into the embedded database while that is served, and when it is not', async () => {
  const beside = await doctor()
  expect(beside).toMatchObject({ code: 0, said: expect.stringContaining('✓ the audit verifies') })
  expect(beside.said).toMatch(/the server runs as /)
  expect(beside.said).toMatch(/⚠ without a token.*: ana, bob \(/)
  expect((await world.state()).pipeline).toBe('api')
  await headsAreKept()
  await world.stop()
  const alone = await doctor()
  expect(alone).toMatchObject({ code: 0, said: expect.stringContaining('no server of this home') })
}, 120_000)

/** A line for each chain; handed back later, each still holds, and a wrong one is named. */
async function headsAreKept(): Promise<void> {
  const locked = { type: 'lock', reason: 'look' }
  expect((await world.command('ana', locked)).status).toBe(200)
  const { code, said } = await command('audit', 'head')
  expect([code, said]).toEqual([0, expect.stringMatching(/^api:[0-9]+:[0-9a-f]{64}$/m)])
  const heads = said.trim().split('\n')
  expect((await world.command('ana', { type: 'unlock' })).status).toBe(200)
  const later = await command('audit', 'verify', '--head', ...heads)
  expect(later).toEqual({
    code: 0,
    said: `✓ the audit verifies, and holds what was kept (${heads.length})\n`,
  })
  const other = `api:1:${'0'.repeat(64)}`
  const wrong = await command('audit', 'verify', '--head', ...heads, other)
  expect(wrong.code).toBe(1)
  expect(wrong.said).toContain('✗ chain api, row 1: up to here it is not what it was')
  const none = await command('audit', 'verify', '--head', 'api:1')
  expect(none.said).toContain('a line that `signalbox audit head` printed')
}
