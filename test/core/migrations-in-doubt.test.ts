/** Migrations where something went wrong, was taken back, or nobody knows: who answers, and for what. */
import { describe, expect, test } from 'vitest'
import { hasTouched } from '../../src/core/migration.ts'
import type { Permissions } from '../../src/core/policy.ts'
import { previewRollback } from '../../src/core/preview-rollback.ts'
import { sha } from '../world/policy.ts'
import { HOUR, MigrationStory, PAUSE, RESUME } from './migration-story.ts'

/** #2 is under way, and nobody knows how its first increment ended. */
function unknown(story = new MigrationStory()): MigrationStory {
  story.ready().begin()
  story.increment('signalbox: 5/10 a', 'unknown')
  return story
}

function allow(story: MigrationStory, permissions: Partial<Permissions>): void {
  const { policy } = story.pipeline
  const allowed = { ...policy, permissions: { ...policy.permissions, ...permissions } }
  story.pipeline = { ...story.pipeline, policy: allowed }
}

function forcePush(story: MigrationStory, head: string, gone: string): void {
  const its = { type: 'record_force_push', by: null, at: story.now } as const
  story.act('ci', { ...its, head: sha(head), gone: [sha(gone)] })
}

function needs(story: MigrationStory, to: string): readonly string[] {
  const [place] = story.pipeline.environments
  const seen = place && previewRollback(story.pipeline, place, sha(to))
  if (!seen?.ok) throw new Error('no way back')
  return seen.preview.needs
}

describe('what removes the old code', () => {
  test('of another part of the repository ends no migration of this one', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    story.act('ana', PAUSE)
    story.hear('c3', { contracts: true, carried: false })
    story.ship('c4')
    expect(story.pipeline.shipped.has(sha('c3'))).toBe(true)
    expect(story.phase()).toBe('paused')
  })
})

describe('an increment of which nobody knows the end', () => {
  test.each([RESUME, PAUSE])('is answered for also when its change is gone: $type', (answer) => {
    const story = unknown()
    forcePush(story, 'c1', 'c2')
    story.act('bob', { type: 'resume', reason: 'looked at it' })
    story.act('ana', answer)
    expect(story.migration().run).toBeNull()
    story.pass(HOUR)
    expect(story.migration().runs).toBe(1)
  })

  test('is answered for also when the old code is removed: what it kept out goes on', () => {
    const story = new MigrationStory().ready().begin()
    allow(story, { break_glass: ['dee'] })
    story.hear('c3', { contracts: true })
    story.depart()
    story.act('ana', PAUSE)
    story.act('dee', {
      type: 'break_glass',
      train: null,
      environment: null,
      reason: 'fire',
      gates: ['migration'],
    })
    story.run('production', 'succeeded')
    expect(story.phase()).toBe('contracted')
    const [one] = story.pipeline.migrations
    if (one === undefined) throw new Error('nothing stands')
    const run = {
      ...story.log.flatMap((it) => (it.type === 'migration_run_requested' ? [it.run] : [])).at(-1),
    }
    story.pipeline = {
      ...story.pipeline,
      migrations: [{ ...one, run: { ...one.run, ...run, status: 'unknown' } as typeof one.run }],
    }
    story.hear('c4')
    story.depart()
    expect(story.gates()).toEqual(['unknown'])
    expect(story.phase()).toBe('failed')
    story.act('ana', RESUME)
    expect(story.underWay('production').train).toBe(4)
    expect(story.phase()).toBe('contracted')
  })

  test('stays unknown where somebody pauses who may neither settle nor owns it', () => {
    const story = new MigrationStory()
    allow(story, { settle: ['dee'], hold: 'everyone' })
    unknown(story)
    const { run } = story.migration()
    story.act('bob', PAUSE)
    expect(story.log.at(-1)).toMatchObject({ type: 'migration_paused', by: 'bob', after: null })
    expect(story.migration()).toMatchObject({ run: { status: 'unknown' }, paused: { by: 'bob' } })
    story.hear('c3')
    story.depart()
    expect(story.gates()).toContain('unknown')
    expect(story.refusal('bob', PAUSE)).toMatchObject({
      code: 'not_its_owner',
      permission: 'settle',
    })
    story.act('dee', PAUSE)
    expect(story.log.find((it) => it.type === 'migration_paused' && it.by === 'dee')).toMatchObject(
      {
        after: { run: run?.run, kind: 'increment', number: 1, status: 'unknown' },
      },
    )
    expect(story.underWay('production').train).toBe(3)
  })

  test('is declared dead by whoever rolls back beside it, in so many words', () => {
    const story = unknown()
    const back = { type: 'roll_back', environment: 'production', to: sha('c1') } as const
    const said = { reason: 'prices are wrong', takeOver: false, abort: false } as const
    expect(needs(story, 'c1')).toEqual(['settle'])
    expect(story.refused('ana', { ...back, ...said, settle: false })).toBe('must_settle')
    story.act('ana', { ...back, ...said, settle: true })
    expect(story.underWay('production').kind).toBe('rollback')
    expect(story.migration()).toMatchObject({ run: null, paused: { by: 'ana' } })
    expect(story.log.find(({ type }) => type === 'migration_paused')).toMatchObject({
      reason: 'declared dead to roll back: prices are wrong',
      after: { status: 'unknown' },
    })
  })

  test('keeps a rollback that was ordered before, until somebody has looked', () => {
    const story = new MigrationStory().ready().begin()
    story.claim()
    story.backTo('c1')
    story.increment(null, 'unknown')
    story.pass(HOUR)
    expect(story.pipeline.deployments.some(({ kind }) => kind === 'rollback')).toBe(false)
    story.act('ana', PAUSE)
    expect(story.underWay('production').kind).toBe('rollback')
  })
})

describe('a verification that failed', () => {
  test('begins from the start also after a pause', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    story.pass(10_000)
    story.increment('signalbox: done')
    story.increment('7 rows are missing', 'failed')
    expect(story.migration()).toMatchObject({ progress: null, isComplete: false })
    story.act('ana', PAUSE)
    expect(story.phase()).toBe('paused')
    story.act('ana', RESUME)
    expect(story.migration().run).toMatchObject({ kind: 'increment', cursor: '' })
  })
})

describe('data that was touched', () => {
  test('by an increment that failed stays so when it is paused and when its change has gone', () => {
    const story = new MigrationStory().ready().begin()
    expect(hasTouched(story.migration())).toBe(false)
    story.increment('out of disk', 'failed')
    story.act('ana', PAUSE)
    expect(hasTouched(story.migration())).toBe(true)
    story.backTo('c1')
    story.run('production', 'succeeded')
    expect(story.migration().run).toBeNull()
    expect(hasTouched(story.migration())).toBe(true)
  })

  test('is none where the command never began', () => {
    const story = new MigrationStory().ready().begin()
    story.increment(null, 'aborted')
    expect(hasTouched(story.migration())).toBe(false)
  })
})

describe('to run one', () => {
  test('needs a change where more than one is ready', () => {
    const story = new MigrationStory().ready()
    story.ship('c3', { migrates: true, alone: true })
    story.pass(HOUR)
    const run = { type: 'run_migration', change: null, environment: null } as const
    expect(story.refusal('ana', run)).toEqual({ code: 'which_migration', ready: ['#2', '#3'] })
    story.act('ana', { ...run, change: '3' })
    expect(story.phase('production', 'c3')).toBe('running')
    story.act('ana', run)
    expect(story.phase()).toBe('running')
  })
})

describe('a revert of what carries it', () => {
  test('keeps the next increment from being ordered, until the revert is reverted', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    story.act('ana', PAUSE)
    story.ship('c3', { reverts: '#2' })
    story.act('ana', RESUME)
    story.pass(HOUR)
    expect(story.phase()).toBe('waiting')
    expect(story.migration()).toMatchObject({ liveSince: null, progress: null, runs: 1 })
    story.ship('c4', { reverts: sha('c3') })
    story.pass(HOUR)
    expect(story.phase()).toBe('ready')
  })

  test('keeps nothing as long as it is not live there', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    story.hear('c3', { reverts: '#2' })
    story.pass(HOUR)
    expect(story.phase()).toBe('running')
  })
})
