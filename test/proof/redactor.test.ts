/**
 * Secrets out of streams cut anywhere, against an oracle that sees the whole text at once.
 *
 * Invariant: the oracle shares nothing with the redactor: it marks what any form of a secret
 * covers, and writes one mask for each stretch that occurrences share.
 */
import { expect, test } from 'vitest'
import { createRedactor } from '../../src/runs/redact.ts'
import { below, measured, pick, type Random, randomOf, SEED, shuffled, size } from './size.ts'

const STREAMS = size({ ci: 2_000, full: 50_000 })

/** As the guide promises: the value, each of its lines, base64, base64url, URL-encoded; from six on. */
function formsOf(secrets: readonly string[]): readonly string[] {
  const all = secrets.flatMap((secret) => [
    secret,
    ...secret.split('\n'),
    btoa(String.fromCharCode(...new TextEncoder().encode(secret))),
    Buffer.from(secret, 'utf8').toString('base64url'),
    encodeURIComponent(secret),
  ])
  return all.filter((form) => form.length >= 6)
}

function oracle(text: string, secrets: readonly string[]): string {
  const covered = new Array<boolean>(text.length).fill(false)
  const joined = new Array<boolean>(text.length).fill(false)
  for (const form of formsOf(secrets)) {
    for (let at = 0; at + form.length <= text.length; at += 1) {
      if (!text.startsWith(form, at)) continue
      covered.fill(true, at, at + form.length)
      joined.fill(true, at + 1, at + form.length)
    }
  }
  return [...covered.keys()]
    .map((at) => (!covered[at] ? text[at] : joined[at] ? '' : '***'))
    .join('')
}

const LETTERS = ['a', 'b', 'ab', 'é', '=', '/', '+', ' ', '%', '-', '🚂', 'Z9'] as const

const secretOf = (random: Random): string =>
  Array.from({ length: 6 + below(random, 10) }, () =>
    below(random, 14) === 0 ? '\nnext-line-' : pick(random, LETTERS),
  ).join('')

/** Secrets, their forms, their halves and what resembles them, touching and overlapping. */
function textOf(random: Random, secrets: readonly string[]): string {
  const forms = formsOf(secrets)
  const parts = Array.from({ length: 1 + below(random, 12) }, () => {
    const form = forms[below(random, Math.max(1, forms.length))] ?? ''
    switch (below(random, 5)) {
      case 0:
      case 1:
        return form
      case 2:
        return form.slice(0, below(random, form.length + 1))
      case 3:
        return form.slice(below(random, form.length + 1))
      default:
        return pick(random, LETTERS).repeat(below(random, 4))
    }
  })
  return shuffled(random, parts).join('')
}

test('the result is the oracle’s however the stream is cut, and nothing leaves early', () => {
  const random = randomOf(SEED * 37)
  let masks = 0
  for (let stream = 0; stream < STREAMS; stream += 1) {
    const secrets = Array.from({ length: 1 + below(random, 3) }, () => secretOf(random))
    const text = textOf(random, secrets)
    const wanted = oracle(text, secrets)
    const redactor = createRedactor(secrets)
    let out = ''
    for (let at = 0; at < text.length; ) {
      const end = at + 1 + below(random, below(random, 2) === 0 ? 2 : 12)
      out += redactor.push(text.slice(at, end))
      if (!wanted.startsWith(out)) expect(out, `stream ${stream} let out early`).toBe(wanted)
      at = end
    }
    out += redactor.end()
    if (out !== wanted)
      expect(out, `stream ${stream}: ${JSON.stringify({ secrets, text })}`).toBe(wanted)
    masks += wanted.split('***').length - 1
  }
  expect(masks).toBeGreaterThan(STREAMS / 2)
  measured(
    'streams of secrets cut at random: another result than the whole text gives',
    `${STREAMS} (${masks} masks): 0`,
  )
}, 600_000)
