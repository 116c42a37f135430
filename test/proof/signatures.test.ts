/**
 * Forged signatures of both vendors, against an oracle of our own.
 *
 * Invariant: the oracle is written from what the vendors document, with node:crypto and equality,
 * and shares nothing with the code under test.
 */
import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { bodyDigest, isFromGithub } from '../../src/github/verify.ts'
import { isSigned } from '../../src/slack/signature.ts'
import { below, measured, pick, type Random, randomOf, SEED, size } from './size.ts'

const INPUTS = size({ ci: 5_000, full: 200_000 })
/** On the second, so that five minutes are five minutes exactly. */
const NOW_MS = 1_772_445_600_000

const hmac = (
  secret: string,
  bytes: Uint8Array,
  algorithm = 'sha256',
  form: 'hex' | 'base64' = 'hex',
) => createHmac(algorithm, secret).update(bytes).digest(form)

/** https://docs.github.com/webhooks: `sha256=` and the HMAC hex digest of the body. */
const githubSays = (secret: string, body: Uint8Array, signature: string | undefined): boolean =>
  signature === `sha256=${hmac(secret, body)}`

const basestring = (timestamp: string, body: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`v0:${timestamp}:`), body])

/** https://docs.slack.dev, verifying requests: v0, five minutes, HMAC hex digest of `v0:ts:body`. */
const slackSays = (secret: string, { body, timestamp, signature }: Slack): boolean =>
  timestamp !== undefined &&
  String(Number(timestamp)) === timestamp &&
  Math.abs(NOW_MS / 1_000 - Number(timestamp)) <= 300 &&
  signature === `v0=${hmac(secret, basestring(timestamp, body))}`

interface Slack {
  readonly body: Uint8Array
  readonly timestamp: string | undefined
  readonly signature: string | undefined
}

const bytes = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => below(random, 256)))

const secretFor = (random: Random): string =>
  bytes(random, 8 + below(random, 30)).toString('base64')

/** A text with one character another. */
function bent(random: Random, text: string): string {
  const at = below(random, text.length)
  const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << below(random, 7)))
  return text.slice(0, at) + flipped + text.slice(at + 1)
}

type Forge = (random: Random, right: string, digest: string) => string | undefined

/** What is done to a right signature; some leave it right. */
const FORGERIES: readonly [Forge, ...Forge[]] = [
  (_, right) => right,
  (_, right) => right,
  (_, right) => right,
  bent,
  bent,
  (random, right) => right.slice(0, below(random, right.length)),
  (random, right) => right.slice(below(random, 8)),
  (random, right) => right + right.slice(-1 - below(random, 5)),
  (_, right) => right.toUpperCase(),
  (_, right, digest) => right.replace(digest, digest.toUpperCase()),
  (_, right) => right.replace(/^\w/, (first) => first.toUpperCase()),
  (_, right) => `${right}, ${right}`,
  (random, right) => `${bent(random, right)}, ${right}`,
  (_, right) => `${right},`,
  (_, right) => ` ${right}`,
  (_, right) => `${right}\n`,
  (_, right) => `${right}\u0000`,
  (_, right) => right.replace('=', ''),
  (_, right) => right.replace('=', '=='),
  (_, right) => right.replace('=', ':'),
  (_, right, digest) => right.replace(digest, ''),
  (_, __, digest) => digest,
  (_, right, digest) => right.replace(digest, Buffer.from(digest, 'hex').toString('base64')),
  (_, right, digest) => right.replace(digest, digest.replace(/[a-f]/, 'g')),
  (_, right, digest) => right.replace(digest, '0'.repeat(64)),
  (random, right, digest) => right.replace(digest, bytes(random, 32).toString('hex')),
  (_, right) => right.replace('sha256=', 'sha1=').replace('v0=', 'v1='),
  (_, right) => right.normalize('NFKD').replace(/e/, '\u0435'),
  () => '',
  () => undefined,
]

/** Another key or another algorithm: right in form. */
function elsewhere(random: Random, secret: string, signed: Uint8Array): string {
  switch (below(random, 5)) {
    case 0:
      return hmac(bent(random, secret), signed)
    case 1:
      return hmac('', signed)
    case 2:
      return hmac(secret, signed, 'sha1')
    case 3:
      return hmac(secret, signed, 'sha512')
    default:
      return hmac(`${secret}\n`, signed)
  }
}

interface Tally {
  right: number
  falseAccepts: number
  falseRefusals: number
}

function tally(counted: Tally, wanted: boolean, said: boolean): void {
  if (wanted) counted.right += 1
  if (said && !wanted) counted.falseAccepts += 1
  if (!said && wanted) counted.falseRefusals += 1
}

function told(vendor: string, counted: Tally): void {
  expect(counted).toMatchObject({ falseAccepts: 0, falseRefusals: 0 })
  expect(counted.right).toBeGreaterThan(INPUTS / 50)
  measured(
    `signatures of ${vendor}, forged and right: false accepts, false refusals`,
    `${INPUTS} (${counted.right} right): 0, 0`,
  )
}

test('of GitHub’s signatures every right one is believed, and no other', () => {
  const random = randomOf(SEED * 11)
  const counted = { right: 0, falseAccepts: 0, falseRefusals: 0 }
  for (let input = 0; input < INPUTS; input += 1) {
    const secret = secretFor(random)
    const signed = bytes(random, below(random, 120))
    const digest = below(random, 8) === 0 ? elsewhere(random, secret, signed) : hmac(secret, signed)
    const signature = pick(random, FORGERIES)(random, `sha256=${digest}`, digest)
    const body = below(random, 10) === 0 ? altered(random, signed) : signed
    const said = isFromGithub(secret, body, signature)
    tally(counted, githubSays(secret, body, signature), said)
  }
  told('GitHub', counted)
})

/** The body is another one than was signed. */
function altered(random: Random, body: Buffer): Buffer {
  if (body.length === 0) return Buffer.from([below(random, 256)])
  switch (below(random, 3)) {
    case 0: {
      const other = Buffer.from(body)
      const at = below(random, body.length)
      other[at] = (other[at] ?? 0) ^ (1 << below(random, 8))
      return other
    }
    case 1:
      return body.subarray(0, below(random, body.length))
    default:
      return Buffer.concat([body, bytes(random, 1)])
  }
}

const SKEWS = [0, -1, 60, -60, 299, -299, 300, -300, 301, -301, 302, 3_600, -3_600, 86_400, 1e9]
const MARKS: readonly [
  (at: string) => string | undefined,
  ...((at: string) => string | undefined)[],
] = [
  (at) => `+${at}`,
  (at) => ` ${at}`,
  (at) => `0${at}`,
  (at) => `${at}.0`,
  (at) => `${at}e0`,
  (at) => `${Number(at) * 1_000}`,
  (at) => `0x${Number(at).toString(16)}`,
  (at) => `${at}000`,
  (at) => `${at}, ${at}`,
  (at) => at.replace('1', '\u0661'),
  () => 'NaN',
  () => '',
  () => undefined,
]

test('of Slack’s signatures every right and recent one is believed, and no other', () => {
  const random = randomOf(SEED * 13)
  const counted = { right: 0, falseAccepts: 0, falseRefusals: 0 }
  for (let input = 0; input < INPUTS; input += 1) {
    const secret = secretFor(random)
    const signed = bytes(random, below(random, 120))
    const skew = below(random, 2) === 0 ? 0 : (SKEWS[below(random, SKEWS.length)] ?? 0)
    const at = String(Math.floor(NOW_MS / 1_000) + skew)
    const timestamp = below(random, 8) === 0 ? pick(random, MARKS)(at) : at
    // Whoever has the secret may have signed another form of the moment too.
    const covered = basestring(below(random, 2) === 0 ? (timestamp ?? '') : at, signed)
    const digest =
      below(random, 8) === 0 ? elsewhere(random, secret, covered) : hmac(secret, covered)
    const request = {
      body: below(random, 10) === 0 ? altered(random, signed) : signed,
      timestamp,
      signature: pick(random, FORGERIES)(random, `v0=${digest}`, digest),
    }
    tally(counted, slackSays(secret, request), isSigned(request, secret, NOW_MS))
  }
  told('Slack', counted)
})

test('bodies are told apart by their SHA-256, as its standard gives it', () => {
  // https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
  expect(bodyDigest(Buffer.from('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})
