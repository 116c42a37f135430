/**
 * Who is told of a failure: the suspects in the thread and in person, once; then the channel.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pipelineState } from '../../src/app/state.ts'
import { askAuthors, change, environment, sha } from '../world/policy.ts'
import { CHANNEL } from '../world/slack.ts'
import { ANA, BOB, EdgeTown, until } from './edge-town.ts'

let town: EdgeTown

beforeEach(async () => {
  town = await EdgeTown.open({
    environments: [environment('production')],
    signals: [{ match: 'checkout_', paths: ['services/checkout/**'] }],
  })
})

afterEach(() => town.close())

const AGENT = { name: 'agent', kind: 'system', groups: [] } as const

/** Ana's change touches a file that the log names, Bob's what the signal watches; Cem's neither. */
async function fails(tail: readonly string[] = ['src/list.ts:3 checkout_errors']): Promise<void> {
  const all = [
    change('one', { number: 1, author: 'ana', paths: ['src/list.ts'] }),
    change('two', { number: 2, author: 'bob', parent: sha('one'), paths: ['services/checkout/a'] }),
    change('three', { number: 3, author: 'cem', parent: sha('two') }),
  ]
  for (const one of all) {
    await town.act({ type: 'record_change', change: { ...one, mergedAt: Date.now() - 60_000 } })
  }
  await town.slack.slash(ANA, '/deploy api')
  await failsAgain(tail)
}

const failsAgain = (tail: readonly string[]): Promise<void> => ends('failed', tail)

/** The deployment that waits for the agent; `meanwhile`: what happens while it runs. */
async function ends(
  status: 'succeeded' | 'failed',
  tail: readonly string[],
  meanwhile: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  const { deployments } = await town.pipeline()
  const found = deployments.find((one) => one.status === 'requested')
  if (found === undefined) throw new Error('nothing waits for the agent')
  const { run, epoch } = found
  await town.act({ type: 'claim_run', run }, AGENT)
  await meanwhile()
  const report = { type: 'record_run', run, epoch, reason: 'exit status 1' } as const
  await town.act({ ...report, status, tail }, AGENT)
}

const direct = () => town.slack.messages.filter(({ channel }) => channel !== CHANNEL)

const replayed = `UPDATE outbox SET delivered_at = NULL WHERE effect->>'type' = $1`

test('the suspects are named first, with what speaks for it, and each is told once in person', async () => {
  await fails()
  await town.settle()
  const [reply] = town.telling(await town.seqOf('deployment_ended'))
  const text = JSON.stringify(reply?.blocks)
  const places = ['#2', '#1', '```', '1. ', '2. ', '3. '].map((one) => text.indexOf(one))
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(text).not.toContain('#3')
  expect(text).toContain('<@U0BOB>')
  expect(reply?.broadcast).toBe(true)
  expect(direct().map(({ channel }) => channel)).toEqual(expect.arrayContaining(['D0ANA', 'D0BOB']))
  expect(direct()).toHaveLength(2)
  const bobs = direct().find(({ channel }) => channel === 'D0BOB')
  expect(JSON.stringify(bobs?.blocks)).toContain('services/checkout/∗∗')
  expect(JSON.stringify(bobs?.blocks)).toContain('/deploy retry api')
})

test('delivered again, doubtful or asked for twice, nobody is told twice', async () => {
  await fails()
  await town.settle()
  await town.database.pool.query(replayed, ['alert'])
  await town.settle()
  expect(direct()).toHaveLength(2)
  await town.database.pool.query(`${replayed}`, ['warn'])
  await town.database.pool.query(`UPDATE outbox SET unsure = true WHERE delivered_at IS NULL`)
  await town.settle()
  expect(direct()).toHaveLength(2)
})

test('another failure of another attempt is told anew', async () => {
  await fails()
  await town.settle()
  await town.slack.slash(ANA, '/deploy retry api')
  await failsAgain(['src/list.ts:3'])
  await town.settle()
  expect(direct().map(({ channel }) => channel)).toEqual(
    expect.arrayContaining(['D0ANA', 'D0ANA', 'D0BOB']),
  )
  expect(direct()).toHaveLength(3)
})

test('a failure that somebody has dealt with while Slack was away is told to nobody in person', async () => {
  await fails()
  await town.slack.slash(ANA, '/deploy retry api')
  await town.settle()
  expect(direct()).toEqual([])
})

test('without evidence everyone aboard is told in the thread, and nobody is accused', async () => {
  await fails(['exit status 1'])
  await town.settle()
  const [reply] = town.telling(await town.seqOf('deployment_ended'))
  const text = JSON.stringify(reply?.blocks)
  expect(text).toContain('Nothing points at one change. Aboard: <@U0ANA> (#1), <@U0BOB> (#2)')
  expect(text).not.toContain('Suspect')
  expect(direct()).toEqual([])
})

test('the API and `/deploy why` name them too', async () => {
  await fails()
  const state = pipelineState(await town.pipeline(), Date.now())
  expect(state['environments']).toMatchObject([
    {
      deployment: {
        suspects: [
          {
            number: 2,
            author: 'bob',
            people: ['bob'],
            evidence: ['it touches services/checkout/**, which the signal checkout_ watches'],
          },
          { number: 1, evidence: ['the failure names src/list.ts, which it changed'] },
        ],
      },
    },
  ])
  await town.slack.slash(ANA, '/deploy why api')
  expect(JSON.stringify(town.slack.ephemerals)).toContain('look first at #2 of bob')
})

test('whose account was closed meanwhile is not written to, though a yes of theirs still counts', async () => {
  await town.close()
  town = await EdgeTown.open({
    environments: [environment('production', { approvals: askAuthors })],
    signals: [{ match: 'checkout_', paths: ['services/checkout/**'] }],
  })
  await town.merge('one', 'bob')
  const two = change('two', { author: 'ana', parent: sha('one'), paths: ['services/checkout/a'] })
  const merged = { ...two, mergedAt: Date.now() - 60_000 }
  await town.act({ type: 'record_change', change: merged })
  await town.slack.slash(BOB, '/deploy api')
  for (const name of ['ana', 'bob']) {
    const who = { name, kind: 'person', groups: [] } as const
    await town.act({ type: 'consent', train: 1 }, who)
  }
  await failsAgain(['checkout_errors'])
  await town.relay.drain()
  const { rows } = await town.database.pool.query<{ person: string }>(
    `SELECT effect->>'person' AS person FROM outbox WHERE effect->>'type' = 'warn'`,
  )
  expect(rows).toEqual([{ person: 'ana' }])
  const user = { id: ANA, team_id: 'T0HOME', name: 'ana', deleted: true, profile: {} }
  await town.slack.event({ type: 'user_change', user })
  await until('ana is inactive', async () =>
    (await town.meet()).some(({ name, active }) => name === 'ana' && !active),
  )
  await town.settle()
  expect(direct()).toEqual([])
})

test('whose lock keeps a failure from going back by itself is asked in person, once', async () => {
  await town.close()
  const onFailure = { act: 'roll_back', afterMs: 20_000, dryRun: false } as const
  town = await EdgeTown.open({ environments: [environment('production', { onFailure })] })
  await town.merge('one', 'ana')
  await town.slack.slash(ANA, '/deploy api')
  await ends('succeeded', [])
  const two = change('two', { author: 'ana', parent: sha('one') })
  const merged = { ...two, mergedAt: Date.now() - 60_000 }
  await town.act({ type: 'record_change', change: merged })
  await town.slack.slash(ANA, '/deploy api')
  const lock = () => town.slack.slash(BOB, '/lock api production the migration runs')
  await ends('failed', ['exit status 1'], lock)
  await town.settle()
  await town.database.pool.query(replayed, ['narrate'])
  await town.settle()
  expect(direct().map(({ channel }) => channel)).toEqual(['D0BOB'])
  const text = JSON.stringify(direct()[0]?.blocks)
  expect(text).toContain('You keep production locked (the migration runs)')
  expect(text).toContain('shall it be taken back to')
  expect(text).toContain('train.rollback')
})
