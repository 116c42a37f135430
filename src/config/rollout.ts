/**
 * `steps` and `rollout` of an environment: in which steps a release gets there, and what it is
 * compared with on the way.
 *
 * Invariant: steps only grow and end with everybody; every comparison can be had within every bake.
 */
import { z } from 'zod'
import { durationText } from '../core/duration.ts'
import { type RolloutPolicy, type RolloutStep, stepTitle } from '../core/rollout.ts'
import type { VerifyStep } from '../core/verify-step.ts'
import { wrongAddress } from './addresses.ts'
import { checkedText, count, duration, keyed, listOf } from './fields.ts'
import { longestRange } from './query-range.ts'

const SECOND = 1_000
const BAKE_MS = 10 * 60 * SECOND

const PERCENT = 'must be a percent from 1 to 100'

const percent = z.int({ error: PERCENT }).min(1, { error: PERCENT }).max(100, { error: PERCENT })

const groupName = checkedText((value) =>
  /^[a-z][a-z0-9-]{0,38}$/.test(value)
    ? null
    : 'must be a percent, or the name of a group: a lower-case letter, then at most 38 of those, digits and dashes',
)

const wholeStep = keyed({
  name: groupName.optional(),
  traffic: percent.optional(),
  bake: duration(0).optional(),
}).superRefine(({ name, traffic }, context) => {
  if (name !== undefined || traffic !== undefined) return
  const message = 'needs a `name`, a percent of `traffic`, or both'
  context.addIssue({ code: 'custom', path: ['name'], message })
})

/** `10`, `staff`, or what they are made of. */
const step = z.preprocess(
  (value) =>
    typeof value === 'number'
      ? { traffic: value }
      : typeof value === 'string'
        ? { name: value }
        : value,
  wholeStep,
)

type StepEntry = z.output<typeof step>

const PLACEHOLDERS = ['pipeline', 'environment', 'sha', 'release']

const query = checkedText((value) => {
  const names = [...value.matchAll(/\{\{\s*(.*?)\s*\}\}/g)].map(([, name = '']) => name)
  const wrong = names.find((name) => !PLACEHOLDERS.includes(name))
  if (wrong !== undefined) {
    return `has {{${wrong}}}; what is known is ${PLACEHOLDERS.map((one) => `{{${one}}}`).join(', ')}`
  }
  return names.includes('release')
    ? null
    : 'must name {{release}}: it is asked once for the new release and once for the old one'
})

const IS_P = 'must be a probability between 0 and 1, such as 0.01'

const probability = z.number({ error: IS_P }).gt(0, { error: IS_P }).lt(1, { error: IS_P })

const comparison = keyed({
  name: checkedText((value) =>
    value.length > 60 ? 'must be a name of at most 60 characters' : null,
  ),
  prometheus: keyed({ url: checkedText(wrongAddress), query }),
  better: z.enum(['lower', 'higher'], { error: 'must be `lower` or `higher`' }),
  test: z
    .enum(['mann-whitney'], { error: 'must be `mann-whitney`, the only test there is' })
    .default('mann-whitney'),
  fail: probability.default(0.01),
  pass: probability.default(0.05),
  samples: count(4).default(5),
  by: z
    .number({ error: 'must be a part such as 0.1, for a tenth' })
    .min(0, { error: 'must be at least 0' })
    .default(0.1),
  every: duration(SECOND).default(30 * SECOND),
  timeout: duration(1).default(10 * SECOND),
}).superRefine(({ fail, pass, every, prometheus: { query: asked } }, context) => {
  const say = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message })
  if (fail > pass) say('fail', 'is above `pass`: no p lies between')
  const range = longestRange(asked)
  // The test takes each number for one of its own; of overlapping ones it finds a difference where
  // there is none, many times as often as `fail` says.
  if (range !== null && range.ms > every) {
    say(
      'every',
      `is shorter than the [${range.text}] of the query, so its numbers would share requests and no p be right: ask every ${range.text}, or over at most [${durationText(every)}]`,
    )
  }
})

type ComparisonEntry = z.output<typeof comparison>

export const steps = listOf(step).superRefine((all, context) => {
  const say = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message })
  if (all.length === 0) say([], 'must have at least one step')
  for (const [index, one] of all.entries()) {
    const title = titleOf(one)
    if (all.findIndex((other) => titleOf(other) === title) !== index) {
      say([index], `${title} is an earlier step already; choose another`)
      continue
    }
    const before = Math.max(0, ...all.slice(0, index).map(({ traffic }) => traffic ?? 0))
    const { traffic } = one
    if (traffic !== undefined && traffic <= before) {
      say([index], `${traffic} % is no more than the ${before} % before it: steps only grow`)
    }
  }
  const last = all.at(-1)
  if (last?.traffic !== undefined && last.traffic !== 100) {
    say([all.length - 1], `ends at ${last.traffic} %: the last step must reach everybody (100)`)
  }
})

const titleOf = ({ name, traffic }: StepEntry): string => name ?? `${traffic} %`

export const rollout = keyed({
  steps,
  bake: duration(0).default(BAKE_MS),
  analysis: listOf(comparison).default([]),
}).superRefine(({ steps: all, bake, analysis }, context) => {
  for (const [index, { name, samples, every }] of analysis.entries()) {
    const say = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: ['analysis', index, key], message })
    if (analysis.findIndex((other) => other.name === name) !== index) {
      say('name', `\`${name}\` is the name of an earlier comparison; choose another`)
    }
    const short = all.find((one) => (one.bake ?? bake) < samples * every)
    if (short === undefined) continue
    const needs = Math.ceil((samples * every) / SECOND)
    say(
      'samples',
      `asks for ${samples} numbers, one every ${every / SECOND}s, so ${titleOf(short)} must bake for at least ${needs}s: give it a longer \`bake\`, or ask more often with \`every\``,
    )
  }
})

/** Either the short list of steps, or the whole rollout; null: everybody at once. */
export function toRollout(
  short: z.output<typeof steps> | null,
  whole: z.output<typeof rollout> | null,
): RolloutPolicy | null {
  const entry = whole ?? (short && { steps: short, bake: BAKE_MS, analysis: [] })
  if (entry === null) return null
  return {
    steps: entry.steps.map((one, index) =>
      toStep(one, { bakeMs: entry.bake, isLast: index === entry.steps.length - 1 }),
    ),
    analysis: entry.analysis.map(toComparison),
  }
}

const toStep = (
  { name, traffic, bake }: StepEntry,
  { bakeMs, isLast }: { readonly bakeMs: number; readonly isLast: boolean },
): RolloutStep => ({
  name: name ?? String(traffic),
  traffic: traffic ?? (isLast ? 100 : null),
  bakeMs: bake ?? bakeMs,
})

const toComparison = ({
  name,
  prometheus,
  every,
  timeout,
  ...judged
}: ComparisonEntry): VerifyStep => ({
  kind: 'comparison',
  ...prometheus,
  ...judged,
  name,
  everyMs: every,
  timeoutMs: timeout,
  // A look is of everything since the bake began, so one bad look is a verdict.
  times: 1,
  withinMs: 0,
})

/** Its steps and comparisons, for `config check`. */
export function rolloutInWords(
  { steps: all, analysis }: RolloutPolicy,
  durationText: (ms: number) => string,
): string {
  const named = all.map((one) => `${stepTitle(one)} (${durationText(one.bakeMs)})`)
  const compared = analysis.map(compareInWords)
  const way = `goes in ${all.length} ${all.length === 1 ? 'step' : 'steps'}, each for as long as it bakes: ${named.join(', then ')}`
  return compared.length === 0
    ? way
    : `${way}; in every bake ${compared.join(', and ')}; what nobody can tell waits for a person`
}

function compareInWords(step: VerifyStep): string {
  if (step.kind !== 'comparison') throw new Error(`${step.name} compares nothing`)
  const { name, query: asked, better, fail, pass, samples, by } = step
  return `\`${asked}\` of the new release must not be ${better === 'lower' ? 'above' : 'below'} that of the old one (${name}, Mann–Whitney U test of at least ${samples} numbers each: worse below p = ${fail} and by at least ${Math.round(by * 100)} %, not worse from p = ${pass} on)`
}
