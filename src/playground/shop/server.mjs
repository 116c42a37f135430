/**
 * Serves the shop on a free port, and writes into `instance.json` where that is. Without that file
 * nobody could find it again, so then it ends.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { openShop, render } from './shop.mjs'

const [environment = '', version = ''] = process.argv.slice(2)
const shop = await openShop(environment)

const server = createServer(({ url }, response) => {
  const isHealthy = shop.isHealthy()
  const json = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (url === '/version') {
    return json(200, {
      version,
      environment,
      pid: process.pid,
      health: isHealthy ? 'healthy' : 'sick',
    })
  }
  if (url === '/healthz') return json(isHealthy ? 200 : 500, { healthy: isHealthy })
  if (!isHealthy) return response.writeHead(500).end('Out of order')
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(render(shop, version))
})
server.listen(0, '127.0.0.1', () => {
  writeFileSync('instance.json', JSON.stringify({ pid: process.pid, port: server.address().port }))
})

const LOOK_MS = 2_000
setInterval(() => {
  if (server.listening && !existsSync('instance.json')) process.exit()
}, LOOK_MS).unref()
