/**
 * The confirm dialog of Block Kit.
 *
 * Invariant: leaving it in any way but by its confirm button is a no.
 */
import { h } from './dom.ts'
import { drawText, fieldOf, type Naming, wordsOf } from './text.ts'

export function confirmed(confirm: unknown, naming: Naming): Promise<boolean> {
  return new Promise((resolve) => {
    const style = fieldOf(confirm, 'style') === 'danger' ? 'danger' : 'primary'
    const yes = h(
      'button',
      { class: `button ${style}`, type: 'button', onclick: () => leave(true) },
      wordsOf(fieldOf(confirm, 'confirm')) || 'Yes',
    )
    const no = h(
      'button',
      { class: 'button', type: 'button', onclick: () => leave(false) },
      wordsOf(fieldOf(confirm, 'deny')) || 'Cancel',
    )
    const dialog = h(
      'dialog',
      { class: 'dialog', 'aria-labelledby': 'confirm-title' },
      h('h2', { id: 'confirm-title' }, ...drawText(fieldOf(confirm, 'title'), naming)),
      h('div', { class: 'dialog-body' }, ...drawText(fieldOf(confirm, 'text'), naming)),
      h('div', { class: 'dialog-foot' }, no, yes),
    ) as HTMLDialogElement
    let answer = false
    const leave = (given: boolean): void => {
      answer = given
      dialog.close()
    }
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(answer)
    })
    document.body.append(dialog)
    dialog.showModal()
    yes.focus()
  })
}
