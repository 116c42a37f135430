/**
 * Contenders in processes of their own, who all come to one gate before it opens.
 *
 * Invariant: the gate is a row that is held until PostgreSQL itself says that every contender waits in
 * a transaction; a race in which they did not meet is a fault, and proves nothing.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileInto } from '../world/compiled.ts'
import type { TestDatabase } from '../world/database.ts'
import type { Answer, Said, Setting, Task } from './contender.ts'

const PROCESSES = 4
const EACH = 4
export const CONTENDERS = PROCESSES * EACH

/** Less than the ten seconds for which a lock is waited. */
const GATHERED_MS_MAX = 9_000

export interface Contenders {
  /** All of them at once; the answers stand where their contenders do. */
  readonly all: (task: (contender: number) => Task) => Promise<readonly Said[]>
  /** The same, from a row on that all of them have to wait for. */
  readonly meet: (gate: Gate, task: (contender: number) => Task) => Promise<readonly Said[]>
  /** One of them, alone. */
  readonly one: (contender: number, task: Task) => Promise<Said>
  /** How often so many of them have waited at a gate together. */
  readonly met: () => number
  readonly end: () => Promise<void>
}

/** The statement that holds the row. */
export interface Gate {
  readonly text: string
  readonly values: readonly unknown[]
}

export function openContenders(
  database: TestDatabase,
  setting: Pick<Setting, 'policy' | 'people'>,
): Contenders {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-race-'))
  compileInto(folder, ['test/proof/contender.ts'])
  const main = join(folder, 'test/proof/contender.js')
  const its: Setting = { ...setting, url: database.url, tasks: EACH }
  const processes = Array.from({ length: PROCESSES }, () =>
    fork(main, [JSON.stringify(its)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  )
  let met = 0
  const all: Contenders['all'] = async (task) => {
    const answers = await Promise.all(
      processes.map((one, at) =>
        ask(
          one,
          Array.from({ length: EACH }, (_, index) => task(at + index * PROCESSES)),
        ),
      ),
    )
    return Array.from({ length: CONTENDERS }, (_, contender) => {
      const said = answers[contender % PROCESSES]?.[Math.floor(contender / PROCESSES)]
      if (said === undefined) throw new Error(`contender ${contender} said nothing`)
      return said
    })
  }
  return {
    all,
    meet: async (gate, task) => {
      const done = await behind(database, gate, () => all(task))
      met += 1
      return done
    },
    one: async (contender, task) => {
      const child = processes[contender % PROCESSES]
      const [said] = child === undefined ? [] : await ask(child, [task])
      if (said === undefined) throw new Error(`contender ${contender} said nothing`)
      return said
    },
    met: () => met,
    end: async () => {
      await Promise.all(processes.map(end))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function ask(child: ChildProcess, tasks: readonly Task[]): Promise<readonly Said[]> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a process of contenders ended'))
    child.once('exit', ended)
    child.once('message', (answer: Answer) => {
      child.off('exit', ended)
      if ('fault' in answer) reject(new Error(answer.fault))
      else resolve(answer.said)
    })
    child.send(tasks)
  })
}

/** Opens the gate once all contenders wait at it. */
async function behind<T>({ pool }: TestDatabase, gate: Gate, go: () => Promise<T>): Promise<T> {
  const holder = await pool.connect()
  try {
    await holder.query('BEGIN')
    await holder.query(gate.text, [...gate.values])
    const going = go()
    await Promise.race([gathered(pool), going.then(tooSoon)])
    await holder.query('COMMIT')
    return await going
  } finally {
    holder.release(true)
  }
}

const tooSoon = (): never => {
  throw new Error('they passed a gate that was closed')
}

const WAITING = `SELECT count(*)::int AS n FROM pg_stat_activity
                  WHERE datname = current_database() AND wait_event_type = 'Lock'
                    AND state = 'active'`

async function gathered(pool: TestDatabase['pool']): Promise<void> {
  for (const limit = performance.now() + GATHERED_MS_MAX; ; ) {
    const { rows } = await pool.query<{ n: number }>(WAITING)
    const n = rows[0]?.n ?? 0
    if (n === CONTENDERS) return
    if (performance.now() > limit) throw new Error(`${n} of ${CONTENDERS} came to the gate`)
    await new Promise((look) => setTimeout(look, 3))
  }
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((ended) => {
    if (child.exitCode !== null || child.signalCode !== null) return ended()
    child.once('exit', () => ended())
    child.disconnect()
  })
}
