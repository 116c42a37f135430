/** The shop: a catalogue, and features that each change it a little. */
import { readdirSync, readFileSync } from 'node:fs'

const here = (path) => new URL(path, import.meta.url)

export async function openShop(environment) {
  let shop = {
    name: 'The Signal Shop',
    environment,
    items: JSON.parse(readFileSync(here('catalog.json'), 'utf8')),
    notices: [],
    isHealthy: () => true,
  }
  for (const file of readdirSync(here('features/')).sort()) {
    if (file.endsWith('.mjs')) shop = (await import(here(`features/${file}`).href)).apply(shop)
  }
  return shop
}

const escaped = (text) =>
  String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

const price = (cents) => `€ ${(cents / 100).toFixed(2)}`

export const render = (shop, version) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escaped(shop.name)}</title>
<style>body{font:16px system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#222}
small{color:#777}li{padding:.3rem 0;display:flex;justify-content:space-between}ul{padding:0}</style>
<h1>${escaped(shop.name)}</h1>
${shop.notices.map((one) => `<p><em>${escaped(one)}</em></p>`).join('\n')}
<ul>${shop.items.map((one) => `<li><span>${escaped(one.name)}</span><b>${price(one.price)}</b></li>`).join('\n')}</ul>
<small>${escaped(shop.environment)} · version ${escaped(version.slice(0, 8))}</small>
</html>`
