/**
 * Git over HTTP: the repository is fetched from here as it is from GitHub
 * (git-scm.com/docs/http-protocol).
 *
 * Invariant: read only. Whoever shows a wrong token is refused; the repository is public.
 */
import { spawn } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { type Context, Hono } from 'hono'

const SERVICE = 'git-upload-pack'
const BODY_BYTES_MAX = 16 * 1024 * 1024

/** To be mounted where the repository's address ends. */
export function gitRoutes(folder: string, token: string): Hono {
  const routes = new Hono()
  routes.get('/info/refs', async (c) => {
    if (isStranger(c, token)) return c.text('Invalid credentials', 401)
    if (c.req.query('service') !== SERVICE) return c.text('This town merges pull requests.', 403)
    const refs = await uploadPack(folder, ['--advertise-refs'], null)
    const service = `# service=${SERVICE}\n`
    const length = (service.length + 4).toString(16).padStart(4, '0')
    return packs(c, 'advertisement', Buffer.concat([Buffer.from(`${length}${service}0000`), refs]))
  })
  routes.post(`/${SERVICE}`, async (c) => {
    if (isStranger(c, token)) return c.text('Invalid credentials', 401)
    const sent = Buffer.from(await c.req.arrayBuffer())
    const isZipped = c.req.header('content-encoding') === 'gzip'
    const asked = isZipped ? gunzipSync(sent, { maxOutputLength: BODY_BYTES_MAX }) : sent
    return packs(c, 'result', await uploadPack(folder, [], asked))
  })
  return routes
}

function isStranger(c: Context, token: string): boolean {
  const given = /^Basic (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  if (given === undefined) return false
  return Buffer.from(given, 'base64').toString() !== `x-access-token:${token}`
}

function packs(c: Context, what: 'advertisement' | 'result', bytes: Buffer): Response {
  const headers = {
    'content-type': `application/x-${SERVICE}-${what}`,
    'cache-control': 'no-cache',
  }
  return c.body(new Uint8Array(bytes), 200, headers)
}

function uploadPack(
  folder: string,
  flags: readonly string[],
  input: Buffer | null,
): Promise<Buffer> {
  return new Promise((done, fail) => {
    const args = ['upload-pack', '--stateless-rpc', ...flags, folder]
    const child = spawn('git', args, { stdio: ['pipe', 'pipe', 'ignore'] })
    const parts: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => parts.push(part))
    child.on('error', fail)
    // Git that ends before it has read everything is told by what it wrote.
    child.stdin.on('error', () => {})
    child.on('close', () => done(Buffer.concat(parts)))
    child.stdin.end(input ?? undefined)
  })
}
