/** Serves the till: sales at `/sale/NUMBER`, and at `/metrics` what became of them. */
import { createServer } from 'node:http'
import { listen } from '../listen.mjs'
import { openTill } from './till.mjs'

const [environment = '', release = ''] = process.argv.slice(2)
const till = await openTill()
let sales = 0
let failed = 0

/** As Prometheus reads them (prometheus.io/docs/instrumenting/exposition_formats). */
const metrics = () =>
  `# TYPE sales_total counter
sales_total{release="${release}"} ${sales}
# TYPE failed_sales_total counter
failed_sales_total{release="${release}"} ${failed}
`

const server = createServer(({ url }, response) => {
  const json = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const number = /^\/sale\/(\d+)$/.exec(url)?.[1]
  if (number !== undefined) {
    const isSold = till.sells({ number: Number(number) })
    sales++
    if (!isSold) failed++
    return json(isSold ? 200 : 402, { said: till.greeting })
  }
  if (url === '/metrics') return response.writeHead(200).end(metrics())
  if (url === '/healthz') return json(200, { healthy: true })
  if (url === '/version') {
    return json(200, { version: release, environment, pid: process.pid, health: 'healthy' })
  }
  return json(404, {})
})
listen(server)
