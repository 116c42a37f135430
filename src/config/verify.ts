/**
 * `verify` and `reality` of an environment: their keys, their defaults, and what is wrong with them.
 *
 * Invariant: every step looks in exactly one way, and what it looks for can be found.
 */
import { jsonpath } from 'json-p3'
import { z } from 'zod'
import type { RealityPolicy } from '../core/policy.ts'
import type { VerifyLook, VerifyStep } from '../core/verify-step.ts'
import { wrongAddress } from './addresses.ts'
import { checkedText, count, duration, keyed, listOf, text } from './fields.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const address = checkedText(wrongAddress)

const path = checkedText((value) => {
  try {
    jsonpath.compile(value)
    return null
  } catch {
    return 'must be a JSONPath (RFC 9535) such as `$.version`'
  }
})

const http = keyed({
  url: address.optional(),
  instances: listOf(address).min(1, { error: 'must have at least one address' }).optional(),
  status: z
    .int({ error: 'must be a status such as 200' })
    .min(100, { error: 'must be a status such as 200' })
    .max(599, { error: 'must be a status such as 200' })
    .default(200),
  path: path.nullable().default(null),
  expect: z
    .union([text, z.number(), z.boolean()], {
      error: 'must be `sha`, or the value that a healthy instance gives',
    })
    .nullable()
    .default(null),
}).superRefine(({ url, instances, path: at, expect }, context) => {
  const say = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message })
  if ((url === undefined) === (instances === undefined)) {
    say('url', 'is either one `url` or a list of `instances`: give one of them')
  }
  if (at !== null && expect === null) say('path', 'leads to a value: say which with `expect`')
})

const PLACEHOLDERS = ['pipeline', 'environment', 'sha']

const query = checkedText((value) => {
  const names = [...value.matchAll(/\{\{\s*(.*?)\s*\}\}/g)].map(([, name = '']) => name)
  const wrong = names.find((name) => !PLACEHOLDERS.includes(name))
  return wrong === undefined
    ? null
    : `has {{${wrong}}}; what is known is ${PLACEHOLDERS.map((one) => `{{${one}}}`).join(', ')}`
})

const number = z.number({ error: 'must be a number' }).nullable().default(null)

const prometheus = keyed({ url: address, query, min: number, max: number }).superRefine(
  ({ min, max }, context) => {
    const message =
      min === null && max === null
        ? 'needs a bound: `max`, `min`, or both'
        : min !== null && max !== null && min > max
          ? '`min` is above `max`: no value lies between'
          : null
    if (message !== null) context.addIssue({ code: 'custom', path: ['max'], message })
  },
)

const step = keyed({
  name: checkedText((value) =>
    /^[a-z0-9][a-z0-9-]{0,38}$/.test(value)
      ? null
      : 'must be a name of at most 39 lower-case letters, digits and dashes',
  ),
  http: http.optional(),
  run: text.optional(),
  in: text.optional(),
  prometheus: prometheus.optional(),
  every: duration(SECOND).optional(),
  timeout: duration(1).optional(),
  times: count(1).optional(),
  within: duration(0).optional(),
}).superRefine((given, context) => {
  const ways = [given.http, given.run, given.prometheus].filter((one) => one !== undefined)
  if (ways.length !== 1) {
    const message = 'looks in one way: give `http`, `run` or `prometheus`'
    context.addIssue({ code: 'custom', path: [], message })
  }
  if (given.in !== undefined && given.run === undefined) {
    context.addIssue({ code: 'custom', path: ['in'], message: 'belongs to `run`' })
  }
})

type StepEntry = z.output<typeof step>

export const verify = listOf(step).superRefine((all, context) => {
  for (const [index, { name }] of all.entries()) {
    if (all.findIndex((other) => other.name === name) === index) continue
    const message = `\`${name}\` is the name of an earlier step; choose another`
    context.addIssue({ code: 'custom', path: [index, 'name'], message })
  }
})

export const reality = keyed({
  every: duration(10 * SECOND).default(5 * MINUTE),
  times: count(1).default(5),
})

/** Whether a step tells which sha an instance runs. */
export const asksForSha = ({ http: asked }: StepEntry): boolean => asked?.expect === 'sha'

export const toSteps = (entries: readonly StepEntry[]): readonly VerifyStep[] =>
  entries.map((entry) => {
    const look = toLook(entry)
    const isRun = look.kind === 'run'
    return {
      ...look,
      name: entry.name,
      everyMs: entry.every ?? (isRun ? 5 * MINUTE : 30 * SECOND),
      timeoutMs: entry.timeout ?? (isRun ? 5 * MINUTE : 10 * SECOND),
      times: entry.times ?? (isRun ? 1 : 3),
      withinMs: entry.within ?? (isRun ? 0 : 2 * MINUTE),
    }
  })

function toLook(entry: StepEntry): VerifyLook {
  if (entry.run !== undefined) return { kind: 'run', run: entry.run, in: entry.in ?? null }
  if (entry.prometheus !== undefined) return { kind: 'prometheus', ...entry.prometheus }
  if (entry.http === undefined) throw new Error(`step ${entry.name} looks in no way`)
  const { url, instances = [], status, path: at, expect } = entry.http
  return {
    kind: 'http',
    urls: url === undefined ? instances : [url],
    status,
    path: at,
    expect:
      expect === null ? null : expect === 'sha' ? { is: 'sha' } : { is: 'value', value: expect },
  }
}

export const toReality = (entry: z.output<typeof reality> | null): RealityPolicy | null =>
  entry && { everyMs: entry.every, times: entry.times }
