/**
 * The CLI's way to the API.
 *
 * Invariant: a refusal is printed as the server words it, with its way out, and ends with 1.
 */
import { visible } from './visible.ts'

type Body = Readonly<Record<string, unknown>>

export interface ApiClient {
  readonly get: (path: string) => Promise<Body>
  readonly command: (pipeline: string, command: Body) => Promise<Body>
  readonly remove: (path: string) => Promise<Body>
  readonly post: (path: string, body: Body) => Promise<Body>
  readonly text: (path: string, write: (text: string) => void) => Promise<void>
}

/** Reads SIGNALBOX_URL and SIGNALBOX_TOKEN when the first call is made. */
export function createApiClient(env: NodeJS.ProcessEnv): ApiClient {
  const call = async (path: string, init: RequestInit): Promise<Response> => {
    const url = (env['SIGNALBOX_URL'] ?? 'http://localhost:3000').replace(/\/+$/, '')
    const token = env['SIGNALBOX_TOKEN']
    if (token === undefined)
      throw new Error(
        'set SIGNALBOX_TOKEN to your token (`/deploy token`), or one of SIGNALBOX_API_TOKENS',
      )
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api/v1${path}`, { ...init, headers }).catch(
      (cause: unknown) => {
        throw new Error(`no server answers at ${url}: is it running? (SIGNALBOX_URL)`, { cause })
      },
    )
    if (!answer.ok) throw new Error(await problemOf(answer))
    return answer
  }
  const json = async (answer: Response): Promise<Body> => (await answer.json()) as Body
  const posted = (body: Body): RequestInit => ({ method: 'POST', body: JSON.stringify(body) })
  return {
    get: async (path) => json(await call(path, {})),
    command: async (pipeline, command) =>
      json(await call(`/pipelines/${encodeURIComponent(pipeline)}/commands`, posted(command))),
    remove: async (path) => json(await call(path, { method: 'DELETE' })),
    post: async (path, body) => json(await call(path, posted(body))),
    text: async (path, write) => {
      const { body } = await call(path, {})
      const decoder = new TextDecoder()
      for await (const bytes of body ?? []) write(decoder.decode(bytes, { stream: true }))
    },
  }
}

async function problemOf(answer: Response): Promise<string> {
  const body = (await answer.json().catch(() => ({}))) as {
    error?: string
    refusal?: { message: string }
  }
  return visible(body.refusal?.message ?? body.error ?? `the server answers ${answer.status}`)
}
