/** Counting how soon a run is attended to again: what the kills assert must be able to fail. */
import { expect, test } from 'vitest'
import type { Hit } from './failpoints.ts'
import { agentReturns, refusalsIn, serverReturns } from './reattach.ts'

const hit = (at: number, pid: number, name: string, did: Hit['did'] = null): Hit => ({
  ...{ at, pid, name, of: null, did },
})

const looks = (from: number, count: number, pid: number): readonly Hit[] =>
  Array.from({ length: count }, (_, index) => hit(from + index * 1_000, pid, 'poll.looked'))

const death = (pid: number, at: number) =>
  ({ process: 'web', pid, code: null, signal: 'SIGKILL', at }) as const

test('an agent that follows its run before it asks for orders has taken no look', () => {
  const hits = [hit(0, 7, 'run.attached', 'kill'), hit(900, 8, 'run.attached')]
  expect(agentReturns([...hits, ...looks(950, 3, 1)])).toEqual([
    { after: 'run.attached', count: 0, ms: 900 },
  ])
})

test('each look before the run is in an agent’s hands again counts', () => {
  const killed = hit(0, 7, 'run.exit_seen', 'kill')
  const hits = [killed, ...looks(1_000, 11, 1), hit(12_500, 8, 'run.end_journalled')]
  expect(agentReturns(hits)).toEqual([{ after: 'run.exit_seen', count: 11, ms: 12_500 }])
})

test('a run that nobody takes up again counts every look there was', () => {
  const hits = [hit(0, 7, 'run.spawned', 'kill'), ...looks(1_000, 40, 1)]
  expect(agentReturns(hits)).toEqual([{ after: 'run.spawned', count: 40, ms: 0 }])
})

test('a server’s successor is blamed for the polls it turns away, not for its start', () => {
  const hits = [
    ...[hit(0, 1, 'poll.looked'), hit(10, 1, 'dispatch.saved', 'kill')],
    ...[hit(9_000, 2, 'serve.started'), hit(11_500, 2, 'poll.looked')],
  ]
  const refused = [1_000, 2_000, 8_900, 9_900, 10_900, 20_000]
  expect(serverReturns(hits, [death(1, 20)], refused)).toEqual([
    { after: 'the server', count: 2, ms: 11_480 },
  ])
})

test('a process that never answered an agent is none that agents wait for', () => {
  const hits = [hit(10, 3, 'inbox.claimed', 'kill'), hit(500, 1, 'poll.looked')]
  expect(serverReturns(hits, [death(3, 20)], [])).toEqual([])
})

test('moments are read from the log of an agent', () => {
  const log = [
    `{"level":40,"time":1772445607956,"msg":"the server cannot be reached; runs go on"}`,
    `{"level":40,"time":1772445609000,"msg":"the mirror could not be fetched"}`,
    'not of a logger',
  ]
  expect(refusalsIn(log.join('\n'))).toEqual([1_772_445_607_956])
})
