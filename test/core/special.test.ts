import { describe, expect, test } from 'vitest'
import type { FoundRef } from '../../src/core/command.ts'
import { planOf } from '../../src/core/line.ts'
import type { Policy } from '../../src/core/policy.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const withSpecial = (over: Partial<Policy> = {}): Policy => {
  const its = policy({
    environments: [environment('staging'), environment('production')],
    ...over,
  })
  const permissions = { ...its.permissions, special: ['ana', 'cem'], break_glass: ['dee'] }
  return { ...its, permissions }
}

const found = (name: string, over: Partial<FoundRef> = {}): FoundRef => ({
  ref: `hotfix/${name}`,
  sha: sha(name),
  isOnBranch: false,
  fork: sha('a'),
  changes: [change(name, { parent: sha('a'), author: 'ana' })],
  contains: [sha('a')],
  lacks: [],
  within: [],
  ...over,
})

const send = (it: FoundRef, environment: string | null = null) =>
  ({ type: 'depart_ref', train: null, found: it, environment }) as const

/** `a` is live everywhere; `b` waits behind it. */
function story(its: Policy = withSpecial()): LineStory {
  const line = new LineStory(its)
  ride(line, 'a')
  line.merge(change('b', { parent: sha('a') }))
  return line
}

function ride(line: LineStory, name: string, parent?: string): void {
  line.merge(change(name, parent === undefined ? {} : { parent: sha(parent) }))
  line.depart()
  for (const { name: where } of line.pipeline.policy.environments) line.run(where, 'succeeded')
}

/** Sends hotfix `x` as train #3, and brings it to its end. */
function arrive(line: LineStory, it: FoundRef = found('x')): void {
  line.act('ana', send(it))
  line.run('staging', 'succeeded')
  line.act('bob', { type: 'approve', train: 3, environment: null, plan: null })
  line.run('production', 'succeeded')
}

const unlock = { type: 'unlock', environment: 'staging', id: null } as const

describe('on the branch a REF', () => {
  const onBranch = (name: string): FoundRef =>
    found(name, { isOnBranch: true, fork: sha(name), changes: [] })

  test('departs the changes up to there', () => {
    const line = story()
    line.merge(change('c', { parent: sha('b') }))
    line.act('bob', send(onBranch('b')))
    expect(line.train(2)).toMatchObject({ status: 'departed', sha: sha('b'), special: null })
  })

  test('older than what is live is refused, and goes back by a rollback', () => {
    const line = story()
    ride(line, 'c', 'b')
    expect(line.refused('ana', send(onBranch('a')))).toBe('older_than_live')
    const unheard = { ...onBranch('old'), within: [sha('c')] }
    expect(line.refused('ana', send(unheard))).toBe('older_than_live')
  })

  test('takes no environment, and nothing that was not heard of', () => {
    const line = story()
    expect(line.refused('ana', send(onBranch('b'), 'staging'))).toBe('on_branch')
    expect(line.refused('ana', send(onBranch('z')))).toBe('not_heard')
  })

  test('that is live goes once more: an empty list, the same gates, and no permission but depart', () => {
    const line = story()
    line.act('bob', send(onBranch('a')))
    expect(line.aboard(3)).toEqual([])
    expect(line.train(3).special).toMatchObject({ isOffBranch: false })
    expect(line.underWay('staging')).toMatchObject({ sha: sha('a'), train: 3 })
    line.run('staging', 'succeeded')
    expect(line.pipeline.environments[0]?.lock).toBe(null)
    line.run('production', 'succeeded')
    expect(line.status(3)).toBe('arrived')
    expect(line.aboard(2)).toEqual([sha('b')])
  })
})

describe('a special train', () => {
  test('needs the permission for it', () => {
    expect(story().refused('bob', send(found('x')))).toBe('not_allowed')
  })

  test('stands outside the line: it goes past a train that waits, and nobody queues behind it', () => {
    const line = story()
    line.act('ana', send(found('x')))
    expect(line.underWay('staging')).toMatchObject({ train: 3, sha: sha('x') })
    expect(line.aboard(3)).toEqual([sha('x')])
    line.depart()
    expect(line.blockersAt(2, 'staging').map(({ gate }) => gate)).toEqual(['occupied'])
    expect(line.blockersAt(2, 'production').map(({ gate }) => gate)).toEqual(['order'])
  })

  test('needs somebody who wrote none of it in the last environment, whatever `others` says', () => {
    const line = story()
    line.act('ana', send(found('x', { changes: [change('x', { author: 'zoe' })] })))
    expect(line.blockersAt(3, 'staging').map(({ gate }) => gate)).toEqual(['occupied'])
    line.run('staging', 'succeeded')
    expect(line.blockersAt(3, 'production').map(({ gate }) => gate)).toEqual(['approvals'])
    const approve = { type: 'approve', train: 3, environment: null, plan: null } as const
    expect(line.refused('ana', approve)).toBe('own_special')
    line.act('cem', approve)
    expect(line.underWay('production')).toMatchObject({ train: 3 })
  })

  test('is not approved by its sender, whoever the author lines say wrote it', () => {
    const line = story()
    line.act('ana', send(found('x', { changes: [change('x', { author: 'bob' })] })))
    line.run('staging', 'succeeded')
    const approve = { type: 'approve', train: 3, environment: null, plan: null } as const
    expect(line.refused('bob', approve)).toBe('own_change')
    expect(line.refused('ana', approve)).toBe('own_special')
    line.act('cem', approve)
    expect(line.underWay('production')).toMatchObject({ train: 3 })
  })

  test('asks its authors like any other', () => {
    const ask = environment('production', { approvals: askAuthors })
    const asking = new LineStory(withSpecial({ environments: [ask] }))
    asking.merge(change('a', { author: 'bob' }))
    asking.act('ana', send(found('x', { fork: null, contains: [] })))
    const gates = asking.blockersAt(2, 'production').map(({ gate }) => gate)
    expect(gates).toEqual(['consent', 'approvals'])
    asking.consent('ana', 2)
    expect(asking.blockersAt(2, 'production').map(({ gate }) => gate)).toEqual(['approvals'])
  })

  test('ends at the environment it was sent to, and moves nothing on the line', () => {
    const line = story()
    line.act('ana', send(found('x'), 'staging'))
    line.run('staging', 'succeeded')
    expect(line.status(3)).toBe('arrived')
    expect(line.live('production')).toBe(sha('a'))
    expect(line.pipeline.tip).toBe(sha('a'))
  })

  test('may not start in a later environment but through broken glass', () => {
    const line = story()
    line.act('bob', {
      type: 'lock',
      id: 'L',
      environment: 'staging',
      reason: 'mine',
      forMs: null,
      takeOver: false,
    })
    line.act('ana', send(found('x')))
    expect(line.blockersAt(3, 'production').map(({ gate }) => gate)).toContain('order')
    line.act('dee', {
      type: 'break_glass',
      train: 3,
      environment: null,
      gates: ['order', 'approvals'],
      reason: 'the site is down',
    })
    expect(line.underWay('production')).toMatchObject({ train: 3 })
    line.run('production', 'succeeded')
    expect(line.status(3)).toBe('arrived')
  })

  test('is not sent twice at once, nor when it is older than what is live there', () => {
    const line = story()
    line.act('ana', send(found('x')))
    expect(line.refused('cem', send(found('x')))).toBe('already_done')
    const old = found('y', { within: [sha('a')] })
    expect(line.refused('ana', send(old))).toBe('older_than_live')
  })

  test('is cancelled alone: what it brought falls to nobody', () => {
    const line = story()
    line.act('ana', send(found('x')))
    line.run('staging', 'succeeded')
    line.act('ana', { type: 'cancel', train: 3, reason: 'wrong one' })
    expect(line.status(3)).toBe('cancelled')
    expect(line.train(2).holds).toEqual([])
    expect(line.live('staging')).toBe(sha('x'))
  })

  test('carries what waits on the branch below it, and takes it off the line when it arrives', () => {
    const line = story()
    line.merge(change('c', { parent: sha('b') }))
    arrive(
      line,
      found('x', {
        fork: sha('b'),
        contains: [sha('a'), sha('b')],
        lacks: [sha('c')],
        changes: [change('x', { parent: sha('b') })],
      }),
    )
    expect(line.train(3).carried).toEqual([sha('b'), sha('x')])
    expect(line.aboard(2)).toEqual([sha('c')])
    expect(line.pipeline.tip).toBe(sha('b'))
  })

  test('waits for what it carries to be told, also before anything has arrived', () => {
    const line = new LineStory(withSpecial())
    line.merge(change('a'))
    line.act('ana', send(found('x', { fork: sha('z') })))
    expect(line.blockersAt(2, 'staging').map(({ gate }) => gate)).toContain('facts')
    line.merge(change('z', { parent: sha('a') }))
    expect(line.blockersAt(2, 'staging').map(({ gate }) => gate)).not.toContain('facts')
    expect(line.aboard(2)).toEqual([sha('a'), sha('z'), sha('x')])
  })

  test('waits for what it carries to be told, also where the branch is known further up', () => {
    const line = story()
    line.merge(change('c', { parent: sha('z') }))
    const its = { fork: sha('z'), contains: [sha('a'), sha('b')], lacks: [sha('c')] }
    line.act('ana', send(found('x', its)))
    expect(line.blockersAt(3, 'staging').map(({ gate }) => gate)).toEqual(['facts'])
    line.merge(change('z', { parent: sha('b') }))
    expect(line.underWay('staging').sha).toBe(sha('x'))
    expect(line.aboard(3)).toEqual([sha('b'), sha('z'), sha('x')])
  })

  test('does not wait for what it left the branch at from before anybody listened', () => {
    const line = new LineStory(withSpecial())
    line.merge(change('b', { parent: sha('a') }))
    line.act('ana', send(found('x', { contains: [], lacks: [sha('b')] })))
    expect(line.live('staging')).toBeUndefined()
    expect(line.blockersAt(2, 'staging').map(({ gate }) => gate)).not.toContain('facts')
  })

  test('waits where something was told since that may lie below it, and not for what is younger', () => {
    const line = new LineStory(withSpecial())
    line.merge(change('b'))
    const unheard = found('x', { fork: sha('c'), contains: [], lacks: [] })
    line.act('ana', send(unheard))
    expect(line.blockersAt(2, 'staging').map(({ gate }) => gate)).toContain('facts')
    const younger = new LineStory(withSpecial())
    younger.act('ana', send(unheard))
    younger.pass(1_000)
    younger.merge(change('b'))
    expect(younger.blockersAt(1, 'staging').map(({ gate }) => gate)).not.toContain('facts')
  })

  test('says so while nobody knows what it carries', () => {
    const line = story()
    line.act('ana', send(found('x', { fork: sha('z'), contains: [sha('a'), sha('b')] })))
    expect(line.blockersAt(3, 'staging').map(({ gate }) => gate)).toEqual(['facts'])
    line.merge(change('z', { parent: sha('b') }))
    expect(line.aboard(3)).toEqual([sha('b'), sha('z'), sha('x')])
    expect(line.underWay('staging')).toMatchObject({ train: 3 })
  })
})

describe('the environment before the last', () => {
  test('is locked for its sender after it, and the command was the word for what it displaces', () => {
    const line = story()
    line.depart()
    line.run('staging', 'succeeded')
    line.run('production', 'succeeded')
    line.act('ana', send(found('x', { lacks: [sha('b')] })))
    expect(line.underWay('staging')).toMatchObject({ train: 3 })
    line.run('staging', 'succeeded')
    expect(line.pipeline.environments[0]?.lock).toMatchObject({ by: 'ana' })
    const [diverged] = line.blockersAt(3, 'production')
    expect(diverged).toMatchObject({ gate: 'diverged' })
    expect(diverged?.message).toContain('lost would be')
    expect(diverged?.message).toContain('Change b (ana)')
  })

  test('keeps the lock that stood there', () => {
    const line = story()
    const mine = { environment: 'staging', reason: 'mine', forMs: null, takeOver: false } as const
    line.act('ana', { type: 'lock', id: 'L', ...mine })
    line.act('ana', send(found('x'), 'staging'))
    const plan = {
      type: 'depart',
      train: 3,
      ref: null,
      environment: 'staging',
      plan: null,
    } as const
    line.act('ana', plan)
    line.run('staging', 'succeeded')
    expect(line.pipeline.environments[0]?.lock).toMatchObject({ id: 'L' })
    expect(line.train(3).special?.keeps).toEqual([{ environment: 'staging', lock: 'L' }])
  })

  test('counts as it was before once its lock is released, whoever holds it by then', () => {
    const line = story()
    line.act('ana', send(found('x'), 'staging'))
    line.run('staging', 'succeeded')
    line.depart()
    expect(line.blockersAt(2, 'staging').map(({ gate }) => gate)).toEqual(['diverged', 'lock'])
    const over = {
      environment: 'staging',
      reason: 'mine now',
      forMs: null,
      takeOver: true,
    } as const
    line.act('bob', { type: 'lock', id: 'L2', ...over })
    line.act('bob', unlock)
    expect(line.underWay('staging')).toMatchObject({ train: 2, sha: sha('b'), baseSha: sha('x') })
  })
})

describe('when a hotfix has arrived', () => {
  test('it is the base of the line, which says what it lacks and whose it is', () => {
    const line = story()
    arrive(line)
    line.act('ana', unlock)
    line.depart()
    line.run('staging', 'succeeded')
    const [blocker] = line.blockersAt(2, 'production')
    expect(blocker).toMatchObject({
      gate: 'diverged',
      clearBy: 'merge it back first, or depart with this plan',
    })
    expect(blocker?.message).toContain('(ana)')
    const where = line.pipeline.policy.environments[1]
    expect(where && planOf(line.pipeline, line.train(2), where)).toMatchObject({
      baseSha: sha('x'),
      changes: [{ sha: sha('b') }],
    })
    line.act('bob', { type: 'depart', train: 2, ref: null, environment: null, plan: line.plan(2) })
    expect(line.underWay('production')).toMatchObject({ train: 2 })
  })

  test('where it left the branch is live, also when nobody tells of that until later', () => {
    const line = new LineStory(withSpecial())
    line.merge(change('b', { parent: sha('a') }))
    line.act('ana', send(found('x', { contains: [], lacks: [sha('b')] })))
    line.run('staging', 'succeeded')
    line.act('bob', { type: 'approve', train: 2, environment: null, plan: null })
    line.run('production', 'succeeded')
    line.merge(change('a', { parent: sha('root') }))
    line.depart()
    expect(line.aboard(1)).toEqual([sha('b')])
    expect(line.blockersAt(1, 'staging').map(({ gate }) => gate)).not.toContain('facts')
  })

  test('cancel is offered once a change on the branch contains it, and what contains it goes', () => {
    const line = story()
    arrive(line)
    line.act('ana', unlock)
    line.depart()
    line.run('staging', 'succeeded')
    line.merge(change('back', { parent: sha('b'), number: 19 }))
    line.act('signalbox', { type: 'record_merged', train: 3, change: sha('back') })
    expect(line.blockersAt(2, 'production')[0]?.clearBy).toBe(
      'cancel the train, and travel with #19, or depart with this plan',
    )
    line.act('bob', { type: 'cancel', train: 2, reason: 'travel with the fix' })
    line.act('bob', { type: 'withdraw', train: 4, what: null, of: null, reason: null })
    line.depart()
    line.run('staging', 'succeeded')
    line.run('production', 'succeeded')
    expect(line.live('production')).toBe(sha('back'))
  })

  test('a rollback takes it back, moves nothing of the line, and lets the line go on', () => {
    const line = story()
    arrive(line)
    line.act('ana', unlock)
    const back = { environment: null, to: null, reason: 'worse', takeOver: false } as const
    line.act('ana', { type: 'roll_back', ...back, settle: false, abort: false })
    line.run('production', 'succeeded')
    expect([line.live('production'), line.status(3), line.pipeline.tip]).toEqual([
      sha('a'),
      'rolled_back',
      sha('a'),
    ])
    expect(line.aboard(2)).toEqual([sha('b')])
    line.act('ana', { type: 'unlock', environment: 'production', id: null })
    line.depart()
    line.run('staging', 'succeeded')
    expect(line.underWay('production')).toMatchObject({ train: 2 })
  })

  test('what it lacks waits again, when somebody said that it may be lost', () => {
    const line = story()
    line.depart()
    line.run('staging', 'succeeded')
    line.run('production', 'succeeded')
    line.act('ana', send(found('x', { lacks: [sha('b')] })))
    line.run('staging', 'succeeded')
    line.act('bob', { type: 'depart', train: 3, ref: null, environment: null, plan: line.plan(3) })
    line.act('bob', { type: 'approve', train: 3, environment: null, plan: null })
    line.run('production', 'succeeded')
    expect(line.status(3)).toBe('arrived')
    expect(line.pipeline.tip).toBe(sha('a'))
    expect(line.status(4)).toBe('boarding')
    expect(line.aboard(4)).toEqual([sha('b')])
    const back = { environment: null, to: null, reason: 'no', takeOver: false } as const
    line.act('ana', { type: 'roll_back', ...back, settle: false, abort: false })
    line.run('production', 'succeeded')
    expect([line.live('production'), line.pipeline.tip]).toEqual([sha('b'), sha('b')])
    expect(line.aboard(4)).toEqual([])
  })
})

test('what a special train displaced takes with it what only it told of, which waits once it is told', () => {
  const line = new LineStory(withSpecial({ environments: [environment('production')] }))
  ride(line, 'd', 'c')
  line.act('ana', send(found('x', { fork: sha('a'), contains: [], lacks: [sha('d')] })))
  line.act('bob', { type: 'approve', train: 2, environment: null, plan: null })
  line.act('bob', { type: 'depart', train: 2, ref: null, environment: null, plan: line.plan(2) })
  line.run('production', 'succeeded')
  expect(line.status(2)).toBe('arrived')
  line.merge(change('a'))
  line.merge(change('c', { parent: sha('b') }))
  line.merge(change('b', { parent: sha('a') }))
  expect(line.aboard(3)).toEqual([sha('b'), sha('c'), sha('d')])
})

describe('what came to the branch from a special train and was taken back with it', () => {
  test('ships again by that train only after a new yes and a released veto', () => {
    const its = withSpecial({
      environments: [environment('staging'), environment('production', { approvals: askAuthors })],
    })
    const line = new LineStory(its)
    line.merge(change('a'))
    line.depart()
    line.consent('ana', 1)
    for (const where of ['staging', 'production']) line.run(where, 'succeeded')
    line.act('cem', send(found('x')))
    line.run('staging', 'succeeded')
    line.consent('ana', 2)
    line.act('ana', unlock)
    line.merge(change('b', { parent: sha('a'), author: 'bob' }))
    line.act('signalbox', { type: 'record_merged', train: 2, change: sha('b') })
    line.depart()
    line.run('staging', 'succeeded')
    line.consent('bob', 3)
    line.run('production', 'succeeded')
    const words = { takeOver: true, settle: false, abort: false, to: null, reason: 'bad' }
    line.act('bob', { type: 'roll_back', environment: 'production', ...words })
    line.run('production', 'succeeded')
    const gates = line.blockersAt(2, 'production').map(({ gate }) => gate)
    expect(gates).toEqual(expect.arrayContaining(['veto', 'consent']))
  })
})

test('replaced by hand in staging by what it left the branch at, it goes no further from there', () => {
  const line = new LineStory(withSpecial())
  line.merge(change('a'))
  line.act('ana', send(found('x')))
  line.run('staging', 'succeeded')
  expect(line.gates()).not.toContain('order')
  const byHand = { type: 'record_release', sha: sha('a'), reason: 'by hand' } as const
  expect(line.act('bob', { ...byHand, environment: 'staging' })).toContain('rolled_back')
  const sent = line.pipeline.deployments.find((one) => one.sha === sha('x'))
  expect(sent?.takenBack).toBe(true)
  expect(line.live('staging')).toBe(sha('a'))
})
