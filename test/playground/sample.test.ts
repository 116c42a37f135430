/** The sample as it is made: what a stranger meets, and when. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPolicies } from '../../src/config/file.ts'
import { standing } from '../../src/core/windows.ts'
import { makeSample } from '../../src/playground/sample.ts'

const HOUR_MS = 3_600_000
/** The worst moment to begin: the last minute of a year. */
const BEGUN = Date.UTC(2026, 11, 31, 23, 59)

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'signalbox-sample-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

test('production is closed for stocktaking two days on, and never during a first ride', () => {
  const { file, tokens } = makeSample(home, null, BEGUN)
  const names = tokens.map(({ name }) => name)
  const read = readPolicies(readFileSync(file, 'utf8'), { tokenNames: names })
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  const production = read.policies[0]?.environments.at(-1)
  const windows = production?.windows
  if (windows == null) throw new Error('production has no windows')
  const isOpenAfter = (hours: number) => standing(windows, BEGUN + hours * HOUR_MS).isOpen
  expect([0, 12, 24, 25, 48, 72].map(isOpenAfter)).toEqual([true, true, true, false, false, true])
  expect(windows.except.people).toEqual(['cem'])
})

test('a sample of an earlier version says how to begin anew', () => {
  const { file, repository } = makeSample(home, null)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(/repository: .*/, `repository: ${JSON.stringify(repository)}`))
  expect(() => makeSample(home, null)).toThrow('begin anew with `npm start -- --fresh`')
})
