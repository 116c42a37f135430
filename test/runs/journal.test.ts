import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openJournal } from '../../src/runs/journal.ts'
import { newFolder, newOrder } from './bench.ts'

describe('the journal', () => {
  it('knows after a restart what it was told, and who it is', () => {
    const folder = newFolder()
    const first = openJournal(folder)
    const order = newOrder(folder, 'true', { epoch: 4 })
    first.append({ type: 'claimed', order })
    first.append({ type: 'starting', run: order.run })
    first.append({ type: 'spawned', run: order.run, pid: 1, startTime: 'then', at: 2 })
    first.close()
    const second = openJournal(folder)
    expect(second.instance).toBe(first.instance)
    expect(second.runs().get(order.run)).toMatchObject({
      order,
      starting: true,
      spawned: { pid: 1, startTime: 'then' },
      ended: null,
      acknowledged: false,
    })
    expect(second.highestEpoch('api', 'production')).toBe(4)
    expect(second.highestEpoch('api', 'staging')).toBe(0)
    second.close()
  })

  it('leaves a torn last line out, and glues nothing to it', () => {
    const folder = newFolder()
    const first = openJournal(folder)
    first.append({ type: 'claimed', order: newOrder(folder, 'true') })
    first.close()
    appendFileSync(join(folder, 'journal.jsonl'), '{"type":"starting","ru')
    const second = openJournal(folder)
    expect(second.runs().get('run-1')?.starting).toBe(false)
    second.append({ type: 'starting', run: 'run-1' })
    second.close()
    const third = openJournal(folder)
    expect(third.runs().get('run-1')?.starting).toBe(true)
    third.close()
  })

  it('forgets nothing of a run that is claimed again', () => {
    const folder = newFolder()
    const journal = openJournal(folder)
    const order = newOrder(folder, 'true')
    journal.append({ type: 'claimed', order })
    journal.append({ type: 'starting', run: order.run })
    journal.append({ type: 'claimed', order })
    expect(journal.runs().get(order.run)?.starting).toBe(true)
    journal.close()
  })

  it('does not take an unreadable journal for an empty one', () => {
    const folder = newFolder()
    openJournal(folder).close()
    const path = join(folder, 'journal.jsonl')
    chmodSync(path, 0o000)
    // The superuser reads everything: there the folder in its place is what cannot be read.
    if (process.getuid?.() === 0) {
      spawnSync('sh', ['-c', 'rm "$1" && mkdir "$1"', 'sh', path])
    }
    expect(() => openJournal(folder)).toThrow(/EISDIR|EACCES/)
  })
})

describe('two agents on one journal', () => {
  it('refuses the second, naming the first', () => {
    const folder = newFolder()
    const journal = openJournal(folder)
    expect(() => openJournal(folder)).toThrow(`another agent (pid ${process.pid})`)
    journal.close()
    openJournal(folder).close()
  })

  it('takes over the lock of a dead process, also when its number is used again', () => {
    for (const held of ['999999999 boot 5', `${process.pid} boot 5`]) {
      const folder = newFolder()
      writeFileSync(join(folder, 'lock'), held)
      const journal = openJournal(folder)
      expect(readFileSync(join(folder, 'lock'), 'utf8')).not.toBe(held)
      journal.close()
      expect(readdirSync(folder).sort()).toEqual(['instance', 'journal.jsonl'])
    }
  })
})
