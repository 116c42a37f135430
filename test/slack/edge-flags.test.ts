/**
 * Flags first: from the first button of a failure, over the wire, to what came of it.
 */
import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createAgents } from '../../src/app/agents.ts'
import { pipelineState } from '../../src/app/state.ts'
import type { FlagsPolicy, Policy } from '../../src/core/policy.ts'
import { parseCommand } from '../../src/http/body.ts'
import { environmentOf } from '../../src/runs/command-environment.ts'
import { change, environment } from '../world/policy.ts'
import { ANA, BOB, EdgeTown } from './edge-town.ts'

let town: EdgeTown
let server: Server | null = null

afterEach(async () => {
  server?.close()
  server = null
  await town.close()
})

const AGENT = { name: 'agent', kind: 'system', groups: [] } as const

async function open(off: FlagsPolicy['off'], over: Partial<Policy> = {}): Promise<void> {
  town = await EdgeTown.open({
    environments: [environment('production')],
    flags: { match: 'flag:', off },
    ...over,
  })
}

/** Something that turns flags off, and what it was told. */
async function flagServer(status: number): Promise<{ url: string; told: string[] }> {
  const told: string[] = []
  const listening = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += String(part)
    })
    request.on('end', () => {
      told.push(`${request.method} ${body}`)
      response.writeHead(status).end()
    })
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}/off`, told }
}

const http = (url: string): FlagsPolicy['off'] => ({ kind: 'http', url, timeoutMs: 5_000 })
const RUN = { kind: 'run', run: './off.sh', in: null, timeoutMs: 60_000 } as const

/** A change behind a flag fails, and the log names its file. */
async function fails(): Promise<void> {
  const facts = { number: 1, author: 'bob', paths: ['src/cart.ts'], labels: ['flag:new-cart'] }
  const one = change('one', { ...facts, mergedAt: Date.now() - 60_000 })
  await town.act({ type: 'record_change', change: one })
  await town.slack.slash(ANA, '/deploy api')
  const found = (await town.pipeline()).deployments[0]
  if (found === undefined) throw new Error('nothing waits for the agent')
  const { run, epoch } = found
  await town.act({ type: 'claim_run', run }, AGENT)
  const report = { type: 'record_run', run, epoch, reason: 'exit status 1' } as const
  await town.act({ ...report, status: 'failed', tail: ['src/cart.ts:3'] }, AGENT)
  await town.settle()
}

async function report() {
  const [reply] = town.telling(await town.seqOf('deployment_ended'))
  if (reply === undefined) throw new Error('the failure was not told')
  return reply
}

const flags = async () => (await town.pipeline()).environments[0]?.flags

const types = async () =>
  (await town.events()).map(({ type }) => type).filter((type) => type.startsWith('flag_'))

test('the first button of a failure turns the flag off, and what came of it is told', async () => {
  const { url, told } = await flagServer(204)
  await open(http(url))
  await fails()
  const reply = await report()
  const buttons = [...JSON.stringify(reply.blocks).matchAll(/"action_id":"([^"]+)"/g)]
  expect(buttons[0]?.[1]).toBe('flag.off')
  const shown = JSON.stringify(reply.blocks, (key, its) => (key === 'confirm' ? undefined : its))
  expect(shown.match(/"style":"primary"/g)).toHaveLength(1)
  expect(JSON.stringify(reply.blocks)).toContain(
    '1. Turn the flag new-cart off: `/deploy flag off api new-cart in production`',
  )
  await town.slack.press(ANA, 'flag.off', reply)
  await town.settle()
  expect(told).toEqual(['POST {"flag":"new-cart","pipeline":"api","environment":"production"}'])
  expect(await flags()).toMatchObject([{ by: 'ana', status: 'done', says: 'answered 204' }])
  const [last] = town.telling(await town.seqOf('flag_off_done'))
  expect(last?.text).toContain('The flag new-cart is off in production')
  expect(last?.broadcast).toBe(true)
})

test('whoever is suspected has the button in the direct message, too', async () => {
  const { url, told } = await flagServer(200)
  await open(http(url))
  await fails()
  const direct = town.slack.messages.find(({ channel }) => channel === 'D0BOB')
  if (direct === undefined) throw new Error('bob was not told')
  await town.slack.press(BOB, 'flag.off', direct)
  await town.settle()
  expect(told).toHaveLength(1)
  expect(await flags()).toMatchObject([{ by: 'bob', status: 'done' }])
})

test('typed, it is the same; a no of the other side is told with the way on', async () => {
  const { url, told } = await flagServer(500)
  await open(http(url))
  await fails()
  await town.slack.slash(ANA, '/deploy flag off api other.flag in production')
  await town.settle()
  expect(told).toHaveLength(1)
  expect(await types()).toEqual(['flag_off_requested', 'flag_off_failed'])
  const [last] = town.telling(await town.seqOf('flag_off_failed'))
  expect(last?.text).toContain('could not be turned off in production: answered 500')
  expect(JSON.stringify(last?.blocks)).toContain('/rollback api production')
})

test('nothing is asked at an address that may not be, and nothing of a message goes elsewhere', async () => {
  await open(http('http://169.254.169.254/off'))
  await fails()
  await town.slack.slash(ANA, '/deploy flag off api new-cart')
  await town.settle()
  expect(await flags()).toMatchObject([
    { status: 'failed', says: '169.254.169.254 is never asked' },
  ])
  await town.slack.slash(ANA, '/deploy flag off api $(reboot)')
  expect(await types()).toEqual(['flag_off_requested', 'flag_off_failed'])
})

test('delivered again, what is done is not done again', async () => {
  const { url, told } = await flagServer(204)
  await open(http(url))
  await fails()
  await town.slack.slash(ANA, '/deploy flag off api new-cart')
  await town.settle()
  const again = `UPDATE outbox SET delivered_at = NULL WHERE effect->>'type' = 'flag_off'`
  await town.database.pool.query(again)
  await town.settle()
  expect(told).toHaveLength(1)
  expect(await types()).toEqual(['flag_off_requested', 'flag_off_done'])
})

/** What the agent of the environment is given, as it asks. */
const agents = () =>
  createAgents({
    pool: town.database.pool,
    dispatch: town.dispatch,
    pipelines: town.known(),
    setAside: async () => {},
  })

const POLL = { agent: 'embedded', instance: 'one', runs: [], draining: false, waitMs: 0 }

test('a command reaches the agent with the name in a variable, and its end is the flag’s', async () => {
  await open(RUN)
  await fails()
  await town.slack.slash(ANA, '/deploy flag off api new-cart')
  await town.settle()
  const { claims } = await agents().look(POLL)
  const order = claims.find(({ kind }) => kind === 'verify')
  if (order === undefined) throw new Error('the agent was given nothing')
  expect(order).toMatchObject({ command: './off.sh', flag: 'new-cart' })
  const known = environmentOf(order, { env: {}, pass: [] })
  expect(known['SIGNALBOX_FLAG']).toBe('new-cart')
  const { run, epoch } = order
  const at = new Date(0).toISOString()
  const ended = { run, epoch, instance: 'one', at, status: 'succeeded' } as const
  await agents().report({ ...ended, reason: 'exit status 0', tail: ['it is off'] })
  expect(await flags()).toMatchObject([{ status: 'done', says: 'exit status 0: it is off' }])
  expect((await agents().look(POLL)).claims).toEqual([])
})

test('an agent that never comes for it is told as a failure', async () => {
  await open(RUN)
  await fails()
  await town.slack.slash(ANA, '/deploy flag off api new-cart')
  await town.settle()
  const late = `UPDATE verify_runs SET requested_at = now() - interval '10 minutes'`
  await town.database.pool.query(late)
  await agents().expire()
  expect(await flags()).toMatchObject([{ status: 'failed', says: 'no agent took it' }])
})

test('before anything was deployed there is nowhere to run a command', async () => {
  await open(RUN)
  await town.slack.slash(ANA, '/deploy flag off api new-cart')
  await town.settle()
  expect(await flags()).toMatchObject([{ status: 'failed' }])
})

test('the API takes it and shows it', async () => {
  const { url } = await flagServer(204)
  await open(http(url))
  const supplied = { id: 'x', now: 0 }
  const read = parseCommand({ type: 'flag_off', flag: 'new-cart' }, supplied)
  expect(read).toEqual({
    ok: true,
    command: { type: 'flag_off', environment: null, flag: 'new-cart' },
  })
  if (read.ok) await town.act(read.command, { name: 'ana', kind: 'person', groups: [] })
  await town.settle()
  const state = pipelineState(await town.pipeline(), Date.now())
  expect(state['environments']).toMatchObject([
    { flags: [{ flag: 'new-cart', by: 'ana', status: 'done' }] },
  ])
})
