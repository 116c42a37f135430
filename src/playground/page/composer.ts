/**
 * Where a person writes: messages, and commands with their suggestions.
 *
 * Invariant: what could not be sent stays in the field.
 */
import { h, put } from './dom.ts'
import type { SlashCommand } from './shape.ts'
import { act, troubleOf } from './talk.ts'

export interface Composing {
  readonly id: string
  readonly commands: () => readonly SlashCommand[]
  /** Where to; null: nowhere now. */
  readonly place: () => { readonly channel: string; readonly thread: string | null } | null
  readonly trouble: (message: string) => void
}

export interface Composer {
  readonly element: HTMLElement
  readonly invite: (words: string) => void
  readonly focus: () => void
}

export function createComposer(composing: Composing): Composer {
  const { id } = composing
  const { field, list } = drawField(id)
  let chosen = 0
  let offered: readonly SlashCommand[] = []
  const take = (command: SlashCommand): void => {
    field.value = `${command.command} `
    offer()
    field.focus()
  }
  const offer = (): void => {
    const typed = field.value
    offered =
      typed.startsWith('/') && !/\s/.test(typed)
        ? composing.commands().filter(({ command }) => command.startsWith(typed))
        : []
    chosen = Math.min(chosen, Math.max(0, offered.length - 1))
    list.hidden = offered.length === 0
    if (list.hidden) field.removeAttribute('aria-activedescendant')
    else field.setAttribute('aria-activedescendant', `${id}-command-${chosen}`)
    list.replaceChildren()
    put(
      list,
      offered.map((one, index) =>
        drawSuggestion(one, { id, index, isChosen: index === chosen, take }),
      ),
    )
  }
  const send = async (): Promise<void> => {
    const at = composing.place()
    const text = field.value.trim()
    if (at === null || text === '') return
    field.value = ''
    offer()
    const trouble = troubleOf(await act('say', { ...at, text }))
    if (trouble === null) return
    if (field.value === '') field.value = text
    composing.trouble(trouble)
  }
  field.addEventListener('input', offer)
  field.addEventListener('blur', () => setTimeout(() => (list.hidden = true), 150))
  field.addEventListener('focus', offer)
  field.addEventListener('keydown', (event) => {
    const isWhole = offered.some(({ command }) => command === field.value)
    const key = keyOf(event, { isOpen: !list.hidden && offered.length > 0, isWhole })
    if (key === null) return
    event.preventDefault()
    if (key === 'send') void send()
    else if (key === 'close') list.hidden = true
    else if (key === 'take') offered.slice(chosen, chosen + 1).forEach(take)
    else {
      chosen = (chosen + (key === 'next' ? 1 : offered.length - 1)) % offered.length
      offer()
    }
  })
  const button = h(
    'button',
    { class: 'send', type: 'button', 'aria-label': 'Send', onclick: () => void send() },
    '➤',
  )
  return {
    element: h('div', { class: 'compose' }, list, field, button),
    invite: (words) => {
      field.placeholder = words
      field.setAttribute('aria-label', words)
    },
    focus: () => field.focus(),
  }
}

function drawField(id: string): { field: HTMLTextAreaElement; list: HTMLElement } {
  const field = h('textarea', {
    class: 'compose-field',
    rows: '1',
    'aria-autocomplete': 'list',
    'aria-controls': `${id}-commands`,
  }) as HTMLTextAreaElement
  const list = h('div', {
    class: 'suggestions',
    role: 'listbox',
    id: `${id}-commands`,
    'aria-label': 'Commands',
    hidden: true,
  })
  return { field, list }
}

/** What a key means here; null: what it means everywhere. */
function keyOf(
  { key, shiftKey, isComposing }: KeyboardEvent,
  { isOpen, isWhole }: { readonly isOpen: boolean; readonly isWhole: boolean },
): 'next' | 'previous' | 'take' | 'close' | 'send' | null {
  if (isOpen && key === 'ArrowDown') return 'next'
  if (isOpen && key === 'ArrowUp') return 'previous'
  if (isOpen && !isWhole && (key === 'Tab' || key === 'Enter')) return 'take'
  if (isOpen && key === 'Escape') return 'close'
  return key === 'Enter' && !shiftKey && !isComposing ? 'send' : null
}

function drawSuggestion(
  one: SlashCommand,
  at: {
    readonly id: string
    readonly index: number
    readonly isChosen: boolean
    readonly take: (one: SlashCommand) => void
  },
): Node {
  return h(
    'div',
    {
      role: 'option',
      id: `${at.id}-command-${at.index}`,
      class: at.isChosen ? 'suggestion chosen' : 'suggestion',
      'aria-selected': String(at.isChosen),
      // Before the field loses its focus.
      onmousedown: (event) => {
        event.preventDefault()
        at.take(one)
      },
    },
    h('span', {}, h('b', {}, one.command), ' ', h('span', { class: 'faint' }, one.usage)),
    h('span', { class: 'faint small' }, one.description),
  )
}
