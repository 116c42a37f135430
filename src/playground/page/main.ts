/**
 * The page: who acts, which channel is open, and what is drawn of it.
 *
 * Invariant: the server's sight is the only truth; after each news it is asked for anew, and only
 * what changed is drawn again.
 */
import { drawBlocks } from './blocks.ts'
import { setAhead } from './clock.ts'
import { createComposer } from './composer.ts'
import { byId, drawEmoji, h, put, reconcile } from './dom.ts'
import { drawMessage, printOf, type Shown, stageAt } from './message.ts'
import { showModal } from './modal.ts'
import type { Member, Message, Sight } from './shape.ts'
import { drawChannels, drawPeople } from './side.ts'
import { act, become, listen, look, troubleOf, whoAmI } from './talk.ts'
import { drawTown, updateTown } from './town-panel.ts'

const here = {
  channel: 'C0DEPLOYS',
  thread: null as string | null,
  tab: 'messages' as 'messages' | 'home',
}
let sight: Sight | null = null

const place = (thread: string | null) => () => ({ channel: here.channel, thread })
const composer = createComposer({
  id: 'channel',
  commands: () => sight?.commands ?? [],
  place: place(null),
  trouble: (message) => warn(message),
})
const threadComposer = createComposer({
  id: 'thread',
  commands: () => [],
  place: () => (here.thread === null ? null : place(here.thread)()),
  trouble: (message) => warn(message),
})

function warn(message: string): void {
  const note = byId('note')
  note.replaceChildren()
  put(note, [
    h('span', {}, `⚠ ${message}`),
    h(
      'button',
      {
        class: 'plain',
        type: 'button',
        'aria-label': 'Dismiss',
        onclick: () => note.replaceChildren(),
      },
      '✕',
    ),
  ])
}

async function refresh(): Promise<void> {
  try {
    sight = await look()
  } catch (fault) {
    return warn(`The playground does not answer (${fault instanceof Error ? fault.message : ''}).`)
  }
  draw(sight)
}

function draw(seen: Sight): void {
  if (!seen.channels.some(({ id }) => id === here.channel)) here.channel = 'C0DEPLOYS'
  setAhead(seen.aheadMs)
  document.body.dataset['thread'] = String(here.thread !== null)
  byId('down').hidden = !seen.isSlackDown
  drawPeople(seen, beSomebody)
  drawChannels(seen, { current: here.channel, choose: (channel) => open(channel, null) })
  drawChannel(seen)
  drawThread(seen)
  updateTown(seen)
  showModal(seen)
  const unread = seen.channels.reduce((sum, one) => sum + one.unread, 0)
  document.title = `${unread > 0 ? `(${unread}) ` : ''}Signalbox playground`
  const current = seen.channels.find(({ id }) => id === here.channel)
  if (current !== undefined && current.unread > 0 && document.visibilityState === 'visible') {
    void act('read', { channel: here.channel })
  }
}

function beSomebody({ id }: Member): void {
  become(id)
  if (here.channel !== 'C0DEPLOYS') {
    here.channel = `D${id.slice(1)}`
    here.thread = null
    showTab(here.tab)
  }
  void refresh()
}

function showTab(tab: 'messages' | 'home'): void {
  here.tab = tab
  if (tab === 'home') void act('home', {})
}

function open(channel: string, thread: string | null, isPointed = false): void {
  here.channel = channel
  here.thread = thread
  const its = sight?.channels.find(({ id }) => id === channel)
  // As in Slack: what was said comes first while it is new.
  const isNews = its?.kind !== 'direct' || its.unread > 0 || isPointed
  showTab(isNews ? 'messages' : 'home')
  pane('chat')
  if (sight !== null) draw(sight)
  const log = byId('log')
  log.scrollTop = log.scrollHeight
}

/** At phone width one pane is seen at a time. */
function pane(name: string): void {
  document.body.dataset['pane'] = name
  for (const tab of document.querySelectorAll<HTMLElement>('#panes button')) {
    tab.setAttribute('aria-pressed', String(tab.dataset['to'] === name))
  }
}

function shown(seen: Sight, inThread: boolean): Shown {
  return { sight: seen, inThread, openThread: (root) => openThread(root) }
}

function openThread(root: string): void {
  here.thread = root
  if (sight !== null) draw(sight)
  threadComposer.focus()
}

const items = (messages: readonly Message[], at: Shown) =>
  messages.map((one) => ({
    key: `${one.channel} ${one.ts}`,
    print: printOf(one, at),
    make: () => drawMessage(one, at),
  }))

/** Keeps the newest in sight for who was looking at the newest. */
function following(log: HTMLElement, change: () => void): void {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80
  change()
  if (isAtEnd) log.scrollTop = log.scrollHeight
}

function drawChannel(seen: Sight): void {
  const channel = seen.channels.find(({ id }) => id === here.channel)
  const isDirect = channel?.kind === 'direct'
  const title = byId('title')
  title.replaceChildren()
  put(title, [isDirect ? '🚂 Signalbox' : `# ${channel?.name ?? ''}`])
  composer.invite(
    isDirect ? 'Message Signalbox' : `Message #${channel?.name ?? ''}, or / for a command`,
  )
  const isHome = isDirect && here.tab === 'home'
  byId('tabs').hidden = !isDirect
  for (const tab of document.querySelectorAll<HTMLElement>('#tabs button')) {
    tab.setAttribute('aria-pressed', String(tab.dataset['tab'] === here.tab))
  }
  composer.element.hidden = isHome
  const log = byId('log')
  if (isHome) {
    reconcile(log, [homeItem(seen)])
    return
  }
  const messages = seen.messages.filter(
    (one) => one.channel === here.channel && (one.thread === null || one.broadcast),
  )
  const first = { key: 'first', print: here.channel, make: () => drawFirst(isDirect) }
  following(log, () => reconcile(log, [first, ...items(messages, shown(seen, false))]))
}

const drawFirst = (isDirect: boolean): Node =>
  h(
    'p',
    { class: 'first-words' },
    isDirect
      ? 'Here Signalbox talks with you alone.'
      : 'This is #deploys, where trains are announced. Merge a pull request in the town, and watch.',
  )

function homeItem(seen: Sight) {
  const { home } = seen
  return {
    key: 'home',
    print: `home ${seen.me} ${home?.hash ?? ''}`,
    make: () => {
      if (home === null) return h('p', { class: 'first-words' }, 'This app shows nothing here.')
      const stage = stageAt(`${seen.me} home`, seen, async (values, pressing) =>
        troubleOf(await act('press', { view: home.id, values, ...pressing })),
      )
      return h('div', { class: 'home blocks' }, ...drawBlocks(home.blocks, stage))
    },
  }
}

function drawThread(seen: Sight): void {
  byId('thread').hidden = here.thread === null
  const messages = seen.messages.filter(
    (one) =>
      one.channel === here.channel &&
      here.thread !== null &&
      (one.ts === here.thread || one.thread === here.thread),
  )
  const log = byId('thread-log')
  following(log, () => reconcile(log, items(messages, shown(seen, true))))
}

/** `#CHANNEL/TS?thread=ROOT`: where a permalink leads. */
function followHash(): void {
  const found = /^#([CD][A-Z0-9]+)\/([\d.]+)(?:\?thread=([\d.]+))?$/.exec(location.hash)
  if (found === null || sight === null) return
  const [, channel = '', ts = '', thread] = found
  const isRoot = sight.messages.some((one) => one.thread === ts)
  open(channel, thread ?? (isRoot ? ts : null), true)
  const target = document.querySelector<HTMLElement>(
    `#${thread ? 'thread-log' : 'log'} [data-ts="${CSS.escape(ts)}"]`,
  )
  target?.scrollIntoView({ block: 'center' })
  target?.classList.add('pointed')
  history.replaceState(null, '', '/')
}

function start(): void {
  for (const one of document.querySelectorAll('#top h1, #down')) drawEmoji(one)
  byId('compose').append(composer.element)
  byId('thread-compose').append(threadComposer.element)
  threadComposer.invite('Reply…')
  put(byId('town'), drawTown())
  // What scrolls must be reachable by keyboard.
  for (const id of ['log', 'thread-log']) byId(id).tabIndex = 0
  byId('thread-close').addEventListener('click', () => {
    here.thread = null
    if (sight !== null) draw(sight)
  })
  document.addEventListener('keydown', (event) => {
    const isFree = document.querySelector('dialog[open], .menu:not([hidden])') === null
    if (event.key === 'Escape' && isFree && !event.defaultPrevented && here.thread !== null) {
      here.thread = null
      if (sight !== null) draw(sight)
    }
  })
  for (const tab of document.querySelectorAll<HTMLElement>('#panes button')) {
    tab.addEventListener('click', () => pane(tab.dataset['to'] ?? 'chat'))
  }
  for (const tab of document.querySelectorAll<HTMLElement>('#tabs button')) {
    tab.addEventListener('click', () => {
      showTab(tab.dataset['tab'] === 'home' ? 'home' : 'messages')
      if (sight !== null) draw(sight)
    })
  }
  byId('theme').addEventListener('click', () => {
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches
    const now = document.documentElement.dataset['theme'] ?? (isDark ? 'dark' : 'light')
    theme(now === 'dark' ? 'light' : 'dark')
  })
  theme(localStorage.getItem('signalbox.theme'))
  addEventListener('hashchange', followHash)
  become(whoAmI())
  void refresh().then(followHash)
  listen(
    () => void refresh(),
    (isUp) => {
      byId('line').hidden = isUp
    },
  )
}

function theme(name: string | null): void {
  if (name !== 'dark' && name !== 'light') return
  document.documentElement.dataset['theme'] = name
  localStorage.setItem('signalbox.theme', name)
}

start()
