/**
 * Steps of `verify` that a repository's own file may not ask for.
 *
 * Invariant: whoever can merge can write that file, so it reaches no address and orders no command
 * that the server's own file does not name for the pipeline.
 */
import type { Policy } from '../core/policy.ts'

type Steps = Policy['environments'][number]['verify']
type Step = Steps[number]
type Run = Extract<Step, { readonly kind: 'run' }>

/** What is not the repository's to ask, and where among `steps` it stands. */
export interface Foreign {
  readonly at: readonly PropertyKey[]
  readonly message: string
}

export function foreignSteps(base: Policy, steps: Steps): readonly Foreign[] {
  const origins = allowedOrigins(base)
  const runs = base.environments.flatMap(({ verify }) => verify.filter(isRun))
  return steps.flatMap((step, index) =>
    isRun(step)
      ? foreignRun(runs, step).map((message) => ({ at: [index, 'run'], message }))
      : foreignAddresses(origins, step).map((message) => ({ at: [index], message })),
  )
}

const isRun = (step: Step): step is Run => step.kind === 'run'

function foreignRun(known: readonly Run[], { run, in: at }: Run): readonly string[] {
  if (known.some((one) => one.run === run && one.in === at)) return []
  const what = `\`${run}\`${at === null ? '' : ` in \`${at}\``}`
  return [
    `runs ${what}, which no step of \`verify\` in the server’s file does: add it there, or look with \`http\` or \`prometheus\``,
  ]
}

const foreignAddresses = (origins: ReadonlySet<string>, step: Step): readonly string[] =>
  addressesOf(step)
    .map((address) => new URL(address).origin)
    .filter((origin) => !origins.has(origin))
    .map(
      (origin) =>
        `asks ${origin}, which the server’s file does not name: add it there to \`from_repository: { addresses: […] }\``,
    )

/** The origins that the server's own file names. */
export function allowedOrigins({ environments, fromRepository }: Policy): ReadonlySet<string> {
  const asked = environments.flatMap(({ verify }) => verify.flatMap(addressesOf))
  const origins = asked.map((address) => new URL(address).origin)
  return new Set([...origins, ...(fromRepository?.addresses ?? [])])
}

/** What a step has the server ask. */
function addressesOf(step: Step): readonly string[] {
  switch (step.kind) {
    case 'http':
      return step.urls
    case 'prometheus':
    case 'comparison':
      return [step.url]
    case 'run':
      return []
  }
}
