import { expect, it } from 'vitest'
import { lastLines } from '../../src/runs/plain.ts'

it('takes colours, links, cursor moves and direction overrides out of the last lines', () => {
  const text = [
    'first',
    '\u001b[31mred\u001b[0m',
    '\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
    'pay\u202eload',
    '',
  ].join('\n')
  expect(lastLines(text, 3)).toEqual(['red', 'link', 'payload'])
})

it('cuts a long line between two characters, never within one: half of one cannot be stored', () => {
  expect(lastLines(`${'x'.repeat(499)}🚂🚂`, 1)).toEqual(['x'.repeat(499)])
  expect(lastLines(`${'x'.repeat(498)}🚂🚂`, 1)).toEqual([`${'x'.repeat(498)}🚂`])
})
