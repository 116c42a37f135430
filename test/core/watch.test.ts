/** What the watchdogs see: each concern from its first moment on, whom it is told to, and its end. */
import { describe, expect, test } from 'vitest'
import type { Policy } from '../../src/core/policy.ts'
import type { Concern, ConcernKind, History } from '../../src/core/watch/concern.ts'
import { concernsOf } from '../../src/core/watch.ts'
import {
  askAuthors,
  change,
  environment,
  policy,
  readWindows,
  sha,
  took,
  watch,
} from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const NOTHING: History = {
  spoke: new Map(),
  usual: new Map(),
  seen: new Map(),
  senders: new Map(),
  failures: [],
}

/** Staging asks nobody; production asks as `approvals` say. */
const asking = (
  over: Partial<Policy['environments'][number]['approvals']> = {},
  rest: Partial<Policy> = {},
): Policy =>
  policy({
    environments: [
      environment('staging'),
      environment('production', { approvals: { ...askAuthors, ...over } }),
    ],
    ...rest,
  })

function seen(story: LineStory, history: Partial<History> = {}): readonly Concern[] {
  return concernsOf(story.pipeline, { ...NOTHING, ...history }, story.now)
}

const of = (kind: ConcernKind, story: LineStory, history: Partial<History> = {}) =>
  seen(story, history).filter((one) => one.kind === kind)

/** Whether it stands a moment before, and at, the end of a while. */
function stands(kind: ConcernKind, story: LineStory, ms: number): readonly boolean[] {
  story.now += ms - 1
  const before = of(kind, story).length > 0
  story.now += 1
  return [before, of(kind, story).length > 0]
}

function departed(its: Policy = asking()): LineStory {
  const story = new LineStory(its)
  story.merge(change('a', { number: 12, author: 'ana' }))
  story.merge(change('b', { number: 13, author: 'bob', parent: sha('a') }))
  story.depart()
  return story
}

/** Staging is done, and production waits. */
function atProduction(its: Policy = asking()): LineStory {
  const story = departed(its)
  story.run('staging', 'succeeded')
  return story
}

function inStaging(its?: Policy): { readonly story: LineStory; readonly run: string } {
  const story = departed(its)
  const { run, epoch } = story.underWay('staging')
  story.act('signalbox', { type: 'claim_run', run })
  story.report(run, epoch, 'running')
  return { story, run }
}

const off = (over: Parameters<typeof watch>[0]): Policy => asking({}, { watch: watch(over) })

describe('a run that has not begun', () => {
  test('concerns the channel after two minutes, and names the agent and its command', () => {
    const story = departed(
      policy({ environments: [environment('staging', { agent: 'prod-box' })] }),
    )
    expect(stands('not_started', story, 2 * MINUTE)).toEqual([false, true])
    const { run } = story.underWay('staging')
    expect(of('not_started', story)).toEqual([
      expect.objectContaining({
        about: run,
        train: 1,
        says: 'the deployment of train #1 to staging waits for agent prod-box, which was never heard of',
        command: 'signalbox agent --name prod-box',
        to: { at: 'channel' },
      }),
    ])
    const [heard] = of('not_started', story, {
      seen: new Map([['prod-box', story.now - 12 * MINUTE]]),
    })
    expect(heard?.says).toContain('last heard of 12m ago')
  })

  test('is another matter once its agent has taken it, and none once it runs', () => {
    const story = departed()
    const { run, epoch } = story.underWay('staging')
    story.act('signalbox', { type: 'claim_run', run })
    story.now += HOUR
    expect(of('not_started', story)[0]?.says).toContain('was taken by the embedded agent')
    story.report(run, epoch, 'running')
    expect(of('not_started', story)).toEqual([])
  })

  test('is nobody’s concern where that is switched off', () => {
    const story = departed(off({ notStartedMs: null }))
    story.now += HOUR
    expect(seen(story)).toEqual([])
  })
})

describe('a silent run', () => {
  test('counts from its last word, and concerns whoever sent the train', () => {
    const { story, run } = inStaging()
    const spoke = new Map([[run, story.now + MINUTE]])
    story.now += 6 * MINUTE - 1
    expect(of('silent', story, { spoke })).toEqual([])
    story.now += 1
    const senders = new Map([[1, 'cem']])
    expect(of('silent', story, { spoke, senders })).toEqual([
      expect.objectContaining({
        about: run,
        says: 'the deployment of train #1 to staging has written nothing for 5m',
        command: '/deploy cancel api REASON',
        runs: [run],
        to: { at: 'thread', people: ['cem'] },
      }),
    ])
  })

  test('concerns the authors where the train departed by itself', () => {
    const { story } = inStaging()
    expect(stands('silent', story, 5 * MINUTE)).toEqual([false, true])
    const senders = new Map([[1, 'signalbox']])
    expect(of('silent', story, { senders })[0]?.to).toEqual({
      at: 'thread',
      people: ['ana', 'bob'],
    })
  })

  test('is at its work for as long as such a run usually takes', () => {
    const { story, run } = inStaging()
    story.pipeline = took(story.pipeline, 20, 20, 20)
    expect(stands('silent', story, 20 * MINUTE)).toEqual([false, true])
    const spoke = new Map([[run, story.now - MINUTE]])
    expect(of('silent', story, { spoke })).toEqual([])
  })

  test('is nobody’s concern once a person ends it', () => {
    const { story } = inStaging()
    story.now += HOUR
    story.act('bob', { type: 'cancel', train: 1, reason: 'it hangs' })
    expect(seen(story)).toEqual([])
  })
})

describe('a run slower than usual', () => {
  test('concerns somebody at twice its usual time', () => {
    const { story } = inStaging()
    story.pipeline = took(story.pipeline, 4, 4, 4)
    expect(stands('slower', story, 8 * MINUTE)).toEqual([false, true])
    expect(of('slower', story)[0]?.says).toBe(
      'the deployment of train #1 to staging runs for 8m, and usually takes 4m',
    )
  })

  test('is given at least a minute more', () => {
    const { story } = inStaging()
    story.pipeline = took(story.pipeline, 0.1, 0.1, 0.1)
    expect(stands('slower', story, MINUTE + 6_000)).toEqual([false, true])
  })

  test('is never found where nobody can say what is usual', () => {
    const { story } = inStaging(off({ silentMs: null }))
    story.pipeline = took(story.pipeline, 4, 4)
    story.now += 10 * HOUR
    expect(seen(story)).toEqual([])
  })
})

describe('checks that do not end', () => {
  const checked = (over: Partial<Policy> = {}): Policy =>
    asking({}, { checks: { require: ['test'], timeoutMs: HOUR, settleMs: 0 }, ...over })

  test('concern the author of the change that the train waits for', () => {
    const story = departed(checked())
    expect(stands('checks', story, 30 * MINUTE)).toEqual([false, true])
    expect(of('checks', story)).toEqual([
      expect.objectContaining({
        about: sha('b'),
        says: 'test on #13 has not ended',
        to: { at: 'direct', people: ['bob'] },
      }),
    ])
    story.check('b', 'failure')
    expect(of('checks', story)).toEqual([])
  })

  test('count from their newest beginning', () => {
    const story = departed(checked())
    story.now += 20 * MINUTE
    story.check('b', 'pending')
    expect(stands('checks', story, 30 * MINUTE)).toEqual([false, true])
  })

  test('while boarding concern only changes behind the newest that the train could leave on', () => {
    const story = inUse()
    story.merge(change('a', { author: 'ana', parent: sha('z') }))
    story.merge(change('b', { author: 'bob', parent: sha('a') }))
    story.check('b', 'success')
    story.now += 45 * MINUTE
    expect(of('checks', story)).toEqual([])
    story.merge(change('c', { author: 'cem', parent: sha('b') }))
    story.now += 30 * MINUTE
    expect(of('checks', story).map(({ about }) => about)).toEqual([sha('c')])
  })

  test('while many changes board concern the author of the newest, and not each of them', () => {
    const story = inUse()
    story.merge(change('a', { author: 'ana', parent: sha('z') }))
    story.merge(change('b', { author: 'bob', parent: sha('a') }))
    story.now += 45 * MINUTE
    story.merge(change('c', { author: 'cem', parent: sha('b') }))
    expect(of('checks', story).map(({ about }) => about)).toEqual([sha('b')])
    story.now += 30 * MINUTE
    expect(of('checks', story).map(({ about }) => about)).toEqual([sha('c')])
  })

  test('while boarding are nobody’s concern where nobody deploys', () => {
    const story = new LineStory(checked())
    story.merge(change('a', { author: 'ana' }))
    story.now += 45 * MINUTE
    expect(of('checks', story)).toEqual([])
    const left = inUse()
    left.now += 31 * 24 * HOUR
    left.merge(change('a', { author: 'ana', parent: sha('z') }))
    left.now += 45 * MINUTE
    expect(of('checks', left)).toEqual([])
  })

  /** Something was deployed just now. */
  function inUse(): LineStory {
    const story = new LineStory(checked())
    story.merge(change('z'))
    story.check('z', 'success')
    story.depart()
    story.run('staging', 'succeeded')
    return story
  }
})

describe('a train that waits for people', () => {
  test('concerns each silent author in person after four hours, and nobody who has answered', () => {
    const story = atProduction()
    expect(stands('waiting', story, 4 * HOUR)).toEqual([false, true])
    expect(of('waiting', story)[0]).toMatchObject({
      about: '1 consent production',
      to: { at: 'direct', people: ['ana', 'bob'] },
    })
    story.consent('ana', 1)
    expect(of('waiting', story)[0]?.to).toEqual({ at: 'direct', people: ['bob'] })
  })

  test('concerns the approvers in the thread, and none of its writers', () => {
    const story = atProduction(asking({ authors: 'none', others: 1, from: ['sre', 'ana', 'cem'] }))
    story.now += 4 * HOUR
    expect(of('waiting', story)).toEqual([
      expect.objectContaining({
        about: '1 approvals production',
        to: { at: 'thread', people: ['cem', 'dee'] },
      }),
    ])
  })

  test('is shown to all where anybody may approve', () => {
    const story = atProduction(asking({ authors: 'none', others: 1 }))
    story.now += 4 * HOUR
    expect(of('waiting', story)[0]?.to).toEqual({ at: 'thread', people: [] })
  })

  test('concerns whoever holds it', () => {
    const story = atProduction(asking({ authors: 'none', others: 1 }))
    story.act('cem', { type: 'hold', train: 1, reason: 'not on a Friday' })
    story.now += 4 * HOUR
    expect(of('waiting', story).map(({ to }) => to)).toEqual([
      { at: 'direct', people: ['cem'] },
      { at: 'thread', people: [] },
    ])
  })

  test('concerns whoever sent it after a failure that nobody looks at', () => {
    const story = departed()
    story.run('staging', 'failed')
    story.now += 4 * HOUR
    expect(of('waiting', story, { senders: new Map([[1, 'ana']]) })).toEqual([
      expect.objectContaining({
        about: expect.stringMatching(/^1 failed staging \d+$/),
        to: { at: 'thread', people: ['ana'] },
      }),
    ])
  })

  test('is told anew when it failed once more', () => {
    const story = departed()
    story.run('staging', 'failed')
    story.now += 4 * HOUR
    const first = of('waiting', story).map(({ about }) => about)
    story.act('ana', { type: 'retry', train: 1, reason: null })
    story.run('staging', 'failed')
    expect(of('waiting', story)).toEqual([])
    story.now += 4 * HOUR
    expect(of('waiting', story)).toHaveLength(1)
    expect(of('waiting', story).map(({ about }) => about)).not.toEqual(first)
  })

  test('is nobody’s concern while a lock, a window or a stop is in its way', () => {
    const locked = atProduction()
    const lock = {
      type: 'lock',
      id: 'l1',
      environment: 'production',
      reason: 'a migration',
    } as const
    locked.act('cem', { ...lock, forMs: 10 * HOUR, takeOver: false })
    locked.now += 5 * HOUR
    expect(of('waiting', locked)).toEqual([])
    const stopped = atProduction()
    stopped.act('cem', { type: 'stop', reason: 'smoke' })
    stopped.now += 5 * HOUR
    expect(of('waiting', stopped)).toEqual([])
  })
})

describe('a forgotten lock', () => {
  const lock = { type: 'lock', id: 'l1', environment: 'production', reason: 'a migration' } as const

  test('concerns its holder after eight hours', () => {
    const story = new LineStory(asking())
    story.act('cem', { ...lock, forMs: null, takeOver: false })
    expect(stands('lock', story, 8 * HOUR)).toEqual([false, true])
    expect(of('lock', story)).toEqual([
      expect.objectContaining({
        about: 'l1',
        says: 'cem keeps api production locked: a migration',
        command: '/lock api production release',
        to: { at: 'direct', people: ['cem'] },
      }),
    ])
  })

  test('is none that has an end', () => {
    const story = new LineStory(asking())
    story.act('cem', { ...lock, forMs: 9 * HOUR, takeOver: false })
    story.now += 8.5 * HOUR
    expect(seen(story)).toEqual([])
  })

  test('may be the one on everything, and is told to all where its holder is nobody here', () => {
    const story = new LineStory(asking())
    const lockAll = { id: 'all', environment: null, by: 'eve', reason: 'the move', expires: null }
    story.pipeline = { ...story.pipeline, lockAll: { ...lockAll, since: story.now } }
    story.now += 8 * HOUR
    expect(of('lock', story)).toEqual([
      expect.objectContaining({ command: '/lock all release', to: { at: 'channel' } }),
    ])
  })
})

describe('no deploy for long', () => {
  const eager = (over: Partial<Policy['environments'][number]> = {}): Policy =>
    policy({
      environments: [environment('production', { approvals: askAuthors, ...over })],
      watch: watch({ noDeployMs: 12 * HOUR }),
    })

  test('is nobody’s concern while nothing waits, however long', () => {
    const story = new LineStory(eager())
    story.now += 100 * HOUR
    expect(seen(story)).toEqual([])
    story.merge(change('a'))
    expect(stands('no_deploy', story, 12 * HOUR)).toEqual([false, true])
    expect(of('no_deploy', story)[0]).toMatchObject({
      says: 'nothing was deployed to production, and a change waits',
      to: { at: 'channel' },
    })
  })

  test('counts from the newest deployment, and from the opening of the window', () => {
    // The story begins at 00:16 on a Thursday.
    const story = new LineStory(eager({ windows: readWindows({ allow: ['Mon-Fri 09:00-23:00'] }) }))
    story.merge(change('a'))
    story.now += 13 * HOUR
    expect(of('no_deploy', story)).toEqual([])
    story.now = 21 * HOUR
    expect(of('no_deploy', story)).toHaveLength(1)
    story.now = 23.5 * HOUR
    expect(of('no_deploy', story)).toEqual([])
  })

  test('is off unless a policy asks for it', () => {
    const story = new LineStory(policy())
    story.merge(change('a'))
    story.now += 100 * HOUR
    expect(of('no_deploy', story)).toEqual([])
  })
})

describe('failures in a row', () => {
  const failed = (...runs: readonly string[]) => ({
    failures: runs.map((run, index) => ({ environment: 'staging', run, at: index })),
  })

  test('are the past after a day without another one, and nobody’s once the line is stopped', () => {
    const story = new LineStory(policy())
    const three = failed('r1', 'r2', 'r3')
    story.now = 24 * HOUR
    expect(of('failures', story, three)).toHaveLength(1)
    story.now += HOUR
    expect(of('failures', story, three)).toEqual([])
    story.now = HOUR
    story.act('cem', { type: 'stop', reason: 'smoke' })
    expect(of('failures', story, three)).toEqual([])
  })

  test('concern the channel from the third on, under the name of the first', () => {
    const story = new LineStory(policy())
    expect(seen(story, failed('r1', 'r2'))).toEqual([])
    const [third] = seen(story, failed('r1', 'r2', 'r3'))
    expect(third).toMatchObject({
      kind: 'failures',
      about: 'staging r1',
      says: '3 deployments to staging failed in a row',
      command: '/deploy stop api REASON',
      to: { at: 'channel' },
    })
    const [fourth] = seen(story, failed('r1', 'r2', 'r3', 'r4'))
    expect(fourth?.about).toBe('staging r1')
    expect(fourth?.runs).toEqual(['r2', 'r3', 'r4'])
  })
})
