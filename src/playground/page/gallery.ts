/**
 * The gallery: everything that the bot can say, drawn as in the channel, light and dark.
 *
 * Invariant: drawn by the very code that draws the playground. Dialogs and menus open; nothing else
 * happens.
 */
import { drawBlocks } from './blocks.ts'
import { byId, drawEmoji, h, put } from './dom.ts'
import { stageAt } from './message.ts'
import type { Exhibit, Exhibition, Member } from './shape.ts'

const PLACES: Readonly<Record<Exhibit['surface'], string>> = {
  channel: 'in the channel',
  thread: 'in the thread',
  ephemeral: 'only visible to one person',
  direct: 'as a direct message',
  home: 'in the App Home',
  modal: 'as a form',
}

for (const one of document.querySelectorAll('#top h1')) drawEmoji(one)

async function show(): Promise<void> {
  const answer = await fetch('/playground/gallery/pictures')
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`)
  const { exhibits: all, members } = (await answer.json()) as Exhibition
  // `?only=GROUP` shows that group alone.
  const only = new URLSearchParams(location.search).get('only')
  const exhibits = all.filter(({ name }) => only === null || groupOf(name) === only)
  const groups = new Map<string, Exhibit[]>()
  for (const one of exhibits) {
    const group = groupOf(one.name)
    groups.set(group, [...(groups.get(group) ?? []), one])
  }
  put(
    byId('groups'),
    [...groups].map(([group, its]) =>
      h('a', { href: `#${idOf(group)}` }, group, h('span', { class: 'faint' }, String(its.length))),
    ),
  )
  const pictures = byId('pictures')
  pictures.replaceChildren(
    ...[...groups].map(([group, its]) =>
      h(
        'section',
        { id: idOf(group), class: 'group', 'aria-labelledby': `${idOf(group)}-title` },
        h('h2', { id: `${idOf(group)}-title` }, group),
        ...its.map((one) => drawExhibit(one, members)),
      ),
    ),
  )
  pictures.removeAttribute('aria-busy')
  // The target of the address did not exist when the page was opened.
  if (location.hash !== '') document.getElementById(location.hash.slice(1))?.scrollIntoView()
}

const groupOf = (name: string): string => name.split(':')[0] ?? name
const idOf = (group: string): string => group.replace(/\W+/g, '-')

function drawExhibit(one: Exhibit, members: readonly Member[]): Node {
  const { name, surface, size } = one
  return h(
    'section',
    { class: 'picture', 'data-name': name, 'aria-label': name },
    h(
      'div',
      { class: 'picture-head' },
      h('h3', {}, name),
      h('span', { class: 'faint small' }, PLACES[surface]),
      h(
        'span',
        { class: 'faint small size' },
        `${size.blocks} of ${size.blocksMax} blocks · ${count(size.characters)} of ${count(size.charactersMax)} characters · longest text ${count(size.longest)} of 3,000`,
      ),
      ...size.refused.map((why) => h('span', { class: 'wrong' }, `Slack refuses ${why}`)),
    ),
    h(
      'div',
      { class: 'both' },
      ...(['light', 'dark'] as const).map((theme) =>
        h(
          'div',
          { class: 'side', 'data-theme': theme, role: 'group', 'aria-label': `${name}, ${theme}` },
          drawOn(one, members, theme),
        ),
      ),
    ),
  )
}

const count = (value: number): string => value.toLocaleString('en')

function drawOn(one: Exhibit, members: readonly Member[], theme: string): Node {
  const { name, surface, blocks, title, submit } = one
  const naming = { me: '', members }
  const stage = stageAt(`${theme} ${name}`, naming, async () => null)
  // Ids of inputs must differ between the two drawings of one form.
  const own = blocks.map((block, index) => ({
    ...block,
    block_id: `${theme}-${idOf(name)}-${index}`,
  }))
  const drawn = h('div', { class: 'blocks' }, ...drawBlocks(own, stage))
  switch (surface) {
    case 'home':
      return h('div', { class: 'home' }, drawn)
    case 'modal':
      return h(
        'div',
        { class: 'form' },
        h('div', { class: 'modal-head' }, h('span', {}, '🚂'), h('b', {}, title)),
        h('div', { class: 'dialog-body' }, drawn),
        h(
          'div',
          { class: 'dialog-foot' },
          h('button', { class: 'button', type: 'button' }, 'Cancel'),
          h('button', { class: 'button primary', type: 'button' }, submit),
        ),
      )
    default:
      return h(
        'div',
        { class: 'message' },
        h('span', { class: 'avatar bot', 'aria-hidden': 'true' }, '🚂'),
        h(
          'div',
          { class: 'message-main' },
          surface === 'ephemeral' && h('div', { class: 'faint small' }, '👁 Only visible to you'),
          h(
            'div',
            { class: 'byline' },
            h('b', {}, 'Signalbox'),
            h('span', { class: 'badge' }, 'APP'),
          ),
          drawn,
        ),
      )
  }
}

show().catch((fault: unknown) => {
  byId('pictures').replaceChildren(
    h('p', { class: 'wrong', role: 'alert' }, `The gallery cannot be drawn: ${String(fault)}`),
  )
})
