import { appendFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createListener } from '../../src/runs/last-word.ts'
import { openRunLog } from '../../src/runs/run-log.ts'
import { newBench, newFolder, newOrder } from './bench.ts'

const INCREMENT = {
  kind: 'migration',
  migration: { of: '2', increment: 1, batch: 100, cursor: '' },
} as const

const lines = (count: number): string => `for i in $(seq ${count}); do echo "row $i"; done`

describe('the last word of an increment', () => {
  it('is told with the last lines, however much it wrote after it', async () => {
    const bench = newBench()
    const command = `echo "signalbox: 5/10 a"; echo "signalbox: 6/10 b"; ${lines(30)}`
    const { tail } = await bench.run(newOrder(bench.home, command, INCREMENT))
    expect(tail).toHaveLength(20)
    expect(tail.slice(-2)).toEqual(['row 30', 'signalbox: 6/10 b'])
  })

  it('is told once where it is among them', async () => {
    const bench = newBench()
    const command = 'echo begin; echo "signalbox: 5/10 a"; echo end'
    const { tail } = await bench.run(newOrder(bench.home, command, INCREMENT))
    expect(tail).toEqual(['begin', 'signalbox: 5/10 a', 'end'])
  })

  it('behind other text is one that nobody can read, for a server of any version', async () => {
    const bench = newBench()
    const command = 'printf "moving rows "; echo "signalbox: 5/10 a"'
    const { tail } = await bench.run(newOrder(bench.home, command, INCREMENT))
    expect(tail).toEqual([
      'moving rows signalbox: 5/10 a',
      'signalbox: not at the beginning of its line: moving rows signalbox: 5/10 a',
    ])
  })

  it('is nothing to the log of a deploy', async () => {
    const bench = newBench()
    const command = `echo "signalbox: 5/10 a"; ${lines(30)}`
    const { tail } = await bench.run(newOrder(bench.home, command))
    expect(tail.at(-1)).toBe('row 30')
    expect(tail).not.toContain('signalbox: 5/10 a')
  })

  it('is heard however the output is cut, at the end of a long line, and without a newline', () => {
    const heard = (...pieces: readonly string[]): string | null => {
      const listener = createListener()
      for (const piece of pieces) listener.hear(piece)
      return listener.lastWord()
    }
    expect(heard('sig', 'nalbox: 5/', '10 a\r', '\nmore\n')).toBe('signalbox: 5/10 a')
    expect(heard('\u001b[1msignalbox: done\u001b[0m\n')).toBe('signalbox: done')
    expect(heard('nothing\n')).toBeNull()
    expect(heard('signalbox: 1/2 a\nsignalbox: done')).toBe('signalbox: done')
    const long = Array.from({ length: 100 }, () => 'x'.repeat(1_000))
    expect(heard(...long, 'signalbox: 5/10 a\n')).toMatch(/^signalbox: not at the beginning/)
  })

  it('that may have been lost with a part of the output cannot be read', () => {
    const folder = newFolder()
    const [raw, log] = [join(folder, 'raw'), join(folder, 'log')]
    const runLog = openRunLog({ raw, log, secrets: [], rawBytesMax: 100 })
    appendFileSync(raw, `signalbox: 5/10 a\n${'x'.repeat(200)}\n`)
    runLog.drain()
    appendFileSync(raw, 'the rest of it\nafter the gap\n')
    runLog.drain()
    expect(runLog.lastWord()).toMatch(/^signalbox: so much was written at once/)
    truncateSync(raw)
    appendFileSync(raw, 'more\n')
    runLog.end()
  })
})
