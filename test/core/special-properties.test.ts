/**
 * Random histories with special trains, judged by books of their own: what each sha contains is
 * kept from the commits as they were made, and what is live from what was reported to have run.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Command, FoundRef } from '../../src/core/command.ts'
import { decide } from '../../src/core/decide.ts'
import type { Deployment } from '../../src/core/model.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { actor, LineStory } from './line-story.ts'

const AUTHORS = ['ana', 'bob', 'cem'] as const
/** Writes, and is nobody whom the configuration knows. */
const STRANGER = 'zoe'
const LAST = 'production'

const its = (() => {
  const one = policy({
    environments: [
      environment('staging'),
      environment(LAST, { approvals: { ...askAuthors, authors: 'none' } }),
    ],
  })
  return { ...one, permissions: { ...one.permissions, special: ['ana', 'bob', 'cem', 'dee'] } }
})()

class Village {
  readonly story = new LineStory(its)
  /** Commits of each sha's history, and who wrote each. */
  readonly history = new Map<string, ReadonlySet<string>>()
  readonly wrote = new Map<string, string>()
  readonly branch: string[] = []
  readonly hotfixes: string[] = []
  readonly real = new Map<string, string>()
  readonly approved = new Map<number, Set<string>>()

  /** How many special trains have ever reached the end of the whole way. */
  hotfixesLive(): number {
    return this.story.log.filter((one) => {
      if (one.type !== 'train_arrived') return false
      const train = this.story.pipeline.trains.find(({ number }) => number === one.train)
      return train?.special != null && train.journey?.at(-1) === LAST
    }).length
  }

  commit(name: string, parents: readonly string[], author: string): string {
    const it = sha(name)
    const below = parents.flatMap((one) => [...(this.history.get(one) ?? [])])
    this.history.set(it, new Set([...below, it]))
    this.wrote.set(it, author)
    return it
  }

  contains(above: string, below: string): boolean {
    return this.history.get(above)?.has(below) ?? false
  }

  do(who: string, command: Command): boolean {
    const { story } = this
    const decision = decide(story.pipeline, command, { actor: actor(who), now: story.now })
    if (!decision.ok) return false
    story.pipeline = decision.pipeline
    for (const { event } of decision.events) {
      story.log.push(event)
      if (event.type === 'deployment_requested') this.checkStart(event.deployment)
    }
    this.checkPlaces()
    return true
  }

  merge(author: string, hotfix: string | undefined): void {
    const parent = this.branch.at(-1)
    const name = `m${this.branch.length}`
    const parents = [
      ...(parent === undefined ? [] : [parent]),
      ...(hotfix === undefined ? [] : [hotfix]),
    ]
    const it = this.commit(name, parents, author)
    this.branch.push(it)
    const told = {
      ...change(name, { author, parent: parent ?? null }),
      mergedAt: 1_000 + this.branch.length,
    }
    this.do('ci', { type: 'record_change', change: told })
    for (const { number, special, sha: own } of this.story.pipeline.trains) {
      if (special === null || own === null || !special.isOffBranch) continue
      const first = this.branch.find((one) => this.contains(one, own))
      if (first !== undefined)
        this.do('signalbox', { type: 'record_merged', train: number, change: first })
    }
  }

  cut(from: number, author: string): void {
    const base = this.branch[from % Math.max(1, this.branch.length)]
    if (base === undefined) return
    this.hotfixes.push(this.commit(`h${this.hotfixes.length}`, [base], author))
  }

  send(who: string, which: number, to: string | null): void {
    const it = this.hotfixes[which % Math.max(1, this.hotfixes.length)]
    if (it === undefined) return
    const onBranch = new Set(this.branch)
    const fork = this.branch.findLast((one) => this.contains(it, one)) ?? null
    const own = [...(this.history.get(it) ?? [])].filter((one) => !onBranch.has(one))
    const live = this.story.pipeline.environments.flatMap((one) => one.live?.sha ?? [])
    const asked = [...this.branch, ...live]
    const found: FoundRef = {
      ref: `h${which}`,
      sha: it,
      isOnBranch: false,
      fork,
      changes: own.map((one) => ({ ...change('x'), sha: one, author: this.wrote.get(one) ?? '' })),
      contains: asked.filter((one) => this.contains(it, one)),
      lacks: asked.filter((one) => !this.contains(it, one)),
      within: live.filter((one) => one !== it && this.contains(one, it)),
    }
    this.do(who, { type: 'depart_ref', train: null, found, environment: to })
  }

  approve(who: string, train: number): void {
    const words = this.approved.get(train) ?? new Set()
    this.approved.set(train, words)
    const fresh = !words.has(who)
    words.add(who)
    const done = this.do(who, { type: 'approve', train, environment: null, plan: null })
    if (!done && fresh) words.delete(who)
  }

  accept(train: number): void {
    const plan = this.story.plan(train)
    this.do('dee', { type: 'depart', train, ref: null, environment: null, plan })
  }

  end(n: number, status: 'succeeded' | 'failed'): void {
    const open = this.story.pipeline.deployments.filter((one) =>
      ['requested', 'running'].includes(one.status),
    )
    const run = open[n % Math.max(1, open.length)]
    if (run === undefined) return
    this.do('signalbox', { type: 'claim_run', run: run.run })
    if (status === 'succeeded') this.real.set(run.environment, run.sha)
    const { epoch } = run
    this.do('signalbox', {
      type: 'record_run',
      run: run.run,
      epoch,
      status,
      reason: null,
      tail: [],
    })
  }

  private checkStart(started: Deployment): void {
    if (started.kind === 'rollback' || started.train === null) return
    const train = this.story.train(started.train)
    const live = this.real.get(started.environment)
    const loses = live !== undefined && !this.contains(started.sha, live)
    const said =
      train.accepted.length > 0 || (train.special !== null && started.environment !== LAST)
    const released = this.story.pipeline.trains.some(({ special }) =>
      special?.keeps.some((keep) => keep.environment === started.environment && keep.lock === null),
    )
    if (loses && !said && !released) throw new Error(`${started.key} loses what is live`)
    if (train.special?.isOffBranch && started.environment === LAST) {
      const by = [...(this.approved.get(train.number) ?? [])]
      const wrote = new Set(train.special.changes.map(({ author }) => author))
      // Where nobody knows who wrote a commit, it may be the sender's own.
      if (wrote.has(STRANGER)) wrote.add(train.special.by)
      if (by.every((who) => wrote.has(who))) {
        throw new Error(`${started.key} without anybody else's yes`)
      }
    }
  }

  /** A change is live in the last environment, or aboard exactly one train of the line. */
  private checkPlaces(): void {
    const { pipeline } = this.story
    const aboard = pipeline.trains
      .filter(
        ({ status, special }) =>
          special === null && (status === 'boarding' || status === 'departed'),
      )
      .flatMap(({ number }) => this.story.aboard(number))
    if (new Set(aboard).size !== aboard.length) throw new Error('a change is aboard two trains')
    const arriving = pipeline.environments.at(-1)?.rollback != null
    const live = pipeline.environments.at(-1)?.live?.sha
    for (const one of this.branch) {
      const isLive = live !== undefined && this.contains(live, one)
      const known = pipeline.changes.some((its) => its.sha === one)
      if (known && !arriving && !isLive && !aboard.includes(one))
        throw new Error(`${one} is in no place`)
    }
  }
}

const ACTS = [
  'merge',
  'merge',
  'back',
  'cut',
  'send',
  'send',
  'depart',
  'depart',
  'approve',
  'approve',
  'accept',
  'ok',
  'ok',
  'ok',
  'ok',
  'fail',
  'retry',
  'cancel',
  'roll_back',
  'unlock',
  'unlock',
  'release',
  'unhold',
  'ride',
  'ride',
  'ship',
  'ship',
  'ship',
] as const

function step(village: Village, act: (typeof ACTS)[number], n: number, m: number): void {
  const who = AUTHORS[m % 3] ?? 'ana'
  const open = village.story.pipeline.trains.filter(
    ({ status }) => status === 'boarding' || status === 'departed',
  )
  const train = open[n % Math.max(1, open.length)]?.number ?? 1
  const where = n % 2 === 0 ? 'staging' : LAST
  switch (act) {
    case 'merge':
      village.merge(who, undefined)
      return
    case 'back':
      village.merge(who, village.hotfixes[n % Math.max(1, village.hotfixes.length)])
      return
    case 'cut':
      village.cut(n, n % 4 === 3 ? STRANGER : who)
      return
    case 'send':
      village.send(who, m, n % 3 === 0 ? 'staging' : null)
      return
    case 'depart':
      village.do(who, { type: 'depart', train: null, ref: null, environment: null, plan: null })
      return
    case 'approve':
      village.approve(n % 2 === 0 ? 'dee' : who, train)
      return
    case 'accept':
      village.accept(train)
      return
    case 'ok':
      village.end(n, 'succeeded')
      return
    case 'fail':
      village.end(n, 'failed')
      return
    case 'retry':
      village.do(who, { type: 'retry', train: null, reason: null })
      return
    case 'cancel':
      village.do(who, { type: 'cancel', train, reason: 'no' })
      return
    case 'roll_back': {
      const words = { takeOver: true, settle: true, abort: false } as const
      village.do(who, { type: 'roll_back', environment: where, to: null, reason: 'bad', ...words })
      return
    }
    case 'unlock':
      village.do(who, { type: 'unlock', environment: where, id: null })
      return
    case 'release':
      village.do(who, { type: 'release_veto', train, reason: 'fine' })
      return
    case 'ride':
      for (const one of ['unlock', 'unhold', 'depart', 'ok', 'ok'] as const)
        step(village, one, 0, 0)
      return
    case 'ship': {
      village.send(who, m, null)
      const sent = village.story.pipeline.trains.findLast(({ special }) => special !== null)
      if (sent === undefined) return
      village.end(0, 'succeeded')
      if (n % 3 === 0) village.accept(sent.number)
      village.approve('dee', sent.number)
      if (n % 2 === 0) village.end(0, 'succeeded')
      return
    }
    case 'unhold': {
      const by = open.find(({ number }) => number === train)?.holds[0]?.by ?? null
      village.do('dee', { type: 'withdraw', train, what: 'hold', of: by, reason: 'fine' })
      return
    }
  }
}

/** `SIGNALBOX_HISTORIES` asks for another number, as in `properties.test.ts`. */
const RUNS = Number(process.env['SIGNALBOX_HISTORIES'] ?? 300)

test('whatever is sent past the line, nothing is lost unsaid and every change has its place', () => {
  const days = fc.array(fc.tuple(fc.constantFrom(...ACTS), fc.nat(50), fc.nat(50)), {
    minLength: 20,
    maxLength: 90,
  })
  let arrived = 0
  fc.assert(
    fc.property(days, (steps) => {
      const village = new Village()
      village.merge('ana', undefined)
      step(village, 'depart', 0, 0)
      for (const _ of its.environments) step(village, 'ok', 0, 0)
      for (const [act, n, m] of steps) step(village, act, n, m)
      arrived += village.hotfixesLive()
    }),
    { numRuns: RUNS },
  )
  expect(arrived).toBeGreaterThan(RUNS / 15)
})
