/** What the watchdogs see of migrations: a run that never began, and one that says nothing. */
import { describe, expect, test } from 'vitest'
import type { Policy } from '../../src/core/policy.ts'
import type { Concern, History } from '../../src/core/watch/concern.ts'
import { concernsOf } from '../../src/core/watch.ts'
import { environment, watch } from '../world/policy.ts'
import { MigrationStory, PAUSE, RESUME } from './migration-story.ts'

const MINUTE = 60_000

const NOTHING: History = {
  spoke: new Map(),
  usual: new Map(),
  seen: new Map(),
  senders: new Map(),
  failures: [],
}

const begun = (over: Partial<Policy> = {}): MigrationStory =>
  new MigrationStory({ watch: watch(), ...over }).ready().begin()

const seen = (story: MigrationStory, history: Partial<History> = {}): readonly Concern[] =>
  concernsOf(story.pipeline, { ...NOTHING, ...history }, story.now)

/** Its agent has taken what waits, and begun. */
function running(story = begun()): { readonly story: MigrationStory; readonly run: string } {
  const run = story.claim()
  story.report(run, story.migration().run?.epoch ?? 0, 'running')
  return { story, run }
}

describe('an increment that has not begun', () => {
  test('concerns the channel after two minutes, with the pause and the agent’s command', () => {
    const story = begun({ environments: [environment('production', { agent: 'prod-box' })] })
    story.now += 2 * MINUTE - 1
    expect(seen(story)).toEqual([])
    story.now += 1
    expect(seen(story)).toEqual([
      {
        kind: 'not_started',
        about: story.migration().run?.run,
        since: story.now - 2 * MINUTE,
        says: 'increment 1 of the migration of #2 in production waits for agent prod-box, which was never heard of',
        act: 'pause it, which takes it back, or start the agent',
        command: 'signalbox agent --name prod-box',
        train: 2,
        environment: 'production',
        runs: [],
        to: { at: 'channel' },
      },
    ])
    const heard = new Map([['prod-box', story.now - 12 * MINUTE]])
    expect(seen(story, { seen: heard })[0]?.says).toContain('last heard of 12m ago')
  })

  test('is another matter once its agent has taken it, and none once it begins', () => {
    const story = begun()
    const run = story.claim()
    story.now += 4 * MINUTE
    expect(seen(story)).toMatchObject([
      {
        says: 'increment 1 of the migration of #2 in production was taken by the embedded agent and has not begun',
        act: 'look at the log of the agent',
        command: null,
      },
    ])
    story.report(run, story.migration().run?.epoch ?? 0, 'running')
    expect(seen(story)).toEqual([])
  })

  test('is none any more once somebody pauses it, and a new one once it goes on', () => {
    const story = begun()
    story.now += 4 * MINUTE
    const [first] = seen(story)
    story.act('ana', PAUSE)
    expect(seen(story)).toEqual([])
    story.act('ana', RESUME)
    story.now += 4 * MINUTE
    const [second] = seen(story)
    expect(second?.kind).toBe('not_started')
    expect(second?.about).not.toBe(first?.about)
  })

  test('is nobody’s concern where that is switched off', () => {
    const story = begun({ watch: watch({ notStartedMs: null }) })
    story.now += 60 * MINUTE
    expect(seen(story)).toEqual([])
  })
})

describe('a silent increment', () => {
  test('counts from its last word, and concerns whoever let it run', () => {
    const { story, run } = running()
    const spoke = new Map([[run, story.now + MINUTE]])
    story.now += 6 * MINUTE - 1
    expect(seen(story, { spoke })).toEqual([])
    story.now += 1
    expect(seen(story, { spoke })).toEqual([
      {
        kind: 'silent',
        about: run,
        since: story.now - 5 * MINUTE,
        says: 'increment 1 of the migration of #2 in production has written nothing for 5m',
        act: 'look at its log, and end it on its machine if it hangs; a pause keeps the next one from starting',
        command: '/deploy migrate api #2 pause in production REASON',
        train: 2,
        environment: 'production',
        runs: [run],
        to: { at: 'thread', people: ['ana'] },
      },
    ])
  })

  test('that usually takes longer is at its work until then', () => {
    const { story, run } = running()
    const usual = new Map([[run, 20 * MINUTE]])
    story.now += 20 * MINUTE - 1
    expect(seen(story, { usual })).toEqual([])
    story.now += 1
    expect(seen(story, { usual })).toMatchObject([{ kind: 'silent' }])
  })

  test('concerns the owners where it began by itself, or whoever let it run has left', () => {
    const alone = new MigrationStory({ watch: watch() }, { start: 'by_itself' }).ready()
    const { story } = running(alone)
    story.now += 5 * MINUTE
    const [owner] = story.pipeline.changes.flatMap(({ number, author }) =>
      number === 2 ? [author] : [],
    )
    expect(seen(story)[0]?.to).toEqual({ at: 'thread', people: [owner] })
    const people = story.pipeline.people.map((one) => ({ ...one, active: false }))
    story.pipeline = { ...story.pipeline, people }
    expect(seen(story)[0]?.to).toEqual({ at: 'thread', people: [] })
  })

  test('says of a paused one that it is at work still', () => {
    const { story } = running()
    story.act('ana', PAUSE)
    story.now += 5 * MINUTE
    expect(seen(story)).toMatchObject([
      {
        kind: 'silent',
        act: 'look at its log, and end it on its machine if it hangs',
        command: null,
      },
    ])
  })

  test('may be the verification', () => {
    const story = begun()
    story.increment('signalbox: done')
    story.pass(10_000)
    running(story)
    story.now += 5 * MINUTE
    expect(seen(story)[0]?.says).toBe(
      'the verification of the migration of #2 in production has written nothing for 5m',
    )
  })

  test('is no concern once it ended, nor where that is switched off', () => {
    const { story } = running()
    story.now += 5 * MINUTE
    expect(seen(story)).toHaveLength(1)
    story.increment('signalbox: 1/2')
    expect(seen(story)).toEqual([])
    const off = running(begun({ watch: watch({ silentMs: null }) }))
    off.story.now += 60 * MINUTE
    expect(seen(off.story)).toEqual([])
  })
})
