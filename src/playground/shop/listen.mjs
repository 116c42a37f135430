/**
 * Listens on a free port, and writes into `instance.json` where that is. Without that file nobody
 * could find it again, so then it ends.
 */
import { existsSync, writeFileSync } from 'node:fs'

const LOOK_MS = 2_000

export function listen(server) {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    writeFileSync('instance.json', JSON.stringify({ pid: process.pid, port }))
  })
  setInterval(() => {
    if (server.listening && !existsSync('instance.json')) process.exit()
  }, LOOK_MS).unref()
}
