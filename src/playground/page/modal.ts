/**
 * The open modal of the person who acts.
 *
 * Invariant: what the person typed survives an update of the view; closing it tells the app.
 */
import { drawBlocks } from './blocks.ts'
import { h } from './dom.ts'
import { stageAt } from './message.ts'
import type { Sight, View } from './shape.ts'
import { act, troubleOf } from './talk.ts'
import { fieldOf, wordsOf } from './text.ts'

let shown: { readonly print: string; readonly dialog: HTMLDialogElement } | null = null

/** Shows the modal that is open, or none. */
export function showModal(sight: Sight): void {
  const { view } = sight
  const print = view === null ? '' : `${sight.me} ${view.id} ${view.hash}`
  if (print === (shown?.print ?? '')) return
  shown?.dialog.remove()
  shown = null
  if (view === null) return
  const dialog = drawModal(view, sight)
  shown = { print, dialog }
  document.body.append(dialog)
  dialog.showModal()
  dialog.querySelector<HTMLElement>('.field, .select')?.focus()
}

function drawModal(view: View, sight: Sight): HTMLDialogElement {
  const stage = stageAt(`${sight.me} ${view.id}`, sight, async (values, pressing) =>
    troubleOf(await act('press', { view: view.id, values, ...pressing })),
  )
  const wrong = h('p', { class: 'trouble', role: 'alert' })
  const submit = async (): Promise<void> => {
    const done = await act('submit', { values: stage.values() })
    for (const one of dialog.querySelectorAll('.wrong')) one.textContent = ''
    wrong.textContent = ''
    if (done.ok) return
    if ('message' in done) wrong.textContent = done.message
    else {
      for (const [block, why] of Object.entries(done.errors)) {
        const place = dialog.querySelector(`[data-block="${CSS.escape(block)}"] .wrong`)
        if (place === null) wrong.append(why)
        else place.textContent = why
      }
    }
  }
  const close = (): void => void act('close', {})
  const hasSubmit = view['submit'] !== undefined
  const form = h(
    'form',
    {
      class: 'modal-form',
      onsubmit: (event) => {
        event.preventDefault()
        void submit()
      },
    },
    h('div', { class: 'dialog-body' }, ...drawBlocks(view.blocks, stage), wrong),
    h(
      'div',
      { class: 'dialog-foot' },
      h(
        'button',
        { class: 'button', type: 'button', onclick: close },
        wordsOf(view['close']) || 'Cancel',
      ),
      hasSubmit &&
        h(
          'button',
          { class: 'button primary', type: 'submit' },
          wordsOf(fieldOf(view, 'submit')) || 'Submit',
        ),
    ),
  )
  const dialog = h(
    'dialog',
    { class: 'dialog modal', 'aria-labelledby': 'modal-title' },
    h(
      'header',
      { class: 'modal-head' },
      h('span', { 'aria-hidden': 'true' }, '🚂'),
      h('h2', { id: 'modal-title' }, wordsOf(view['title'])),
      h('button', { class: 'plain', type: 'button', 'aria-label': 'Close', onclick: close }, '✕'),
    ),
    form,
  ) as HTMLDialogElement
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault()
    close()
  })
  return dialog
}
