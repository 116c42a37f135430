/**
 * Secrets out of a stream.
 *
 * Invariant: no secret leaves, however the stream is cut, and the result does not depend on the
 * cut: what could be the beginning of a secret is held back until it is known not to be.
 */

export interface Redactor {
  /** Takes a piece, answers what is safe to pass on. */
  readonly push: (piece: string) => string
  /** The rest, at the end of the stream. */
  readonly end: () => string
}

const MASK = '***'

/** Shorter values would mask ordinary words; they are refused as secrets elsewhere. */
const SECRET_CHARACTERS_MIN = 6

/** Every form in which a secret may show: itself, its lines, base64, URL-encoded. */
export function formsOf(secrets: readonly string[]): readonly string[] {
  const forms = secrets.flatMap((secret) => [
    secret,
    ...secret.split(/\r?\n/),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    // A lone surrogate, which encodeURIComponent would throw on, is made well first.
    encodeURIComponent(Buffer.from(secret).toString()),
  ])
  return [...new Set(forms.filter((form) => form.length >= SECRET_CHARACTERS_MIN))]
}

/** Makes a redactor for one stream. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = formsOf(secrets)
  let held = ''
  // So many characters of `held` belong to a secret whose mask has been passed on already.
  let covered = 0
  const release = (text: string, until: number): string => {
    let out = ''
    let at = 0
    let masked = covered
    for (const [start, end] of placesOf(text, forms)) {
      if (start >= until) break
      // Overlapping secrets share one mask, or the cut of the stream would show.
      if (start >= masked) out += text.slice(Math.max(at, masked), start) + MASK
      masked = Math.max(masked, end)
      at = masked
    }
    out += text.slice(Math.max(at, masked), until)
    held = text.slice(until)
    covered = Math.max(0, masked - until)
    return out
  }
  return {
    push: (piece) => {
      const text = held + piece
      return release(text, text.length - beginningLength(text, forms))
    },
    end: () => release(held, held.length),
  }
}

/** Where any form occurs, by start; occurrences may overlap. */
function placesOf(
  text: string,
  forms: readonly string[],
): readonly (readonly [start: number, end: number])[] {
  const places: (readonly [number, number])[] = []
  for (const form of forms) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
      places.push([at, at + form.length])
    }
  }
  return places.sort(([a], [b]) => a - b)
}

/** How long the longest ending of `text` is that could begin a secret. */
function beginningLength(text: string, forms: readonly string[]): number {
  let longest = 0
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(form.slice(0, length))) longest = length
    }
  }
  return longest
}
