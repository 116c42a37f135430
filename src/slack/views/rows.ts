/**
 * What is aboard: one row per change, collapsed by author when there are many.
 *
 * Invariant: however many changes there are, the rows fit, and the last one says how many more
 * there are and where they all stand.
 */
import { verdictOn } from '../../core/checks.ts'
import { editsPolicy } from '../../core/edits-policy.ts'
import type { Change } from '../../core/model.ts'
import { writersOf } from '../../core/people.ts'
import { isTakenBack } from '../../core/vetoes.ts'
import type { Scene } from '../scene.ts'
import { clip, join, link, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { called, changeName, counted, isMigration, mention } from '../words/names.ts'
import { type Asked, askedAboard } from './asked.ts'
import { fitting } from './blocks.ts'

/** More rows than this are no glance any more. */
const ROWS_MAX = 25

const ROOM = 5_000

export function rows(scene: Scene): readonly Mrkdwn[] {
  const { pipeline, changes } = scene
  const asked = new Map(askedAboard(pipeline, changes).map((one) => [one.change.sha, one]))
  const lines =
    changes.length <= ROWS_MAX
      ? changes.map((change) => row(scene, change, asked.get(change.sha)))
      : byAuthor(scene, asked)
  const { shown, left } = fitting(lines.slice(0, ROWS_MAX), ROOM)
  const missing = left + Math.max(0, lines.length - ROWS_MAX)
  if (missing === 0) return shown
  const what = changes.length <= ROWS_MAX ? 'more' : `more ${missing === 1 ? 'author' : 'authors'}`
  return [...shown, md`${allOf(scene, md`+ ${missing} ${what}`)}`]
}

/** The full list, where the state can be read. */
const allOf = ({ links, pipeline, train }: Scene, text: Mrkdwn): Mrkdwn =>
  link(
    `${links.url}/api/v1/pipelines/${encodeURIComponent(pipeline.name)}/trains/${train.number}`,
    text,
  )

function row(scene: Scene, change: Change, asked: Asked | undefined): Mrkdwn {
  const { links } = scene
  const parts = [
    md`${stateOf(scene, change, asked)} ${changeName(change, links.repository)} ${clip(change.title, 90)}`,
    whose(scene, change, asked),
    change.lines === null ? nothing : md`${counted(change.lines, 'line')}`,
    marks(scene, change),
    awaited(scene, asked),
  ]
  return join(parts, ' · ')
}

const isOver = ({ train }: Scene): boolean =>
  train.status !== 'boarding' && train.status !== 'departed'

function stateOf(scene: Scene, change: Change, asked: Asked | undefined): string {
  const { pipeline, train, now } = scene
  if (train.status === 'arrived') return '✅'
  if (train.status === 'rolled_back') return '⏪'
  if (train.status === 'cancelled') return '🚫'
  const { color } = verdictOn(pipeline, change, now)
  if (color === 'red') return '❌'
  if (color === 'pending') return '🟡'
  if (asked === undefined) return '•'
  return asked.consented ? '✅' : '⏳'
}

/**
 * The author, and who answers for whom nobody can ask. Mentioned only once the doors are closed:
 * until then the message may be new, and a new message's mention wakes people.
 */
function whose(scene: Scene, change: Change, asked: Asked | undefined): Mrkdwn {
  const { pipeline, train } = scene
  const name = train.status === 'boarding' ? called : mention
  const writers = writersOf(pipeline, change)
  const answers = asked === undefined || asked.people.some((person) => writers.includes(person))
  if (writers.length > 0 && answers) {
    const others = change.coAuthors.filter((one) => one !== change.author)
    const more = others.length > 3 ? [md`+${others.length - 3}`] : []
    const known = [change.author, ...others.slice(0, 3)]
    return join([...known.map((one) => name(pipeline, one)), ...more], ', ')
  }
  const author = called(pipeline, change.author)
  if (asked === undefined || asked.people.length === 0) return author
  return asked.rule === 'any'
    ? md`${author} (anyone who may stand in)`
    : md`${author} (for ${name(pipeline, asked.people[0] ?? '')})`
}

function marks(scene: Scene, change: Change): Mrkdwn {
  const { pipeline, train } = scene
  const found = [
    ...(!isOver(scene) && isTakenBack(pipeline, train, change) ? [md`⏪ taken back`] : []),
    ...(editsPolicy(pipeline.policy, change) ? [md`⚠️ policy`] : []),
    ...(isMigration(change) ? [md`⚠️ migration`] : []),
    ...(change.reverts === null ? [] : [md`↩️ reverts ${clip(change.reverts.slice(0, 9), 12)}`]),
  ]
  return join(found, ' · ')
}

/** Of several authors some may have answered already. */
function awaited(scene: Scene, asked: Asked | undefined): Mrkdwn {
  if (asked === undefined || isOver(scene) || scene.train.status === 'boarding') return nothing
  if (asked.consented || asked.people.length < 2 || asked.rule === 'any') return nothing
  return md`waits for ${join(
    asked.silent.slice(0, 3).map((name) => called(scene.pipeline, name)),
    ', ',
  )}`
}

/** Whoever is still waited for stands first. */
function byAuthor(scene: Scene, asked: ReadonlyMap<string, Asked>): readonly Mrkdwn[] {
  const { pipeline, changes, links, train } = scene
  const found = new Map<string, Change[]>()
  for (const change of changes) {
    found.set(change.author, [...(found.get(change.author) ?? []), change])
  }
  const waits = (own: readonly Change[]): number =>
    own.filter((change) => asked.get(change.sha)?.consented === false).length
  const name = train.status === 'boarding' ? called : mention
  return [...found]
    .sort(([, a], [, b]) => waits(b) - waits(a) || b.length - a.length)
    .map(([author, own]) => {
      const names = own.slice(0, 6).map((change) => changeName(change, links.repository))
      const more = own.length > 6 ? [md`+ ${own.length - 6} more`] : []
      const [first] = own
      const state = first === undefined ? '•' : worst(scene, own, asked)
      const migration = own.some(isMigration) ? ' · ⚠️ migration' : ''
      const edits = own.some((change) => editsPolicy(pipeline.policy, change))
      const policy = edits ? ' · ⚠️ policy' : ''
      return md`${state} ${name(pipeline, author)} · ${counted(own.length, 'change')}: ${join([...names, ...more], ', ')}${migration}${policy}`
    })
}

function worst(scene: Scene, own: readonly Change[], asked: ReadonlyMap<string, Asked>): string {
  const states = own.map((change) => stateOf(scene, change, asked.get(change.sha)))
  return ['❌', '🟡', '⏳', '•'].find((state) => states.includes(state)) ?? states[0] ?? '•'
}
