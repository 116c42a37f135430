/** `signalbox doctor` beside a running server with the embedded database, and without one. */
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

async function doctor(): Promise<{ readonly code: number; readonly said: string }> {
  const { DATABASE_URL: _, ...env } = process.env
  const run = promisify(execFile)(process.execPath, [resolve('dist/cli.js'), 'doctor'], {
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
  await world.stop()
  const alone = await doctor()
  expect(alone).toMatchObject({ code: 0, said: expect.stringContaining('no server of this home') })
}, 120_000)
