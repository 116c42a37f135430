/** The till: it takes a customer's money, by rules that each change it a little. */
import { readdirSync } from 'node:fs'

const rules = new URL('rules/', import.meta.url)

/** Whoever has luck nowhere else: with so many customers a card is declined now and then. */
const isDeclined = ({ number }) => number % 41 === 0

export async function openTill() {
  let till = { greeting: '', sells: (customer) => !isDeclined(customer) }
  for (const file of readdirSync(rules).sort()) {
    if (file.endsWith('.mjs')) till = (await import(new URL(file, rules).href)).apply(till)
  }
  return till
}
