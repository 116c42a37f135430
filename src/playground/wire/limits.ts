/**
 * Slack's documented limits of messages and views (docs.slack.dev/reference/block-kit).
 *
 * Invariant: says what Slack would refuse, each with its place as a JSON pointer; changes nothing.
 * Numbers that Slack does not document are those at which it was seen to refuse.
 */
import { isList, isRecord, type Json } from './json.ts'

export interface Wrong {
  readonly at: string
  readonly message: string
}

type Report = (at: string, message: string) => undefined
type Surface = 'message' | 'modal' | 'home'

const IDS_MAX = 255
export const BLOCKS_MAX = { message: 50, modal: 100, home: 100 } as const
/** Of all text in the blocks of one message; beyond, Slack says `msg_blocks_too_long`. */
export const BLOCK_TEXT_MAX = 13_200

const reporting =
  (wrong: Wrong[]): Report =>
  (at, message) => {
    wrong.push({ at, message })
    return undefined
  }

/** What is wrong with these blocks on that surface. */
export function wrongBlocks(blocks: unknown, surface: Surface): readonly Wrong[] {
  const wrong: Wrong[] = []
  const report = reporting(wrong)
  if (!isList(blocks)) return [{ at: '/blocks', message: 'must be an array' }]
  if (blocks.length > BLOCKS_MAX[surface]) {
    report('/blocks', `no more than ${BLOCKS_MAX[surface]} items allowed`)
  }
  const ids = new Set<string>()
  for (const [index, block] of blocks.entries()) {
    const at = `/blocks/${index}`
    if (!isRecord(block)) {
      report(at, 'must be an object')
      continue
    }
    id(report, block, { at, key: 'block_id' })
    const blockId = block['block_id']
    if (typeof blockId === 'string' && ids.has(blockId)) {
      report(`${at}/block_id`, `\`block_id\` already exists: ${blockId}`)
    }
    if (typeof blockId === 'string') ids.add(blockId)
    checkBlock(report, block, { at, surface })
  }
  return wrong
}

/** How much text the blocks carry. */
export function textLength(value: unknown): number {
  if (isList(value)) return value.reduce<number>((sum, one) => sum + textLength(one), 0)
  if (!isRecord(value)) return 0
  return Object.entries(value).reduce(
    (sum, [key, one]) =>
      sum + (key === 'text' && typeof one === 'string' ? one.length : textLength(one)),
    0,
  )
}

/** What is wrong with a view: its frame and its blocks. */
export function wrongView(view: Json): readonly Wrong[] {
  const type = view['type']
  if (type !== 'modal' && type !== 'home') {
    return [{ at: '/view/type', message: 'must be a valid view type: modal or home' }]
  }
  const wrong: Wrong[] = []
  const report = reporting(wrong)
  id(report, view, { at: '/view', key: 'callback_id' })
  size(report, view['private_metadata'], { at: '/view/private_metadata', max: 3_000 })
  if (type === 'modal') {
    plain(report, view['title'], { at: '/view/title', max: 24 })
    for (const key of ['submit', 'close']) {
      if (view[key] !== undefined) plain(report, view[key], { at: `/view/${key}`, max: 24 })
    }
    const inputs = isList(view['blocks'])
      ? view['blocks'].filter((block) => isRecord(block) && block['type'] === 'input')
      : []
    if (inputs.length > 0 && view['submit'] === undefined) {
      report('/view/submit', 'a submit button is required when the view has an input')
    }
  }
  const inBlocks = wrongBlocks(view['blocks'], type)
  return [...wrong, ...inBlocks.map(({ at, message }) => ({ at: `/view${at}`, message }))]
}

interface Place {
  readonly at: string
  readonly surface: Surface
}

const ACTIONS = [
  'button',
  'overflow',
  'static_select',
  'users_select',
  'channels_select',
  'conversations_select',
  'external_select',
  'multi_static_select',
  'checkboxes',
  'radio_buttons',
  'datepicker',
  'timepicker',
]
const INPUTS = [...ACTIONS.slice(2), 'plain_text_input', 'number_input', 'email_text_input']

function checkBlock(report: Report, block: Json, { at, surface }: Place): undefined {
  switch (block['type']) {
    case 'header':
      return plain(report, block['text'], { at: `${at}/text`, max: 150 })
    case 'divider':
      return
    case 'section':
      return checkSection(report, block, at)
    case 'context':
      return each(report, block['elements'], { at: `${at}/elements`, max: 10 }, (one, place) => {
        if (isRecord(one) && one['type'] === 'image') checkImage(report, one, place)
        else text(report, one, { at: place, max: 3_000 })
      })
    case 'actions':
      return checkActions(report, block, at)
    case 'image':
      return checkImage(report, block, at)
    case 'rich_text':
      return each(report, block['elements'], { at: `${at}/elements`, max: 100 }, (one, place) => {
        const kinds = ['section', 'list', 'preformatted', 'quote'].map(
          (kind) => `rich_text_${kind}`,
        )
        if (!isRecord(one) || !kinds.includes(String(one['type']))) {
          report(`${place}/type`, 'unsupported type')
        }
      })
    case 'input':
      if (surface === 'message') return report(`${at}/type`, 'unsupported type: input')
      plain(report, block['label'], { at: `${at}/label`, max: 2_000 })
      if (block['hint'] !== undefined)
        plain(report, block['hint'], { at: `${at}/hint`, max: 2_000 })
      return checkElement(report, block['element'], { at: `${at}/element`, kinds: INPUTS })
    default:
      return report(`${at}/type`, `unsupported type: ${String(block['type'])}`)
  }
}

function checkSection(report: Report, block: Json, at: string): undefined {
  const { text: words, fields, accessory } = block
  if (words === undefined && fields === undefined) {
    report(at, 'a section needs `text` or `fields`')
  }
  if (words !== undefined) text(report, words, { at: `${at}/text`, max: 3_000 })
  if (fields !== undefined) {
    each(report, fields, { at: `${at}/fields`, max: 10 }, (one, place) =>
      text(report, one, { at: place, max: 2_000 }),
    )
  }
  if (isRecord(accessory) && accessory['type'] === 'image') {
    checkImage(report, accessory, `${at}/accessory`)
  } else if (accessory !== undefined) {
    checkElement(report, accessory, { at: `${at}/accessory`, kinds: ACTIONS })
  }
}

function checkActions(report: Report, block: Json, at: string): undefined {
  const seen = new Set<unknown>()
  each(report, block['elements'], { at: `${at}/elements`, max: 25 }, (one, place) => {
    checkElement(report, one, { at: place, kinds: ACTIONS })
    const action = isRecord(one) ? one['action_id'] : undefined
    if (action !== undefined && seen.has(action)) {
      report(`${place}/action_id`, `\`action_id\` ${String(action)} already exists`)
    }
    seen.add(action)
  })
}

function checkImage(report: Report, image: Json, at: string): undefined {
  size(report, image['image_url'], { at: `${at}/image_url`, max: 3_000 })
  size(report, image['alt_text'], { at: `${at}/alt_text`, max: 2_000, min: 1 })
}

interface Kinds {
  readonly at: string
  readonly kinds: readonly string[]
}

function checkElement(report: Report, element: unknown, { at, kinds }: Kinds): undefined {
  if (!isRecord(element)) return report(at, 'must be an object')
  const type = String(element['type'])
  if (!kinds.includes(type)) return report(`${at}/type`, `unsupported type: ${type}`)
  id(report, element, { at, key: 'action_id' })
  if (element['confirm'] !== undefined) checkConfirm(report, element['confirm'], `${at}/confirm`)
  if (element['placeholder'] !== undefined) {
    plain(report, element['placeholder'], { at: `${at}/placeholder`, max: 150 })
  }
  if (type === 'button') return checkButton(report, element, at)
  const max = { overflow: 5, checkboxes: 10, radio_buttons: 10 }[type] ?? 100
  if (element['options'] !== undefined || type === 'overflow') {
    each(report, element['options'], { at: `${at}/options`, max }, (one, place) =>
      checkOption(report, one, place),
    )
  }
  if (type === 'plain_text_input') {
    size(report, element['initial_value'], { at: `${at}/initial_value`, max: 3_000 })
  }
}

function checkButton(report: Report, button: Json, at: string): undefined {
  plain(report, button['text'], { at: `${at}/text`, max: 75 })
  size(report, button['value'], { at: `${at}/value`, max: 2_000 })
  size(report, button['url'], { at: `${at}/url`, max: 3_000 })
  size(report, button['accessibility_label'], { at: `${at}/accessibility_label`, max: 75 })
  const style = button['style']
  if (style !== undefined && style !== 'primary' && style !== 'danger') {
    report(`${at}/style`, 'must be primary or danger')
  }
}

function checkOption(report: Report, option: unknown, at: string): undefined {
  if (!isRecord(option)) return report(at, 'must be an object')
  text(report, option['text'], { at: `${at}/text`, max: 75 })
  size(report, option['value'], { at: `${at}/value`, max: 150 })
}

function checkConfirm(report: Report, confirm: unknown, at: string): undefined {
  if (!isRecord(confirm)) return report(at, 'must be an object')
  plain(report, confirm['title'], { at: `${at}/title`, max: 100 })
  text(report, confirm['text'], { at: `${at}/text`, max: 300 })
  for (const key of ['confirm', 'deny']) {
    if (confirm[key] !== undefined) plain(report, confirm[key], { at: `${at}/${key}`, max: 30 })
  }
}

interface Bound {
  readonly at: string
  readonly max: number
  readonly min?: number
}

function each(
  report: Report,
  list: unknown,
  bound: Bound & { readonly each?: never },
  look: (one: unknown, at: string) => undefined,
): undefined {
  if (!isList(list) || list.length === 0) return report(bound.at, 'must have at least one item')
  if (list.length > bound.max) report(bound.at, `no more than ${bound.max} items allowed`)
  for (const [index, one] of list.entries()) look(one, `${bound.at}/${index}`)
}

function text(report: Report, value: unknown, bound: Bound): undefined {
  if (!isRecord(value) || (value['type'] !== 'mrkdwn' && value['type'] !== 'plain_text')) {
    return report(bound.at, 'must be a text object')
  }
  size(report, value['text'], { min: 1, ...bound, at: `${bound.at}/text` })
}

function plain(report: Report, value: unknown, bound: Bound): undefined {
  if (isRecord(value) && value['type'] === 'mrkdwn') {
    return report(`${bound.at}/type`, 'must be plain_text')
  }
  text(report, value, bound)
}

function size(report: Report, value: unknown, { at, max, min = 0 }: Bound): undefined {
  if (value === undefined && min === 0) return
  if (typeof value !== 'string') return report(at, 'must be a string')
  if (value.length > max) report(at, `must be less than ${max + 1} characters`)
  if (value.length < min) report(at, `must be more than ${min - 1} characters`)
}

function id(report: Report, of: Json, { at, key }: { at: string; key: string }): undefined {
  size(report, of[key], { at: `${at}/${key}`, max: IDS_MAX })
}
