/**
 * Whether bytes come from GitHub.
 *
 * Invariant: decided on the raw bytes, before anything reads them, in constant time. A header of
 * any other form than GitHub's own is no signature.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

const FORM = /^sha256=[0-9a-f]{64}$/

/** Checks `X-Hub-Signature-256` over the body as it came. */
export function isFromGithub(
  secret: string,
  body: Uint8Array,
  signature: string | undefined,
): boolean {
  if (signature === undefined || !FORM.test(signature)) return false
  const expected = createHmac('sha256', secret).update(body).digest()
  return timingSafeEqual(expected, Buffer.from(signature.slice('sha256='.length), 'hex'))
}

/** What tells two bodies apart. */
export const bodyDigest = (body: Uint8Array): string =>
  createHash('sha256').update(body).digest('hex')
