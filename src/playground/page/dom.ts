/**
 * Making elements, and keeping those that did not change.
 *
 * Invariant: text only ever becomes a text node, never markup.
 */

export type Child = Node | string | null | false | undefined

type Props = Readonly<
  Record<string, string | boolean | null | undefined | ((event: Event) => void)>
>

/** An element: `on…` are listeners, `true` an empty attribute, nothing no attribute. */
export function h(tag: string, props: Props = {}, ...children: readonly Child[]): HTMLElement {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, '')
    else if (typeof value === 'string') element.setAttribute(name, value)
  }
  put(element, children)
  return element
}

export function put(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (typeof child === 'string') element.append(...withEmoji(child))
    else if (child) element.append(child)
  }
}

const EMOJI = /(\p{Extended_Pictographic}\ufe0f?)/u
/** Signs that people mean as text, though fonts may have a picture of them. */
const AS_TEXT = new Set(['↗', '©', '®', '™'])

/** A text with its emoji drawn as pictures; each still holds its character. */
function withEmoji(text: string): readonly (Node | string)[] {
  if (!EMOJI.test(text)) return [text]
  return text.split(EMOJI).flatMap((piece): readonly (Node | string)[] => {
    if (!EMOJI.test(piece) || AS_TEXT.has(piece)) return [piece]
    const sign = document.createElement('span')
    sign.className = `emoji e-${piece.codePointAt(0)?.toString(16)}`
    sign.textContent = piece
    return [sign]
  })
}

/** Draws the emoji in what the document itself says. */
export function drawEmoji(element: Element): void {
  const text = element.firstChild
  if (text?.nodeType === Node.TEXT_NODE) text.replaceWith(...withEmoji(text.textContent ?? ''))
}

export interface Item {
  readonly key: string
  /** When this is as before, the element is kept, with focus and all. */
  readonly print: string
  readonly make: () => Node
}

const kept = new WeakMap<Element, Map<string, { readonly print: string; readonly node: Node }>>()

/** Makes the children of `parent` these items. */
export function reconcile(parent: Element, items: readonly Item[]): void {
  const before = kept.get(parent) ?? new Map<string, { print: string; node: Node }>()
  const after = new Map<string, { readonly print: string; readonly node: Node }>()
  const focused = focusOf(parent)
  for (const [index, { key, print, make }] of items.entries()) {
    const old = before.get(key)
    const one = old !== undefined && old.print === print ? old : { print, node: make() }
    after.set(key, one)
    const there = parent.childNodes[index]
    if (there !== one.node) parent.insertBefore(one.node, there ?? null)
  }
  while (parent.childNodes.length > items.length) parent.lastChild?.remove()
  kept.set(parent, after)
  // An element that was redrawn under a person's hands gets its focus back.
  if (focused !== null && document.activeElement === document.body) {
    parent.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus()
  }
}

function focusOf(parent: Element): string | null {
  const active = document.activeElement
  return active instanceof HTMLElement && parent.contains(active)
    ? (active.dataset['focus'] ?? null)
    : null
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}
