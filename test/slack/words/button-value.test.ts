/**
 * What a button carries comes back as it was, and nothing else does.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readValue, valueOf as write } from '../../../src/slack/words/button-value.ts'

it('A value is read as it was written, within Slack’s length', () => {
  const value = {
    pipeline: 'a'.repeat(39),
    train: 42,
    environment: 'b'.repeat(39),
    plan: 'c'.repeat(64),
  }
  expect(readValue(write(value))).toEqual(value)
  expect(write(value).length).toBeLessThanOrEqual(255)
  const back = { pipeline: 'api', to: 'd'.repeat(40), words: ['abort', 'take_over'] } as const
  expect(readValue(write(back))).toEqual(back)
})

it('A long reason is cut rather than refused', () => {
  const value = { pipeline: 'api', to: 'd'.repeat(40), reason: '\u0001'.repeat(3_000) }
  expect(write(value).length).toBeLessThanOrEqual(2_000)
  expect(readValue(write(value))?.reason).toHaveLength(250)
})

it('A foreign value is none', () => {
  for (const text of [
    '',
    'api',
    '[]',
    'null',
    '{}',
    '{"pipeline":1}',
    '{"pipeline":"api","train":-1}',
    '{"pipeline":"api","words":["all"]}',
    '{"pipeline":"api","plan":{}}',
  ]) {
    expect(readValue(text)).toBeNull()
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const read = readValue(text)
      if (read !== null) expect(typeof read.pipeline).toBe('string')
    }),
  )
})

it('A key of no meaning is dropped', () => {
  expect(readValue('{"pipeline":"api","admin":true}')).toEqual({ pipeline: 'api' })
})
