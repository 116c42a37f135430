import { describe, expect, it, vi } from 'vitest'
import { filesIn } from '../../src/core/named-files.ts'

const CHANGED = [
  'services/checkout/src/cart.ts',
  'services/prices/src/list.ts',
  'lib/src/list.ts',
  'src/cart.ts',
  'package.json',
  'migrations/0042_drop_cart.sql',
  'web/pages/index.tsx',
]

const named = (...lines: readonly string[]): readonly string[] => [...filesIn(lines, CHANGED)]

describe('A line names a changed file', () => {
  it.each([
    ['by its whole path', 'error in services/prices/src/list.ts', 'services/prices/src/list.ts'],
    ['with a line and a column', 'src/cart.ts:41:7 - TS2322', 'src/cart.ts'],
    ['as a compiler does', 'src/cart.ts(41,7): error', 'src/cart.ts'],
    ['in a stack', 'at run (/srv/box/web/pages/index.tsx:3:1)', 'web/pages/index.tsx'],
    ['by its address', 'file:///app/src/cart.ts:1', 'src/cart.ts'],
    ['in quotes', 'File "./src/cart.ts", line 3', 'src/cart.ts'],
    ['on another system', String.raw`.\src\cart.ts is broken.`, 'src/cart.ts'],
    ['by an end that is its alone', 'pages/index.tsx:9', 'web/pages/index.tsx'],
    ['at the root', 'cannot read package.json!', 'package.json'],
    ['as runners of migrations do', 'applying 0042_drop_cart.sql', 'migrations/0042_drop_cart.sql'],
  ])('%s', (_, line, path) => {
    expect(named(line)).toEqual([path])
  })

  it('as the longest of those that it could be', () => {
    expect(named('at /srv/box/services/checkout/src/cart.ts:4')).toEqual([
      'services/checkout/src/cart.ts',
    ])
  })
})

/** How many letters of ends of paths are put together where folders are so deep. */
function lettersWritten(depth: number): number {
  const deep = Array.from({ length: 30 }, (_, at) => `${at}/${'a/'.repeat(depth)}cart.ts`)
  const join = vi.spyOn(Array.prototype, 'join')
  try {
    const found = filesIn(['a/cart.ts failed', 'b/'.repeat(depth)], deep)
    const letters = join.mock.results.reduce((sum, { value }) => sum + String(value).length, 0)
    if (found.size > 0) throw new Error('a file was named')
    return letters
  } finally {
    join.mockRestore()
  }
}

describe('A line names none', () => {
  it.each([
    ['by an end that several have', 'src/list.ts:3'],
    ['by a name that every folder may have', 'index.tsx:3'],
    ['by a file of a library', 'at /app/node_modules/shop/src/cart.ts:4'],
    ['by a file at the root of something else', '/opt/tool/package.json'],
    ['by a longer name', 'src/cart.tsx'],
    ['without a file', 'exit status 1'],
  ])('%s', (_, line) => {
    expect(named(line)).toEqual([])
  })

  it('at a cost that grows with how deep folders are, and not with its square', () => {
    const [shallow, deep] = [lettersWritten(100), lettersWritten(1_000)]
    expect(shallow).toBeGreaterThan(0)
    expect(deep).toBeLessThanOrEqual(10 * shallow)
  })

  it('where nothing is known to have changed', () => {
    expect([...filesIn(['src/cart.ts'], [])]).toEqual([])
  })
})
