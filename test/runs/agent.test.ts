import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openJournal } from '../../src/runs/journal.ts'
import { compileAgent, endOf, startAgent } from './agent-process.ts'
import { isAlive, newFolder, newOrder, newRepository, until } from './bench.ts'
import { type Counterpart, startCounterpart } from './counterpart.ts'

/** Writes its pid, waits for a file named `go`, then ends with success. */
const WAITING = 'echo x >> started; echo before; while [ ! -e go ]; do sleep 0.02; done; echo after'

interface World {
  readonly server: Counterpart
  readonly home: string
  readonly start: () => ReturnType<typeof startAgent>
}

async function newWorld(): Promise<World> {
  const server = await startCounterpart()
  const home = newFolder()
  const main = compileAgent()
  return { server, home, start: () => startAgent(main, home, server) }
}

const started = (home: string): Promise<true> =>
  until(
    'the start of the command, journaled',
    () =>
      existsSync(join(home, 'started')) &&
      starts(home) !== '' &&
      readFileSync(join(home, 'agent', 'journal.jsonl'), 'utf8').includes('"spawned"') &&
      true,
  )

const starts = (home: string): string => readFileSync(join(home, 'started'), 'utf8')

describe('an agent', () => {
  it('executes what it is told, says so, sends the log, and stops when asked', async () => {
    const { server, home, start } = await newWorld()
    const repository = newRepository()
    const sha = repository.commit('one')
    const change = { in: null, sha, repository: repository.path }
    server.orders.push(newOrder(home, 'cat version; echo swordfish', change))
    const agent = start()
    const end = await until('the end', () => server.endOf('run-1'))
    expect(end).toMatchObject({ status: 'succeeded', epoch: 1, tail: ['one***'] })
    expect(server.reports.map(({ status }) => status)).toEqual(['started', 'succeeded'])
    expect(server.logs.get('run-1')?.toString()).toBe('one***\n')
    agent.kill('SIGTERM')
    expect(await endOf(agent)).toBe(0)
    expect(readdirSync(join(home, 'checkouts'))).toEqual([])
    expect(readdirSync(join(home, 'runs'))).toEqual(['run-1.log'])
  })

  it('fetches a mirror when a change is heard', async () => {
    const { server, home, start } = await newWorld()
    const repository = newRepository()
    repository.commit('one')
    server.fetch.push(repository.path)
    start()
    await until('a mirror', () => {
      const mirrors = join(home, 'mirrors')
      const [mirror] = existsSync(mirrors) ? readdirSync(mirrors) : []
      return mirror !== undefined && existsSync(join(mirrors, mirror, 'refs', 'heads', 'main'))
    })
  })

  it('executes a run once, however often it is claimed', async () => {
    const { server, home, start } = await newWorld()
    server.orders.push(newOrder(home, WAITING))
    start()
    await started(home)
    const seen = server.polls.length
    await until('more polls', () => server.polls.length > seen + 3)
    expect(server.polls.at(-1)?.runs).toEqual(['run-1'])
    writeFileSync(join(home, 'go'), '')
    await until('the end', () => server.endOf('run-1'))
    // As if the server had lost the report: told again, not executed again.
    server.reports.length = 0
    expect(await until('the end again', () => server.endOf('run-1'))).toMatchObject({
      status: 'succeeded',
    })
    expect(starts(home)).toBe('x\n')
  })

  it('ends a run when told to', async () => {
    const { server, home, start } = await newWorld()
    server.orders.push(newOrder(home, `echo $$ > pid; ${WAITING}`))
    start()
    await started(home)
    server.cancels.push('run-1')
    expect(await until('the end', () => server.endOf('run-1'))).toMatchObject({ status: 'aborted' })
    expect(isAlive(Number(readFileSync(join(home, 'pid'), 'utf8')))).toBe(false)
  })

  it('repeats a report while the server is away, and stops at a refusal', async () => {
    const { server, home, start } = await newWorld()
    server.reportStatus = 500
    server.orders.push(newOrder(home, 'echo x >> started'))
    const agent = start()
    await started(home)
    const seen = server.polls.length
    await until('more polls', () => server.polls.length > seen + 3)
    expect(server.reports).toEqual([])
    server.reportStatus = 409
    await until('the end', () => server.endOf('run-1'))
    agent.kill('SIGTERM')
    expect(await endOf(agent)).toBe(0)
    expect(server.reports).toHaveLength(2)
  })

  it('told to stop with a live run: takes no more, stays until it ends', async () => {
    const { server, home, start } = await newWorld()
    server.orders.push(newOrder(home, WAITING))
    const agent = start()
    await started(home)
    agent.kill('SIGTERM')
    await until('a draining poll', () => server.polls.at(-1)?.draining)
    writeFileSync(join(home, 'go'), '')
    expect(await endOf(agent)).toBe(0)
    expect(server.endOf('run-1')).toMatchObject({ status: 'succeeded' })
  })
})

describe('a killed agent', () => {
  it('leaves the run alive, and its successor sees it to the end', async () => {
    const { server, home, start } = await newWorld()
    server.orders.push(newOrder(home, WAITING))
    const first = start()
    await started(home)
    first.kill('SIGKILL')
    await endOf(first)
    start()
    const seen = server.polls.length
    await until('the successor', () => server.polls.length > seen + 1)
    expect(server.polls.at(-1)?.runs).toEqual(['run-1'])
    expect(server.endOf('run-1')).toBeUndefined()
    writeFileSync(join(home, 'go'), '')
    const end = await until('the end', () => server.endOf('run-1'))
    expect(end).toMatchObject({ status: 'succeeded', tail: ['before', 'after'] })
    expect(server.logs.get('run-1')?.toString()).toBe('before\nafter\n')
    expect(starts(home)).toBe('x\n')
    expect(new Set(server.polls.map(({ instance }) => instance)).size).toBe(1)
  })

  it('whose run ended meanwhile: the exit status is found', async () => {
    const { server, home, start } = await newWorld()
    server.orders.push(newOrder(home, `${WAITING}; exit 5`))
    const first = start()
    await started(home)
    first.kill('SIGKILL')
    await endOf(first)
    writeFileSync(join(home, 'go'), '')
    await until('the status', () => existsSync(join(home, 'runs', 'run-1', 'exit-status')))
    start()
    const end = await until('the end', () => server.endOf('run-1'))
    expect(end).toMatchObject({ status: 'failed', reason: 'exit status 5' })
    expect(starts(home)).toBe('x\n')
  })

  it('whose run was killed too: unknown, never a second start', async () => {
    const { server, home, start } = await newWorld()
    server.orders.push(newOrder(home, `echo $PPID > group; ${WAITING}`))
    const first = start()
    await started(home)
    first.kill('SIGKILL')
    await endOf(first)
    process.kill(-Number(readFileSync(join(home, 'group'), 'utf8')), 'SIGKILL')
    start()
    const end = await until('the end', () => server.endOf('run-1'))
    expect(end.status).toBe('unknown')
    expect(starts(home)).toBe('x\n')
  })

  it('that died between the announcement of a start and the start: unknown', async () => {
    const { server, home, start } = await newWorld()
    const order = newOrder(home, 'echo x >> started')
    const journal = openJournal(join(home, 'agent'))
    journal.append({ type: 'claimed', order })
    journal.append({ type: 'starting', run: order.run })
    journal.close()
    start()
    const end = await until('the end', () => server.endOf('run-1'))
    expect(end).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('nobody knows'),
    })
    expect(existsSync(join(home, 'started'))).toBe(false)
  })

  it('that died while it ended a cancelled run: aborted, for that is why it is dead', async () => {
    const { server, home, start } = await newWorld()
    const order = newOrder(home, 'sleep 60')
    const { run } = order
    const gone = 4_000_000
    mkdirSync(join(home, 'runs', run), { recursive: true })
    const journal = openJournal(join(home, 'agent'))
    journal.append({ type: 'claimed', order })
    journal.append({ type: 'starting', run })
    journal.append({ type: 'spawned', run, pid: gone, startTime: 'then', at: Date.now() })
    journal.append({ type: 'ending', run, why: 'cancelled' })
    journal.close()
    start()
    expect(await until('the end', () => server.endOf(run))).toMatchObject({
      status: 'aborted',
      reason: 'cancelled, and proven dead',
    })
  })

  it('that had only been told: the run is started once the server still wants it', async () => {
    const { server, home, start } = await newWorld()
    const order = newOrder(home, 'echo x >> started')
    const journal = openJournal(join(home, 'agent'))
    journal.append({ type: 'claimed', order })
    journal.close()
    start()
    // Somebody may have settled it while no agent lived: nothing of it is started unasked.
    await until('two polls', () => server.polls.length >= 2)
    expect(existsSync(join(home, 'started'))).toBe(false)
    server.orders.push(order)
    expect(await until('the end', () => server.endOf('run-1'))).toMatchObject({
      status: 'succeeded',
    })
    expect(readFileSync(join(home, 'started'), 'utf8')).toBe('x\n')
  })
})
