import { expect, test } from 'vitest'
import { tokenNames } from '../../src/http/identity.ts'

const SECRET = '0123456789abcdef0123456789abcdef'
const names = tokenNames([
  { name: 'other', secret: 'f'.repeat(32) },
  { name: 'ana', secret: SECRET },
])

test('a token is the whole secret: no beginning, end, extension or other case of it', () => {
  expect(names(`Bearer ${SECRET}`)).toBe('ana')
  const near = [
    ...Array.from({ length: SECRET.length }, (_, end) => SECRET.slice(0, end)),
    ...Array.from({ length: SECRET.length - 1 }, (_, start) => SECRET.slice(start + 1)),
    ...Array.from(
      { length: SECRET.length },
      (_, at) => `${SECRET.slice(0, at)}x${SECRET.slice(at + 1)}`,
    ),
    `${SECRET}0`,
    `0${SECRET}`,
    SECRET.toUpperCase(),
  ]
  for (const secret of near) expect(names(`Bearer ${secret}`), secret).toBeUndefined()
  for (const header of [undefined, '', SECRET, `Basic ${SECRET}`, `Bearer ${SECRET} x`]) {
    expect(names(header)).toBeUndefined()
  }
})
