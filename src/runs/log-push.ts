/**
 * Sends a run's log to the server as it grows.
 *
 * Invariant: a convenience. It never delays or fails a run, and the file stays on this machine.
 */
import { open } from 'node:fs/promises'
import { LOG_CHUNK_BYTES_MAX } from './protocol.ts'
import type { ServerLink } from './server-link.ts'

/** Sends what is new since `offset`; answers how far the server has it now. */
export async function pushLog(
  link: ServerLink,
  { run, path, offset }: { readonly run: string; readonly path: string; readonly offset: number },
): Promise<number> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return offset
  try {
    const buffer = Buffer.alloc(LOG_CHUNK_BYTES_MAX)
    let at = offset
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) return at
      const next = await link.log(run, at, buffer.subarray(0, bytesRead))
      if (next <= at && bytesRead > 0 && next !== at + bytesRead) return next
      at = next
    }
  } catch {
    return offset
  } finally {
    await file.close()
  }
}
