import { describe, expect, test } from 'vitest'
import { previewRollback } from '../../src/core/preview-rollback.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { back as BACK, ride } from './release-story.ts'

const alone = () => new LineStory(policy({ environments: [environment('production')] }))

const back = (over = {}) => ({ ...BACK, ...over }) as const

const unlock = { type: 'unlock', environment: 'production', id: null } as const

function threeReleases(): LineStory {
  const story = alone()
  ride(story, 'a')
  ride(story, 'b', 'a')
  ride(story, 'c', 'b')
  return story
}

describe('a rollback', () => {
  test('puts the release before back, by a run of its own, past holds and a stopped line', () => {
    const story = threeReleases()
    story.act('bob', { type: 'stop', reason: 'look first' })
    story.act('ana', back())
    expect(story.underWay('production')).toMatchObject({
      kind: 'rollback',
      sha: sha('b'),
      baseSha: sha('c'),
      train: 3,
      epoch: 4,
      key: 'api/3:production:rollback:1',
    })
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('b'))
  })

  test('moves the trains it takes back, and their changes fall to a train behind', () => {
    const story = threeReleases()
    story.act('ana', back({ to: sha('a').slice(0, 8) }))
    expect(story.status(3)).toBe('arrived')
    story.run('production', 'succeeded')
    expect([1, 2, 3, 4].map((number) => story.status(number))).toEqual([
      'arrived',
      'rolled_back',
      'rolled_back',
      'boarding',
    ])
    expect(story.aboard(4)).toEqual([sha('b'), sha('c')])
  })

  test('locks the environment for whoever ordered it', () => {
    const story = threeReleases()
    story.act('ana', back())
    expect(story.pipeline.environments[0]?.lock).toMatchObject({
      by: 'ana',
      reason: 'rolled back: prices are wrong',
    })
  })

  test('keeps a lock that its orderer holds already', () => {
    const story = threeReleases()
    const mine = { type: 'lock', environment: 'production', reason: 'mine', forMs: null } as const
    story.act('ana', { ...mine, id: 'L1', takeOver: false })
    story.act('ana', back())
    expect(story.pipeline.environments[0]?.lock).toMatchObject({ id: 'L1', reason: 'mine' })
  })

  test('passes the lock of another only by taking it over, which is told', () => {
    const story = threeReleases()
    const his = { type: 'lock', environment: 'production', reason: 'mine', forMs: null } as const
    story.act('bob', { ...his, id: 'L1', takeOver: false })
    expect(story.refused('ana', back())).toBe('locked')
    story.act('ana', back({ takeOver: true }))
    expect(story.log.findLast(({ type }) => type === 'locked')).toMatchObject({
      lock: { by: 'ana' },
      takenFrom: 'bob',
    })
  })

  test('leaves a lock where one stood whose time was over before anybody swept', () => {
    const story = threeReleases()
    const his = {
      type: 'lock',
      environment: 'production',
      reason: 'mine',
      takeOver: false,
    } as const
    story.act('bob', { ...his, id: 'L1', forMs: 60_000 })
    story.now += 61_000
    story.act('ana', back())
    expect(story.pipeline.environments[0]?.lock).toMatchObject({ by: 'ana', expires: null })
  })

  test('asked for twice goes further back, never forward', () => {
    const story = threeReleases()
    story.act('ana', back())
    story.run('production', 'succeeded')
    story.act('ana', back())
    expect(story.underWay('production').sha).toBe(sha('a'))
    story.run('production', 'succeeded')
    expect(story.refused('ana', back())).toBe('nothing_before')
    expect(story.status(2)).toBe('rolled_back')
    expect(story.aboard(4)).toEqual([sha('b'), sha('c')])
  })

  test('is refused where nothing was verified before, and to what never was', () => {
    const story = alone()
    ride(story, 'a')
    expect(story.refused('ana', back())).toBe('nothing_before')
    expect(story.refused('ana', back({ to: 'fffffff' }))).toBe('not_a_release')
    expect(story.refused('ana', back({ to: sha('a') }))).toBe('already_done')
    expect(story.refused('ana', back({ environment: 'moon' }))).toBe('no_such_environment')
  })

  test('needs the permission', () => {
    const story = new LineStory(
      policy({
        environments: [environment('production')],
        permissions: { ...policy().permissions, roll_back: ['sre'] },
      }),
    )
    ride(story, 'a')
    ride(story, 'b', 'a')
    expect(story.refused('ana', back())).toBe('not_allowed')
    story.act('dee', back())
  })

  test('goes where the preview said', () => {
    const story = threeReleases()
    const production = story.pipeline.environments[0]
    if (production === undefined) throw new Error('no production')
    const seen = previewRollback(story.pipeline, production, sha('a'))
    if (!seen.ok) throw new Error(seen.refusal.code)
    expect(seen.preview).toMatchObject({ from: sha('c'), trains: [2, 3], needs: [] })
    expect(seen.preview.changes.map((one) => one.sha)).toEqual([sha('b'), sha('c')])
  })
})

describe('after a deployment that went wrong', () => {
  test('a rollback goes to the release it was replacing, and takes its train back', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.run('production', 'failed')
    story.act('ana', back())
    expect(story.underWay('production')).toMatchObject({ sha: sha('a'), train: 1 })
    story.run('production', 'succeeded')
    expect(story.status(2)).toBe('rolled_back')
    expect(story.pipeline.environments[0]?.vetoes).toMatchObject([
      { from: sha('b'), target: sha('a') },
    ])
  })

  test('a running one is aborted first, by a word of its own, and its death awaited', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    const { run, epoch } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    expect(story.refused('ana', back())).toBe('must_abort')
    story.act('ana', back({ abort: true }))
    expect(story.underWay('production')).toMatchObject({ run, cancelling: true })
    story.report(run, epoch, 'aborted')
    expect(story.underWay('production')).toMatchObject({ kind: 'rollback', sha: sha('a') })
  })

  test('one that succeeded while its abort was asked for is taken back all the same', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    const { run, epoch } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.act('ana', back({ abort: true }))
    story.report(run, epoch, 'succeeded')
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('a'))
    expect(story.status(2)).toBe('rolled_back')
  })

  test('one that no agent has taken yet is simply ended, and its train stays on the line', () => {
    const story = alone()
    ride(story, 'a')
    ride(story, 'b', 'a')
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    story.act('ana', back({ abort: true }))
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('b'))
    expect(story.status(3)).toBe('departed')
  })

  test('an unknown one is declared dead by a word of its own', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.run('production', 'unknown')
    expect(story.refused('ana', back())).toBe('must_settle')
    story.act('ana', back({ settle: true }))
    expect(story.log.findLast(({ type }) => type === 'deployment_ended')).toMatchObject({
      status: 'failed',
      source: 'person',
    })
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('a rollback that failed keeps its target; retry tries it again', () => {
    const story = threeReleases()
    story.act('ana', back())
    story.run('production', 'failed')
    expect(story.status(3)).toBe('arrived')
    story.act('bob', { type: 'retry', train: null, reason: null })
    expect(story.underWay('production')).toMatchObject({ sha: sha('b'), attempt: 2 })
    story.run('production', 'failed')
    story.act('ana', back())
    expect(story.underWay('production').sha).toBe(sha('b'))
    story.run('production', 'succeeded')
    expect(story.status(3)).toBe('rolled_back')
  })

  test('a soaking one is taken back before it arrives', () => {
    const story = new LineStory(
      policy({ environments: [environment('production', { soakMs: 60_000 })] }),
    )
    story.merge(change('a'))
    story.depart()
    story.run('production', 'succeeded')
    story.pass(60_000)
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.run('production', 'succeeded')
    story.act('ana', back())
    expect(story.underWay('production').sha).toBe(sha('a'))
    story.pass(120_000)
    expect(story.status(2)).toBe('departed')
    story.run('production', 'succeeded')
    expect(story.status(2)).toBe('rolled_back')
  })
})

describe('the veto', () => {
  function rolledBack(): LineStory {
    const story = alone()
    ride(story, 'a')
    ride(story, 'b', 'a')
    story.act('ana', back())
    story.run('production', 'succeeded')
    story.act('ana', unlock)
    return story
  }

  test('keeps the doors from closing by themselves on what was taken back', () => {
    const story = rolledBack()
    story.pass(10 * 3_600_000)
    expect(story.status(3)).toBe('boarding')
  })

  test('blocks every plan that carries what was taken back, after the lock is gone', () => {
    const story = rolledBack()
    story.depart()
    expect(story.gates()).toEqual(['veto'])
  })

  test('also catches what is heard later but was merged between', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('c', { parent: sha('b') }))
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.run('production', 'succeeded')
    story.act('ana', back())
    story.run('production', 'succeeded')
    story.act('ana', unlock)
    story.act('ana', { type: 'depart', train: null, ref: sha('b'), environment: null, plan: null })
    expect(story.gates()).toEqual(['veto'])
  })

  test('is released with a reason, for the sha of that train alone', () => {
    const story = rolledBack()
    story.depart()
    story.act('bob', { type: 'release_veto', train: 3, reason: 'the cause was the network' })
    story.run('production', 'succeeded')
    expect(story.status(3)).toBe('arrived')
    expect(story.pipeline.environments[0]?.vetoes).toEqual([])
    expect(story.refused('bob', { type: 'release_veto', train: 3, reason: 'x' })).toBe(
      'no_such_train',
    )
  })

  test('of a later rollback is not covered by an earlier release of it', () => {
    const story = new LineStory(
      policy({
        environments: [environment('staging'), environment('production', { soakMs: 1 })],
      }),
    )
    ride(story, 'a')
    story.pass(1)
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.run('staging', 'succeeded')
    story.act('ana', back({ environment: 'staging', abort: true }))
    story.run('staging', 'succeeded')
    story.act('ana', { ...unlock, environment: 'staging' })
    story.now += 1
    story.act('ana', { type: 'release_veto', train: 2, reason: 'again' })
    story.run('staging', 'succeeded')
    story.now += 1
    story.act('ana', back({ environment: 'staging', abort: true }))
    story.run('staging', 'succeeded')
    story.act('ana', { ...unlock, environment: 'staging' })
    expect(story.blockersAt(2, 'staging').map(({ gate }) => gate)).toContain('veto')
  })

  test('does not speak of what comes after the bad change was reverted and released', () => {
    const story = rolledBack()
    story.merge(change('b-reverted', { parent: sha('b'), reverts: sha('b') }))
    story.depart()
    expect(story.gates()).toEqual(['veto'])
    story.act('bob', { type: 'release_veto', train: 3, reason: 'reverted aboard' })
    story.run('production', 'succeeded')
    ride(story, 'c', 'b-reverted')
    expect(story.live('production')).toBe(sha('c'))
  })

  test('asks everyone aboard again', () => {
    const story = new LineStory()
    for (const [name, parent] of [['a'], ['b', 'a']] as const) {
      story.merge(change(name, parent === undefined ? {} : { parent: sha(parent) }))
      story.depart()
      story.run('staging', 'succeeded')
      story.consent('ana', story.pipeline.nextTrain - 1)
      story.run('production', 'succeeded')
    }
    story.act('ana', back())
    story.run('production', 'succeeded')
    expect(story.pipeline.consents.filter(({ change: its }) => its === sha('b'))).toEqual([])
  })
})

test('a train that is cancelled on its way back is taken back, and what it carried asked for anew', () => {
  const approvals = { ...askAuthors, others: 0 }
  const story = new LineStory(
    policy({ environments: [environment('production', { approvals, soakMs: 60_000 })] }),
  )
  for (const [name, parent] of [['a'], ['b', 'a']] as const) {
    story.merge(change(name, parent === undefined ? {} : { parent: sha(parent) }))
    story.depart()
    story.consent('ana', name === 'a' ? 1 : 2)
    story.run('production', 'succeeded')
    if (name === 'a') story.pass(60_000)
  }
  story.act('bob', back())
  const cancelled = story.act('bob', { type: 'cancel', train: 2, reason: 'no' })
  expect(cancelled).toEqual(['cancel_requested'])
  story.run('production', 'succeeded')
  expect(story.status(2)).toBe('rolled_back')
  expect(story.aboard(3)).toEqual([sha('b')])
  expect(story.pipeline.consents.map((one) => one.change)).toEqual([sha('a')])
})

describe('a revert', () => {
  test('keeps its original from leaving without it, until a person says so', () => {
    const story = alone()
    story.merge(change('a', { number: 12 }))
    story.merge(change('a-reverted', { parent: sha('a'), number: 13, reverts: '#12' }))
    story.act('ana', { type: 'depart', train: null, ref: sha('a'), environment: null, plan: null })
    expect(story.blockers()).toMatchObject([
      { gate: 'veto', message: '#12 is reverted by #13 on the branch' },
    ])
    story.act('bob', { type: 'release_veto', train: 1, reason: 'needed until noon' })
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('aboard the same train is no veto', () => {
    const story = alone()
    story.merge(change('a'))
    story.merge(change('a-reverted', { parent: sha('a'), reverts: sha('a').slice(0, 10) }))
    story.depart()
    expect(story.underWay('production').sha).toBe(sha('a-reverted'))
  })

  test('keeps the doors open on the original alone', () => {
    const story = new LineStory(
      policy({
        environments: [environment('production')],
        checks: { require: ['test'], timeoutMs: 3_600_000, settleMs: 0 },
      }),
    )
    story.merge(change('a'))
    story.merge(change('a-reverted', { parent: sha('a'), reverts: sha('a') }))
    story.check('a', 'success')
    story.pass(21 * 60_000)
    expect(story.status(1)).toBe('boarding')
    story.check('a-reverted', 'success')
    expect(story.underWay('production').sha).toBe(sha('a-reverted'))
  })
})

describe('an environment before the last', () => {
  test('is rolled back without moving a train, which is no longer verified there', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.depart()
    story.run('staging', 'succeeded')
    story.consent('ana', 1)
    story.run('production', 'succeeded')
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.run('staging', 'succeeded')
    expect(story.gates()).toEqual(['consent'])
    story.act('bob', back({ environment: 'staging' }))
    story.consent('ana', 2)
    expect(story.status(2)).toBe('departed')
    story.run('staging', 'succeeded')
    expect(story.live('staging')).toBe(sha('a'))
    expect(story.status(2)).toBe('departed')
    expect(story.blockersAt(2, 'staging').map(({ gate }) => gate)).toEqual(['lock', 'veto'])
    expect(story.blockersAt(2, 'production').map(({ gate }) => gate)).toContain('order')
  })

  test('leaves one that runs in the last environment alone: it arrives by that', () => {
    const story = new LineStory()
    for (const [name, parent] of [['a'], ['b', 'a']] as const) {
      story.merge(change(name, parent === undefined ? {} : { parent: sha(parent) }))
      story.depart()
      story.run('staging', 'succeeded')
      story.consent('ana', story.pipeline.nextTrain - 1)
      if (name === 'a') story.run('production', 'succeeded')
    }
    story.act('bob', back({ environment: 'staging' }))
    story.run('production', 'succeeded')
    expect(story.status(2)).toBe('arrived')
    story.run('staging', 'succeeded')
    expect(story.live('staging')).toBe(sha('a'))
  })
})

describe('a release recorded by hand', () => {
  const record = (name: string, over = {}) =>
    ({
      type: 'record_release',
      environment: 'production',
      sha: sha(name),
      reason: 'deployed from a laptop',
      ...over,
    }) as const

  test('is live at once, under a higher epoch, by its recorder', () => {
    const story = alone()
    story.act('ana', record('x'))
    expect(story.pipeline.environments[0]).toMatchObject({
      epoch: 1,
      live: { sha: sha('x'), train: null, by: 'ana' },
    })
  })

  test('on the line carries everything up to it, and a train left with none shows it', () => {
    const story = alone()
    ride(story, 'a')
    story.act('ana', {
      type: 'lock',
      id: 'L',
      environment: null,
      reason: 'x',
      forMs: null,
      takeOver: false,
    })
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.merge(change('c', { parent: sha('b') }))
    story.act('ana', record('c'))
    story.act('ana', { type: 'unlock', environment: null, id: null })
    expect(story.gates()).toEqual(['diverged'])
    story.act('ana', { type: 'cancel', train: 2, reason: 'gone by hand' })
    expect(story.status(2)).toBe('cancelled')
    ride(story, 'd', 'c')
    expect(story.live('production')).toBe(sha('d'))
  })

  test('behind the former release is a rollback by hand: lock, veto, trains', () => {
    const story = threeReleases()
    story.act('bob', record('a'))
    expect(story.status(2)).toBe('rolled_back')
    expect(story.status(3)).toBe('rolled_back')
    expect(story.pipeline.environments[0]).toMatchObject({
      lock: { by: 'bob' },
      vetoes: [{ from: sha('c'), target: sha('a') }],
    })
  })

  test('of a sha nobody knows asks for the word of a person before anything replaces it', () => {
    const story = alone()
    ride(story, 'a')
    story.act('ana', record('from-elsewhere'))
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    expect(story.gates()).toEqual(['diverged'])
    const [train] = story.pipeline.trains.filter(({ status }) => status === 'departed')
    expect(story.refused('bob', { ...goAlong, plan: 'f'.repeat(64) })).toBe('plan_changed')
    story.act('bob', { ...goAlong, plan: story.plan(train?.number ?? 0) })
    expect(story.underWay('production').sha).toBe(sha('b'))
  })

  const goAlong = { type: 'depart', train: null, ref: null, environment: null } as const

  test('settles what failed or is unknown, and is refused while something runs', () => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    expect(story.refused('ana', record('x'))).toBe('occupied')
    story.run('production', 'unknown')
    story.act('ana', record('a'))
    expect(story.pipeline.deployments.map(({ status, settled }) => [status, settled])).toEqual([
      ['failed', true],
    ])
  })

  test('is for linked people only', () => {
    const story = alone()
    expect(story.refused('ci', record('x'))).toBe('not_allowed')
  })
})
