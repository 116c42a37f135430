import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor, formsOf } from '../../src/runs/redact.ts'

const SECRETS = ['swordfish', 'fish-and-chips', 'abababab', 'line one is long\nline two is long']

/** Texts in which secrets, their forms and their halves are frequent and may touch or overlap. */
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(...formsOf(SECRETS)),
      fc.constantFrom('sword', 'fish', '-and-chips', 'ab', 'a', '*', '***', '\n', 'é', '🚂'),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''))

const cutUp = (text: string, cuts: readonly number[]): readonly string[] => {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort(
    (a, b) => a - b,
  )
  return at.slice(1).map((end, index) => text.slice(at[index], end))
}

const redact = (pieces: readonly string[], secrets = SECRETS): string => {
  const redactor = createRedactor(secrets)
  return pieces.map(redactor.push).join('') + redactor.end()
}

describe('the redactor', () => {
  it('gives the same however the stream is cut', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(400), { maxLength: 30 }), (text, cuts) => {
        expect(redact(cutUp(text, cuts))).toBe(redact([text]))
      }),
      { numRuns: 1_000 },
    )
  })

  it('lets no form of a secret out, also not before the end', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(400), { maxLength: 30 }), (text, cuts) => {
        const redactor = createRedactor(SECRETS)
        let out = ''
        for (const piece of cutUp(text, cuts)) {
          out += redactor.push(piece)
          for (const form of formsOf(SECRETS)) expect(out).not.toContain(form)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('passes text without secrets on as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('x', 'y', 's', '\n') })), (pieces) => {
        expect(redact(pieces)).toBe(pieces.join(''))
      }),
    )
  })

  it('keeps whoever reads along waiting for nothing but the beginning of a secret', () => {
    const { push } = createRedactor(['swordfish'])
    expect(push('Shipping ')).toBe('Shipping ')
    expect(push('swords, sword')).toBe('swords, ')
    expect(push('fish')).toBe('***')
    expect(push(' and swordfish')).toBe(' and ***')
    expect(push('!')).toBe('!')
  })

  it('leaves no half of two secrets that overlap', () => {
    expect(redact(['swordfish', '-and-chips!'])).toBe('***!')
  })

  it('knows a secret in base64, URL-encoded and line by line', () => {
    const secret = 'p&ss w0rd/42'
    const forms = [Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]
    expect(redact(forms, [secret])).toBe('******')
    expect(redact(['> line two is long\r\n'])).toBe('> ***\r\n')
  })
})
