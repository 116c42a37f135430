/**
 * What a REF is departed as: the changes up to there, what is live once more, or a special train.
 *
 * Invariant: what lies off the branch needs the permission `special`; nothing older than what is
 * live departs. What the sha contains was looked up before, and is not doubted here.
 */
import type { Command, FoundRef } from '../command.ts'
import { aboard, branchOrder, environmentOf, unfinished, wholeOrder } from '../line.ts'
import type { Pipeline, Special } from '../model.ts'
import { specialTrain } from '../special.ts'
import { type Answer, type Context, findEnvironment, lacks, record, refuse } from './answer.ts'
import { answerDepart } from './train.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

export function answerDepartRef(
  pipeline: Pipeline,
  { found, environment, train }: Of<'depart_ref'>,
  context: Context,
): Answer {
  if ('code' in found) return refuse(found)
  return found.isOnBranch
    ? onBranch(pipeline, { found, environment, train }, context)
    : offBranch(pipeline, { found, environment }, context)
}

interface Asked {
  readonly found: FoundRef
  readonly environment: string | null
}

const liveAt = (pipeline: Pipeline, environment: string): string | null =>
  environmentOf(pipeline, environment)?.live?.sha ?? null

/** Up to there; the live sha itself goes once more; what is older goes back by a rollback. */
function onBranch(
  pipeline: Pipeline,
  { found, environment, train }: Asked & { readonly train: number | null },
  context: Context,
): Answer {
  const { ref, sha, within } = found
  const { branch, environments } = pipeline.policy
  const denied = lacks(pipeline, context, 'depart')
  if (denied !== undefined) return refuse(denied)
  if (environment !== null) return refuse({ code: 'on_branch', ref, branch })
  const last = environments.at(-1)?.name ?? ''
  const live = liveAt(pipeline, last)
  if (sha === live)
    return send(pipeline, { found, journey: environments.map(({ name }) => name) }, context)
  if (pipeline.shipped.has(sha) || (live !== null && within.includes(live))) {
    return refuse({ code: 'older_than_live', ref, environment: last })
  }
  if (!branchOrder(pipeline).some((change) => change.sha === sha)) {
    return refuse({ code: 'not_heard', ref, branch })
  }
  const upTo = { type: 'depart', train, ref: sha, environment: null, plan: null } as const
  return answerDepart(pipeline, upTo, context)
}

function offBranch(pipeline: Pipeline, { found, environment }: Asked, context: Context): Answer {
  const denied = lacks(pipeline, context, 'special')
  if (denied !== undefined) return refuse(denied)
  const names = pipeline.policy.environments.map(({ name }) => name)
  const where = findEnvironment(pipeline, environment ?? names.at(-1) ?? '')
  if (!where.ok) return where
  const { name } = where.it
  const { ref, sha, within } = found
  const live = liveAt(pipeline, name)
  if (live !== null && live !== sha && within.includes(live)) {
    return refuse({ code: 'older_than_live', ref, environment: name })
  }
  return send(pipeline, { found, journey: names.slice(0, names.indexOf(name) + 1) }, context)
}

function send(
  pipeline: Pipeline,
  { found, journey }: { readonly found: FoundRef; readonly journey: readonly string[] },
  { actor, now }: Context,
): Answer {
  const { sha } = found
  const twin = unfinished(pipeline).find((one) => one.special !== null && one.sha === sha)
  if (twin !== undefined) {
    return refuse({ code: 'already_done', what: `train #${twin.number} is under way with it` })
  }
  const special = specialOf(pipeline, found, actor.name)
  const train = specialTrain(pipeline.nextTrain, { sha, special, journey, at: now })
  const sent = { ...pipeline, trains: [...pipeline.trains, train] }
  return record({
    type: 'special_departed',
    train: train.number,
    sha,
    special,
    journey,
    changes: aboard(sent, train).map((change) => change.sha),
  })
}

const specialOf = (pipeline: Pipeline, found: FoundRef, by: string): Special => ({
  ref: found.ref,
  by,
  isOffBranch: !found.isOnBranch,
  fork: found.fork,
  changes: found.changes,
  contains: found.contains,
  lacks: found.lacks,
  merged: pipeline.trains.find(({ sha }) => sha === found.sha)?.special?.merged ?? null,
  keeps: [],
})

/** Seen once is enough; a change that is not on the branch, as far as we know, is no news. */
export function recordMerged(pipeline: Pipeline, { train, change }: Of<'record_merged'>): Answer {
  const its = pipeline.trains.find(({ number }) => number === train)
  const isKnown = wholeOrder(pipeline).some(({ sha }) => sha === change)
  if (its?.special == null || its.sha === null || its.special.merged !== null || !isKnown) {
    return record()
  }
  return record({ type: 'special_merged', train, sha: its.sha, change })
}
