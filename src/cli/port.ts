/**
 * Where a server listens, and under which address it is known.
 *
 * Invariant: only the playground moves to another port. A production server whose port is taken must
 * say so. With port 0 one is chosen before anything names it in a link.
 */
import { createServer } from 'node:net'
import type { Config } from '../config/environment.ts'

const TRIES = 20

type Place = Pick<Config, 'host' | 'port' | 'url'>

/** The sample is for this machine alone, on the next free port; an installation is where it says. */
export async function placed<T extends Place>(
  config: T,
  what: 'sample' | 'installation',
): Promise<T> {
  const host = config.host ?? (what === 'sample' ? '127.0.0.1' : '0.0.0.0')
  const moves = what === 'sample' || config.port === 0
  const port = moves ? await firstFreePort(config.port, host) : config.port
  const isByDefault = config.url === `http://localhost:${config.port}`
  return { ...config, host, port, url: isByDefault ? `http://localhost:${port}` : config.url }
}

/** The first free port from `from` on; throws when there is none near. 0: any. */
async function firstFreePort(from: number, host: string): Promise<number> {
  for (let port = from; port < from + TRIES && port <= 65_535; port += 1) {
    const free = await probe(port, host)
    if (free !== null) return free
  }
  throw new Error(`ports ${from} to ${from + TRIES - 1} are all taken: set PORT to a free one`)
}

function probe(port: number, host: string): Promise<number | null> {
  return new Promise((answer, fail) => {
    const server = createServer()
    server.once('error', (fault: NodeJS.ErrnoException) => {
      if (fault.code === 'EADDRINUSE') answer(null)
      else fail(fault)
    })
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() =>
        answer(typeof address === 'object' && address !== null ? address.port : null),
      )
    })
  })
}
