/**
 * What is done by itself about a failure: only what is safe, and else it is said why not.
 */
import { describe, expect, test } from 'vitest'
import { causeOf, countdownIn, isFailing, responseTo } from '../../src/core/failure.ts'
import type { Deployment, Pipeline } from '../../src/core/model.ts'
import type { OnFailurePolicy } from '../../src/core/policy.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const rollBack: OnFailurePolicy = { act: 'roll_back', afterMs: 30_000, dryRun: false }
const stop: OnFailurePolicy = { act: 'stop', afterMs: 30_000, dryRun: false }

/** `a` is live in production, and `b` has failed there. */
function failed(over: Partial<Deployment> = {}): { pipeline: Pipeline; here: Deployment } {
  const story = new LineStory(policy({ environments: [environment('production')] }))
  story.merge(change('a'))
  story.depart()
  story.run('production', 'succeeded')
  story.merge(change('b', { parent: sha('a') }))
  story.depart()
  story.run('production', 'failed')
  const last = story.pipeline.deployments.at(-1)
  if (last === undefined) throw new Error('nothing was deployed')
  const here = { ...last, ...over }
  const deployments = [...story.pipeline.deployments.slice(0, -1), here]
  return { pipeline: { ...story.pipeline, deployments }, here }
}

const answer = (over: Partial<Deployment> = {}, act = rollBack, its: Partial<Pipeline> = {}) => {
  const { pipeline, here } = failed(over)
  return responseTo({ ...pipeline, ...its }, here, { policy: act, now: 5, ownLock: 'mine' })
}

const withheld = (why: object) => ({ is: 'withhold', why })

const lock = { environment: null, by: 'bob', reason: 'migration', since: 0, expires: null }

describe('a failure', () => {
  test('is taken back to what it replaced', () => {
    expect(answer()).toMatchObject({ is: 'roll_back', to: { sha: sha('a') } })
  })

  test('of a rollback is not: another one may make it worse', () => {
    expect(answer({ kind: 'rollback' })).toEqual(withheld({ is: 'rollback' }))
  })

  test('is not where nothing was live before', () => {
    const why = { is: 'nothing_before' }
    expect(answer({ replaces: { sha: null, ailment: null } })).toEqual(withheld(why))
  })

  test('is not where what was live was ill, the same, or nothing to go back to', () => {
    const replacing = (its: string, ailment: string | null = null) =>
      answer({ replaces: { sha: sha(its), ailment } })
    const sick = (ailment: string) => withheld({ is: 'sick_before', ailment })
    expect(replacing('a', 'it had drifted')).toEqual(sick('it had drifted'))
    expect(replacing('b')).toEqual(sick(`${sha('b').slice(0, 8)} was live there before, too`))
    expect(replacing('z')).toEqual(
      sick(`${sha('z').slice(0, 8)}, which was live before, is no release to go back to`),
    )
  })

  test('is not under a lock, unless that is its own', () => {
    expect(answer({}, rollBack, { lock: { ...lock, id: 'his' } })).toEqual(
      withheld({ is: 'locked', by: 'bob', reason: 'migration', to: sha('a') }),
    )
    expect(answer({}, rollBack, { lock: { ...lock, id: 'mine' } })).toMatchObject({
      is: 'roll_back',
    })
  })

  test('of which it was only to be said is said, with whose lock would have stood', () => {
    const dry = { ...rollBack, dryRun: true }
    const why = { is: 'dry_run', act: 'roll_back', to: sha('a') }
    expect(answer({}, dry)).toEqual(withheld({ ...why, asks: null }))
    expect(answer({}, dry, { lock: { ...lock, id: 'his' } })).toEqual(
      withheld({ ...why, asks: 'bob' }),
    )
    expect(answer({}, { ...stop, dryRun: true })).toEqual(withheld({ is: 'dry_run', act: 'stop' }))
  })

  test('stops the line where the policy says so, unless it stands', () => {
    expect(answer({}, stop)).toEqual({ is: 'stop' })
    const stopped = { by: 'bob', reason: 'look', since: 0, owner: null }
    expect(answer({}, stop, { stopped })).toEqual(withheld({ is: 'stopped', by: 'bob' }))
  })

  test('is left where the policy asks for nothing', () => {
    expect(answer({}, { ...rollBack, act: 'hold' })).toEqual(withheld({ is: 'policy' }))
  })
})

test('what an agent told of is no failure of the line’s own', () => {
  const account = { agent: 'embedded', epoch: 4, status: 'failed' as const, hand: null }
  const of = (over: Partial<Deployment>): boolean => {
    const { pipeline, here } = failed(over)
    return isFailing(pipeline, here)
  }
  expect([of({}), of({ account }), of({ status: 'unknown' }), of({ status: 'aborted' })]).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('the cause of a failure says what failed, and why as far as it is known', () => {
  const cause = (over: Partial<Deployment> = {}): string => {
    const { pipeline, here } = failed(over)
    return causeOf(pipeline, here)
  }
  expect(cause()).toBe('the deployment failed: it failed')
  expect(cause({ reason: null })).toBe('the deployment failed: no reason given')
  expect(cause({ kind: 'rollback' })).toBe('the rollback failed: it failed')
})

test('no countdown runs any more once somebody takes it back by hand', () => {
  const reaction = { is: 'countdown', cause: 'x', since: 0, at: 9, to: sha('a') } as const
  const { pipeline } = failed({ reaction })
  const [place] = pipeline.environments
  const to = place?.live
  if (place === undefined || to == null) throw new Error('nothing is live')
  expect(countdownIn(pipeline, place)?.countdown).toEqual(reaction)
  const rollback = { by: 'bob', reason: 'x', since: 0, epoch: 1, from: sha('b'), to }
  expect(countdownIn(pipeline, { ...place, rollback })).toBeNull()
})
