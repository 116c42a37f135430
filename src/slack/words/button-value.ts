/**
 * What a button says it acts on, and the plan it was drawn for.
 *
 * Invariant: a claim to be looked up, never trusted: whatever cannot be read is no value at all.
 */

export interface ButtonValue {
  readonly pipeline: string
  /** Absent on what concerns no train: a lock, the line, a rollback of what was put there by hand. */
  readonly train?: number
  readonly environment?: string
  /** The hash of the plan the button was drawn for. */
  readonly plan?: string
  /** A change, by sha. */
  readonly change?: string
  /** A lock, by id. */
  readonly lock?: string
  /** A flag to be turned off, by name. */
  readonly flag?: string
  /** Where a rollback goes, by sha. */
  readonly to?: string
  /** A veto to be released, by id. */
  readonly veto?: string
  /** Who asks to be linked, by the request's id. */
  readonly link?: string
  /** Whose hold is to be withdrawn, or which login's link is to end. */
  readonly of?: string
  /** The deployment, by key, whose countdown is to be cancelled. */
  readonly countdown?: string
  /** The deployment, by key, that a rollout's or a verification's button was drawn for. */
  readonly deployment?: string
  /** When that countdown began. */
  readonly since?: number
  /** Written already: no dialog need ask for it. */
  readonly reason?: string
  /** The words that a rollback's preview showed and its confirmation therefore says. */
  readonly words?: readonly RollbackWord[]
}

export type RollbackWord = 'abort' | 'settle' | 'take_over'

const WORDS: readonly string[] = ['abort', 'settle', 'take_over'] satisfies RollbackWord[]

const TEXTS = [
  'environment',
  'plan',
  'change',
  'lock',
  'flag',
  'to',
  'veto',
  'link',
  'of',
  'countdown',
  'deployment',
  'reason',
] as const

/** Slack takes no more. */
const VALUE_MAX = 2_000

/** Compact JSON, far below the limit but for a written reason, which is cut to fit. */
function drawn(value: ButtonValue): string {
  const { reason } = value
  if (reason === undefined) return JSON.stringify(value)
  const whole = JSON.stringify({ ...value, reason: reason.slice(0, 500) })
  return whole.length <= VALUE_MAX
    ? whole
    : JSON.stringify({ ...value, reason: reason.slice(0, 250) })
}

/** The value a button was drawn with; null: it is none of ours. */
export function readValue(text: string): ButtonValue | null {
  const read = parsed(text)
  if (read === null) return null
  const pipeline = read['pipeline']
  const train = read['train']
  if (typeof pipeline !== 'string' || pipeline === '') return null
  if (train !== undefined && !(Number.isSafeInteger(train) && Number(train) > 0)) return null
  const since = read['since']
  if (since !== undefined && !Number.isSafeInteger(since)) return null
  const texts: Record<string, string> = {}
  for (const key of TEXTS) {
    const field = read[key]
    if (field === undefined) continue
    if (typeof field !== 'string') return null
    texts[key] = field
  }
  const words = read['words']
  if (words !== undefined && !isWords(words)) return null
  return {
    pipeline,
    ...(train === undefined ? {} : { train: Number(train) }),
    ...(since === undefined ? {} : { since: Number(since) }),
    ...texts,
    ...(words === undefined ? {} : { words }),
  }
}

const isWords = (value: unknown): value is readonly RollbackWord[] =>
  Array.isArray(value) && value.every((word) => WORDS.includes(word))

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  if (text.length > VALUE_MAX) return null
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? { ...read } : null
  } catch {
    return null
  }
}

export { drawn as valueOf }
