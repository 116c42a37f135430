/**
 * The shape of the pipeline file: which keys there are, what they hold, and their defaults.
 *
 * Invariant: strict. What is not written here is refused, and every name that is granted something
 * belongs to somebody.
 */
import { z } from 'zod'
import { afterVerified } from './after-verified.ts'
import { checks, globs, train } from './doors.ts'
import {
  checkedText,
  count,
  duration,
  durationOrNever,
  keyed,
  listOf,
  namesOf,
  text,
  textLike,
  timeZone,
} from './fields.ts'
import { flags } from './flags.ts'
import { fromRepository } from './from-repository.ts'
import { migrations } from './migrations.ts'
import { type KnownNames, tooFew, wrongApprover, wrongGrant, wrongPlaceName } from './names.ts'
import { onFailure } from './on-failure.ts'
import { checkPeople, person } from './people.ts'
import { rollout, steps } from './rollout.ts'
import { signals } from './signals.ts'
import { asksForSha, reality, verify } from './verify.ts'
import { watch } from './watch.ts'
import { windows } from './windows.ts'

const MINUTE = 60_000

function wrongRepository(value: string): string | null {
  // Git would take a leading dash for an option.
  if (value.startsWith('-') || /\p{Cc}/u.test(value)) {
    return 'must be `owner/name` on GitHub, or a git URL or path'
  }
  return URL.canParse(value) && new URL(value).password !== ''
    ? 'must not carry a password; give the agent GITHUB_TOKEN or a git credential instead'
    : null
}

const deploy = keyed({
  run: text,
  in: text.nullable().default(null),
  timeout: duration(1).default(15 * MINUTE),
  silence_timeout: durationOrNever.default(null),
})

const approvals = (known: KnownNames) =>
  keyed({
    authors: z.enum(['all', 'none'], { error: 'must be `all` or `none`' }).optional(),
    others: count(0).default(0),
    from: namesOf((name) => wrongApprover(name, known))
      .nullable()
      .default(null),
    expire: durationOrNever.default(null),
    stand_in: namesOf((name) => wrongApprover(name, known))
      .nullable()
      .default(null),
    stand_in_after: duration(0).default(4 * 60 * MINUTE),
  }).superRefine((given, context) => {
    const message = tooFew(given, known)
    if (message !== null) context.addIssue({ code: 'custom', path: ['others'], message })
  })

const environment = (known: KnownNames) =>
  keyed({
    name: checkedText(wrongPlaceName),
    was: text.nullable().default(null),
    deploy,
    approvals: approvals(known).prefault({}),
    soak: duration(0).default(0),
    windows: windows(known).nullable().default(null),
    verify: verify.default([]),
    reality: reality.nullable().default(null),
    on_failure: onFailure.nullable().default(null),
    steps: steps.nullable().default(null),
    rollout: rollout.nullable().default(null),
    after_verified: afterVerified.nullable().default(null),
    agent: checkedText((name) =>
      name === 'embedded' || (known.tokens?.has(name) ?? true)
        ? null
        : `\`${name}\` is no agent: write \`embedded\`, or add a token of that name to SIGNALBOX_API_TOKENS`,
    ).default('embedded'),
  }).superRefine((entry, context) => {
    const say = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message })
    if (entry.reality !== null && !entry.verify.some(asksForSha)) {
      say('reality', 'asks what runs there: give `verify` an `http` step with `expect: sha`')
    }
    if (entry.steps !== null && entry.rollout !== null) {
      say('steps', 'is short for `rollout: { steps }`: give one of them')
    }
    const taken = entry.rollout?.analysis.find(({ name }) =>
      entry.verify.some((one) => one.name === name),
    )
    if (taken !== undefined) {
      say(
        'rollout',
        `compares \`${taken.name}\`, which is the name of a step of \`verify\`; choose another`,
      )
    }
  })

const environments = (known: KnownNames) =>
  listOf(environment(known))
    .min(1, { error: 'must have at least one environment' })
    .superRefine((all, context) => {
      for (const [index, { name }] of all.entries()) {
        const first = all.findIndex((other) => other.name === name)
        if (first === index) continue
        const message = `\`${name}\` is the name of an earlier environment; choose another`
        context.addIssue({ code: 'custom', path: [index, 'name'], message })
      }
      checkRenames(all, context)
    })

/** A former name leads to one environment at most, and never to one that still exists. */
function checkRenames(
  all: readonly { readonly name: string; readonly was: string | null }[],
  context: z.core.$RefinementCtx,
): void {
  for (const [index, { was }] of all.entries()) {
    if (was === null) continue
    const first = all.findIndex((other) => other.was === was)
    const stands = all.some(({ name }) => name === was)
    if (!stands && first === index) continue
    const why = stands ? 'is an environment itself' : 'was claimed by an earlier environment'
    const message = `\`${was}\` ${why}; name the one that this was before`
    context.addIssue({ code: 'custom', path: [index, 'was'], message })
  }
}

const permission = (known: KnownNames) =>
  z.union([z.literal('everyone'), namesOf((name) => wrongGrant(name, known))])

const permissions = (known: KnownNames) => {
  const granted = permission(known)
  return keyed({
    depart: granted.default('everyone'),
    hold: granted.default('everyone'),
    lock: granted.default('everyone'),
    roll_back: granted.default('everyone'),
    settle: granted.optional(),
    special: granted.default([]),
    break_glass: granted.default([]),
    link: granted.default([]),
  })
}

const pipeline = (known: KnownNames) =>
  keyed({
    repository: checkedText(wrongRepository),
    branch: textLike(
      /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{))[^\s~^:?*[\\]+(?<![/.])$/,
      'must be the name of a git branch',
    ).default('main'),
    paths: globs.nullable().default(null),
    from_repository: fromRepository.default(false),
    channel: textLike(
      /^[CG][A-Z0-9]{2,}$/,
      'must be a Slack channel id such as `C0DEPLOYS`',
    ).optional(),
    train: train.prefault({}),
    time_zone: timeZone.default('UTC'),
    checks: checks.prefault({}),
    environments: environments(known),
    permissions: permissions(known).prefault({}),
    signals: signals.default([]),
    flags: flags.nullable().default(null),
    migrations: migrations.nullable().default(null),
    watch: watch.prefault({}),
  })

export type PipelineEntry = z.output<ReturnType<typeof pipeline>>

/** The whole file, for those whom it may name. */
export const fileSchema = (known: KnownNames) =>
  keyed({
    people: listOf(person)
      .superRefine((people, context) => checkPeople(people, known, context))
      .default([]),
    pipelines: z
      .record(checkedText(wrongPlaceName), pipeline(known), {
        error: 'must be pipelines by name',
      })
      .refine((all) => Object.keys(all).length > 0, { error: 'must have at least one pipeline' }),
  })
