/**
 * Whatever people write and however much of it, Slack takes every message, and no text of theirs
 * mentions, links or formats.
 */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/core/event.ts'
import { concernsOf } from '../../../src/core/watch.ts'
import { pictures, thread } from '../../../src/playground/gallery/pictures.ts'
import { Ride } from '../../../src/playground/gallery/ride.ts'
import { sizeOf } from '../../../src/playground/gallery/size.ts'
import { announcement } from '../../../src/slack/views/announcement.ts'
import { answered } from '../../../src/slack/views/answered.ts'
import { board } from '../../../src/slack/views/board.ts'
import { concernNote, concernToOne } from '../../../src/slack/views/concern.ts'
import { misunderstood } from '../../../src/slack/views/help.ts'
import { history } from '../../../src/slack/views/history.ts'
import { lockList } from '../../../src/slack/views/lock-list.ts'
import { narrate } from '../../../src/slack/views/narration.ts'
import { reasonModal } from '../../../src/slack/views/reason-modal.ts'
import { rollbackPreview } from '../../../src/slack/views/rollback-preview.ts'
import { status } from '../../../src/slack/views/status.ts'
import { suspectLines } from '../../../src/slack/views/suspects.ts'
import { warning } from '../../../src/slack/views/warning.ts'
import { why } from '../../../src/slack/views/why.ts'
import { misread } from '../../../src/slack/words/asked.ts'
import { md } from '../../../src/slack/words/mrkdwn.ts'
import { cut, entities, plain } from '../../../src/slack/words/plain.ts'
import { sha } from '../../world/policy.ts'
import { flawsOf, formattingFlaws, modalFlaws } from '../limits.ts'

const NO_HISTORY = {
  spoke: new Map(),
  usual: new Map(),
  seen: new Map(),
  senders: new Map(),
  failures: [],
}

const NASTY = [
  '<!channel>',
  '<!here|x>',
  '<@U1>',
  '<https://evil.example|click>',
  '*bold*',
  '_it_',
  '~gone~',
  '`code`',
  '```',
  '&lt;!channel&gt;',
  '&',
  '\n\n> quote',
  '\u202etxt',
  '\u0000\u0007',
  '😀👩‍👩‍👧',
  '\ud800',
  ':white_check_mark:',
  'z\u0300\u0301\u0302\u0303\u0304\u0305',
]

const hostile = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary' })), { maxLength: 8 })
    .map((parts) => parts.join('')),
  fc.constantFrom(...NASTY).map((one) => one.repeat(1_000).slice(0, 10_000)),
)

describe('Every picture', () => {
  const all = pictures()

  it('is one that Slack takes, in every state there is', () => {
    const flaws = all.flatMap(({ name, message, view }) =>
      (view === null ? flawsOf(message) : modalFlaws(view)).map((flaw) => `${name}: ${flaw}`),
    )
    expect(flaws).toEqual([])
  })

  it('is one that the stand-in takes, by its own reading of the limits', () => {
    const refused = all.filter((one) => sizeOf(one).refused.length > 0)
    expect(refused.map(({ name }) => name)).toEqual([])
  })

  it('is drawn by every view that draws a message of its own', () => {
    const folder = 'src/playground/gallery'
    const shown = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
    const views = readdirSync('src/slack/views').filter((file) =>
      /\): (?:Message|Narration)\b/.test(readFileSync(`src/slack/views/${file}`, 'utf8')),
    )
    const unseen = views.filter((file) => !shown.some((text) => text.includes(`/views/${file}'`)))
    // Parts of the others.
    expect(unseen).toEqual([
      'blocks.ts',
      'failure-notes.ts',
      'ride-notes.ts',
      'verification-notes.ts',
    ])
  })
})

describe('What people wrote', () => {
  it('never mentions, links or formats, and is as long as allowed', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 2, max: 300 }), (text, max) => {
        const shown = plain(text, max)
        expect(shown.length).toBeLessThanOrEqual(max)
        expect(shown).not.toMatch(/[<>*`~\n\r]/)
        expect(shown).not.toMatch(/:[\w+'-]+:/)
        expect(formattingFlaws([md`${text}`.mrkdwn, shown])).toEqual([])
      }),
    )
  })

  it('is never cut inside an entity or a letter', () => {
    expect(cut(entities('a<<<<'), 7)).toBe('a&lt;…')
    expect(cut('😀😀😀', 4)).toBe('😀…')
    expect(plain('snake_case stays, _this_ does not', 80)).toBe('snake_case stays, ˍthisˍ does not')
  })

  it('keeps every view within the limits, whoever writes what where', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (title, name, reason) => {
        const ride = new Ride()
        ride.merge('a', {
          number: 12,
          title,
          author: name,
          coAuthors: [name, 'bob'],
          reverts: name,
        })
        ride.merge('b', { number: 13, title, author: 'ana', parent: sha('a') })
        ride.depart()
        const lock = { type: 'lock', environment: null, reason, forMs: 1_000_000 } as const
        ride.act('bob', { ...lock, id: 'one', takeOver: false })
        ride.act('ana', { ...lock, id: 'two', takeOver: true })
        ride.act('dee', { type: 'hold', train: 41, reason })
        const standing = concernsOf(ride.pipeline, NO_HISTORY, ride.now + 100_000_000)
        for (const concern of standing) {
          const its = { pipeline: ride.pipeline, concern, now: ride.now, logOf: () => name }
          for (const drawn of [concernNote(its), concernToOne(its)]) {
            expect(flawsOf(drawn)).toEqual([])
          }
        }
        ride.act('cem', { type: 'stop', reason })
        const { pipeline, now, told } = ride
        const dee = { name: 'dee', kind: 'person', groups: [] } as const
        const drawn = [
          announcement(ride.scene(41)),
          ...thread(ride, 41),
          board([pipeline], dee, now),
          why(pipeline, now, standing),
          status(pipeline, now, standing),
          lockList([pipeline], now),
          history(told, pipeline),
          answered('stop', told, pipeline, now),
          misunderstood(misread(title, reason)),
        ]
        for (const message of drawn) expect(flawsOf(message)).toEqual([])
        expect(
          modalFlaws(reasonModal({ act: name, meta: '{}', title, label: title, submit: name })),
        ).toEqual([])
      }),
      { numRuns: 40, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    )
  })

  it('keeps a failure with a hostile log within the limits', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 20 }), hostile, (tail, reason) => {
        const ride = new Ride().mergeThree().depart().end('staging', 'failed', { reason, tail })
        for (const message of [announcement(ride.scene(41)), ...thread(ride, 41)]) {
          expect(flawsOf(message)).toEqual([])
        }
      }),
      { numRuns: 30 },
    )
  })

  it('keeps the suspects of a failure within the limits, whatever their files are called', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 8 }), hostile, (names, title) => {
        const paths = names.map((name) => `src/${name}`)
        const ride = new Ride()
        for (let index = 0; index < 12; index += 1) {
          const parent = index === 0 ? null : sha(`n${index - 1}`)
          ride.merge(`n${index}`, {
            number: index + 1,
            title,
            paths: [...paths, 'src/cart.ts'],
            parent,
          })
        }
        ride.depart().end('staging', 'failed', { tail: [...paths, 'src/cart.ts:3'] })
        const key = 'api/41:staging:forward:1'
        const warned = warning(ride.scene(41), { key, person: 'ana' })
        expect(warned).not.toBeNull()
        const { pipeline, now } = ride
        for (const message of [
          ...thread(ride, 41),
          why(pipeline, now),
          ...(warned ? [warned] : []),
        ]) {
          expect(flawsOf(message)).toEqual([])
        }
      }),
      { numRuns: 30 },
    )
  })
})

it('Everyone aboard of a failure that points at nobody is named in one section', () => {
  const scene = new Ride().mergeThree().depart().scene(41)
  const changes = Array.from({ length: 40 }, (_, index) => ({
    ...(scene.changes[0] ?? fail()),
    sha: sha(`p${index}`),
    number: null,
    author: `author-${index % 12}`,
  }))
  const repository = `https://github.example.com/${'organisation'.repeat(3)}/${'service'.repeat(5)}`
  const links = { ...scene.links, repository }
  const lines = suspectLines({ ...scene, changes, links }, { said: [], lines: [] })
  expect(lines.map(({ mrkdwn }) => mrkdwn.length <= 2_900)).toEqual([true])
})

const RELEASE = { sha: sha('z'), train: 40, epoch: 1, since: 0, by: null }

describe('A thousand changes', () => {
  it('still fit, collapsed by author, and say how many are not shown', () => {
    const ride = new Ride()
    const scene = ride.mergeThree().depart().scene(41)
    const changes = Array.from({ length: 1_000 }, (_, index) => ({
      ...(scene.changes[0] ?? fail()),
      sha: sha(`m${index}`),
      number: index + 1,
      title: `${'Long title & more '.repeat(20)}${index}`,
      author: `author-${index % 60}`,
      parent: index === 0 ? null : sha(`m${index - 1}`),
    }))
    const message = announcement({ ...scene, changes })
    expect(flawsOf(message)).toEqual([])
    expect(JSON.stringify(message.blocks)).toMatch(/\+ \d+ more authors/)
    const crowd = { ...scene, changes }
    const shas = changes.map((one) => one.sha)
    const order = { by: 'ana', reason: 'x', since: 0, epoch: 1, from: sha('a'), to: RELEASE }
    const environment = 'production'
    const events: readonly Event[] = [
      { type: 'train_departed', train: 41, sha: sha('a'), why: 'changes', changes: shas },
      { type: 'train_arrived', train: 41, sha: sha('a'), changes: shas, span: shas, lost: [] },
      { type: 'rolled_back', environment, order, trains: [41], changes: shas, receiver: 42 },
      {
        type: 'deployment_ended',
        key: 'api/41:staging:forward:1',
        status: 'failed',
        reason: 'x',
        tail: [],
        source: 'agent',
      },
    ]
    for (const event of events) {
      const note = narrate({ seq: 1, at: 0, actor: 'ana', event }, crowd, ride.pipeline)
      expect(note && flawsOf(note)).toEqual([])
    }
    const preview = { environment, from: sha('a'), target: RELEASE, trains: [41], changes } as const
    const free = { under: null, doubtful: null, needs: [], migrations: [] }
    const shown = rollbackPreview({ ...preview, ...free }, ride.pipeline, {
      now: 0,
      reason: 'long '.repeat(100),
    })
    expect(flawsOf(shown)).toEqual([])
  })

  it('fit on a board of forty pipelines too', () => {
    const { pipeline, now } = new Ride().mergeThree().depart()
    const many = Array.from({ length: 40 }, (_, index) => ({ ...pipeline, name: `api-${index}` }))
    const ana = { name: 'ana', kind: 'person', groups: [] } as const
    expect(flawsOf(board(many, ana, now))).toEqual([])
    expect(flawsOf(lockList(many, now))).toEqual([])
  })
})

const fail = (): never => {
  throw new Error('the scene has no change')
}
