/**
 * Who acts, and which channels there are.
 *
 * Invariant: whoever is chosen here is who does everything else on this page.
 */
import { byId, h, reconcile } from './dom.ts'
import { drawAvatar } from './message.ts'
import type { Channel, Member, Sight } from './shape.ts'

export function drawPeople({ members, me }: Sight, choose: (one: Member) => void): void {
  const people = members.filter(({ kind }) => kind !== 'bot')
  reconcile(
    byId('people'),
    people.map((one) => ({
      key: one.id,
      print: String(one.id === me),
      make: () =>
        h(
          'button',
          {
            type: 'button',
            class: 'person',
            title: `${one.real}, ${one.title}`,
            'aria-pressed': String(one.id === me),
            'aria-label': `Act as ${one.real}, ${one.title}`,
            'data-focus': one.id,
            'data-person': one.name,
            onclick: () => choose(one),
          },
          drawAvatar(one),
          h('span', {}, one.real.split(' ')[0] ?? ''),
        ),
    })),
  )
}

const signOf = ({ kind }: Channel): string => (kind === 'channel' ? '#' : '🚂')

export function drawChannels(
  { channels }: Sight,
  { current, choose }: { readonly current: string; readonly choose: (channel: string) => void },
): void {
  reconcile(
    byId('channels'),
    channels.map((one) => ({
      key: one.id,
      print: JSON.stringify([one, one.id === current]),
      make: () =>
        h(
          'button',
          {
            type: 'button',
            class: one.unread > 0 ? 'channel unread' : 'channel',
            'aria-current': one.id === current ? 'page' : null,
            'data-focus': one.id,
            onclick: () => choose(one.id),
          },
          h('span', { 'aria-hidden': 'true' }, signOf(one)),
          h('span', {}, one.name),
          one.unread > 0 &&
            h('span', { class: 'count', 'aria-label': `${one.unread} unread` }, String(one.unread)),
        ),
    })),
  )
}
