/**
 * A first ride in five steps, beside the page.
 *
 * Invariant: it only watches. A step is done when the town or the channel shows it, whoever did it
 * and how; it can be skipped, and stays away once it was.
 */
import { h, type Item, reconcile } from './dom.ts'
import type { Sight } from './shape.ts'

interface Step {
  readonly title: string
  readonly how: string
  readonly isDone: (sight: Sight) => boolean
}

const says = ({ messages }: Sight, pattern: RegExp): boolean =>
  messages.some(({ text, to }) => to === null && pattern.test(text))

const serves = ({ town }: Sight, environment: string): boolean =>
  town?.instances.some((one) => one.environment === environment && one.version !== null) ?? false

const isTakenBack = (sight: Sight): boolean =>
  says(sight, /^⏪ .* (?:took it back|rolls production back)/)

/** Not as soon as production runs it: first it is asked for a while whether it is well. */
const hasArrived = (sight: Sight): boolean =>
  says(sight, /^🏁 Train #\d+ arrived/) || isTakenBack(sight)

const STEPS: readonly Step[] = [
  {
    title: 'Merge a change',
    how: 'Press “Merge it” below. CI tests it, and a train opens its doors in #deploys.',
    isDone: ({ town }) => town !== null && town.merged.length > 0,
  },
  {
    title: 'See who is aboard',
    how: 'The announcement lists every change and its author. Merge another, or press “Depart now”.',
    isDone: (sight) => serves(sight, 'staging') || says(sight, /^🚂 Train #\d+ departed/),
  },
  {
    title: 'Say Good to go',
    how: 'Production waits for everyone aboard. At the top choose who you are; press “Good to go” as each author.',
    isDone: (sight) =>
      hasArrived(sight) ||
      serves(sight, 'production') ||
      says(sight, /^🚀 .*production (?:runs|waits for its agent)/),
  },
  {
    title: 'Watch it arrive',
    how: 'Signalbox asks the shop itself which version it runs and how it is, for ten seconds; only then has the train arrived.',
    isDone: hasArrived,
  },
  {
    title: 'See it fall sick, and go back',
    how: 'Ride #103 to production as well: it is healthy at first. When Signalbox finds it sick, it counts down and takes it back by itself; “Roll back…” or /rollback shop does it at once, “Cancel the rollback” leaves it.',
    isDone: isTakenBack,
  },
]

const KEY = 'signalbox.tour'
const isSkipped = (): boolean => localStorage.getItem(KEY) === 'skipped'

export const tour = h('section', { class: 'tour', 'aria-label': 'Your first ride', hidden: true })

export function updateTour(sight: Sight): void {
  const done = STEPS.findIndex((step) => !step.isDone(sight))
  const at = done === -1 ? STEPS.length : done
  tour.hidden = sight.town === null || isSkipped()
  reconcile(tour, [item(at)])
}

const item = (at: number): Item => ({
  key: 'steps',
  print: String(at),
  make: () => {
    const isOver = at === STEPS.length
    return h(
      'div',
      {},
      h(
        'div',
        { class: 'tour-head' },
        h(
          'h3',
          {},
          isOver ? 'That was a whole ride' : `Your first ride · ${at + 1} of ${STEPS.length}`,
        ),
        h(
          'button',
          { class: 'plain small', type: 'button', 'data-focus': 'tour', onclick: skip },
          isOver ? 'Close' : 'Skip',
        ),
      ),
      h('ol', {}, ...STEPS.map((step, index) => drawStep(step, index, at))),
      isOver &&
        h(
          'p',
          { class: 'small' },
          'Now send a release out in steps: merge for the till, say Good to go, and watch it reach 10, 50, then 100 % of the customers; #503 is found at 10 %, and goes back by itself. Or break something: make CI red, take Slack or GitHub down, kill the worker, or the agent while it deploys, change production by hand. Or let two days pass: then the shop counts its stock, and production is closed.',
        ),
    )
  },
})

function drawStep({ title, how }: Step, index: number, at: number): Node {
  const state = index < at ? 'done' : index === at ? 'now' : 'later'
  return h(
    'li',
    { class: state, 'aria-current': index === at ? 'step' : null },
    h('b', {}, `${index < at ? '✅ ' : ''}${title}`),
    index === at && h('p', { class: 'small' }, how),
  )
}

function skip(): void {
  localStorage.setItem(KEY, 'skipped')
  tour.hidden = true
}
