/**
 * The panel of what happens outside of Slack: pull requests, CI, the running shops, the weather.
 *
 * Invariant: it acts through the town alone, as GitHub, CI and the network would.
 */
import { h, type Item, reconcile } from './dom.ts'
import type { Done, Instance, Merged, OpenPull, Sight, Till, Town } from './shape.ts'
import { act, troubleOf } from './talk.ts'
import { tour, updateTour } from './tour.ts'
import { updateWeather, weather } from './weather.ts'

const parts = {
  instances: h('div', { class: 'instances' }),
  next: h('ol', { class: 'pulls' }),
  nextOfTill: h('ol', { class: 'pulls', id: 'till-pulls' }),
  merged: h('ul', { class: 'pulls' }),
  trouble: h('p', { class: 'trouble', role: 'alert' }),
}

const all = h(
  'div',
  {},
  h('h3', {}, 'Running now'),
  parts.instances,
  h('h3', {}, 'Ready to merge'),
  parts.next,
)
const till = h(
  'div',
  {},
  h('h3', {}, 'Ready for the till'),
  h(
    'p',
    { class: 'faint small' },
    'A second pipeline: its releases reach 10, 50, then 100 % of the customers.',
  ),
  parts.nextOfTill,
)
const past = h('div', {}, h('h3', {}, 'Merged'), parts.merged)
const none = h(
  'p',
  { class: 'faint', hidden: true },
  'This is a pipeline of your own: its merges and its CI are yours to make.',
)

export function drawTown(): readonly Node[] {
  return [
    h('h2', {}, 'The town'),
    h(
      'p',
      { class: 'faint small' },
      'What happens outside of Slack. Everything here is real: git, tests, processes.',
    ),
    parts.trouble,
    tour,
    none,
    all,
    till,
    h('h3', {}, 'Weather and time'),
    weather,
    past,
  ]
}

async function tell(asked: Promise<Done>): Promise<void> {
  parts.trouble.textContent = troubleOf(await asked) ?? ''
}

const item = (key: string, value: unknown, make: () => Node): Item => ({
  key,
  print: JSON.stringify(value),
  make,
})

export function updateTown(sight: Sight): void {
  const { town } = sight
  updateTour(sight)
  updateWeather(sight, (asked) => void tell(asked))
  none.hidden = town !== null
  all.hidden = town === null
  till.hidden = town === null || town.nextOfTill.length === 0
  past.hidden = town === null
  if (town === null) return
  const titles = new Map(town.merged.map(({ sha, number }) => [sha, number]))
  reconcile(parts.instances, [
    ...town.instances.map((one) => {
      const number = titles.get(one.version ?? '')
      const onGithub = deploymentOf(town, one)
      return item(one.environment, [one, number, onGithub], () =>
        drawInstance(one, { number, onGithub }),
      )
    }),
    ...town.tills.map((one) => {
      const number = titles.get(one.release)
      return item(`till ${one.release}`, [one, number], () => drawTill(one, number))
    }),
  ])
  for (const queue of ['shop', 'till'] as const) {
    reconcile(
      queue === 'shop' ? parts.next : parts.nextOfTill,
      (queue === 'shop' ? town.next : town.nextOfTill).map((pull, index) => {
        const merging = index > 0 ? 'later' : town.isGithubDown ? 'away' : 'next'
        return item(String(pull.number), [pull, merging], () => drawPull(pull, { merging, queue }))
      }),
    )
  }
  reconcile(
    parts.merged,
    town.merged.length === 0
      ? [item('none', 0, () => h('li', { class: 'faint small' }, 'Nothing yet: merge the first.'))]
      : town.merged.map((one) => item(one.sha, one, () => drawMerged(one))),
  )
}

const SIGNS = { healthy: 'healthy', sick: 'sick: it answers 500', silent: 'not running' } as const

/** GitHub's words for what it shows of a deployment. */
const ON_GITHUB: Readonly<Record<string, string>> = {
  new: 'queued',
  in_progress: 'in progress',
  success: 'active',
}

/** Named by its sha only where something else runs there. */
function deploymentOf({ deployments }: Town, { environment, version }: Instance): string | null {
  // Where several pipelines share a repository, each environment bears its pipeline's name there.
  const names = [environment, `shop/${environment}`]
  const found = deployments.find((one) => names.includes(one.environment))
  if (found === undefined) return null
  const state = ON_GITHUB[found.state] ?? found.state
  return found.sha === version ? state : `${found.sha.slice(0, 8)} ${state}`
}

interface Known {
  /** The change it serves. */
  readonly number: number | undefined
  /** What GitHub shows as deployed there; null: nothing. */
  readonly onGithub: string | null
}

function drawInstance(
  { environment, url, version, health }: Instance,
  { number, onGithub }: Known,
): Node {
  const what = version === null ? SIGNS.silent : named(version, number)
  return h(
    'div',
    { class: `instance ${health}`, 'data-environment': environment },
    h('b', {}, environment),
    h('span', { class: 'version' }, what),
    h(
      'span',
      { class: 'small' },
      version !== null && h('span', { class: 'dot', 'aria-hidden': 'true' }, '●'),
      version !== null && ` ${SIGNS[health]} `,
      url !== null && h('a', { href: url, target: '_blank', rel: 'noopener' }, 'visit ↗'),
    ),
    onGithub !== null && h('span', { class: 'faint small' }, `GitHub: ${onGithub}`),
  )
}

function drawTill({ release, percent, failing }: Till, number: number | undefined): Node {
  const isSick = failing !== null && failing > 0
  const health = failing === null ? 'silent' : isSick ? 'sick' : 'healthy'
  const how = isSick ? `${Math.round(failing * 100)} % of its sales fail` : 'sells'
  return h(
    'div',
    { class: `instance ${health}`, 'data-till': String(number ?? '') },
    h('b', {}, `till · ${percent} %`),
    h('span', { class: 'version' }, named(release, number)),
    h(
      'span',
      { class: 'small' },
      failing !== null && h('span', { class: 'dot', 'aria-hidden': 'true' }, '●'),
      failing === null ? SIGNS.silent : ` ${percent === 0 ? 'ready, nobody is sent to it' : how}`,
    ),
  )
}

const named = (version: string, number: number | undefined): string =>
  `${version.slice(0, 8)}${number === undefined ? '' : ` · #${number}`}`

/** Whether it is the next to be merged, and GitHub there to merge it. */
type Merging = 'next' | 'away' | 'later'

function drawPull(
  pull: OpenPull,
  { merging, queue }: { readonly merging: Merging; readonly queue: 'shop' | 'till' },
): Node {
  const { status } = pull
  const isFirst = merging !== 'later'
  return h(
    'li',
    { class: isFirst ? 'pull first' : 'pull' },
    h('div', {}, h('span', { class: 'faint' }, `#${pull.number} `), h('bdi', {}, pull.title)),
    h('div', { class: 'faint small' }, `by ${pull.author} · ${pull.about}`),
    status !== null &&
      h(
        'div',
        {
          class: 'small status',
          'data-welcome': String(status.isWelcome),
          title: status.description,
        },
        h('b', {}, status.isWelcome ? '✓' : '✗'),
        h('span', { class: 'faint' }, ` ${status.context}`),
        status.isWelcome ? null : `: ${status.description}`,
      ),
    isFirst &&
      h(
        'button',
        {
          class: queue === 'shop' ? 'button primary' : 'button',
          type: 'button',
          id: `merge-${queue}`,
          'data-focus': `merge ${queue}`,
          disabled: merging === 'away',
          onclick: () => merge(queue),
        },
        mergeWords(merging, status?.isWelcome ?? true, queue),
      ),
  )
}

function mergeWords(merging: Merging, isWelcome: boolean, queue: 'shop' | 'till'): string {
  if (merging === 'away') return 'GitHub is down: nobody can merge'
  const what = queue === 'shop' ? 'Merge it' : 'Merge for the till'
  return isWelcome ? what : `${what} anyway`
}

function merge(queue: 'shop' | 'till'): void {
  const button = document.getElementById(`merge-${queue}`)
  button?.setAttribute('disabled', '')
  void tell(act('merge', { queue })).then(() => button?.removeAttribute('disabled'))
}

const CI = { pending: '🟡 CI runs', success: '🟢 CI green', failure: '🔴 CI red' } as const

function drawMerged({ number, title, author, added, removed, sha, ci }: Merged): Node {
  const turn = (status: 'success' | 'failure', words: string): Node =>
    h(
      'button',
      {
        class: 'plain small',
        type: 'button',
        'data-focus': `${status} ${sha}`,
        'aria-label': `${words} for #${number}`,
        onclick: () => void tell(act('check', { sha, status })),
      },
      words,
    )
  return h(
    'li',
    { class: 'pull', 'data-number': String(number), 'data-ci': ci },
    h('div', {}, h('span', { class: 'faint' }, `#${number} `), h('bdi', {}, title)),
    h('div', { class: 'faint small' }, `${sha.slice(0, 8)} · ${author} · +${added} −${removed}`),
    h(
      'div',
      { class: 'small' },
      `${CI[ci]} `,
      ci !== 'success' && turn('success', 'make it green'),
      ci !== 'failure' && turn('failure', 'make it red'),
    ),
  )
}
