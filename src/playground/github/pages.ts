/**
 * The repository in a browser: what a link in Slack to a pull request, a commit or a comparison opens.
 *
 * Invariant: nothing to press; titles and lines are shown as text, whatever they say.
 */
import { type Context, Hono } from 'hono'
import type { Store } from '../store.ts'
import { git } from '../town/git.ts'
import { pullNumbered } from '../town/pulls.ts'
import { comparisonOf, hasCommit } from './history.ts'
import { FULL_NAME } from './payloads.ts'

const LINES_MAX = 2_000

/** To be mounted at the repository's address. */
export function pageRoutes(folder: string, store: Store): Hono {
  const routes = new Hono()
  const { state } = store
  routes.get('/pull/:number', async (c) => {
    const number = Number(c.req.param('number'))
    const merged = state.merged.find((one) => one.number === number)
    const sha = merged?.sha ?? state.github.heads[String(number)]
    if (sha === undefined) return c.notFound()
    const { title, author } = pullNumbered(number)
    const statuses = state.github.statuses.filter((one) => one.sha === sha)
    const checks = state.github.checks.filter((one) => one.sha === sha)
    return page(c, {
      title: `${title} #${number}`,
      said: [
        `${author} · ${merged === undefined ? 'open' : `merged as ${sha.slice(0, 8)}`}`,
        ...checks.map(({ name, conclusion }) => `${name}: ${conclusion ?? 'runs'}`),
        ...statuses.map(
          ({ context, state: its, description }) => `${context}: ${its}, ${description}`,
        ),
      ],
      diff: await git(folder, 'diff', `${sha}^1`, sha),
    })
  })
  routes.get('/issues/:number', (c) => {
    const found = state.github.issues.find((one) => String(one.number) === c.req.param('number'))
    if (found === undefined) return c.notFound()
    // What stands between these marks GitHub does not show.
    const lines = found.body.replace(/<!--[\s\S]*?-->/g, '').split('\n')
    return page(c, {
      title: `${found.title} #${found.number}`,
      said: [found.state, ...lines.filter((line) => line.trim() !== '')],
      diff: '',
    })
  })
  routes.get('/commit/:sha', async (c) => {
    const sha = c.req.param('sha')
    if (!(await hasCommit(folder, sha))) return c.notFound()
    const title = await git(folder, 'show', '--no-patch', '--format=%s', sha)
    const by = await git(folder, 'show', '--no-patch', '--format=%an', sha)
    return page(c, {
      title,
      said: [`${by} · ${sha.slice(0, 8)}`],
      diff: await git(folder, 'show', '--first-parent', '--format=', sha),
    })
  })
  routes.get('/compare/:basehead', async (c) => {
    const [base = '', head = ''] = c.req.param('basehead').split('...')
    const compared = await comparisonOf(folder, base, head)
    if (compared === null) return c.notFound()
    const { shas } = compared
    return page(c, {
      title: `${base.slice(0, 8)} … ${head.slice(0, 8)}`,
      said: [shas.length === 1 ? '1 commit' : `${shas.length} commits`],
      diff: await git(folder, 'diff', base, head),
    })
  })
  return routes
}

interface Shown {
  readonly title: string
  readonly said: readonly string[]
  readonly diff: string
}

function page(c: Context, { title, said, diff }: Shown): Response | Promise<Response> {
  const lines = diff.split('\n')
  const more = lines.length - LINES_MAX
  c.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
  return c.html(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<p class="faint">${FULL_NAME} · the town’s GitHub</p>
<h1>${escaped(title)}</h1>
${said.map((one) => `<p>${escaped(one)}</p>`).join('\n')}
${diff === '' ? '' : `<pre>${lines.slice(0, LINES_MAX).map(drawn).join('\n')}</pre>`}
${more > 0 ? `<p class="faint">and ${more} lines more</p>` : ''}</body></html>`)
}

function drawn(line: string): string {
  const kind = /^(?:\+\+\+|---|diff |index |new file|deleted)/.test(line)
    ? 'file'
    : line.startsWith('+')
      ? 'added'
      : line.startsWith('-')
        ? 'removed'
        : ''
  return kind === '' ? escaped(line) : `<span class="${kind}">${escaped(line)}</span>`
}

const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')

const STYLE = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:.2rem 0 .8rem;overflow-wrap:anywhere}p{margin:.2rem 0}.faint{opacity:.7}
pre{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace;overflow-x:auto;padding:.8rem 1rem;
border:1px solid #8886;border-radius:8px;margin-top:1rem}
.added{color:light-dark(#116329,#7ee787)}.removed{color:light-dark(#a40e26,#ff9492)}
.file{opacity:.7}`
