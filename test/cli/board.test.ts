import { expect, test } from 'vitest'
import { waits } from '../../src/cli/board.ts'

const train = {
  number: 41,
  status: 'departed',
  departs_at: null,
  due: false,
  next_environment: 'production',
  plan: null,
  changes: [],
  blockers: [],
}
const run = { environment: 'production', status: 'failed', run: 'r' }

test('why a train waits also says whom to ask what broke', () => {
  const suspect = { sha: 'a'.repeat(40), number: 12, title: 'Cache', author: 'ana' }
  const evidence = ['the failure names src/a.ts, which it changed', 'it touches b']
  const deployments = [{ ...run, suspects: [{ ...suspect, evidence }] }]
  expect(waits({ ...train, deployments })).toEqual([
    '🔎 look first at #12 Cache of ana: the failure names src/a.ts, which it changed; it touches b',
  ])
})

test('of a server that knows no suspects nothing is said', () => {
  expect(waits({ ...train, deployments: [run] })).toEqual([])
})
