/**
 * Where the playground listens: the port that was asked for, or the next free one.
 *
 * Invariant: only the playground moves. A production server whose port is taken must say so.
 */
import { createServer } from 'node:net'

const TRIES = 20

/** The first free port from `from` on; throws when there is none near. 0: any. */
export async function firstFreePort(from: number, host: string): Promise<number> {
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
