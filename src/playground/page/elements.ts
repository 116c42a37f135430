/**
 * The interactive elements of Block Kit: buttons, overflow menus, selects.
 *
 * Invariant: an element with a confirm dialog does nothing before the person has agreed. One that
 * cannot be drawn says so; it is never left out.
 */
import { confirmed } from './confirm.ts'
import { h } from './dom.ts'
import type { Values } from './shape.ts'
import { drawText, fieldOf, listOf, type Naming, wordsOf } from './text.ts'

export interface Pressing {
  readonly block: string
  readonly action: string
  readonly choice: string | null
}

/** Where an element stands, and what pressing it does. */
export interface Stage {
  readonly naming: Naming
  /** Answers what went wrong, or null. */
  readonly press: (pressing: Pressing) => Promise<string | null>
  /** Keeps what was typed or chosen. */
  readonly keep: (block: string, action: string, value: Values[string][string]) => void
  readonly kept: (block: string, action: string) => unknown
}

export function drawElement(element: unknown, block: string, stage: Stage): Node {
  const action = String(fieldOf(element, 'action_id') ?? '')
  switch (fieldOf(element, 'type')) {
    case 'button':
      return drawButton(element, { block, action, stage })
    case 'overflow':
      return drawOverflow(element, { block, action, stage })
    case 'static_select':
    case 'users_select':
      return drawSelect(element, { block, action, stage })
    case 'image':
      return drawImage(element)
    default:
      return h(
        'span',
        { class: 'undrawn' },
        `[${String(fieldOf(element, 'type'))}: not drawn here]`,
      )
  }
}

export interface At {
  readonly block: string
  readonly action: string
  readonly stage: Stage
}

/** Asks first where the element says so, presses, and shows beside it what went wrong. */
async function pressed(element: unknown, choice: string | null, at: At & { shown: HTMLElement }) {
  const confirm = fieldOf(element, 'confirm')
  if (confirm !== undefined && !(await confirmed(confirm, at.stage.naming))) return
  const { block, action, shown } = at
  shown.classList.add('busy')
  shown.setAttribute('aria-busy', 'true')
  const trouble = await at.stage.press({ block, action, choice })
  shown.classList.remove('busy')
  shown.removeAttribute('aria-busy')
  shown.parentElement?.querySelector('.trouble')?.remove()
  if (trouble !== null) shown.after(h('span', { class: 'trouble', role: 'alert' }, `⚠ ${trouble}`))
}

function drawButton(element: unknown, at: At): Node {
  const style = fieldOf(element, 'style')
  const url = fieldOf(element, 'url')
  const label = fieldOf(element, 'accessibility_label')
  const button = h(
    'button',
    {
      type: 'button',
      class: `button ${typeof style === 'string' ? style : ''}`,
      'data-focus': `${at.block} ${at.action}`,
      'data-action': at.action,
      'aria-label': typeof label === 'string' ? label : null,
      onclick: () => {
        if (typeof url === 'string' && /^https?:/.test(url)) openUrl(url)
        void pressed(element, null, { ...at, shown: button })
      },
    },
    ...drawText(fieldOf(element, 'text'), at.stage.naming),
    typeof url === 'string' && ' ↗',
  )
  return button
}

function openUrl(url: string): void {
  const { pathname, hash, origin } = new URL(url)
  const isHere = pathname === '/' && hash !== '' && new URL(origin).port === location.port
  if (isHere) location.hash = hash
  else window.open(url, '_blank', 'noopener')
}

function drawOverflow(element: unknown, at: At): Node {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'button overflow',
      'aria-label': 'More actions',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      'data-focus': `${at.block} ${at.action}`,
      'data-action': at.action,
      onclick: () => toggle(),
    },
    '⋯',
  )
  const items = listOf(fieldOf(element, 'options')).map((option) =>
    h(
      'button',
      {
        type: 'button',
        role: 'menuitem',
        onclick: () => {
          close()
          const choice = String(fieldOf(option, 'value'))
          void pressed(element, choice, { ...at, shown: button })
        },
      },
      ...drawText(fieldOf(option, 'text'), at.stage.naming),
    ),
  )
  const menu = h('div', { class: 'menu', role: 'menu', hidden: true }, ...items)
  const holder = h('span', { class: 'holder', onkeydown: (event) => steer(event) }, button, menu)
  const close = (): void => {
    menu.hidden = true
    button.setAttribute('aria-expanded', 'false')
  }
  const toggle = (): void => {
    menu.hidden = !menu.hidden
    button.setAttribute('aria-expanded', String(!menu.hidden))
    if (!menu.hidden) items[0]?.focus()
  }
  const steer = (event: Event): void => {
    if (!(event instanceof KeyboardEvent) || menu.hidden) return
    const index = items.indexOf(document.activeElement as HTMLElement)
    if (event.key === 'Escape') {
      close()
      button.focus()
    } else if (event.key === 'ArrowDown') items[(index + 1) % items.length]?.focus()
    else if (event.key === 'ArrowUp') items.at(index - 1)?.focus()
    else return
    event.preventDefault()
  }
  holder.addEventListener('focusout', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node) || !holder.contains(relatedTarget)) close()
  })
  return holder
}

/** A select of a message acts at once; one of a form is kept until it is submitted. */
export function drawSelect(element: unknown, at: At, isInput = false): Node {
  const { stage, block, action } = at
  const isUsers = fieldOf(element, 'type') === 'users_select'
  const groups = listOf(fieldOf(element, 'option_groups'))
  const flat = listOf(fieldOf(element, 'options'))
  const options =
    groups.length > 0 ? groups.flatMap((one) => listOf(fieldOf(one, 'options'))) : flat
  const chosen =
    fieldOf(stage.kept(block, action), 'selected_option') ?? fieldOf(element, 'initial_option')
  const select = h('select', {
    class: 'select',
    'data-focus': `${block} ${action}`,
    'data-action': action,
    'aria-label': wordsOf(fieldOf(element, 'placeholder')) || 'Choose',
  }) as HTMLSelectElement
  select.append(new Option(wordsOf(fieldOf(element, 'placeholder')) || 'Choose', ''))
  for (const option of options) {
    const value = String(fieldOf(option, 'value'))
    const isChosen = fieldOf(chosen, 'value') === value
    select.append(new Option(wordsOf(fieldOf(option, 'text')), value, isChosen, isChosen))
  }
  for (const member of isUsers ? stage.naming.members : []) {
    select.append(new Option(member.real, member.id))
  }
  select.addEventListener('change', () => {
    const option = options.find((one) => String(fieldOf(one, 'value')) === select.value) ?? null
    const kept = isUsers
      ? { type: 'users_select', selected_user: select.value || null }
      : { type: 'static_select', selected_option: option }
    stage.keep(block, action, kept)
    if (!isInput && select.value !== '')
      void pressed(element, select.value, { ...at, shown: select })
  })
  return select
}

export function drawImage(element: unknown): Node {
  const source = String(fieldOf(element, 'image_url') ?? '')
  const alt = String(fieldOf(element, 'alt_text') ?? '')
  return /^(?:https?:|data:image\/)/.test(source)
    ? h('img', { src: source, alt, class: 'image', referrerpolicy: 'no-referrer' })
    : h('span', { class: 'undrawn' }, `[image: ${alt}]`)
}
