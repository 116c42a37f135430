/** The token of the embedded agent, whatever a kill left behind. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { embeddedToken } from '../../src/embedded-agent.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'signalbox-token-'))
})
afterEach(() => rmSync(home, { recursive: true }))

test('it is made once and kept', () => {
  const token = embeddedToken(home)
  expect(token).toMatch(/^[0-9a-f]{64}$/)
  expect(embeddedToken(home)).toBe(token)
  expect(readdirSync(join(home, 'agent'))).toEqual(['token'])
})

test('an empty file, left by a kill in the wrong moment, is no token: it is made anew', () => {
  mkdirSync(join(home, 'agent'))
  writeFileSync(join(home, 'agent', 'token'), '')
  expect(embeddedToken(home)).toMatch(/^[0-9a-f]{64}$/)
})
