/** Migrations in three steps: code that knows both schemas, the data moved, the old code removed. */
import { describe, expect, test } from 'vitest'
import { saidIn } from '../../src/core/migration-progress.ts'
import { endsAt } from '../../src/core/migrations.ts'
import { previewRollback } from '../../src/core/preview-rollback.ts'
import { askAuthors, environment, readWindows, sha } from '../world/policy.ts'
import { HOUR, MigrationStory, PAUSE, RESUME, RUN } from './migration-story.ts'

describe('a change that carries a migration', () => {
  test('is tracked from the moment it is heard, in every environment', () => {
    const story = new MigrationStory({
      environments: [environment('staging'), environment('production')],
    })
    story.hear('c2', { migrates: true, alone: true })
    expect(story.pipeline.migrations.map(({ environment }) => environment)).toEqual([
      'staging',
      'production',
    ])
    expect(story.phase()).toBe('waiting')
  })

  test('leaves a change alone that was live before anybody listened', () => {
    const story = new MigrationStory()
    story.ship('c1')
    const gone = { ...story.pipeline.policy, migrations: null }
    const { migrations } = story.pipeline.policy
    story.pipeline = { ...story.pipeline, policy: gone }
    story.ship('c2', { migrates: true })
    story.pipeline = { ...story.pipeline, policy: { ...gone, migrations } }
    story.act('signalbox', { type: 'tick' })
    expect(story.pipeline.migrations).toEqual([])
  })

  test('becomes ready once it is live and verified for as long as the policy says', () => {
    const story = new MigrationStory()
    story.ship('c1')
    story.ship('c2', { migrates: true })
    expect(story.phase()).toBe('waiting')
    story.pass(HOUR - 60_000)
    expect(story.phase()).toBe('waiting')
    expect(story.refused('ana', RUN)).toBe('migration_is')
    story.pass(60_000)
    expect(story.phase()).toBe('ready')
    expect(story.migration().run).toBeNull()
  })

  test('is run by its owner or whoever may settle, and by nobody else', () => {
    const nobody = { settle: [], hold: [] }
    const story = new MigrationStory()
    const { policy } = story.pipeline
    story.pipeline = {
      ...story.pipeline,
      policy: { ...policy, permissions: { ...policy.permissions, ...nobody } },
    }
    story.ready()
    expect(story.refused('bob', RUN)).toBe('not_its_owner')
    expect(story.refused('ci', RUN)).toBe('not_its_owner')
    expect(story.act('ana', RUN)).toEqual(['migration_begun', 'migration_run_requested'])
    expect(story.refused('bob', PAUSE)).toBe('not_its_owner')
  })

  test('runs by itself where the policy says so', () => {
    const story = new MigrationStory({}, { start: 'by_itself' }).ready()
    expect(story.phase()).toBe('running')
    expect(story.migration().begun?.by).toBe('signalbox')
    expect(story.migration().run?.status).toBe('requested')
  })
})

describe('increments', () => {
  test('follow each other, handing on the cursor, until the command says that it is done', () => {
    const story = new MigrationStory().ready().begin()
    expect(story.migration().run).toMatchObject({ kind: 'increment', number: 1, cursor: '' })
    const before = story.pipeline.environments[0]?.epoch ?? 0
    story.increment('signalbox: 100/250 row-100')
    expect(story.migration()).toMatchObject({
      increments: 1,
      progress: { done: 100, of: 250, cursor: 'row-100' },
    })
    story.pass(10_000)
    expect(story.migration().run).toMatchObject({ number: 2, cursor: 'row-100', epoch: before + 1 })
    story.increment('signalbox: 200/250 row-200')
    story.pass(10_000)
    story.increment('signalbox: done')
    expect(story.phase()).toBe('verifying')
    expect(story.migration().run).toMatchObject({ kind: 'verify', status: 'requested' })
    story.increment(null)
    expect(story.phase()).toBe('verified')
    expect(story.migration().increments).toBe(3)
  })

  test('begin no closer together than the policy says', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 100/250 a')
    story.pass(9_000)
    expect(story.migration().run?.number).toBe(1)
    story.pass(1_000)
    expect(story.migration().run?.number).toBe(2)
  })

  test('without a verification count as complete by their own word', () => {
    const story = new MigrationStory({}, { verify: null }).ready().begin()
    expect(story.increment(null)).toContain('migration_verified')
    expect(story.phase()).toBe('verified')
  })

  test('tell when they will be over, at the pace since somebody let them run', () => {
    const story = new MigrationStory().ready().begin()
    story.now += 5_000
    story.increment('signalbox: 100/400 a')
    expect(endsAt(story.migration(), story.now)).toBe(story.now + 15_000)
  })

  test('stop at a failure until a person resumes: then that one runs once more', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 100/250 a')
    story.pass(10_000)
    story.increment('out of disk', 'failed')
    story.pass(HOUR)
    expect(story.phase()).toBe('failed')
    expect(story.migration().run?.number).toBe(2)
    story.act('ana', RESUME)
    expect(story.migration().run).toMatchObject({ number: 2, cursor: 'a', status: 'requested' })
    expect(story.migration().runs).toBe(3)
  })

  test('of which nobody knows the end keep everything out until a person has looked', () => {
    const story = new MigrationStory().ready().begin()
    const { run, epoch } = { ...story.migration().run, run: story.claim() }
    story.act('signalbox', {
      type: 'record_run',
      run,
      epoch: epoch ?? 0,
      status: 'unknown',
      reason: 'its agent is silent',
      tail: [],
    })
    story.pass(HOUR)
    expect(story.phase()).toBe('failed')
    expect(story.migration().runs).toBe(1)
    story.hear('c3')
    story.depart()
    expect(story.blockers()).toMatchObject([
      {
        gate: 'unknown',
        message:
          'nobody knows how increment 1 of the migration of #2 ended in production: its agent is silent',
      },
    ])
    story.act('ana', PAUSE)
    expect(story.underWay('production').train).toBe(3)
  })

  test('that were unknown go on by the evidence of their agent', () => {
    const story = new MigrationStory().ready().begin()
    const its = story.migration().run
    if (its === null) throw new Error('nothing was ordered')
    story.claim()
    story.tell(its, null, 'unknown')
    story.tell(its, 'signalbox: 5/10 a')
    expect(story.phase()).toBe('running')
    expect(story.migration().increments).toBe(1)
  })

  test('that never began are ordered again by themselves, under another name', () => {
    const story = new MigrationStory().ready().begin()
    const first = story.migration().run?.run
    story.increment(null, 'aborted')
    story.pass(10_000)
    expect(story.migration().run).toMatchObject({ number: 1, status: 'requested' })
    expect(story.migration().run?.run).not.toBe(first)
  })

  test('heard of twice, or under another epoch, count once', () => {
    const story = new MigrationStory().ready().begin()
    const its = story.migration().run
    if (its === null) throw new Error('nothing was ordered')
    story.claim()
    expect(story.tell(its, 'signalbox: 5/10 a')).toHaveLength(1)
    expect(story.tell(its, 'signalbox: 9/10 b')).toEqual([])
    const late = { type: 'record_run', run: its.run, epoch: its.epoch - 1 } as const
    const ended = { status: 'succeeded', reason: null, tail: [] } as const
    expect(story.refused('signalbox', { ...late, ...ended })).toBe('stale_epoch')
    expect(story.migration().progress?.cursor).toBe('a')
  })

  test('that fail their verification begin from the start', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    story.pass(10_000)
    story.increment('signalbox: done')
    story.increment('7 rows are missing', 'failed')
    expect(story.phase()).toBe('failed')
    story.act('ana', RESUME)
    expect(story.migration().run).toMatchObject({ kind: 'increment', cursor: '' })
    expect(story.migration().progress).toBeNull()
  })
})

describe('a pause', () => {
  test('lets what runs end, and lets nothing more begin until it is resumed', () => {
    const story = new MigrationStory().ready().begin()
    story.claim()
    story.act('bob', PAUSE)
    expect(story.phase()).toBe('paused')
    story.increment('signalbox: 5/10 a')
    story.pass(HOUR)
    expect(story.migration().run?.number).toBe(1)
    expect(story.migration().progress?.cursor).toBe('a')
    story.act('ana', RESUME)
    expect(story.migration().run).toMatchObject({ number: 2, cursor: 'a' })
  })

  test('takes back what no agent has taken yet', () => {
    const story = new MigrationStory().ready().begin()
    const { run } = { ...story.migration().run }
    story.act('ana', PAUSE)
    expect(story.migration().run?.status).toBe('aborted')
    expect(story.refused('signalbox', { type: 'claim_run', run: run ?? '' })).toBe('no_such_run')
  })
})

describe('nothing automatic is passed', () => {
  const keeping: readonly (readonly [string, (story: MigrationStory) => void, string])[] = [
    ['a lock of its own owner', (story) => lock(story, 'ana', 'production'), 'lock'],
    ['a lock of the pipeline', (story) => lock(story, 'bob', null), 'lock'],
    ['a stopped line', (story) => story.act('bob', { type: 'stop', reason: 'smoke' }), 'stopped'],
  ]
  test.each(keeping)('while %s stands no increment begins', (_, close, gate) => {
    const story = new MigrationStory().ready()
    close(story)
    story.begin()
    story.pass(HOUR)
    expect(story.migration().run).toBeNull()
    expect(story.waits()).toEqual([gate])
  })

  test('a lock placed between two increments keeps the next one, and lets it begin when it is gone', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    lock(story, 'bob', 'production')
    story.pass(HOUR)
    expect(story.migration().run?.number).toBe(1)
    story.act('bob', { type: 'unlock', environment: 'production', id: null })
    expect(story.migration().run?.number).toBe(2)
  })

  test('outside the windows it waits until they open', () => {
    const windows = readWindows({ allow: ['09:00-17:00'] })
    const story = new MigrationStory({ environments: [environment('production', { windows })] })
    story.now = Date.UTC(2026, 0, 5, 14, 0)
    story.ready()
    story.pass(4 * HOUR)
    story.begin()
    expect(story.waits()).toEqual(['window'])
    expect(story.migration().run).toBeNull()
    story.pass(15 * HOUR)
    expect(story.migration().run?.status).toBe('requested')
  })

  test('a hold on the train that carries it keeps it in an earlier environment', () => {
    const story = new MigrationStory({
      environments: [
        environment('staging'),
        environment('production', { approvals: { ...askAuthors, others: 1 } }),
      ],
    })
    story.hear('c2', { migrates: true, alone: true })
    story.pass(20_000)
    story.run('staging', 'succeeded')
    story.pass(HOUR)
    expect(story.phase('staging')).toBe('ready')
    story.act('bob', { type: 'hold', train: 1, reason: 'wait' })
    story.act('ana', { type: 'run_migration', change: '#2', environment: 'staging' })
    expect(story.waits('staging')).toEqual(['hold'])
  })
})

const lock = (story: MigrationStory, who: string, environment: string | null): void => {
  const its = { environment, reason: 'look', forMs: null, takeOver: false }
  story.act(who, { type: 'lock', id: `${who}-lock`, ...its })
}

describe('an increment and a deployment', () => {
  test('a train waits for the end of the increment, and goes then', () => {
    const story = new MigrationStory().ready().begin()
    story.claim()
    story.hear('c3')
    story.depart()
    expect(story.blockers()).toMatchObject([
      {
        gate: 'occupied',
        message: 'increment 1 of the migration of #2 runs in production',
      },
    ])
    story.increment('signalbox: 5/10 a')
    expect(story.underWay('production').train).toBe(3)
  })

  test('no increment begins while a deployment is under way, soaks or has failed', () => {
    const story = new MigrationStory({
      environments: [environment('production', { soakMs: 60_000 })],
    })
    story.ship('c1')
    story.pass(60_000)
    story.ship('c2', { migrates: true, alone: true })
    story.pass(HOUR + 60_000)
    story.begin()
    story.act('ana', PAUSE)
    story.hear('c3')
    story.depart()
    story.act('ana', RESUME)
    expect(story.migration().runs).toBe(1)
    expect(story.waits()).toContain('occupied')
    story.run('production', 'failed')
    story.pass(HOUR)
    expect(story.waits()).toEqual(['failed'])
    story.act('ana', { type: 'retry', train: 3, reason: null })
    story.run('production', 'succeeded')
    story.pass(60_000)
    expect(story.migration().runs).toBe(2)
  })

  test('a rollback waits for the end of what runs, and takes back what no agent has taken', () => {
    const story = new MigrationStory().ready()
    story.ship('c3')
    story.pass(HOUR)
    story.begin()
    story.claim()
    story.backTo('c2')
    expect(story.pipeline.deployments.some(({ kind }) => kind === 'rollback')).toBe(false)
    story.increment('signalbox: 5/10 a')
    expect(story.underWay('production').kind).toBe('rollback')

    const other = new MigrationStory().ready()
    other.ship('c3')
    other.begin()
    other.backTo('c2')
    expect(other.migration().run?.status).toBe('aborted')
    expect(other.underWay('production').kind).toBe('rollback')
  })
})

describe('taken back', () => {
  test('its migration waits again, and begins from the start once it is live again', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    story.backTo('c1')
    story.run('production', 'succeeded')
    expect(story.phase()).toBe('waiting')
    expect(story.migration()).toMatchObject({ progress: null, begun: null, liveSince: null })
    story.pass(2 * HOUR)
    expect(story.phase()).toBe('waiting')
  })

  test('an increment that ends after its change has gone says nothing of the data', () => {
    const story = new MigrationStory().ready().begin()
    const its = story.migration().run
    if (its === null) throw new Error('nothing was ordered')
    story.claim()
    story.act('dee', {
      type: 'record_release',
      environment: 'production',
      sha: sha('c1'),
      reason: 'by hand',
    })
    story.tell(its, 'signalbox: 5/10 a')
    expect(story.migration()).toMatchObject({ progress: null, isComplete: false, increments: 1 })
  })

  test('the preview of a rollback names what was migrated, run or complete', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    story.act('ana', PAUSE)
    story.ship('c3')
    const place = story.pipeline.environments[0]
    if (place === undefined) throw new Error('nowhere')
    const named = (to: string): readonly string[] => {
      const seen = previewRollback(story.pipeline, place, sha(to))
      return seen.ok ? seen.preview.migrations.map(({ change }) => change) : ['refused']
    }
    expect(named('c1')).toEqual([sha('c2')])
    expect(named('c2')).toEqual([])
  })

  test('by itself nothing goes back past a migration that has begun: it holds and says so', () => {
    const onFailure = { act: 'roll_back', afterMs: 30_000, dryRun: false } as const
    const verify = [
      {
        kind: 'run',
        run: './look.sh',
        in: null,
        name: 'look',
        everyMs: 1_000,
        timeoutMs: 1_000,
        times: 1,
        withinMs: 0,
      },
    ] as const
    const story = new MigrationStory({ environments: [environment('production', { onFailure })] })
    story.ready().begin()
    story.increment('signalbox: 5/10 a')
    story.act('ana', PAUSE)
    story.pipeline = {
      ...story.pipeline,
      policy: {
        ...story.pipeline.policy,
        environments: [environment('production', { onFailure, verify })],
      },
    }
    story.hear('c3')
    story.depart()
    story.run('production', 'failed')
    // What failed replaced #2, which knows the new schema: it may go back there.
    expect(story.log.at(-1)?.type).toBe('countdown_begun')

    const sick = new MigrationStory({ environments: [environment('production', { onFailure })] })
    sick.ship('c1')
    sick.ship('c2', { migrates: true })
    const its = sick.migration()
    const touched = { ...its, increments: 1 }
    sick.pipeline = { ...sick.pipeline, migrations: [touched] }
    sick.hear('c3')
    sick.depart()
    const chain = sick.pipeline.environments.map((one) => ({
      ...one,
      live: one.live && { ...one.live, sha: sha('c1') },
    }))
    sick.pipeline = {
      ...sick.pipeline,
      environments: chain,
      deployments: sick.pipeline.deployments.map((one) => ({
        ...one,
        replaces: { sha: sha('c1'), ailment: null },
      })),
    }
    sick.run('production', 'failed')
    expect(sick.log.find(({ type }) => type === 'reaction_withheld')).toMatchObject({
      why: { is: 'migrated', changes: [sha('c2')] },
    })
  })
})

describe('what removes the old code', () => {
  test('goes nowhere before the migration is verified there, and its doors stay open', () => {
    const story = new MigrationStory({
      doors: { ...new MigrationStory().pipeline.policy.doors, departAfterMs: 0 },
    })
    story.hear('c1')
    story.run('production', 'succeeded')
    story.hear('c2', { migrates: true, alone: true })
    story.run('production', 'succeeded')
    story.hear('c3', { contracts: true })
    story.pass(HOUR)
    expect(story.status(3)).toBe('boarding')
    story.depart()
    expect(story.blockers()).toMatchObject([
      {
        gate: 'migration',
        message:
          '#3 removes what the migration of #2 still needs, which is not verified in production: it waits for somebody to run it',
        clearBy: 'ana runs the migration of #2',
      },
    ])
    story.begin()
    story.increment(null)
    expect(story.gates()).toEqual(['occupied', 'migration'])
    story.increment(null)
    expect(story.underWay('production').train).toBe(3)
  })

  test('ends the migration once it has shipped, and its reminders', () => {
    const story = new MigrationStory().ready().begin()
    story.increment(null)
    story.increment(null)
    story.pass(24 * HOUR)
    const reminded = () => story.log.filter(({ type }) => type === 'migration_reminded').length
    expect(reminded()).toBe(1)
    story.pass(24 * HOUR)
    expect(reminded()).toBe(2)
    story.ship('c3', { contracts: true })
    expect(story.phase()).toBe('contracted')
    story.pass(48 * HOUR)
    expect(reminded()).toBe(2)
  })

  test('taken back, is still to be shipped', () => {
    const story = new MigrationStory().ready().begin()
    story.increment(null)
    story.increment(null)
    story.ship('c3', { contracts: true })
    const place = story.pipeline.environments[0]
    if (place === undefined) throw new Error('nowhere')
    const seen = previewRollback(story.pipeline, place, sha('c2'))
    expect(seen.ok && seen.preview.migrations).toHaveLength(1)
    story.backTo('c2')
    story.run('production', 'succeeded')
    expect(story.phase()).toBe('verified')
  })

  test('passes by a named break of the glass alone, never by the default ones', () => {
    const story = new MigrationStory()
    const { policy } = story.pipeline
    const permissions = { ...policy.permissions, break_glass: ['dee'] }
    story.pipeline = { ...story.pipeline, policy: { ...policy, permissions } }
    story.ready()
    story.hear('c3', { contracts: true })
    const glass = { type: 'break_glass', train: null, environment: null, reason: 'fire' } as const
    story.act('dee', { ...glass, gates: [] })
    expect(story.gates()).toEqual(['migration'])
    story.act('dee', { ...glass, gates: ['migration'] })
    expect(story.underWay('production').train).toBe(3)
  })
})

describe('the last word of an increment', () => {
  const words: readonly (readonly [readonly string[], object])[] = [
    [['signalbox: 12/500 c-12'], { is: 'more', progress: { done: 12, of: 500, cursor: 'c-12' } }],
    [['signalbox: 12'], { is: 'more', progress: { done: 12, of: null, cursor: '' } }],
    [['signalbox: 1/2 a', 'signalbox: done'], { is: 'done' }],
    [[], { is: 'silent' }],
    [['signalbox is fine'], { is: 'silent' }],
    [['connected to signalbox: 3 pools are open'], { is: 'silent' }],
    [['moving rows ... signalbox: 5/10 a'], { is: 'unreadable' }],
    [['signalbox: 5/10 a', '  signalbox: done'], { is: 'unreadable' }],
    [
      ['signalbox: 5/10 row-***'],
      {
        is: 'unreadable',
        why: 'something in its last word was masked, for it holds a secret of the agent: signalbox: 5/10 row-***',
      },
    ],
    [['***: 5/10 a'], { is: 'unreadable' }],
    [['moving rows ... signalbox: 5/10 a', 'signalbox: done'], { is: 'done' }],
    [['signalbox: 12/500 two words'], { is: 'unreadable' }],
    [['signalbox: -1/500 a'], { is: 'unreadable' }],
    [['signalbox: 1e9/2 a'], { is: 'unreadable' }],
    [[`signalbox: 1/2 ${'x'.repeat(201)}`], { is: 'unreadable' }],
    [['signalbox: 1/2 a\u0000b'], { is: 'unreadable' }],
    [['signalbox: 9999999999999999/2 a'], { is: 'unreadable' }],
    [['signalbox: '], { is: 'unreadable' }],
  ]
  test.each(words)('%j', (tail, said) => {
    expect(saidIn(tail)).toMatchObject(said)
  })

  test('is missed once one before it has said that there is more, also when it begins anew', () => {
    const story = new MigrationStory({}, { verify: null }).ready().begin()
    story.increment('signalbox: 5/10 a')
    story.pass(10_000)
    story.increment(null)
    expect(story.phase()).toBe('failed')
    expect(story.migration().run?.reason).toBe(
      'it says nothing, where one before it said that there is more: let the last one say `signalbox: done`',
    )
    story.backTo('c1')
    story.run('production', 'succeeded')
    expect(story.migration()).toMatchObject({ progress: null, hasSaidMore: true })
  })

  test('that cannot be read, or does not move, is a failure', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: almost')
    expect(story.phase()).toBe('failed')
    story.act('ana', RESUME)
    story.increment('signalbox: 5/10 a')
    story.pass(10_000)
    story.increment('signalbox: 5/10 a')
    expect(story.migration().run?.reason).toBe(
      'it says the same as the increment before it: it does not move',
    )
  })
})
