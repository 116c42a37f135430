/**
 * What people, GitHub and CI do while processes die: whoever gets no answer looks, and asks again.
 *
 * Invariant: an act that was answered as done is never asked for again: it must have happened.
 * GitHub sends each delivery once, as the real one does; what it could not deliver is counted.
 */
import type { StateJson } from '../../src/cli/board.ts'
import type { Posted } from '../world/slack.ts'
import type { KillTown, Name } from './town.ts'

type Body = Readonly<Record<string, unknown>>

/** How long a ride may take to move on, with processes that die and start again. */
const PATIENCE_MS = 90_000

export const pause = (ms: number): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, ms)
  })

export class People {
  readonly town: KillTown
  /** Deliveries that GitHub could not bring to anybody. */
  undelivered = 0

  constructor(town: KillTown) {
    this.town = town
  }

  /** The state, or null while nobody answers. */
  async look(): Promise<StateJson | null> {
    const answer = await this.call('ana', '/pipelines/api', null)
    return answer?.status === 200 ? (answer.body as unknown as StateJson) : null
  }

  private async call(
    who: Name,
    path: string,
    body: Body | null,
  ): Promise<{ readonly status: number; readonly body: Body } | null> {
    try {
      const answer = await fetch(`${this.town.url}/api/v1${path}`, {
        ...(body === null ? {} : { method: 'POST', body: JSON.stringify(body) }),
        headers: { authorization: `Bearer ${this.town.tokens[who]}` },
        signal: AbortSignal.timeout(10_000),
      })
      return { status: answer.status, body: (await answer.json()) as Body }
    } catch {
      return null
    }
  }

  /** Waits until it is so. */
  async until(what: string, holds: (state: StateJson) => boolean): Promise<StateJson> {
    const limit = Date.now() + PATIENCE_MS
    for (let last: StateJson | null = null; ; await pause(50)) {
      const state = await this.look()
      if (state !== null && holds(state)) return state
      last = state ?? last
      if (Date.now() > limit) {
        throw new Error(`never: ${what}\n${JSON.stringify(last)}\n${this.town.lastWords()}`)
      }
    }
  }

  /** Asks until it is done, and never again once it was answered as done. */
  async insist(
    what: string,
    ask: () => Promise<boolean>,
    isDone: (state: StateJson) => boolean,
  ): Promise<void> {
    const limit = Date.now() + PATIENCE_MS
    for (; Date.now() < limit; await pause(50)) {
      const state = await this.look()
      if (state === null) continue
      if (isDone(state)) return
      if (!(await ask())) continue
      await this.until(`${what}, which was answered as done`, isDone)
      return
    }
    throw new Error(`nobody could ${what}`)
  }

  /** By the API. */
  command(who: Name, body: Body, isDone: (state: StateJson) => boolean): Promise<void> {
    const ask = async (): Promise<boolean> =>
      (await this.call(who, '/pipelines/api/commands', body))?.status === 200
    return this.insist(`${who}: ${JSON.stringify(body)}`, ask, isDone)
  }

  /** By a button in Slack, once it stands there. */
  press(
    {
      user,
      action,
      train,
    }: { readonly user: string; readonly action: string; readonly train: number },
    isDone: (state: StateJson) => boolean,
  ): Promise<void> {
    const ask = async (): Promise<boolean> => {
      const on = this.messageWith(action, train)
      if (on === undefined) return false
      const answer = await this.town.slack.press(user, action, on).catch(() => null)
      return answer?.status === 200
    }
    return this.insist(`press ${action}`, ask, isDone)
  }

  /** By a button that opens a dialog; what got no answer stays open, and is sent again. */
  async dialog(
    asked: { readonly user: string; readonly action: string; readonly train: number },
    reason: string,
    isDone: (state: StateJson) => boolean,
  ): Promise<void> {
    const { slack } = this.town
    await this.press(asked, () => slack.views.length > 0)
    const ask = async (): Promise<boolean> =>
      (await slack.submit(asked.user, reason).catch(() => null))?.status === 200
    await this.insist(`answer ${asked.action}`, ask, isDone)
  }

  private messageWith(action: string, train: number): Posted | undefined {
    return this.town.slack.messages.findLast(({ blocks }) => {
      const text = JSON.stringify(blocks)
      return text.includes(`"${action}"`) && text.includes(`\\"train\\":${train}`)
    })
  }

  /** GitHub delivers what it has to tell, each once. */
  async deliver(): Promise<void> {
    const { github, url } = this.town
    for (const delivery of github.take()) {
      await this.until('somebody answers', () => true)
      const status = await github.deliver(`${url}/github/webhooks`, delivery).catch(() => 0)
      if (status !== 202) this.undelivered += 1
    }
  }

  /** A merge and its green check, as GitHub tells of them; answers the sha. */
  async merge(title: string, labels: readonly string[] = []): Promise<string> {
    const { sha } = this.town.github.merge(title, { author: 'ana', by: 'ana', labels })
    await this.deliver()
    this.town.github.check(sha, 'test', 'success')
    await this.deliver()
    return sha
  }

  /** What could not be delivered is found by the next comparison: at a worker's start at the latest. */
  async findUndelivered(): Promise<void> {
    if (this.undelivered === 0) return
    this.undelivered = 0
    await this.until('somebody answers', () => true)
    this.town.signal(this.town.nameOf('worker'), 'SIGTERM')
  }
}
