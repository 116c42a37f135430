import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deployByHand, type HandDeploy, orderByHand } from '../../src/runs/by-hand.ts'
import type { Ended } from '../../src/runs/execute.ts'
import { compileAgent, endOf, startAgent } from './agent-process.ts'
import { type Bench, isAlive, newBench, newFolder, newOrder, until } from './bench.ts'
import { type Counterpart, startCounterpart } from './counterpart.ts'

const SHA = 'b'.repeat(40)

const asked = (over: Partial<HandDeploy> = {}): HandDeploy => ({
  place: 'production',
  sha: SHA,
  kind: 'forward',
  hand: { by: 'ana', reason: 'the database is lost' },
  settle: false,
  ...over,
})

async function deploy({ executing }: Bench, request = asked()): Promise<Ended> {
  const order = await orderByHand(executing, request)
  return deployByHand(executing, { order, hand: request.hand, control: { cancelled: false } })
}

const refusal = (bench: Bench, request = asked()): Promise<string> =>
  orderByHand(bench.executing, request).then(
    ({ run }) => `ordered ${run}`,
    (fault: Error) => `${fault.name}: ${fault.message}`,
  )

describe('a deploy by hand', () => {
  it('is executed as the newest order of its environment was, under the next epoch', async () => {
    const bench = newBench()
    const folder = newFolder()
    await bench.run(newOrder(folder, 'true'))
    const command = 'echo "$SIGNALBOX_SHA $SIGNALBOX_BASE_SHA $SIGNALBOX_EPOCH [$SIGNALBOX_TRAIN]"'
    await bench.run(newOrder(folder, command, { run: 'run-2', epoch: 4, timeoutMs: 5_000 }))
    const order = await orderByHand(bench.executing, asked({ place: 'api/production' }))
    expect(order).toMatchObject({ epoch: 5, in: folder, timeoutMs: 5_000, train: null })
    const { tail, ...ended } = await deploy(bench)
    expect(ended).toEqual({ outcome: 'succeeded', reason: 'exit status 0' })
    expect(tail).toEqual([`${SHA} ${'a'.repeat(40)} 5 []`])
    const record = [...bench.journal.runs().values()].at(-1)
    expect(record).toMatchObject({ hand: asked().hand, ended: { outcome: 'succeeded' } })
  })

  it('is refused where nothing was ever ordered, naming what is known', async () => {
    const bench = newBench()
    expect(await refusal(bench)).toContain('the journal knows no environment at all')
    const folder = newFolder()
    await bench.run(newOrder(folder, 'true'))
    await bench.run(newOrder(folder, 'true', { run: 'web', pipeline: 'web' }))
    expect(await refusal(bench, asked({ place: 'staging' }))).toContain(
      'the journal knows api/production, web/production',
    )
    expect(await refusal(bench)).toContain('say api/production or web/production')
    expect(await refusal(bench, asked({ place: 'web/production', sha: 'abc' }))).toContain(
      `abc is not a full sha; the journal knows of production: ${'a'.repeat(40)}`,
    )
  })

  it('waits for no other run there: it is refused while one lives', async () => {
    const bench = newBench()
    const folder = newFolder()
    const control = { cancelled: false }
    const running = bench.run(newOrder(folder, 'sleep 60'), control)
    const { pid } = await until('the start', () => bench.journal.runs().get('run-1')?.spawned)
    expect(await refusal(bench)).toContain(
      `run run-1 still lives in production (process group ${pid})`,
    )
    control.cancelled = true
    await running
    expect(await refusal(bench)).toMatch('ordered api-production-by-hand-2-')
  })

  it('is refused where nobody knows how the last run ended, but for the word that it is dead', async () => {
    const bench = newBench()
    bench.journal.append({ type: 'claimed', order: newOrder(newFolder(), 'true') })
    bench.journal.append({ type: 'starting', run: 'run-1' })
    expect(await refusal(bench)).toContain('say --settle to declare it dead')
    expect(await refusal(bench, asked({ settle: true }))).toMatch('ordered')
  })
})

const byHandIn = ({ journal }: Bench) =>
  [...journal.runs().values()].find(({ hand }) => hand !== null)

interface World {
  readonly server: Counterpart
  readonly bench: Bench
  readonly start: (home?: string) => ReturnType<typeof startAgent>
}

/** A home in which one run has ended and was acknowledged. */
async function newWorld(command = 'true'): Promise<World> {
  const server = await startCounterpart()
  const bench = newBench()
  await bench.run(newOrder(bench.home, command))
  bench.journal.append({ type: 'acknowledged', run: 'run-1' })
  const main = compileAgent()
  return { server, bench, start: (home = bench.home) => startAgent(main, home, server) }
}

describe('the agent after a deploy by hand', () => {
  it('tells of it before it takes new orders, until it is acknowledged, and only once', async () => {
    const { server, bench, start } = await newWorld('echo done')
    await deploy(bench)
    bench.journal.close()
    server.reportStatus = 500
    const agent = start()
    await until('a poll', () => server.polls.length > 1)
    expect(server.polls.every(({ draining }) => draining)).toBe(true)
    server.reportStatus = 200
    const [told] = await until('the account', () => server.accounts.length > 0 && server.accounts)
    expect(told?.account).toMatchObject({
      ...{ epoch: 2, sha: SHA, begun: true, status: 'succeeded', tail: ['done'] },
      hand: { by: 'ana', reason: 'the database is lost' },
    })
    const polled = server.polls.length
    await until('more polls', () => server.polls.length > polled + 3)
    expect(server.polls.at(-1)).toMatchObject({ draining: false, seen: [{ epoch: 2, tail: [] }] })
    expect(server.accounts).toHaveLength(1)
    agent.kill('SIGTERM')
    expect(await endOf(agent)).toBe(0)
  })

  it('follows one whose terminal died to its end', async () => {
    const { server, bench, start } = await newWorld(
      '[ "$SIGNALBOX_TRAIN" ] || while [ ! -e go ]; do sleep 0.02; done',
    )
    void deploy(bench).catch(() => undefined)
    const spawned = await until('the start', () => byHandIn(bench)?.spawned)
    const left = join(newFolder(), 'home')
    // The journal as the process left it that died at this moment.
    cpSync(bench.home, left, { recursive: true })
    rmSync(join(left, 'agent', 'lock'))
    start(left)
    await until('a poll', () => server.polls.length > 0)
    expect(isAlive(spawned.pid)).toBe(true)
    writeFileSync(join(bench.home, 'go'), '')
    const [told] = await until('the account', () => server.accounts.length > 0 && server.accounts)
    expect(told?.account).toMatchObject({ begun: true, hand: { by: 'ana' } })
  })

  it('gives up one that had not begun', async () => {
    const { server, bench, start } = await newWorld()
    const order = await orderByHand(bench.executing, asked())
    bench.journal.append({ type: 'claimed', order, hand: asked().hand })
    bench.journal.close()
    start()
    const [told] = await until('the account', () => server.accounts.length > 0 && server.accounts)
    expect(told?.account).toMatchObject({ begun: false, status: 'aborted' })
  })
})

describe('an agent that knows more than its server', () => {
  it('says so with each poll', async () => {
    const { server, bench, start } = await newWorld()
    bench.journal.close()
    start()
    await until('a poll', () => server.polls.length > 0)
    expect(server.polls[0]?.seen).toEqual([
      {
        ...{ pipeline: 'api', environment: 'production', run: 'run-1', epoch: 1, kind: 'forward' },
        ...{ sha: 'a'.repeat(40), begun: true, status: 'succeeded', reason: 'exit status 0' },
        ...{ tail: [], hand: null },
      },
    ])
  })

  it('refuses an epoch that it has started already', async () => {
    const { server, bench, start } = await newWorld()
    bench.journal.close()
    start()
    server.orders.push(newOrder(bench.home, 'touch ran', { run: 'run-9' }))
    const end = await until('the end', () => server.endOf('run-9'))
    expect(end).toMatchObject({
      status: 'failed',
      reason: 'its epoch 1 was started here already, by run run-1',
    })
    expect(existsSync(join(bench.home, 'ran'))).toBe(false)
  })

  it('executes a name given again under a higher epoch, and never answers with the old end', async () => {
    const { server, bench, start } = await newWorld()
    bench.journal.close()
    start()
    server.orders.push(newOrder(bench.home, 'echo >> ran; exit 3', { epoch: 2 }))
    const end = await until('the end', () => server.endOf('run-1'))
    expect(end).toMatchObject({ status: 'failed', epoch: 2, reason: 'exit status 3' })
    expect(readFileSync(join(bench.home, 'ran'), 'utf8')).toBe('\n')
  })

  it('does not execute a name given again under the same epoch for another sha', async () => {
    const { server, bench, start } = await newWorld()
    bench.journal.close()
    start()
    server.orders.push(newOrder(bench.home, 'touch ran', { sha: SHA }))
    const end = await until('the end', () => server.endOf('run-1'))
    expect(end).toMatchObject({ status: 'failed', reason: expect.stringContaining('another run') })
    expect(existsSync(join(bench.home, 'ran'))).toBe(false)
  })
})
