/**
 * Blocks, drawn as Slack draws them.
 *
 * Invariant: every block leaves a trace: one that cannot be drawn is named in its place.
 */
import { h } from './dom.ts'
import { drawElement, drawImage, drawSelect, type Stage } from './elements.ts'
import type { Block } from './shape.ts'
import { drawRich, drawText, fieldOf, listOf, wordsOf } from './text.ts'

export function drawBlocks(blocks: readonly Block[], stage: Stage): readonly Node[] {
  return blocks.map((block) => drawBlock(block, stage))
}

function drawBlock(block: Block, stage: Stage): Node {
  const id = block.block_id ?? ''
  const elements = listOf(block['elements'])
  switch (block.type) {
    case 'header':
      return h('h3', { class: 'header' }, ...drawText(block['text'], stage.naming))
    case 'divider':
      return h('hr', { class: 'divider' })
    case 'section':
      return drawSection(block, stage)
    case 'context':
      return h(
        'div',
        { class: 'context' },
        ...elements.map((one) =>
          fieldOf(one, 'type') === 'image'
            ? drawImage(one)
            : h('span', {}, ...drawText(one, stage.naming)),
        ),
      )
    case 'actions':
      return h('div', { class: 'actions' }, ...elements.map((one) => drawElement(one, id, stage)))
    case 'image':
      return h(
        'figure',
        {},
        block['title'] !== undefined && h('figcaption', {}, wordsOf(block['title'])),
        drawImage(block),
      )
    case 'rich_text':
      return drawRich(block, stage.naming)
    case 'input':
      return drawInput(block, stage)
    default:
      return h('div', { class: 'undrawn' }, `[a ${block.type} block, which is not drawn here]`)
  }
}

function drawSection(block: Block, stage: Stage): Node {
  const fields = listOf(block['fields']).map((one) => h('div', {}, ...drawText(one, stage.naming)))
  const accessory = block['accessory']
  return h(
    'div',
    { class: 'section' },
    h(
      'div',
      { class: 'section-text' },
      block['text'] !== undefined && h('div', {}, ...drawText(block['text'], stage.naming)),
      fields.length > 0 && h('div', { class: 'fields' }, ...fields),
    ),
    accessory !== undefined &&
      h('div', { class: 'accessory' }, drawElement(accessory, block.block_id ?? '', stage)),
  )
}

/** An input with its label; a sentence below it says what is wrong, once the app has said so. */
function drawInput(block: Block, stage: Stage): Node {
  const element = block['element']
  const id = block.block_id ?? ''
  const action = String(fieldOf(element, 'action_id') ?? '')
  const control = drawControl(element, { block: id, action, stage })
  control.id = `input-${id}`
  const hint = block['hint']
  control.setAttribute('aria-describedby', `wrong-${id} hint-${id}`)
  const optional = block['optional'] === true
  return h(
    'div',
    { class: 'input', 'data-block': id },
    h(
      'label',
      { for: `input-${id}` },
      ...drawText(block['label'], stage.naming),
      optional && h('span', { class: 'faint' }, ' (optional)'),
    ),
    control,
    h('p', { class: 'wrong', id: `wrong-${id}`, role: 'alert' }),
    hint !== undefined &&
      h('p', { class: 'faint', id: `hint-${id}` }, ...drawText(hint, stage.naming)),
  )
}

function drawControl(
  element: unknown,
  at: { readonly block: string; readonly action: string; readonly stage: Stage },
): HTMLElement {
  const { block, action, stage } = at
  const type = String(fieldOf(element, 'type'))
  if (type === 'static_select' || type === 'users_select') {
    return drawSelect(element, at, true) as HTMLElement
  }
  if (type !== 'plain_text_input') {
    return h('p', { class: 'undrawn' }, `[${type}: not drawn here]`)
  }
  const isLong = fieldOf(element, 'multiline') === true
  const field = h(isLong ? 'textarea' : 'input', {
    class: 'field',
    'data-focus': `${block} ${action}`,
    'data-action': action,
    placeholder: wordsOf(fieldOf(element, 'placeholder')) || null,
    maxlength: String(fieldOf(element, 'max_length') ?? 3_000),
  }) as HTMLInputElement
  const before = fieldOf(stage.kept(block, action), 'value') ?? fieldOf(element, 'initial_value')
  field.value = typeof before === 'string' ? before : ''
  const keep = (): void => stage.keep(block, action, { type, value: field.value || null })
  field.addEventListener('input', keep)
  keep()
  return field
}
