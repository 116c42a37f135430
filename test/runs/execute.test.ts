import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { execute, logOf, tidy } from '../../src/runs/execute.ts'
import type { Journal } from '../../src/runs/journal.ts'
import type { RunOrder } from '../../src/runs/protocol.ts'
import { isAlive, newBench, newFolder, newOrder, until } from './bench.ts'

const STUBBORN = 'trap "" TERM; while :; do sleep 0.05; done'

const pidIn = (path: string): Promise<number> =>
  until(`a pid in ${path}`, () => existsSync(path) && Number(readFileSync(path, 'utf8')))

describe('how a run ends', () => {
  it('succeeds with exit status 0, and keeps a redacted log', async () => {
    const bench = newBench({ secrets: ['swordfish'] })
    const order = newOrder(bench.home, 'echo out; echo swordfish >&2')
    expect(await bench.run(order)).toEqual({
      outcome: 'succeeded',
      reason: 'exit status 0',
      tail: ['out', '***'],
    })
    expect(readFileSync(logOf(bench.home, order.run), 'utf8')).toBe('out\n***\n')
    await tidy(bench.executing, order.run)
    expect(existsSync(join(bench.home, 'runs', order.run))).toBe(false)
  })

  it.each([
    ['exit 3', 'failed', 'exit status 3'],
    ['kill -KILL $$', 'failed', 'killed by SIGKILL'],
    ['kill -KILL $PPID', 'unknown', 'it was killed from outside, and left no exit status'],
  ])('%s is %s: %s', async (command, outcome, reason) => {
    const bench = newBench()
    const ended = await bench.run(newOrder(bench.home, command))
    expect(ended).toMatchObject({ outcome, reason })
  })

  it('fails over its time limit, also with a script that ignores TERM', async () => {
    const bench = newBench()
    const order = newOrder(bench.home, `echo $$ > pid; ${STUBBORN}`, { timeoutMs: 200 })
    const ended = await bench.run(order)
    expect(ended).toMatchObject({ outcome: 'failed', reason: 'over its time limit of 200 ms' })
    expect(isAlive(await pidIn(join(bench.home, 'pid')))).toBe(false)
  })

  it('fails when silent for too long, not while it talks', async () => {
    const bench = newBench()
    const talk = 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done'
    const order = newOrder(bench.home, `${talk}; ${STUBBORN}`, { silenceTimeoutMs: 400 })
    const ended = await bench.run(order)
    expect(ended).toMatchObject({ outcome: 'failed', reason: 'silent for 400 ms' })
    expect(ended.tail).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  it('cancelled: the whole group is dead', async () => {
    const bench = newBench()
    const control = { cancelled: false }
    const command = `(trap "" TERM; while :; do sleep 0.05; done) & echo $! > child; ${STUBBORN}`
    const ending = bench.run(newOrder(bench.home, command), control)
    const child = await pidIn(join(bench.home, 'child'))
    control.cancelled = true
    expect(await ending).toMatchObject({ outcome: 'aborted' })
    expect(isAlive(child)).toBe(false)
  })

  it('ends what the command left behind, and lets its exit status decide', async () => {
    const bench = newBench()
    const command = `(${STUBBORN}) & echo $! > child`
    expect(await bench.run(newOrder(bench.home, command))).toMatchObject({ outcome: 'succeeded' })
    expect(isAlive(await pidIn(join(bench.home, 'child')))).toBe(false)
  })

  it('lets short-lived remains end by themselves', async () => {
    const bench = newBench()
    await bench.run(newOrder(bench.home, '(sleep 0.1; echo done > remains) &'))
    expect(readFileSync(join(bench.home, 'remains'), 'utf8')).toBe('done\n')
  })

  it('says where it could not be started', async () => {
    const bench = newBench()
    const ended = await bench.run(newOrder('/nowhere/at/all', 'true'))
    expect(ended.outcome).toBe('failed')
    expect(ended.reason).toContain('/nowhere/at/all')
  })
})

describe('what a command gets to know', () => {
  it('is what the contract names, and what is let through', async () => {
    const env = { PATH: process.env['PATH'], HOME: '/h', LANG: 'C', ALLOWED: 'yes', SECRET: 'no' }
    const bench = newBench({ env, pass: ['ALLOWED', 'MISSING'] })
    await bench.run(newOrder(bench.home, 'env > seen', { train: 9, epoch: 2 }))
    const seen = readFileSync(join(bench.home, 'seen'), 'utf8').trim().split('\n')
    const own = ['PWD', 'OLDPWD', 'SHLVL', '_']
    expect(seen.filter((line) => !own.includes(line.split('=')[0] ?? '')).sort()).toEqual(
      [
        'ALLOWED=yes',
        'HOME=/h',
        'LANG=C',
        `PATH=${process.env['PATH']}`,
        'SIGNALBOX_BASE_SHA=',
        'SIGNALBOX_ENVIRONMENT=production',
        'SIGNALBOX_EPOCH=2',
        'SIGNALBOX_KIND=forward',
        'SIGNALBOX_PIPELINE=api',
        'SIGNALBOX_REPOSITORY=acme/api',
        'SIGNALBOX_RUN_ID=run-1',
        `SIGNALBOX_SHA=${'a'.repeat(40)}`,
        'SIGNALBOX_TRAIN=9',
      ].sort(),
    )
  })

  it('reaches no command line: a value with shell words is a value', async () => {
    const bench = newBench()
    const repository = '$(touch hacked); `touch hacked`'
    await bench.run(newOrder(bench.home, 'echo "$SIGNALBOX_REPOSITORY"', { repository }))
    expect(existsSync(join(bench.home, 'hacked'))).toBe(false)
    expect(readFileSync(logOf(bench.home, 'run-1'), 'utf8')).toBe(`${repository}\n`)
  })
})

describe('what cannot be journaled', () => {
  it('does not happen: no command starts whose start is not on the disk', async () => {
    const bench = newBench()
    const journal: Journal = {
      ...bench.journal,
      append: (entry) => {
        if (entry.type === 'starting') throw new Error('no space left on the device')
        bench.journal.append(entry)
      },
    }
    const order = newOrder(bench.home, 'touch ran')
    journal.append({ type: 'claimed', order })
    const executing = { ...bench.executing, journal }
    await expect(execute(executing, order, { cancelled: false })).rejects.toThrow('no space')
    // Whatever was spawned has had its time once another command has run to its end.
    await newBench().run(newOrder(newFolder(), 'sleep 0.2'))
    expect(existsSync(join(bench.home, 'ran'))).toBe(false)
  })
})

describe('what is refused', () => {
  it('an order older than one seen', async () => {
    const bench = newBench()
    await bench.run(newOrder(bench.home, 'true', { run: 'newer', epoch: 5 }))
    const ended = await bench.run(newOrder(bench.home, 'touch ran', { run: 'older', epoch: 4 }))
    expect(ended).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('epoch 4') })
    expect(existsSync(join(bench.home, 'ran'))).toBe(false)
  })

  describe('of what retires an old release', () => {
    const OLD = 'd'.repeat(40)
    const retire = async (later: Partial<RunOrder>, over: Partial<RunOrder> = {}) => {
      const bench = newBench()
      await bench.run(newOrder(bench.home, 'true', { run: 'later', epoch: 5, ...later }))
      const its = { run: 'retire', epoch: 4, kind: 'verify', baseSha: OLD, retires: true } as const
      return bench.run(newOrder(bench.home, 'true', { ...its, ...over }))
    }

    it('nothing, where only the next release is on its way since', async () => {
      expect(await retire({})).toMatchObject({ outcome: 'succeeded' })
    })

    it.each<[string, Partial<RunOrder>, Partial<RunOrder>]>([
      ['it went back since', { kind: 'rollback' }, {}],
      ['that release was deployed once more', { sha: OLD }, {}],
      ['it merely looks at a deployment', {}, { retires: false }],
    ])('an order older than one seen, where %s', async (_, later, over) => {
      expect(await retire(later, over)).toMatchObject({
        outcome: 'failed',
        reason: 'its epoch 4 is older than 5, seen here',
      })
    })
  })

  it('a second run into an environment where one lives, not into another', async () => {
    const bench = newBench()
    const control = { cancelled: false }
    const first = bench.run(newOrder(bench.home, 'echo $$ > pid; sleep 60'), control)
    await pidIn(join(bench.home, 'pid'))
    const second = newOrder(bench.home, 'true', { run: 'run-2', epoch: 2 })
    expect(await bench.run(second)).toMatchObject({
      outcome: 'failed',
      reason: 'run run-1 is still alive in production',
    })
    const elsewhere = newOrder(bench.home, 'true', { run: 'run-3', environment: 'staging' })
    expect(await bench.run(elsewhere)).toMatchObject({ outcome: 'succeeded' })
    control.cancelled = true
    await first
  })

  it('one of two that come at the same moment', async () => {
    const bench = newBench()
    const command = 'echo x >> started; sleep 0.3'
    const ended = await Promise.all(
      ['run-1', 'run-2'].map((run) => bench.run(newOrder(bench.home, command, { run }))),
    )
    expect(ended.map(({ outcome }) => outcome).sort()).toEqual(['failed', 'succeeded'])
    expect(readFileSync(join(bench.home, 'started'), 'utf8')).toBe('x\n')
  })

  it('a run whose id is a path', async () => {
    const bench = newBench()
    const folder = newFolder()
    const ended = await bench.run(newOrder(folder, 'touch ran', { run: '../precious' }))
    expect(ended.outcome).toBe('failed')
    expect(existsSync(join(folder, 'ran'))).toBe(false)
    mkdirSync(join(bench.home, 'precious'))
    await tidy(bench.executing, '../precious')
    expect(existsSync(join(bench.home, 'precious'))).toBe(true)
  })
})
