/**
 * What goes wrong outside, and time itself: the buttons that break and mend, and let it pass.
 *
 * Invariant: whatever is broken here is really broken, and the button says how to mend it.
 */
import { townNow } from './clock.ts'
import { h, type Item, reconcile } from './dom.ts'
import type { Done, Sight, Town } from './shape.ts'
import { act } from './talk.ts'

const LEAPS = [
  { minutes: 5, words: '5 min' },
  { minutes: 60, words: '1 h' },
  { minutes: 24 * 60, words: '1 day' },
] as const

type Tell = (asked: Promise<Done>) => void

export const weather = h('div', { class: 'weather' })

export function updateWeather({ town, isSlackDown, aheadMs }: Sight, tell: Tell): void {
  reconcile(weather, [
    item('slack', isSlackDown, () => drawOutage('Slack', 'slack', isSlackDown, tell)),
    ...(town === null
      ? []
      : [
          item('github', town.isGithubDown, () =>
            drawOutage('GitHub', 'github', town.isGithubDown, tell),
          ),
          item('webhooks', [town.areWebhooksLost, town.isGithubDown], () =>
            drawWebhooks(town, tell),
          ),
          item('agent', town.agent, () => drawProcess(AGENT, town.agent, tell)),
          item('worker', town.worker, () => drawProcess(WORKER, town.worker, tell)),
          item('by-hand', isLive(town), () => drawByHand(isLive(town), tell)),
        ]),
    ...(town?.canSkipTime === true ? [item('time', aheadMs, () => drawTime(aheadMs, tell))] : []),
  ])
}

const item = (key: string, value: unknown, make: () => Node): Item => ({
  key,
  print: JSON.stringify(value),
  make,
})

function drawOutage(name: string, key: string, isDown: boolean, tell: Tell): Node {
  return h(
    'button',
    {
      class: isDown ? 'button primary' : 'button',
      type: 'button',
      id: `${key}-down`,
      'data-focus': key,
      'aria-label': isDown ? `Bring ${name} back up` : `Take ${name} down`,
      onclick: () => tell(act(key, { down: !isDown })),
    },
    isDown ? `☀ ${name} back up` : `⛈ ${name} down`,
  )
}

function drawWebhooks({ areWebhooksLost, isGithubDown }: Town, tell: Tell): Node {
  return h(
    'div',
    { class: 'wide' },
    h(
      'button',
      {
        class: areWebhooksLost ? 'button primary' : 'button',
        type: 'button',
        id: 'webhooks-down',
        'data-focus': 'webhooks',
        disabled: isGithubDown,
        onclick: () => tell(act('webhooks', { down: !areWebhooksLost })),
      },
      areWebhooksLost ? '☀ Deliver GitHub’s webhooks again' : '⛈ Lose GitHub’s webhooks',
    ),
    h(
      'span',
      { class: 'faint small' },
      areWebhooksLost
        ? 'Merge now: Signalbox asks GitHub by itself, once a minute.'
        : 'Merging goes on, and Signalbox is not told.',
    ),
  )
}

interface Killable {
  readonly which: 'agent' | 'worker'
  readonly does: string
  readonly gone: string
}

const AGENT: Killable = {
  which: 'agent',
  does: 'deploys. A deploy under way survives it.',
  gone: 'It is gone; the next one starts…',
}

const WORKER: Killable = {
  which: 'worker',
  does: 'moves the trains, and tells Slack and GitHub.',
  gone: 'It is gone: what you press counts, but nothing moves. The next one comes in a few seconds…',
}

function drawProcess({ which, does, gone }: Killable, pid: number | null, tell: Tell): Node {
  return h(
    'div',
    { class: 'wide' },
    h(
      'button',
      {
        class: 'button',
        type: 'button',
        id: `kill-${which}`,
        'data-focus': which,
        disabled: pid === null,
        onclick: () => tell(act('kill', { which })),
      },
      `💥 Kill the ${which}`,
    ),
    h(
      'span',
      { class: 'small process', role: 'status', 'data-alive': String(pid !== null) },
      h('span', { class: 'dot', 'aria-hidden': 'true' }, '● '),
      h('span', { class: 'faint' }, pid === null ? gone : `Process ${pid} ${does}`),
    ),
  )
}

const isLive = ({ instances }: Town): boolean =>
  instances.some((one) => one.environment === 'production' && one.version !== null)

function drawByHand(isThere: boolean, tell: Tell): Node {
  return h(
    'div',
    { class: 'wide' },
    h(
      'button',
      {
        class: 'button',
        type: 'button',
        id: 'by-hand',
        'data-focus': 'by-hand',
        disabled: !isThere,
        onclick: () => tell(act('by-hand', {})),
      },
      '🔧 Change production by hand',
    ),
    h(
      'span',
      { class: 'faint small' },
      isThere
        ? 'Past every train. Signalbox notices within half a minute.'
        : 'Nothing runs there yet.',
    ),
  )
}

function drawTime(aheadMs: number, tell: Tell): Node {
  const time = new Intl.DateTimeFormat('en', {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(townNow())
  const minutes = Math.round(aheadMs / 60_000)
  const ahead = minutes === 0 ? 'as everywhere' : `${spanOf(minutes)} ahead of everywhere`
  return h(
    'div',
    { class: 'wide' },
    h('span', { class: 'small' }, '⏩ Let time pass'),
    h(
      'span',
      { class: 'leaps' },
      ...LEAPS.map((leap) =>
        h(
          'button',
          {
            class: 'button',
            type: 'button',
            'data-focus': `skip ${leap.minutes}`,
            'aria-label': `Let ${leap.words} pass`,
            onclick: () => tell(act('skip', { minutes: leap.minutes })),
          },
          `+ ${leap.words}`,
        ),
      ),
    ),
    h('span', { class: 'faint small', role: 'status' }, `${time} in the town, ${ahead}.`),
  )
}

function spanOf(minutes: number): string {
  const days = Math.floor(minutes / 1_440)
  const hours = Math.floor((minutes % 1_440) / 60)
  const parts = [
    [days, 'd'],
    [hours, 'h'],
    [minutes % 60, 'min'],
  ] as const
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}
