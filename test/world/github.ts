/**
 * A stateful GitHub for one repository, `acme/api`: its REST API over real HTTP on a real git
 * repository, and signed webhooks that come late, twice, out of order or never.
 *
 * Invariant: it knows only what we ask of it and answers 501 otherwise. What it says of commits
 * comes from git, never from what a test wished.
 */
import { execFileSync } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const SECRET = 'a webhook secret of length'

export interface Delivery {
  readonly id: string
  readonly event: string
  readonly body: string
}

interface Pull {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly author: string
  readonly branch: string
  readonly mergedBy: string
  readonly mergedAt: string
  readonly sha: string
  readonly commits: readonly string[]
  readonly labels: readonly string[]
  readonly lines: { readonly additions: number; readonly deletions: number }
}

interface CheckRun {
  readonly sha: string
  readonly name: string
  readonly status: string
  readonly conclusion: string | null
  readonly started_at: string
  readonly completed_at: string | null
}

interface Deployment {
  readonly id: number
  readonly body: Readonly<Record<string, unknown>>
  readonly statuses: Readonly<Record<string, unknown>>[]
}

/** How the next answers go wrong. */
export type Trouble =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly message?: string
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Does what was asked, and the answer is lost. */
  | { readonly kind: 'lost' }

export interface MergeOptions {
  readonly author?: string
  readonly by?: string
  readonly how?: 'squash' | 'merge' | 'rebase'
  readonly commits?: number
  readonly body?: string
  readonly message?: string
  readonly branch?: string
  readonly labels?: readonly string[]
  readonly path?: string
}

export class FakeGithub {
  readonly folder = mkdtempSync(join(tmpdir(), 'signalbox-github-'))
  /** Webhooks that were sent off and not delivered yet, oldest first. */
  readonly outgoing: Delivery[] = []
  readonly pulls: Pull[] = []
  readonly runs: CheckRun[] = []
  readonly pushes: { before: string; after: string; by: string; at: string }[] = []
  readonly deployments: Deployment[] = []
  readonly issues: {
    number: number
    title: string
    body: string
    state: string
    user?: { login: string }
    pull_request?: object
    performed_via_github_app?: { id: number } | null
  }[] = []
  /** Open pull requests: their newest commits by number. */
  readonly open = new Map<number, string>()
  /** Commit statuses told, oldest first. */
  readonly statuses: { readonly sha: string; readonly body: Readonly<Record<string, unknown>> }[] =
    []
  /** People's accounts by login, with the address they show everybody. */
  readonly profiles = new Map<string, string | null>()
  /** Method and path of every request, oldest first. */
  readonly asked: string[] = []
  /** Headers of the last request. */
  headers: Readonly<Record<string, string | string[] | undefined>> = {}
  private troubles: { readonly match: RegExp; readonly trouble: Trouble; times: number }[] = []
  private server: Server | null = null
  private clock = Date.parse('2026-03-01T10:00:00Z')
  private files = 0

  constructor() {
    this.git('init', '--quiet', '--initial-branch', 'main')
    this.git('config', 'user.name', 'Anybody')
    this.git('config', 'user.email', 'anybody@example.com')
    this.commit('Start')
  }

  get head(): string {
    return this.git('rev-parse', 'main')
  }

  get url(): string {
    const address = this.server?.address() as AddressInfo | null | undefined
    return `http://127.0.0.1:${address?.port}`
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const path = decodeURIComponent(request.url ?? '/')
        const line = `${request.method} ${path}`
        this.asked.push(line)
        this.headers = request.headers
        const trouble = this.troubleFor(line)
        if (trouble?.kind === 'hang') return
        if (trouble?.kind === 'status') {
          response.writeHead(trouble.status, {
            'content-type': 'application/json',
            ...trouble.headers,
          })
          const { message = 'You have exceeded a secondary rate limit? No: trouble.' } = trouble
          response.end(JSON.stringify({ message }))
          return
        }
        const text = Buffer.concat(parts).toString()
        const answer = this.answer(
          request.method ?? 'GET',
          path,
          text === '' ? {} : JSON.parse(text),
        )
        if (trouble?.kind === 'lost') {
          response.destroy()
          return
        }
        response.writeHead(answer.status, {
          'content-type': 'application/json; charset=utf-8',
          ...(answer.next ? { link: `<${this.url}/next>; rel="next"` } : {}),
        })
        response.end(JSON.stringify(answer.body))
      })
    })
    // Git blocks this process: a connection must not be closed for having been idle meanwhile.
    server.keepAliveTimeout = 600_000
    this.server = server
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  }

  stop(): void {
    this.server?.closeAllConnections()
    this.server?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Answers that match go wrong, so many times. */
  trouble(match: RegExp, trouble: Trouble, times = 1): void {
    this.troubles.push({ match, trouble, times })
  }

  calm(): void {
    this.troubles = []
  }

  /** Merges a pull request; two webhooks are sent off. */
  merge(title: string, options: MergeOptions = {}): Pull {
    const { author = 'ana', by = 'bob', how = 'squash', commits = 1 } = options
    const number = this.pulls.length + 1
    const before = this.head
    this.git('checkout', '--quiet', '-b', 'work')
    for (let at = 1; at <= commits; at += 1) {
      this.commit(commits === 1 ? title : `${title}, part ${at}`, options)
    }
    this.git('checkout', '--quiet', 'main')
    if (how === 'merge') {
      this.git('merge', '--quiet', '--no-ff', '-m', `Merge pull request #${number} from x`, 'work')
    } else if (how === 'rebase') this.git('merge', '--quiet', '--ff-only', 'work')
    else {
      this.git('merge', '--quiet', '--squash', 'work')
      this.git('commit', '--quiet', '-m', `${title} (#${number})\n\n${options.message ?? ''}`)
    }
    const on = this.git('rev-list', `${before}..main`).split('\n')
    this.git('branch', '--quiet', '-D', 'work')
    const at = this.tick()
    const pull: Pull = {
      number,
      title,
      body: options.body ?? '',
      author,
      branch: options.branch ?? 'work',
      mergedBy: by,
      mergedAt: at,
      sha: this.head,
      commits: on,
      labels: options.labels ?? [],
      lines: { additions: commits, deletions: 0 },
    }
    this.pulls.push(pull)
    this.pushed(before, by, at)
    this.send('pull_request', {
      action: 'closed',
      pull_request: this.pullJson(pull),
      ...this.context(by),
    })
    return pull
  }

  /** A pull request is opened, or moves to another commit, or is closed without a merge. */
  pull(action: 'opened' | 'synchronize' | 'closed', number: number, sha: string): void {
    if (action === 'closed') this.open.delete(number)
    else this.open.set(number, sha)
    this.send('pull_request', {
      action,
      pull_request: {
        number,
        title: `Pull ${number}`,
        merged: false,
        base: { ref: 'main' },
        head: { ref: 'work', sha },
      },
      ...this.context('ana'),
    })
  }

  /** Pushes commits straight to the branch. */
  push(by: string, ...titles: readonly string[]): string {
    const before = this.head
    for (const title of titles) this.commit(title)
    this.pushed(before, by, this.tick())
    return this.head
  }

  /** Throws the newest commits away and pushes another one instead. */
  forcePush(by: string, title: string, drop: number): string {
    const before = this.head
    this.git('reset', '--quiet', '--hard', `HEAD~${drop}`)
    this.commit(title)
    this.pushed(before, by, this.tick(), true)
    return this.head
  }

  /** A check run as Actions reports it. */
  check(sha: string, name: string, conclusion: string | null, branch = 'main'): void {
    const started_at = this.tick()
    const known = this.runs.findIndex((run) => run.sha === sha && run.name === name)
    if (known >= 0) this.runs.splice(known, 1)
    const run: CheckRun = {
      sha,
      name,
      status: conclusion === null ? 'in_progress' : 'completed',
      conclusion,
      started_at,
      completed_at: conclusion === null ? null : this.tick(),
    }
    this.runs.push(run)
    this.send('check_run', {
      action: conclusion === null ? 'created' : 'completed',
      check_run: { ...run, head_sha: sha, check_suite: { head_branch: branch } },
      ...this.context('ana'),
    })
  }

  /** Takes everything sent off; a test delivers, drops or reorders it. */
  take(): Delivery[] {
    return this.outgoing.splice(0)
  }

  /** Delivers one webhook; answers the status. */
  async deliver(to: string, { id, event, body }: Delivery): Promise<number> {
    const answer = await fetch(to, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-github-delivery': id,
        'x-github-event': event,
        'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
      },
    })
    return answer.status
  }

  git(...args: readonly string[]): string {
    const date = new Date(this.clock ?? 0).toISOString()
    return execFileSync('git', ['-C', this.folder, ...args], {
      encoding: 'utf8',
      env: { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date },
    }).trim()
  }

  private commit(title: string, { path }: MergeOptions = {}): void {
    this.files += 1
    writeFileSync(join(this.folder, path ?? `file-${this.files}`), `${this.files}\n`)
    this.git('add', '.')
    this.git('commit', '--quiet', '-m', title)
  }

  private tick(): string {
    this.clock += 60_000
    return new Date(this.clock).toISOString()
  }

  private send(event: string, payload: unknown): void {
    this.outgoing.push({ id: randomUUID(), event, body: JSON.stringify(payload) })
  }

  private context(by: string): object {
    return { repository: { full_name: 'acme/api' }, sender: { login: by } }
  }

  private pushed(before: string, by: string, at: string, forced = false): void {
    const after = this.head
    this.pushes.unshift({ before, after, by, at })
    const shas = this.git('rev-list', '--reverse', `${before}..${after}`).split('\n')
    const commits = shas.map((id) => ({ id, message: this.git('log', '-1', '--format=%B', id) }))
    this.send('push', {
      ref: 'refs/heads/main',
      before,
      after,
      forced,
      commits,
      head_commit: { ...commits.at(-1), timestamp: at },
      ...this.context(by),
      repository: { full_name: 'acme/api', pushed_at: Date.parse(at) / 1_000 },
    })
  }

  private troubleFor(line: string): Trouble | undefined {
    const found = this.troubles.find(({ match, times }) => times > 0 && match.test(line))
    if (found === undefined) return undefined
    found.times -= 1
    return found.trouble
  }

  private answer(method: string, url: string, body: Record<string, unknown>): Answer {
    const { pathname, searchParams } = new URL(url, 'http://github')
    const page = Number(searchParams.get('page') ?? '1')
    const per = Number(searchParams.get('per_page') ?? '30')
    if (pathname === '/repos/acme/api/installation') return ok({ id: 77 })
    if (pathname === '/app/installations/77/access_tokens') {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString()
      return { status: 201, body: { token: 'ghs_installation_token', expires_at } }
    }
    if (pathname === '/user') return ok({ login: 'deployer' })
    if (pathname.startsWith('/users/')) {
      const login = pathname.slice('/users/'.length)
      const found = [...this.profiles].find(([one]) => one.toLowerCase() === login.toLowerCase())
      return found === undefined
        ? NOT_FOUND
        : ok({ login: found[0], type: 'User', email: found[1] })
    }
    if (/^\/repos\/(?!acme\/api\/)/.test(pathname)) return NOT_FOUND
    const path = pathname.replace('/repos/acme/api/', '')
    const [kind = '', a = '', b = '', c = ''] = path.split('/')
    if (method === 'GET' && path === 'git/ref/heads/main') return ok({ object: { sha: this.head } })
    if (method === 'GET' && kind === 'git' && a === 'commits')
      return this.commitAnswer(b, page, per)
    if (kind === 'compare') return this.compared(a, page, per)
    if (kind === 'commits' && b === 'pulls') {
      return ok(
        this.pulls.filter(({ commits }) => commits.includes(a)).map((p) => this.pullJson(p)),
      )
    }
    if (kind === 'commits' && b === 'check-runs') {
      return ok({ check_runs: this.runs.filter(({ sha }) => sha === a) })
    }
    if (kind === 'commits' && b === 'status') return ok({ statuses: [] })
    if (kind === 'commits') return this.commitAnswer(a, page, per)
    if (kind === 'pulls' && a === '') {
      const all = [...this.open].map(([number, sha]) => ({ number, head: { sha } }))
      const into = searchParams.get('base') === 'main' && searchParams.get('state') === 'open'
      return ok(into ? all.slice((page - 1) * per, page * per) : [])
    }
    if (kind === 'statuses' && method === 'POST') {
      if (String(body['description'] ?? '').length > 140) return { status: 422, body: {} }
      this.statuses.push({ sha: a, body })
      this.send('status', { sha: a, ...body, branches: [], ...this.context('signalbox') })
      return { status: 201, body }
    }
    if (kind === 'pulls') {
      const pull = this.pulls.find(({ number }) => number === Number(a))
      return pull === undefined ? NOT_FOUND : ok(this.pullJson(pull))
    }
    if (kind === 'activity') {
      const said = this.pushes.map(({ by, at, ...rest }) => ({
        ...rest,
        actor: { login: by },
        timestamp: at,
      }))
      return ok(said)
    }
    if (kind === 'issues') return this.issued(method, Number(a), body)
    if (kind === 'deployments')
      return this.deployed(method, { id: a, what: b + c, body, searchParams })
    return { status: 501, body: { message: `not implemented: ${method} ${pathname}` } }
  }

  private issued(method: string, number: number, body: Record<string, unknown>): Answer {
    if (method === 'GET') return ok(this.issues)
    if (method === 'POST') {
      const [title, text] = [String(body['title']), String(body['body'])]
      const one = {
        number: this.issues.length + 1,
        title,
        body: text,
        state: 'open',
        user: { login: 'deployer' },
      }
      this.issues.push(one)
      return { status: 201, body: one }
    }
    const one = this.issues.find((its) => its.number === number)
    if (one === undefined) return NOT_FOUND
    one.state = String(body['state'])
    return ok(one)
  }

  private deployed(
    method: string,
    asked: {
      readonly id: string
      readonly what: string
      readonly body: Record<string, unknown>
      readonly searchParams: URLSearchParams
    },
  ): Answer {
    if (asked.id === '' && method === 'POST') {
      const one = { id: this.deployments.length + 1, body: asked.body, statuses: [] }
      this.deployments.push(one)
      return { status: 201, body: { id: one.id, ...one.body } }
    }
    if (asked.id === '') {
      const found = this.deployments.filter(
        ({ body }) =>
          body['ref'] === asked.searchParams.get('sha') &&
          body['environment'] === asked.searchParams.get('environment'),
      )
      return ok(found.map(({ id, body }) => ({ id, ...body })))
    }
    const one = this.deployments.find(({ id }) => id === Number(asked.id))
    if (one === undefined || asked.what !== 'statuses') return NOT_FOUND
    if (String(asked.body['description'] ?? '').length > 140) return { status: 422, body: {} }
    one.statuses.push(asked.body)
    return { status: 201, body: asked.body }
  }

  private compared(basehead: string, page: number, per: number): Answer {
    const [base = '', head = ''] = basehead.split('...')
    if (!this.has(base) || !this.has(head)) return NOT_FOUND
    const count = (range: string): number => Number(this.git('rev-list', '--count', range))
    const [ahead, behind] = [count(`${base}..${head}`), count(`${head}..${base}`)]
    const status =
      ahead > 0 && behind > 0
        ? 'diverged'
        : ahead > 0
          ? 'ahead'
          : behind > 0
            ? 'behind'
            : 'identical'
    const all = this.git('rev-list', '--reverse', '--topo-order', `${base}..${head}`).split('\n')
    const shas = all.filter(Boolean)
    const commits = this.commitsJson(shas.slice((page - 1) * per, page * per))
    return {
      ...ok({ status, total_commits: ahead, commits, files: [] }),
      next: page * per < shas.length,
    }
  }

  private has(sha: string): boolean {
    try {
      this.git('cat-file', '-e', `${sha}^{commit}`)
      return true
    } catch {
      return false
    }
  }

  private commitAnswer(sha: string, page: number, per: number): Answer {
    if (!this.has(sha)) return NOT_FOUND
    const isRoot = this.git('log', '-1', '--format=%P', sha) === ''
    const names = (
      isRoot
        ? this.git('ls-tree', '-r', '--name-only', sha)
        : this.git('diff', '--name-only', `${sha}^1`, sha)
    )
      .split('\n')
      .filter(Boolean)
    const files = names.slice((page - 1) * per, page * per).map((filename) => ({ filename }))
    const stats = { total: names.length }
    return {
      ...ok({ ...this.commitsJson([sha])[0], stats, files }),
      next: page * per < names.length,
    }
  }

  private commitsJson(shas: readonly string[]): readonly object[] {
    if (shas.length === 0) return []
    const log = this.git('log', '--no-walk=unsorted', '--format=%H%x00%P%x00%cI%x00%B%x01', ...shas)
    const entries = log.split('\u0001').map((entry) => entry.trim())
    return entries.filter(Boolean).map((entry) => {
      const [sha, parents = '', date, message] = entry.split('\u0000')
      return {
        sha,
        parents: parents
          .split(' ')
          .filter(Boolean)
          .map((parent) => ({ sha: parent })),
        author: { login: 'whoever-wrote-the-author-line' },
        commit: { message, committer: { date } },
      }
    })
  }

  private pullJson(pull: Pull): object {
    return {
      number: pull.number,
      title: pull.title,
      body: pull.body,
      user: { login: pull.author },
      merged: true,
      merged_at: pull.mergedAt,
      merged_by: { login: pull.mergedBy },
      merge_commit_sha: pull.sha,
      base: { ref: 'main' },
      head: { ref: pull.branch },
      labels: pull.labels.map((name) => ({ name })),
      ...pull.lines,
    }
  }
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly next?: boolean
}

const ok = (body: unknown): Answer => ({ status: 200, body })
const NOT_FOUND: Answer = { status: 404, body: { message: 'Not Found' } }
