/** Which logs of runs are removed, with real files. */
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal } from '../../src/runs/journal.ts'
import { keptByAgent, pruneLogs } from '../../src/runs/log-retention.ts'
import type { RunOrder } from '../../src/runs/protocol.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 5, 1)

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'signalbox-logs-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

function log(run: string, days: number, bytes = 10): void {
  const path = join(home, `${run}.log`)
  writeFileSync(path, Buffer.alloc(bytes))
  const at = new Date(NOW - days * DAY)
  utimesSync(path, at, at)
}

const left = (): readonly string[] => readdirSync(home).sort()

const prune = (kept: readonly string[] = [], bytesMax?: number) =>
  pruneLogs(home, {
    now: NOW,
    kept: new Set(kept),
    ...(bytesMax === undefined ? {} : { bytesMax }),
  })

test('a log older than 90 days goes, a younger one stays', async () => {
  log('old', 91)
  log('young', 89)
  expect(await prune()).toEqual(['old'])
  expect(left()).toEqual(['young.log'])
})

test('above the limit the oldest go first, and no smaller old one outlives a younger', async () => {
  log('a', 4, 1)
  log('b', 3, 60)
  log('c', 2, 60)
  log('d', 1, 30)
  expect(await prune([], 100)).toEqual(['b', 'a'])
  expect(left()).toEqual(['c.log', 'd.log'])
})

test('what must be kept stays, whatever its age and size, and counts first', async () => {
  log('live', 200, 90)
  log('late', 1, 20)
  expect(await prune(['live'], 100)).toEqual(['late'])
  expect(left()).toEqual(['live.log'])
})

test('nothing but logs is touched, and a folder that is not there is no fault', async () => {
  writeFileSync(join(home, 'journal.jsonl'), '')
  utimesSync(join(home, 'journal.jsonl'), 0, 0)
  mkdirSync(join(home, 'folder.log'))
  expect(await prune()).toEqual([])
  expect(left()).toEqual(['folder.log', 'journal.jsonl'])
  expect(await pruneLogs(join(home, 'nowhere'), { now: NOW, kept: new Set() })).toEqual([])
})

test('an agent keeps what is not over for everybody, and the newest of each environment', () => {
  const journal = openJournal(join(home, 'agent'))
  const tell = (environment: string, epoch: number, isOver: boolean): void => {
    const run = `${environment}-${epoch}`
    const order: RunOrder = {
      run,
      epoch,
      pipeline: 'api',
      environment,
      kind: 'forward',
      sha: 'a'.repeat(40),
      baseSha: null,
      train: 1,
      repository: 'acme/api',
      command: 'true',
      in: null,
      timeoutMs: 1_000,
      silenceTimeoutMs: null,
    }
    journal.append({ type: 'claimed', order })
    if (!isOver) return
    const ended = { run, outcome: 'succeeded', reason: 'exit status 0', at: NOW, tail: [] } as const
    journal.append({ type: 'ended', ...ended })
    journal.append({ type: 'acknowledged', run })
  }
  tell('staging', 1, false)
  tell('staging', 2, true)
  tell('staging', 3, true)
  tell('production', 1, true)
  expect([...keptByAgent(journal)].sort()).toEqual(['production-1', 'staging-1', 'staging-3'])
  journal.close()
})
