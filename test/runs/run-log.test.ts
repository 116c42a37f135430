import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openRunLog } from '../../src/runs/run-log.ts'
import { newFolder } from './bench.ts'

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `line ${index} of the flood`).join('\n')

it('keeps the beginning and the last lines of a log over its cap, and says what is between', () => {
  const folder = newFolder()
  const [raw, log] = [join(folder, 'raw'), join(folder, 'log')]
  const runLog = openRunLog({ raw, log, secrets: [], bytesMax: 1_000 })
  appendFileSync(raw, lines(10_000))
  runLog.drain()
  appendFileSync(raw, '\nthe very end')
  runLog.end()
  const text = readFileSync(log, 'utf8')
  expect(text).toMatch(/^line 0 of the flood\n/)
  expect(text).toMatch(/\[\d+ bytes or more were cut here; the last lines follow\]/)
  expect(text).toMatch(/line 9999 of the flood\nthe very end$/)
  expect(text.length).toBeLessThan(70_000)
})

it('writes a small log whole, readable by its owner only', () => {
  const folder = newFolder()
  const [raw, log] = [join(folder, 'raw'), join(folder, 'log')]
  const runLog = openRunLog({ raw, log, secrets: ['swordfish'] })
  for (const piece of ['né', 'e sword', 'fish\n', 'end']) {
    appendFileSync(raw, piece)
    runLog.drain()
  }
  runLog.end()
  expect(readFileSync(log, 'utf8')).toBe('née ***\nend')
  for (const path of [raw, log]) expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('bounds the raw file, and shows no half of a secret at the gap', () => {
  const folder = newFolder()
  const [raw, log] = [join(folder, 'raw'), join(folder, 'log')]
  const runLog = openRunLog({ raw, log, secrets: ['swordfish'], rawBytesMax: 100 })
  appendFileSync(raw, `${'x'.repeat(200)} sword`)
  runLog.drain()
  expect(statSync(raw).size).toBe(0)
  appendFileSync(raw, 'fish\nafter the gap\n')
  runLog.end()
  const text = readFileSync(log, 'utf8')
  expect(text).not.toMatch(/sword|fish/)
  expect(text).toContain('output may be missing here')
  expect(text).toMatch(/after the gap\n$/)
})
