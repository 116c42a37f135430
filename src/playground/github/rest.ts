/**
 * GitHub's REST API, as far as it is asked of the town's repository (docs.github.com/en/rest).
 *
 * Invariant: answers what stands in git and in the book; whatever else is asked, 501.
 */
import { type Context, Hono } from 'hono'
import { MEMBERS } from '../members.ts'
import type { Merged } from '../page/shape.ts'
import type { Store } from '../store.ts'
import { pullNumbered } from '../town/pulls.ts'
import { isRecord, type Json } from '../wire/json.ts'
import {
  fileDeployment,
  fileDeploymentState,
  fileIssue,
  fileIssueState,
  fileStatus,
  type Issue,
} from './book.ts'
import { commitsOf, comparisonOf, filesOf, hasCommit, headOf } from './history.ts'
import { checkRun, commitAnswer, FULL_NAME, mergedPull, openPull } from './payloads.ts'

export interface RestParts {
  readonly folder: string
  readonly store: Store
  /** Milliseconds since the epoch, in the town. */
  readonly now: () => number
}

const DESCRIPTION_MAX = 140

const notFound = (c: Context): Response => c.json({ message: 'Not Found' }, 404)

const invalid = (c: Context): Response => c.json({ message: 'Validation Failed' }, 422)

/** To be mounted at the API's base address. */
export function restRoutes(parts: RestParts): Hono {
  const routes = new Hono()
  routes.use('*', async (c, next) => {
    const { token } = parts.store.state.github
    const given = /^(?:token|bearer) (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (given !== token) return c.json({ message: 'Bad credentials' }, 401)
    await next()
    return undefined
  })
  routes.get('/user', (c) => c.json(BOT))
  routes.get('/users/:login', (c) => {
    const login = c.req.param('login')
    const member = MEMBERS.find(({ name, kind }) => name === login && kind !== 'bot')
    if (member !== undefined) return c.json({ login, type: 'User', email: member.email })
    return login.endsWith('[bot]') ? c.json({ login, type: 'Bot', email: null }) : notFound(c)
  })
  const own = new Hono()
  readRoutes(own, parts)
  writeRoutes(own, parts)
  issueRoutes(own, parts)
  routes.route(`/repos/${FULL_NAME}`, own)
  routes.all('/repos/:owner/:repo/*', (c) =>
    `${c.req.param('owner')}/${c.req.param('repo')}` === FULL_NAME
      ? c.json({ message: `the town does not know ${c.req.method} ${c.req.path}` }, 501)
      : notFound(c),
  )
  return routes
}

function readRoutes(routes: Hono, { folder, store }: RestParts): void {
  const { state } = store
  routes.get('/git/ref/:ref{.+}', async (c) =>
    c.req.param('ref') === 'heads/main'
      ? c.json({ ref: 'refs/heads/main', object: { sha: await headOf(folder) } })
      : notFound(c),
  )
  routes.get('/git/commits/:sha', (c) => commit(c, folder, c.req.param('sha')))
  routes.get('/commits/:sha', (c) => commit(c, folder, c.req.param('sha')))
  routes.get('/compare/:basehead', async (c) => {
    const [base = '', head = ''] = c.req.param('basehead').split('...')
    const compared = await comparisonOf(folder, base, head)
    if (compared === null) return notFound(c)
    const { status, shas } = compared
    const commits = await commitsOf(folder, paged(c, shas))
    const total_commits = shas.length
    return c.json({ status, total_commits, commits: commits.map(commitAnswer), files: [] })
  })
  routes.get('/commits/:sha/pulls', async (c) => {
    const sha = c.req.param('sha')
    const found = state.merged.filter((one) => one.sha === sha || one.head === sha)
    return c.json(await Promise.all(found.map((one) => pullOf(folder, one))))
  })
  routes.get('/commits/:sha/check-runs', (c) => {
    const runs = state.github.checks.filter(({ sha }) => sha === c.req.param('sha'))
    return c.json({ total_count: runs.length, check_runs: paged(c, runs).map(checkRun) })
  })
  routes.get('/commits/:sha/status', (c) => {
    const its = state.github.statuses.filter(({ sha }) => sha === c.req.param('sha'))
    const statuses = paged(c, its).map(({ at, ...rest }) => ({ ...rest, updated_at: at }))
    return c.json({ statuses })
  })
  routes.get('/pulls', (c) => {
    const isAsked = c.req.query('state') === 'open' && c.req.query('base') === 'main'
    const open = Object.entries(isAsked ? state.github.heads : {})
    const all = open.map(([number, sha]) => openPull(pullNumbered(Number(number)), sha))
    return c.json(paged(c, all.reverse()))
  })
  routes.get('/pulls/:number', async (c) => {
    const number = Number(c.req.param('number'))
    const merged = state.merged.find((one) => one.number === number)
    if (merged !== undefined) return c.json(await pullOf(folder, merged))
    const head = state.github.heads[String(number)]
    return head === undefined ? notFound(c) : c.json(openPull(pullNumbered(number), head))
  })
  routes.get('/activity', (c) =>
    c.json(
      paged(c, state.github.pushes).map(({ by, at, ...rest }) => ({
        ...rest,
        ref: 'refs/heads/main',
        activity_type: 'pr_merge',
        timestamp: at,
        actor: { login: by },
      })),
    ),
  )
  routes.get('/deployments', (c) => {
    const { sha, environment } = c.req.query()
    const found = state.github.deployments.filter(
      (one) =>
        (sha === undefined || one.sha === sha) &&
        (environment === undefined || one.environment === environment),
    )
    return c.json(paged(c, found.reverse()))
  })
}

/** Whose the token is. */
const BOT = { login: 'signalbox[bot]', type: 'Bot' } as const

/** Nobody else makes issues in the town. */
const issueOf = (one: Issue) => ({ ...one, user: BOT, performed_via_github_app: null })

function issueRoutes(routes: Hono, { store }: RestParts): void {
  const { github } = store.state
  routes.get('/issues', (c) => {
    const { state = 'open' } = c.req.query()
    const found = github.issues.filter((one) => state === 'all' || one.state === state)
    return c.json(paged(c, found.toReversed().map(issueOf)))
  })
  routes.post('/issues', async (c) => {
    const { title, body } = await bodyOf(c)
    if (typeof title !== 'string' || title.trim() === '') return invalid(c)
    const made = fileIssue(github, { title, body: String(body ?? '') })
    store.changed()
    return c.json(issueOf(made), 201)
  })
  routes.patch('/issues/:number', async (c) => {
    const { state } = await bodyOf(c)
    if (state !== 'open' && state !== 'closed') return invalid(c)
    const told = fileIssueState(github, Number(c.req.param('number')), state)
    store.changed()
    return told === undefined ? notFound(c) : c.json(issueOf(told))
  })
}

function writeRoutes(routes: Hono, { folder, store, now }: RestParts): void {
  const { github } = store.state
  routes.post('/statuses/:sha', async (c) => {
    const sha = c.req.param('sha')
    const body = await bodyOf(c)
    const description = String(body['description'] ?? '')
    const isWhole = typeof body['context'] === 'string' && typeof body['state'] === 'string'
    if (!isWhole || description.length > DESCRIPTION_MAX) return invalid(c)
    if (!(await hasCommit(folder, sha))) return invalid(c)
    const { context, state } = body as { readonly context: string; readonly state: string }
    fileStatus(github, { sha, context, state, description, at: new Date(now()).toISOString() })
    store.changed()
    return c.json({ context, state, description }, 201)
  })
  routes.post('/deployments', async (c) => {
    const { ref, environment, description, payload } = await bodyOf(c)
    if (typeof ref !== 'string' || typeof environment !== 'string') return invalid(c)
    if (!(await hasCommit(folder, ref))) return invalid(c)
    const told = { sha: ref, environment, description: String(description ?? ''), payload }
    const made = fileDeployment(github, told)
    store.changed()
    return c.json(made, 201)
  })
  routes.post('/deployments/:id/statuses', async (c) => {
    const { state, description } = await bodyOf(c)
    if (typeof state !== 'string') return invalid(c)
    if (String(description ?? '').length > DESCRIPTION_MAX) return invalid(c)
    if (!fileDeploymentState(github, Number(c.req.param('id')), state)) return notFound(c)
    store.changed()
    return c.json({ state, description }, 201)
  })
}

async function commit(c: Context, folder: string, sha: string): Promise<Response> {
  if (!(await hasCommit(folder, sha))) return notFound(c)
  const [one] = await commitsOf(folder, [sha])
  if (one === undefined) return notFound(c)
  const files = await filesOf(folder, sha)
  const total = files.reduce((sum, file) => sum + file.additions + file.deletions, 0)
  const whole = commitAnswer(one)
  // The commits of git, apart from those of GitHub, stand for themselves.
  if (c.req.path.includes('/git/commits/')) return c.json({ ...whole, message: one.message })
  return c.json({ ...whole, stats: { total }, files: paged(c, files) })
}

async function pullOf(folder: string, merged: Merged): Promise<Json> {
  const [commit] = await commitsOf(folder, [merged.sha])
  if (commit === undefined) throw new Error(`the repository lost ${merged.sha}`)
  return mergedPull(pullNumbered(merged.number), merged, commit)
}

async function bodyOf(c: Context): Promise<Json> {
  const body: unknown = await c.req.json().catch(() => undefined)
  return isRecord(body) ? body : {}
}

/** One page; the header names the next one, as GitHub's does. */
function paged<T>(c: Context, all: readonly T[]): readonly T[] {
  const per = Math.min(100, Number(c.req.query('per_page') ?? 30))
  const page = Number(c.req.query('page') ?? 1)
  if (page * per < all.length) {
    const next = new URL(c.req.url)
    next.searchParams.set('page', String(page + 1))
    c.header('link', `<${next}>; rel="next"`)
  }
  return all.slice((page - 1) * per, page * per)
}
