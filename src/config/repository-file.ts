/**
 * The file of a pipeline's repository: what it sets of that pipeline's policy.
 *
 * Invariant: it sets doors, checks, paths, soak and verification, and tightens approvals; the rest
 * is the server's own file's to say. Either all of it is understood and allowed, or nothing of it
 * is used and every problem is told with its line. Other pipelines' parts are not looked at.
 */
import { z } from 'zod'
import type { EnvironmentPolicy, Person, Policy } from '../core/policy.ts'
import { readDocument } from './document.ts'
import { backlogWith, checksWith, doorsWith, globs, partOfChecks, partOfTrain } from './doors.ts'
import { checkedText, duration, keyed, listOf } from './fields.ts'
import { foreignSteps } from './foreign-steps.ts'
import { dotted, type FileProblem, problemsIn } from './issues.ts'
import { type KnownNames, namesOfPeople, tooFew } from './names.ts'
import { asked, tightened } from './tighten.ts'
import { asksForSha, toSteps, verify } from './verify.ts'

export type WithRepositoryFile =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly FileProblem[] }

const environment = (names: readonly string[], known: KnownNames) =>
  keyed({
    name: checkedText((name) =>
      names.includes(name)
        ? null
        : `\`${name}\` is no environment of the server’s file; there are ${names.join(', ')}`,
    ),
    soak: duration(0).optional(),
    verify: verify.optional(),
    approvals: asked(known).optional(),
  })

const part = (base: Policy, known: KnownNames) => {
  const names = base.environments.map(({ name }) => name)
  return keyed({
    paths: globs.optional(),
    train: partOfTrain.optional(),
    checks: partOfChecks.optional(),
    environments: listOf(environment(names, known)).superRefine(checkNamedOnce).optional(),
  }).optional()
}

function checkNamedOnce(
  all: readonly { readonly name: string }[],
  context: z.core.$RefinementCtx,
): void {
  for (const [index, { name }] of all.entries()) {
    if (all.findIndex((other) => other.name === name) === index) continue
    const message = `\`${name}\` is set by an earlier entry`
    context.addIssue({ code: 'custom', path: [index, 'name'], message })
  }
}

/** The server's policy with what the repository's file sets; `people`: whom it may name. */
export function withRepositoryFile(
  text: string,
  base: Policy,
  people: readonly Person[],
): WithRepositoryFile {
  const document = readDocument(text)
  if (!document.ok) return document
  const { value, lineAt } = document
  const outer = keyed({
    pipelines: z.record(z.string(), z.unknown(), { error: 'must be pipelines by name' }),
  }).safeParse(value)
  if (!outer.success) return wrong(problemsIn(outer.error.issues, value, lineAt))
  const known = namesOfPeople(people)
  const within = ['pipelines', base.pipeline]
  const read = part(base, known).safeParse(outer.data.pipelines[base.pipeline])
  if (!read.success) {
    const issues = read.error.issues.map((issue) => ({
      ...issue,
      path: [...within, ...issue.path],
    }))
    return wrong(problemsIn(issues, value, lineAt))
  }
  const entry = read.data
  if (entry === undefined) return { ok: true, policy: base }
  const set = (entry.environments ?? []).map((one) => environmentWith({ base, known }, one))
  const problems = set.flatMap(({ problems: found }, index) =>
    found.map(({ at, message }) => {
      const whole = [...within, 'environments', index, ...at]
      return { line: lineAt(whole), message: `\`${dotted(whole)}\`: ${message}` }
    }),
  )
  if (problems.length > 0) return wrong(problems)
  const byName = new Map(set.map(({ policy }) => [policy.name, policy]))
  return {
    ok: true,
    policy: {
      ...base,
      paths: entry.paths ?? base.paths,
      doors: doorsWith(base.doors, entry.train ?? {}),
      backlog: backlogWith(base.backlog, entry.train ?? {}),
      checks: checksWith(base.checks, entry.checks ?? {}),
      environments: base.environments.map((one) => byName.get(one.name) ?? one),
    },
  }
}

const wrong = (problems: readonly FileProblem[]): WithRepositoryFile => ({ ok: false, problems })

interface Problem {
  readonly at: readonly PropertyKey[]
  readonly message: string
}

/** One environment with what is set of it, and what may not be set so. */
function environmentWith(
  { base, known }: { readonly base: Policy; readonly known: KnownNames },
  { name, soak, verify: steps, approvals }: z.output<ReturnType<typeof environment>>,
): { readonly policy: EnvironmentPolicy; readonly problems: readonly Problem[] } {
  const its = base.environments.find((one) => one.name === name)
  if (its === undefined) throw new Error(`${name} passed as an environment, and is none`)
  const tight = tightened(its.approvals, approvals ?? {}, known)
  const few = tooFew(tight.policy, known)
  const verified = steps === undefined ? its.verify : toSteps(steps)
  const blind = its.reality !== null && steps !== undefined && !steps.some(asksForSha)
  return {
    policy: {
      ...its,
      soakMs: soak ?? its.soakMs,
      verify: verified,
      approvals: tight.policy,
    },
    problems: [
      ...tight.loosenings.map(({ key, message }) => ({ at: ['approvals', key], message })),
      ...(few === null || tight.loosenings.length > 0
        ? []
        : [{ at: ['approvals', 'others'], message: `${few} of the server’s file` }]),
      ...foreignSteps(base, steps === undefined ? [] : verified).map(({ at, message }) => ({
        at: ['verify', ...at],
        message,
      })),
      ...(blind
        ? [
            {
              at: ['verify'],
              message:
                'needs an `http` step with `expect: sha`: the server’s file asks with `reality` what runs there',
            },
          ]
        : []),
    ],
  }
}
