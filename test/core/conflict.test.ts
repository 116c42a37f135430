/** When a new policy may take over, and what a train keeps of the one it departed under. */
import { describe, expect, test } from 'vitest'
import { conflictsWith, renamesOf } from '../../src/core/conflict.ts'
import { emptyEnvironment } from '../../src/core/empty.ts'
import type { Lock } from '../../src/core/model.ts'
import type { EnvironmentPolicy, Policy } from '../../src/core/policy.ts'
import { wholePolicy } from '../../src/core/whole.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const staging = environment('staging')
const production = environment('production')
const THREE = policy({ environments: [environment('test'), staging, production] })
const inTravelOrder = (...environments: readonly EnvironmentPolicy[]): Policy =>
  policy({ environments })
const WITHOUT_STAGING = inTravelOrder(production)
const lock = (where: string | null): Lock => ({
  id: 'a',
  environment: where,
  by: 'bob',
  reason: 'a migration',
  since: 0,
  expires: null,
})

const against = (story: LineStory, next: Policy, former: readonly string[] = []) =>
  conflictsWith(story.pipeline, next, former).map(
    ({ place, message, ends }) => `${place}: ${message} → ${ends}`,
  )

/** A train on its way, whose deployment to staging is under way. */
function departed(its: Policy = inTravelOrder(staging, production)): LineStory {
  const story = new LineStory(its)
  story.merge(change('a'))
  story.depart()
  return story
}

describe('a policy is accepted', () => {
  test('when nothing is under way, whatever it changes', () => {
    const story = new LineStory(THREE)
    const next = { ...inTravelOrder(production, staging), repository: 'acme/new', branch: 'next' }
    expect(against(story, next)).toEqual([])
  })

  test('with a train on its way, when it changes gates, doors or commands only', () => {
    const next = inTravelOrder(
      { ...staging, soakMs: 9_000, deploy: { ...staging.deploy, run: 'other' } },
      { ...production, approvals: { ...production.approvals, others: 2 } },
    )
    expect(against(departed(), next)).toEqual([])
  })

  test('with a train on its way, when an environment is added anywhere', () => {
    const [eu, us] = [environment('eu'), environment('us')]
    expect(against(departed(), inTravelOrder(eu, staging, us, production))).toEqual([])
    expect(against(departed(), inTravelOrder(staging, production, eu))).toEqual([])
  })

  test('without an environment that the train on its way has passed', () => {
    const story = departed()
    story.run('staging', 'succeeded')
    expect(story.underWay('production').train).toBe(1)
    expect(against(story, WITHOUT_STAGING)).toEqual([])
  })

  test('while a train boards: it will depart for what there is then', () => {
    const story = new LineStory()
    story.merge(change('a'))
    expect(against(story, WITHOUT_STAGING)).toEqual([])
  })
})

describe('a policy without an environment waits', () => {
  test('for the train on its way there, and for the deployment', () => {
    expect(against(departed(), WITHOUT_STAGING)).toEqual([
      'environments: staging is no longer there (renamed? then say `was: staging`), but train #1 is on its way → train #1 arrives, or is cancelled',
      'environments: staging is no longer there (renamed? then say `was: staging`), but train #1 is being deployed to staging → the deployment ends',
    ])
  })

  test.each([
    ['failed', 'it is retried, cancelled or rolled back, or somebody records what is live'],
    ['unknown', 'somebody settles it as succeeded or failed'],
  ] as const)('for a deployment that ended %s', (outcome, ends) => {
    const story = departed()
    story.run('staging', outcome)
    expect(against(story, WITHOUT_STAGING).at(-1)).toMatch(new RegExp(`→ ${ends}$`))
  })

  test('for a soak', () => {
    const story = departed(inTravelOrder({ ...staging, soakMs: 60_000 }, production))
    story.run('staging', 'succeeded')
    expect(against(story, WITHOUT_STAGING).at(-1)).toMatch(/soaks in staging → its soak is over$/)
  })

  test('for a lock, and names its holder', () => {
    const story = new LineStory()
    story.pipeline = {
      ...story.pipeline,
      environments: story.pipeline.environments.map((one) =>
        one.name === 'staging' ? { ...one, lock: lock('staging') } : one,
      ),
    }
    expect(against(story, WITHOUT_STAGING)).toEqual([
      'environments: staging is no longer there (renamed? then say `was: staging`), but bob keeps staging locked: a migration → staging is unlocked',
    ])
  })

  test('for a rollback that was ordered', () => {
    const story = new LineStory()
    const to = { sha: sha('a'), train: 1, epoch: 1, since: 0, by: null }
    const order = { by: 'ana', reason: 'bad', since: 0, epoch: 2, from: sha('b'), to }
    story.pipeline = {
      ...story.pipeline,
      environments: story.pipeline.environments.map((one) => ({ ...one, rollback: order })),
    }
    expect(against(story, WITHOUT_STAGING)).toEqual([
      expect.stringMatching(/ana rolls staging back → the rollback lands$/),
    ])
  })
})

describe('a rename', () => {
  const renamed = inTravelOrder({ ...environment('stage'), was: 'staging' }, production)

  test('is no removal: a train on its way goes on', () => {
    const story = departed()
    story.run('staging', 'failed')
    expect(against(story, renamed)).toEqual([])
    expect([...renamesOf(story.pipeline.policy, renamed)]).toEqual([['staging', 'stage']])
  })

  test('waits while something runs there, for its agent knows the old name', () => {
    expect(against(departed(), renamed)).toEqual([
      'environments.stage: staging is renamed to stage, but train #1 is being deployed to staging → the deployment ends',
    ])
  })

  test('never takes the name of an environment with a history of its own', () => {
    expect(against(new LineStory(), renamed, ['stage'])).toEqual([
      expect.stringMatching(/^environments\.stage: .* → choose another name$/),
    ])
  })

  test('that is long done means nothing any more', () => {
    const story = new LineStory(renamed)
    expect([...renamesOf(story.pipeline.policy, renamed)]).toEqual([])
  })
})

test('another order waits for the trains that still have to pass what is moved', () => {
  const next = inTravelOrder(environment('test'), production, staging)
  const story = departed(THREE)
  story.run('test', 'succeeded')
  expect(against(story, next)).toEqual([
    'environments: environments change their order after staging, but train #1 is on its way → train #1 arrives, or is cancelled',
  ])
})

test('another repository or branch waits for whatever is on the line, and for locks', () => {
  const story = new LineStory()
  story.merge(change('a'))
  story.pipeline = { ...story.pipeline, lock: lock(null) }
  const next = policy({ repository: 'acme/new', branch: 'next' })
  expect(against(story, next)).toEqual([
    'repository: the repository changes from acme/api to acme/new, but changes are aboard train #1 → train #1 departs and arrives',
    'repository: the repository changes from acme/api to acme/new, but bob keeps api locked: a migration → api is unlocked',
    'branch: the branch changes from main to next, but changes are aboard train #1 → train #1 departs and arrives',
    'branch: the branch changes from main to next, but bob keeps api locked: a migration → api is unlocked',
  ])
})

describe('a departed train', () => {
  /** The database gives a new environment its row when the policy is accepted. */
  function accept(story: LineStory, next: Policy): void {
    const known = story.pipeline.environments
    story.pipeline = {
      ...story.pipeline,
      policy: next,
      environments: next.environments.map(
        ({ name }) => known.find((one) => one.name === name) ?? emptyEnvironment(name),
      ),
    }
  }
  const withEu = inTravelOrder(staging, production, environment('eu'))

  test('arrives where its journey ends, and an added environment is for the next one', () => {
    const story = departed()
    story.merge(change('b', { parent: sha('a') }))
    accept(story, withEu)
    story.run('staging', 'succeeded')
    expect(story.run('production', 'succeeded')).toContain('train_arrived')
    story.depart()
    story.run('staging', 'succeeded')
    expect(story.run('production', 'succeeded')).not.toContain('train_arrived')
    expect(story.run('eu', 'succeeded')).toContain('train_arrived')
    expect(story.live('eu')).toBe(sha('b'))
  })

  test('does not wait in an environment that was added before its next one', () => {
    const story = departed()
    accept(story, inTravelOrder(staging, environment('eu'), production))
    story.run('staging', 'succeeded')
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('reads its gates from the present policy', () => {
    const story = departed()
    const asks = { ...production.approvals, others: 1 }
    accept(story, inTravelOrder(staging, { ...production, approvals: asks }))
    story.run('staging', 'succeeded')
    expect(story.gates()).toEqual(['approvals'])
  })
})

test('a policy kept by an earlier version takes only what it lacks from the present one', () => {
  const { was: _, ...older } = staging
  const { timeoutMs: __, ...checks } = policy().checks
  const stored = {
    ...policy({ branch: 'old' }),
    checks: { ...checks, require: ['test'] },
    environments: [older],
  } as unknown as Policy
  const whole = wholePolicy(stored, policy())
  expect(whole.environments).toEqual([staging])
  expect(whole).toMatchObject({
    branch: 'old',
    checks: { require: ['test'], timeoutMs: 3_600_000 },
  })
})
