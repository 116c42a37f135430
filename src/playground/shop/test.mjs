/** What CI runs for every change. */
import assert from 'node:assert/strict'
import { openShop, render } from './shop.mjs'
import { openTill } from './till/till.mjs'

process.env.CI = 'true'
const shop = await openShop('test')
assert.ok(shop.items.length > 0, 'there is something to buy')
for (const { name, price } of shop.items) {
  assert.ok(Number.isInteger(price) && price > 0, `${name} has a price`)
}
assert.match(render(shop, 'test'), /The Signal Shop|Shop/)
const till = await openTill()
assert.ok(till.sells({ number: 1 }), 'somebody can pay')
console.log(`${shop.items.length} items, all with a price`)
