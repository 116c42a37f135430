/** Serves the shop: its page, which version it is, and whether it is well. */
import { createServer } from 'node:http'
import { listen } from './listen.mjs'
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
listen(server)
