/**
 * The till's pull requests that wait to be merged: what goes out in steps, and why it should.
 *
 * Invariant: pure. Each can be applied to the till as it stands, whatever was merged before.
 */
import type { Files, Given } from './pull-request.ts'

const rule = (name: string, body: string): Files => ({
  [`till/rules/${name}.mjs`]: `export const apply = (till) => ({\n  ...till,\n${body}\n})\n`,
})

const greeting = (name: string, words: string): Files =>
  rule(name, `  greeting: \`\${till.greeting} \${${JSON.stringify(words)}}\`,`)

/** Nobody in CI ever came with a note only. */
const EXACT = `  sells: (customer) => {
    const hasChange = customer.number % 3 !== 0
    return hasChange && till.sells(customer)
  },`

const QUEUE: readonly Given[] = [
  {
    title: 'Open the till',
    author: 'ana',
    about: 'the first: nothing is there yet to compare it with',
    edit: () => greeting('10-open', 'We are open!'),
  },
  {
    title: 'Wish a good journey',
    author: 'bob',
    about: 'a good one: compared with the old one at 10, 50 and 100 %',
    edit: () => greeting('11-journey', 'Have a good journey.'),
  },
  {
    title: 'Ask for exact change',
    author: 'cem',
    about: 'passes CI, but every third sale fails: found at 10 %, and taken back',
    edit: () => rule('20-exact', EXACT),
  },
  {
    title: 'Revert "Ask for exact change"',
    author: 'cem',
    about: 'a revert: with it the till goes on after the rollback',
    reverts: 503,
  },
]

const AUTHORS = ['ana', 'bob', 'cem'] as const

/** The pull request of that place in the queue, which never ends. */
export function tillPull(index: number): Given {
  return (
    QUEUE[index] ?? {
      title: `Greet in words of kind ${index + 1}`,
      author: AUTHORS[index % AUTHORS.length] ?? 'ana',
      about: 'small',
      edit: () => greeting(`30-greeting-${index}`, `Hello ${index + 1}.`),
    }
  )
}
