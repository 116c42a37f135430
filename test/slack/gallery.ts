/**
 * Every picture that people see in Slack, each from a story that really leads there.
 *
 * Goal: to be looked at, and to be walked by the tests of limits and of states.
 */

import type { Actor } from '../../src/core/model.ts'
import { previewRollback } from '../../src/core/preview-rollback.ts'
import { previewSpecial } from '../../src/core/preview-special.ts'
import type { Refusal } from '../../src/core/refusal.ts'
import type { Message, Told } from '../../src/slack/scene.ts'
import { announcement } from '../../src/slack/views/announcement.ts'
import { answered } from '../../src/slack/views/answered.ts'
import { board } from '../../src/slack/views/board.ts'
import { help, misunderstood } from '../../src/slack/views/help.ts'
import { history } from '../../src/slack/views/history.ts'
import {
  linkAnswered,
  linkAsked,
  linkDone,
  linkQuestion,
  ownLink,
  takenBy,
} from '../../src/slack/views/link.ts'
import { lockList } from '../../src/slack/views/lock-list.ts'
import { narrate } from '../../src/slack/views/narration.ts'
import { refused } from '../../src/slack/views/refused.ts'
import { rollbackPreview } from '../../src/slack/views/rollback-preview.ts'
import { runLog } from '../../src/slack/views/run-log.ts'
import { specialPreview } from '../../src/slack/views/special-preview.ts'
import { status } from '../../src/slack/views/status.ts'
import { why } from '../../src/slack/views/why.ts'
import { misread } from '../../src/slack/words/asked.ts'
import { actor } from '../core/line-story.ts'
import { change, people, policy, sha } from '../world/policy.ts'
import { Ride, twoStage } from './scenes.ts'

export interface Picture {
  readonly name: string
  readonly message: Message
}

const lock = {
  type: 'lock',
  id: 'lock-1',
  reason: 'migration under way',
  forMs: 7_200_000,
  takeOver: false,
} as const

const TAIL = [
  'applying 0042_drop_cart.sql',
  'ERROR: relation "cart" is still referenced',
  'deploy.sh: exit 1',
]

/** Each state of a train's announcement, by name. */
export function states(): Readonly<Record<string, Ride>> {
  const ride = (): Ride => new Ride().mergeThree()
  const staged = (): Ride => ride().depart().end('staging', 'succeeded').pass(300_000)
  const said = (): Ride => {
    const one = staged()
    for (const who of ['ana', 'bob', 'cem']) one.act(who, { type: 'consent', train: 41 })
    return one
  }
  const going = (): Ride => {
    const one = said()
    one.act('dee', { type: 'approve', train: 41, environment: null, plan: null })
    return one
  }
  const after = (one: Ride, ...commands: Parameters<Ride['act']>[]): Ride => {
    for (const [who, command] of commands) one.act(who, command)
    return one
  }
  const red = { type: 'record_check', sha: sha('a'), name: 'test', status: 'failure' } as const
  const due = new Ride(
    twoStage({ checks: { require: ['test'], timeoutMs: 3_600_000, settleMs: 0 } }),
  )
  const back = {
    type: 'roll_back',
    environment: null,
    to: null,
    reason: 'prices are wrong',
  } as const
  const words = { takeOver: false, settle: false, abort: false }
  const second = (landed = true): Ride => {
    const one = new Ride().merge('z', { number: 9, title: 'First', author: 'ana' })
    one.arrive()
    one.merge('a', { number: 12, title: 'Cache the price list', parent: sha('z'), lines: 42 })
    one.ready()
    return landed ? one.end('production', 'succeeded') : one
  }
  return {
    boarding: ride(),
    due: after(due.mergeThree(), ['ci', { ...red, at: due.now }]).pass(1_500_000),
    'held while boarding': after(ride(), [
      'bob',
      { type: 'hold', train: 41, reason: 'the cart is still read' },
    ]),
    'stopped while boarding': after(ride(), [
      'bob',
      { type: 'stop', reason: 'smoke in the office' },
    ]),
    'waiting for its agent': ride().depart(),
    deploying: ride().depart().start('staging').pass(130_000),
    soaking: new Ride(policy({ environments: twoStage().environments.slice(0, 1) }))
      .merge('a', { number: 12 })
      .depart()
      .end('staging', 'succeeded'),
    'soaking and waiting': ride().depart().end('staging', 'succeeded'),
    'waiting for consent': after(staged(), ['ana', { type: 'consent', train: 41 }]),
    'waiting for approval': said(),
    locked: after(said(), ['bob', { ...lock, environment: 'production' }]),
    held: after(staged(), ['dee', { type: 'hold', train: 41, reason: 'not on a Friday' }]),
    stopped: after(staged(), ['dee', { type: 'stop', reason: 'the database is slow' }]),
    'deploying to production': going().start('production'),
    failed: going().end('production', 'failed', { reason: 'exit status 1', tail: TAIL }),
    'timed out': going().end('production', 'failed', { reason: 'over its time limit of 15m' }),
    unknown: going().end('production', 'unknown', { reason: 'the agent’s host is gone' }),
    'being cancelled': after(going().start('production'), [
      'bob',
      { type: 'cancel', train: 41, reason: 'wrong base' },
    ]),
    aborted: ride().depart().end('staging', 'aborted', { reason: 'ended on its machine' }),
    cancelled: after(staged(), ['bob', { type: 'cancel', train: 41, reason: 'wrong base' }]),
    arrived: ride().arrive(),
    'rolling back': after(second(), ['bob', { ...back, ...words }]),
    'rollback failed': after(second(), ['bob', { ...back, ...words }]).end('production', 'failed', {
      reason: 'exit status 2',
      tail: TAIL,
    }),
    'waiting for an absent author': after(staged(), ['ana', { type: 'consent', train: 41 }]).pass(
      5 * 3_600_000,
    ),
    'failed above a release': second(false).end('production', 'failed', {
      reason: 'exit status 1',
    }),
    vetoed: after(second(), ['bob', { ...back, ...words }])
      .end('production', 'succeeded')
      .depart()
      .end('staging', 'succeeded')
      .pass(300_000),
    'rolled back': after(second(), ['bob', { ...back, ...words }]).end('production', 'succeeded'),
  }
}

/** Which train a state is about: a later one where something had to be live before. */
export function trainOf(name: string): number {
  const second = ['rolling back', 'rollback failed', 'rolled back', 'failed above a release']
  return name === 'vetoed' ? 43 : second.includes(name) ? 42 : 41
}

/** Everything told in the thread of a ride, in order. */
export function thread(ride: Ride, train: number): readonly Message[] {
  const scene = ride.scene(train)
  return ride.told.flatMap((told) => narrate(told, scene, ride.pipeline) ?? [])
}

const viewer = (name: string): Actor => ({ name, kind: 'person', groups: [] })

export function gallery(): readonly Picture[] {
  const all = Object.entries(states())
  const announcements = all.map(([name, ride]) => ({
    name: `announcement: ${name}`,
    message: announcement(ride.scene(trainOf(name))),
  }))
  const threads = all.flatMap(([name, ride]) =>
    thread(ride, trainOf(name)).map((message, index) => ({
      name: `thread: ${name} ${index + 1}`,
      message,
    })),
  )
  const others = all.flatMap(([name, { pipeline, now, told }]) => [
    { name: `why: ${name}`, message: why(pipeline, now) },
    { name: `status: ${name}`, message: status(pipeline, now) },
    { name: `board: ${name}`, message: board([pipeline], viewer('ana'), now) },
    { name: `locks: ${name}`, message: lockList([pipeline], now) },
    { name: `history: ${name}`, message: history(told, pipeline) },
    ...pipeline.deployments.map((one, index) => ({
      name: `log: ${name} ${index + 1}`,
      message: runLog(one, { lines: one.tail, address: 'https://signalbox.example/log', now }),
    })),
    { name: `answered: ${name}`, message: answered('depart', lastAct(told), pipeline, now) },
    ...previews(name, pipeline, now),
    special(name, pipeline, now),
  ])
  const typo = misread('There is no pipeline apo; pipelines are api.', '/deploy api')
  return [
    ...announcements,
    ...threads,
    ...others,
    ...refusals(),
    ...links(),
    { name: 'help', message: help() },
    { name: 'typo', message: misunderstood(typo) },
  ]
}

/** Somebody asks to be linked, and each way it may end. */
function links(): readonly Picture[] {
  const asked = {
    id: 'one',
    pipeline: 'api',
    member: 'U0EVE',
    login: 'eve-gh',
  }
  const question = { ...asked, answer: null, answeredBy: null }
  const ends = ['confirmed', 'refused', 'withdrawn'] as const
  const own = { is: 'linked', login: 'eve-gh', by: NAME, at: 0 } as const
  const taken = refused(SAMPLE.login_taken, { pipeline: null, now: 0 })
  const views: Readonly<Record<string, Message>> = {
    question: linkQuestion(question, people),
    asked: linkAsked(asked, people),
    listed: ownLink({ is: 'listed', name: NAME }, 'api'),
    'by e-mail': ownLink({ ...own, how: 'email' }, 'api'),
    'by word': ownLink({ ...own, how: 'confirmed' }, 'api'),
    waiting: ownLink({ is: 'asked', id: 'one', login: 'eve-gh' }, 'api'),
    taken: takenBy(taken, { pipeline: 'api', login: 'eve-gh' }),
    ended: linkDone('ended', asked),
  }
  return [
    ...Object.entries(views).map(([name, message]) => ({ name: `link: ${name}`, message })),
    ...ends.flatMap((answer) => [
      {
        name: `link: ${answer}`,
        message: linkQuestion({ ...question, answer, answeredBy: NAME }, []),
      },
      { name: `link done: ${answer}`, message: linkDone(answer, asked) },
    ]),
    ...(['confirmed', 'refused'] as const).map((answer) => ({
      name: `link told: ${answer}`,
      message: linkAnswered({ ...question, answer, answeredBy: NAME }, answer),
    })),
  ]
}

const lastAct = (told: readonly Told[]): readonly Told[] => told.slice(-3)

/** A special train at every state, with a hostile name and title. */
function special(name: string, pipeline: Ride['pipeline'], now: number): Picture {
  const permissions = { ...pipeline.policy.permissions, special: ['ana'] }
  const its = { ...pipeline, policy: { ...pipeline.policy, permissions } }
  const own = change('own', { title: NAME, author: NAME })
  const found = {
    ref: NAME,
    sha: own.sha,
    isOnBranch: false,
    fork: null,
    changes: [own],
    contains: [],
    lacks: pipeline.environments.flatMap(({ live }) => live?.sha ?? []),
    within: [],
  }
  const command = { type: 'depart_ref', train: null, found, environment: null } as const
  const seen = previewSpecial(its, command, { actor: actor('ana'), now })
  if (!seen.ok || seen.preview === null) throw new Error(`no special train in ${name}`)
  return { name: `special: ${name}`, message: specialPreview(seen.preview, its) }
}

function previews(name: string, pipeline: Ride['pipeline'], now: number): readonly Picture[] {
  return pipeline.environments.flatMap((environment) => {
    const found = previewRollback(pipeline, environment, null)
    if (!found.ok) return []
    return [null, 'prices are wrong'].map((reason) => ({
      name: `preview: ${name}, ${environment.name}, ${reason ?? 'no reason'}`,
      message: rollbackPreview(found.preview, pipeline, { now, reason }),
    }))
  })
}

/** One of every code, with facts that a person could have typed. */
export function refusals(): readonly Picture[] {
  const ride = states()['locked']
  const at = { pipeline: ride?.pipeline ?? null, now: ride?.now ?? 0 }
  return SAMPLES.flatMap((refusal) => [
    { name: `refused: ${refusal.code}`, message: refused(refusal, at) },
    {
      name: `refused: ${refusal.code}, nowhere`,
      message: refused(refusal, { ...at, pipeline: null }),
    },
  ])
}

const WHERE = { environment: 'production' } as const
const TRAIN = { train: 41 } as const
const NAME = '#12 <!channel> *x*'

/** Exhaustive: a refusal without a sample does not compile. */
const SAMPLE: { readonly [Code in Refusal['code']]: Extract<Refusal, { code: Code }> } = {
  not_allowed: { code: 'not_allowed', permission: 'break_glass' },
  people_only: { code: 'people_only', act: 'approve' },
  not_linked: { code: 'not_linked', name: NAME },
  not_active: { code: 'not_active', name: NAME },
  linked_already: { code: 'linked_already', name: NAME },
  login_taken: { code: 'login_taken', login: 'eve', by: NAME },
  own_link: { code: 'own_link' },
  no_link: { code: 'no_link' },
  nobody_confirms: { code: 'nobody_confirms', pipelines: [NAME] },
  too_many_links: { code: 'too_many_links' },
  no_train: { code: 'no_train' },
  no_such_train: { code: 'no_such_train', ...TRAIN },
  train_over: { code: 'train_over', ...TRAIN, status: 'arrived' },
  still_boarding: { code: 'still_boarding', ...TRAIN },
  already_departed: { code: 'already_departed', ...TRAIN },
  no_such_environment: { code: 'no_such_environment', environment: NAME, known: ['staging'] },
  not_aboard: { code: 'not_aboard', ref: NAME, ...TRAIN },
  rides_alone: { code: 'rides_alone', change: '#12', ref: sha('a') },
  nothing_of_yours: { code: 'nothing_of_yours', ...TRAIN },
  own_change: { code: 'own_change', change: '#12' },
  not_entitled: { code: 'not_entitled', ...WHERE },
  no_approval_needed: { code: 'no_approval_needed', ...TRAIN },
  plan_changed: { code: 'plan_changed', plan: sha('plan') },
  already_done: { code: 'already_done', what: NAME },
  nothing_to_withdraw: { code: 'nothing_to_withdraw', ...TRAIN },
  reason_needed: { code: 'reason_needed', act: 'cancel' },
  under_way: { code: 'under_way', ...WHERE, since: 0 },
  locked: { code: 'locked', by: 'bob', reason: 'migration under way', where: 'production' },
  not_locked: { code: 'not_locked', where: 'production' },
  stale_lock: { code: 'stale_lock', where: 'production' },
  live_already: { code: 'live_already', ...TRAIN },
  nothing_failed: { code: 'nothing_failed' },
  not_unknown: { code: 'not_unknown', ...WHERE },
  nothing_before: { code: 'nothing_before', ...WHERE },
  not_a_release: { code: 'not_a_release', ...WHERE, to: NAME, known: [sha('a')] },
  must_abort: { code: 'must_abort', ...WHERE, ...TRAIN },
  must_settle: { code: 'must_settle', ...WHERE, ...TRAIN },
  occupied: { code: 'occupied', ...WHERE, train: null },
  no_veto: { code: 'no_veto', ...TRAIN },
  no_such_change: { code: 'no_such_change', change: NAME, ...TRAIN },
  too_early: { code: 'too_early', author: 'ana', from: 0 },
  not_stand_in: { code: 'not_stand_in', change: '#12' },
  own_word: { code: 'own_word', change: '#12' },
  vouched: { code: 'vouched', change: '#12' },
  not_breakable: { code: 'not_breakable', gate: NAME, breakable: ['checks'] },
  not_diverged: { code: 'not_diverged', ...TRAIN },
  own_special: { code: 'own_special', ...TRAIN },
  older_than_live: { code: 'older_than_live', ref: NAME, ...WHERE },
  on_branch: { code: 'on_branch', ref: NAME, branch: 'main' },
  not_heard: { code: 'not_heard', ref: NAME, branch: 'main' },
  no_such_ref: { code: 'no_such_ref', ref: NAME },
  two_refs: { code: 'two_refs', ref: NAME },
  foreign_ref: { code: 'foreign_ref', ref: NAME },
  ref_too_far: { code: 'ref_too_far', ref: NAME, commits: 812 },
  not_looked_up: { code: 'not_looked_up', ref: NAME },
  no_such_run: { code: 'no_such_run', run: NAME },
  stale_epoch: { code: 'stale_epoch', run: NAME, epoch: 3 },
}

const SAMPLES: readonly Refusal[] = Object.values(SAMPLE)
