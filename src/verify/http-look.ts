/**
 * One look at the instances of an environment over HTTP.
 *
 * Invariant: all of them are asked, and one that gives a wrong answer outweighs one that gives none.
 */
import { jsonpath } from 'json-p3'
import type { Look, LookOutcome } from '../core/finding.ts'
import type { VerifyStep } from '../core/verify-step.ts'
import { type Answer, ask } from './request.ts'

type HttpStep = Extract<VerifyStep, { kind: 'http' }>

interface Seen {
  readonly outcome: LookOutcome
  readonly says: string
}

/** Asked at the same time; more would be a burst. */
const AT_ONCE = 8

/** Named in a finding; beyond that they are counted. */
const BEHIND_MAX = 20

/** Longer is no version. */
const SAYS_MAX = 60

/** The longest a look may take: every address is given its time, some of them at once. */
export const longestLookMs = ({ urls, timeoutMs }: HttpStep): number =>
  Math.ceil(urls.length / AT_ONCE) * timeoutMs

/** Asks every address of the step whether it runs `sha`. */
export async function lookAtInstances(
  step: HttpStep,
  { sha, signal }: { readonly sha: string; readonly signal: AbortSignal },
): Promise<Look> {
  const names = namesOf(step.urls)
  const seen = new Map<string, Seen>()
  const waiting = [...step.urls.entries()]
  const asker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, url] = next
      const answer = await ask(new URL(url), { timeoutMs: step.timeoutMs, signal })
      seen.set(names[index] ?? url, judge(step, answer, sha))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, asker))
  const found = names.flatMap((name) => ({ name, ...(seen.get(name) ?? NOT_ASKED) }))
  const behind = found.filter(({ outcome }) => outcome !== 'pass')
  const outcome = behind.some((one) => one.outcome === 'fail') ? 'fail' : 'inconclusive'
  return {
    outcome: behind.length === 0 ? 'pass' : outcome,
    says: behind[0]?.says ?? 'all agree',
    good: found.length - behind.length,
    all: found.length,
    behind: behind.slice(0, BEHIND_MAX).map(({ name, says }) => ({ name, says })),
  }
}

const NOT_ASKED: Seen = { outcome: 'inconclusive', says: 'was not asked' }

/** The host alone where it tells them apart. */
function namesOf(urls: readonly string[]): readonly string[] {
  const shapes: readonly ((url: URL) => string)[] = [
    ({ hostname }) => hostname,
    ({ host }) => host,
    ({ href }) => href,
  ]
  const all = shapes.map((shape) => urls.map((url) => shape(new URL(url))))
  return all.find((names) => new Set(names).size === names.length) ?? urls
}

function judge(step: HttpStep, answer: Answer, sha: string): Seen {
  if (answer.kind === 'refused') return { outcome: 'fail', says: answer.says }
  if (answer.kind === 'silent') return { outcome: 'inconclusive', says: readable(answer.says) }
  if (answer.status !== step.status) return { outcome: 'fail', says: `answers ${answer.status}` }
  if (step.expect === null) return { outcome: 'pass', says: `answers ${answer.status}` }
  const value = valueIn(step.path, answer.body)
  if (value === undefined) return { outcome: 'fail', says: `says nothing at ${step.path}` }
  const isRight =
    step.expect.is === 'sha' ? isSha(value, sha) : isEqual(step.expect.value, value, step.path)
  const said = readable(String(typeof value === 'object' ? JSON.stringify(value) : value))
  const on = step.expect.is === 'sha' && /^[0-9a-f]{7,}$/.test(said) ? said.slice(0, 8) : said
  const says = step.expect.is === 'sha' ? `on ${on}` : `says ${on}`
  return { outcome: isRight ? 'pass' : 'fail', says }
}

/** Undefined: there is none. */
function valueIn(path: string | null, body: string): unknown {
  if (path === null) return body.trim()
  try {
    return jsonpath.query(path, JSON.parse(body)).values()[0]
  } catch {
    // No JSON is as little a value as a path that leads nowhere.
    return undefined
  }
}

/** A sha may be told short, as `git describe` does. */
const isSha = (value: unknown, sha: string): boolean =>
  typeof value === 'string' && value.length >= 7 && sha.startsWith(value)

const isEqual = (expected: string | number | boolean, value: unknown, path: string | null) =>
  path === null ? String(expected) === value : expected === value

/** What a machine said, fit for a sentence and for the database, which stores no half of a character. */
const readable = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Surrogate}]+/gu, ' ')
    .trim()
    .slice(0, SAYS_MAX)
    .replace(/\p{Surrogate}/u, '') || 'nothing'
