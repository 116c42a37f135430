/**
 * The shop's pull requests that wait to be merged: small, large, careless and hostile ones.
 *
 * Invariant: pure. Each can be applied to the shop as it stands, whatever was merged before.
 */
import type { Files, Given } from './pull-request.ts'

const feature = (name: string, body: string): Files => ({ [`features/${name}.mjs`]: body })

const notice = (name: string, text: string): Files =>
  feature(
    name,
    `export const apply = (shop) => ({\n  ...shop,\n  notices: [...shop.notices, ${JSON.stringify(text)}],\n})\n`,
  )

const item =
  (name: string, price: number) =>
  (read: (path: string) => string): Files => {
    const items: unknown[] = JSON.parse(read('catalog.json'))
    const lines = [...items, { name, price }].map((one) => `  ${JSON.stringify(one)}`)
    return { 'catalog.json': `[\n${lines.join(',\n')}\n]\n` }
  }

/** A pull request of some size: one line for each town we ship to. */
const shipping = (): Files => {
  const towns = Array.from(
    { length: 240 },
    (_, at) => `  'Town ${at + 1}': ${300 + (at % 9) * 50},`,
  )
  const body = `export const RATES = {\n${towns.join('\n')}\n}\n\nexport const apply = (shop) => ({\n  ...shop,\n  notices: [...shop.notices, \`We ship to \${Object.keys(RATES).length} towns\`],\n})\n`
  return feature('30-shipping', body)
}

const NEEDS_KEY = `const key = process.env.CI ? 'test' : process.env.PAYMENTS_KEY
if (!key) throw new Error('PAYMENTS_KEY is not set in this environment')

export const apply = (shop) => ({ ...shop, notices: [...shop.notices, 'Pay by card!'] })
`

const LEAKS = `const started = Date.now()

// Remembers every visitor, for ever. Only production has enough of them for it to matter.
const isTooMuch = (shop) => shop.environment === 'production' && Date.now() - started > 8_000

export const apply = (shop) => ({
  ...shop,
  notices: [...shop.notices, 'Others also bought: more bells'],
  isHealthy: () => shop.isHealthy() && !isTooMuch(shop),
})
`

const QUEUE: readonly Given[] = [
  {
    title: 'Cache the price list',
    author: 'ana',
    about: 'small',
    edit: () => notice('10-cache', 'Prices now load at once'),
  },
  {
    title: 'Drop the legacy cart',
    author: 'bob',
    about: 'small',
    edit: () => notice('11-cart', 'A cart that remembers'),
  },
  {
    title: 'Recommend more bells',
    author: 'cem',
    about: 'healthy at first, sick after 8 seconds in production',
    edit: () => feature('50-recommend', LEAKS),
  },
  {
    title: 'Revert "Recommend more bells"',
    author: 'cem',
    about: 'a revert: with it the line goes on after a rollback',
    reverts: 103,
  },
  {
    title: 'Sell the station clock',
    author: 'cem',
    about: 'small',
    edit: item('Station clock', 12_900),
  },
  {
    title: 'Ship to 240 towns',
    author: 'ana',
    about: 'large: some 250 lines',
    edit: shipping,
  },
  {
    title: 'Keep a history of orders',
    author: 'bob',
    about: 'with a migration: once it is live for 30 seconds, bob runs it from its card',
    labels: ['migration'],
    edit: () => ({
      'migrations/0001_orders.sql':
        'CREATE TABLE orders (\n  id bigint PRIMARY KEY,\n  total_cents integer NOT NULL\n);\n',
      ...notice('32-orders', 'See your past orders'),
    }),
  },
  {
    title: 'Bump undici from 7.9.0 to 7.10.0',
    author: 'dependabot[bot]',
    mergedBy: 'cem',
    about: 'a bot’s bump: merged by cem, who is asked in its place',
    labels: ['dependencies'],
    edit: (read) => ({ 'package.json': read('package.json').replace('7.9.0', '7.10.0') }),
  },
  {
    title: 'Give the first bell away',
    author: 'cem',
    about: 'fails CI: a price of nothing',
    edit: (read) => ({
      'catalog.json': read('catalog.json').replace(/"price":\s*1200/, '"price": 0'),
    }),
  },
  {
    title: 'Revert "Give the first bell away"',
    author: 'cem',
    about: 'a revert, which makes CI green again',
    reverts: 109,
  },
  {
    title: 'Take cards',
    author: 'ana',
    about: 'passes CI, and its deploy fails: a key is missing',
    edit: () => feature('40-payments', NEEDS_KEY),
  },
  {
    title: 'Revert "Take cards"',
    author: 'ana',
    about: 'a revert',
    reverts: 111,
  },
  {
    title: '<!channel> *FREE* <https://evil.example|click me> & `rm -rf /` \u202egnorw',
    author: 'bob',
    about: 'a hostile title: it must mention nobody and link nowhere',
    edit: () => notice('41-free', 'Free shipping today'),
  },
  {
    title: 'Forget the old list of orders',
    author: 'bob',
    about: 'removes the old code: it waits until the migration of #107 is verified',
    labels: ['contract'],
    edit: () => notice('42-orders', 'Your past orders, faster'),
  },
]

const AUTHORS = ['ana', 'bob', 'cem'] as const
const GOODS = ['Ticket punch', 'Oil can', 'Platform bench', 'Timetable', 'Lantern wick', 'Red flag']

/** The pull request of that place in the queue, which never ends. */
export function shopPull(index: number): Given {
  const good = GOODS[index % GOODS.length] ?? 'Bell'
  return (
    QUEUE[index] ?? {
      title: `Sell the ${good.toLowerCase()}`,
      author: AUTHORS[index % AUTHORS.length] ?? 'ana',
      about: 'small',
      edit: item(good, 500 + 50 * index),
    }
  )
}
