/** What a caller of the API reads about a field that is wrong. */
import { expect, test } from 'vitest'
import { parseCommand } from '../../src/http/body.ts'

const sha = 'a'.repeat(40)
const change = { type: 'record_change', sha, title: 'T', author: 'ana' }
const at = '2026-01-31T12:00:00Z'

test.each([
  [{ type: 'stop' }, 'reason', 'is missing'],
  [{ type: 'stop', reason: 7 }, 'reason', 'must be a string'],
  [{ type: 'stop', reason: '' }, 'reason', 'must not be empty'],
  [{ type: 'stop', reason: 'x'.repeat(1_001) }, 'reason', 'must have at most 1000 characters'],
  [{ type: 'consent', train: '1' }, 'train', 'must be a number'],
  [{ type: 'consent', train: 1.5 }, 'train', 'must be a whole number'],
  [{ type: 'consent', train: 0 }, 'train', 'must be more than 0'],
  [{ type: 'lock', reason: 'x', take_over: 1 }, 'take_over', 'must be true or false'],
  [{ ...change, merged_at: 'now' }, 'merged_at', 'must be a time such as 2026-01-31T12:00:00Z'],
  [{ ...change, merged_at: at, labels: 'x' }, 'labels', 'must be a list'],
  [
    { type: 'record_check', sha, name: 'test', status: 'green' },
    'status',
    'must be one of pending, success, failure',
  ],
])('of %j: %s %s', (body, field, message) => {
  expect(parseCommand(body, { id: 'x', now: 0 })).toEqual({ ok: false, field, message })
})
