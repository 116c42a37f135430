/**
 * Submitting a form: Slack asks for what is required, the app for the rest.
 *
 * Invariant: a form closes only once the app has taken it.
 */
import type { Done, Member, Values, View } from '../page/shape.ts'
import { type Delivered, deliver } from './deliver.ts'
import { isList, isRecord, parsed } from './json.ts'
import { interaction, submission } from './payloads.ts'
import { openModals, pushView, setModals, updateView } from './views.ts'
import type { Wire } from './wire.ts'

const done: Done = { ok: true }
const not = (message: string): Done => ({ ok: false, message })
const TROUBLE = 'We had some trouble connecting. Try again?'

export async function submit(wire: Wire, by: Member, values: Values): Promise<Done> {
  const stack = openModals(wire.store, by.id)
  const view = stack.at(-1)
  if (view === undefined) return done
  const missing = missingInputs(view, values)
  if (Object.keys(missing).length > 0) return { ok: false, errors: missing }
  const trigger = wire.newTrigger(by.id)
  const answer = await deliver(wire, interaction(submission(by, view, { trigger, values })))
  return answer.ok ? afterSubmit(wire, { by, view, answer }) : not(TROUBLE)
}

/** What the app answers to a submission: close, correct, replace, or another on top. */
function afterSubmit(
  wire: Wire,
  { by, view, answer }: { by: Member; view: View; answer: Delivered & { ok: true } },
): Done {
  const body = parsed(answer.body)
  const given = isRecord(body) ? body : {}
  const stack = openModals(wire.store, by.id)
  switch (given['response_action']) {
    case 'errors': {
      const errors = isRecord(given['errors']) ? given['errors'] : {}
      const told = Object.entries(errors).map(([block, why]) => [block, String(why)] as const)
      return { ok: false, errors: Object.fromEntries(told) }
    }
    case 'clear':
      setModals(wire.store, by.id, [])
      return done
    case 'push':
    case 'update': {
      const isPush = given['response_action'] === 'push'
      const put = isPush
        ? pushView(wire, by.id, given['view'])
        : updateView(wire, { view_id: view.id, view: given['view'] })
      return put.ok ? done : not(`${TROUBLE} (${String(put['error'])})`)
    }
    default:
      setModals(
        wire.store,
        by.id,
        stack.filter(({ id }) => id !== view.id),
      )
      return done
  }
}

/** Slack itself asks for what is required, before the app hears of it. */
function missingInputs(view: View, values: Values): Readonly<Record<string, string>> {
  const missing: Record<string, string> = {}
  for (const block of view.blocks) {
    const element = block['element']
    if (block.type !== 'input' || block['optional'] === true || !isRecord(element)) continue
    const given = values[block.block_id ?? '']?.[String(element['action_id'] ?? '')]
    const isFilled =
      isRecord(given) &&
      ['value', 'selected_option', 'selected_user', 'selected_options'].some((key) => {
        const value = given[key]
        return isList(value)
          ? value.length > 0
          : value !== undefined && value !== null && value !== ''
      })
    if (!isFilled) missing[block.block_id ?? ''] = 'Please complete this required field.'
  }
  return missing
}
