/** What `config check` says of a file, run as a person runs it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-check-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** The words for a pipeline whose deploys an agent of its own runs. */
function check(env: Readonly<Record<string, string>>, ...more: readonly string[]) {
  const path = join(folder, 'signalbox.yml')
  const environment = '{ name: production, agent: builder, deploy: { run: ./deploy.sh } }'
  writeFileSync(
    path,
    `pipelines:\n  api:\n    repository: acme/api\n    environments: [${environment}]\n`,
  )
  const args = [resolve('dist/cli.js'), 'config', 'check', path, ...more]
  const { SIGNALBOX_API_TOKENS: _, ...rest } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...rest, ...env },
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

test('an agent is known by its token, as the server knows it', () => {
  const tokens = { SIGNALBOX_API_TOKENS: `builder=${'x'.repeat(32)}` }
  expect(check(tokens)).toMatchObject({
    status: 0,
    said: expect.stringContaining('agent builder runs `./deploy.sh`'),
  })
  expect(check({}, '--token', 'builder')).toMatchObject({ status: 0 })
})

test('an agent that has no token is named, with the way out', () => {
  expect(check({ SIGNALBOX_API_TOKENS: `other=${'x'.repeat(32)}` })).toMatchObject({
    status: 78,
    said: expect.stringContaining('add a token of that name to SIGNALBOX_API_TOKENS'),
  })
})
