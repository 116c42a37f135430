/**
 * The bytes of a request, to a cap.
 *
 * Invariant: never more than the cap is held for one request, nor more than the budget for all of
 * them together, whoever sends.
 */
export type RawBody =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly release: () => void }
  | { readonly ok: false; readonly why: 'too_large' | 'too_busy' }

export interface RawBodyOptions {
  /** A body may have so many bytes. */
  readonly cap: number
  /** All bodies under way together may have so many. */
  readonly budget: number
}

/** Makes the reader; what it hands out counts until it is released. */
export function createRawBodyReader({
  cap,
  budget,
}: RawBodyOptions): (request: Request) => Promise<RawBody> {
  let held = 0
  return async (request) => {
    if (Number(request.headers.get('content-length') ?? '0') > cap) {
      return { ok: false, why: 'too_large' }
    }
    const chunks: Uint8Array[] = []
    let length = 0
    const release = (): void => {
      held -= length
      length = 0
    }
    const reader = request.body?.getReader()
    try {
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
        length += part.value.length
        held += part.value.length
        chunks.push(part.value)
        const why = length > cap ? 'too_large' : held > budget ? 'too_busy' : null
        if (why === null) continue
        release()
        await reader?.cancel()
        return { ok: false, why }
      }
    } catch (fault) {
      release()
      throw fault
    }
    return { ok: true, bytes: Buffer.concat(chunks), release }
  }
}
