/**
 * Modals and the App Home, as apps open and change them.
 *
 * Invariant: at most three modals of one person stand on each other; a change that names an old
 * hash is refused.
 */
import { randomBytes } from 'node:crypto'
import { APP, BOT, memberOf, TEAM } from '../members.ts'
import type { View } from '../page/shape.ts'
import type { Store } from '../store.ts'
import { isRecord, type Json, parsed, textOf } from './json.ts'
import { wrongView } from './limits.ts'
import { type Answer, named, no, wrongAnswer } from './messages.ts'
import type { Wire } from './wire.ts'

const STACK_MAX = 3

function readView(given: unknown): { readonly view: Json } | { readonly refusal: Answer } {
  const view = parsed(given)
  if (!isRecord(view)) return { refusal: no('invalid_arguments') }
  const wrong = wrongView(view)
  return wrong.length > 0 ? { refusal: wrongAnswer('invalid_arguments', wrong) } : { view }
}

const newHash = (now: number): string => `${now}.${randomBytes(4).toString('hex')}`

function whole(view: Json, { below, now }: { below: View | undefined; now: number }): View {
  const id = `V${randomBytes(5).toString('hex').toUpperCase()}`
  return {
    ...view,
    id,
    team_id: TEAM.id,
    type: view['type'] === 'home' ? 'home' : 'modal',
    hash: newHash(now),
    callback_id: textOf(view['callback_id']) ?? '',
    private_metadata: textOf(view['private_metadata']) ?? '',
    external_id: textOf(view['external_id']) ?? '',
    clear_on_close: view['clear_on_close'] === true,
    notify_on_close: view['notify_on_close'] === true,
    blocks: named(view['blocks']),
    state: { values: {} },
    root_view_id: below?.root_view_id ?? id,
    previous_view_id: below?.id ?? null,
    app_id: APP,
    bot_id: BOT.bot,
    app_installed_team_id: TEAM.id,
  }
}

export const openModals = ({ state }: Store, user: string): readonly View[] =>
  state.modals[user] ?? []

export function setModals(store: Store, user: string, stack: readonly View[]): void {
  store.state.modals = { ...store.state.modals, [user]: stack }
  store.changed()
}

/** Puts a view on the stack of that person. */
export function pushView({ store, now }: Wire, user: string, given: unknown): Answer {
  const read = readView(given)
  if ('refusal' in read) return read.refusal
  if (read.view['type'] !== 'modal') return no('invalid_arguments')
  const stack = openModals(store, user)
  if (stack.length >= STACK_MAX) return no('push_limit_reached')
  const view = whole(read.view, { below: stack.at(-1), now: now() })
  setModals(store, user, [...stack, view])
  return { ok: true, view }
}

/** Puts new content into an open modal; what a person has typed stays where the ids do. */
export function updateView({ store, now }: Wire, args: Json): Answer {
  const { view_id: id, external_id: external, hash } = args
  const found = Object.entries(store.state.modals).find(([, stack]) =>
    stack.some(
      (one) => one.id === id || (external !== undefined && one['external_id'] === external),
    ),
  )
  const before = found?.[1].find((one) => one.id === id || one['external_id'] === external)
  if (found === undefined || before === undefined) return no('not_found')
  if (typeof hash === 'string' && hash !== '' && hash !== before.hash) return no('hash_conflict')
  const read = readView(args['view'])
  if ('refusal' in read) return read.refusal
  const { id: viewId, root_view_id, previous_view_id } = before
  const made = whole(read.view, { below: undefined, now: now() })
  const after: View = { ...made, id: viewId, root_view_id, previous_view_id }
  const [user, stack] = found
  setModals(
    store,
    user,
    stack.map((one) => (one === before ? after : one)),
  )
  return { ok: true, view: after }
}

export function openView(wire: Wire, args: Json): Answer {
  const ticket = wire.useTrigger(textOf(args['trigger_id']) ?? '')
  if ('error' in ticket) return no(ticket.error)
  const before = openModals(wire.store, ticket.user)
  // `views.open` replaces whatever the app had open; only `views.push` stacks.
  const below = args['push'] === true ? before : []
  wire.store.state.modals = { ...wire.store.state.modals, [ticket.user]: below }
  const answer = pushView(wire, ticket.user, args['view'])
  if (!answer.ok) setModals(wire.store, ticket.user, before)
  return answer
}

export function publishHome({ store, now }: Wire, args: Json): Answer {
  const user = textOf(args['user_id']) ?? ''
  if (memberOf(user) === undefined) return no('user_not_found')
  const read = readView(args['view'])
  if ('refusal' in read) return read.refusal
  if (read.view['type'] !== 'home') return no('invalid_arguments')
  const view = whole(read.view, { below: undefined, now: now() })
  store.state.homes = { ...store.state.homes, [user]: view }
  store.changed()
  return { ok: true, view }
}
