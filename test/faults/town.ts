/**
 * A whole installation as real processes (web, worker, agent) whose PostgreSQL and Redis are behind
 * fault proxies, with Slack and GitHub at the wire.
 *
 * Invariant: whoever acts here does as people and senders do: looks, tries, and tries again. What
 * happened is read past the proxies: from the database, Slack's messages, and the script's witness.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { brokenInvariants, verifyAudit } from '../../src/db/audit.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { sha } from '../world/policy.ts'
import { Installation } from '../world/serving.ts'
import { CHANNEL, type Delivered, FakeSlack, SIGNING_SECRET } from '../world/slack.ts'
import { OwnPostgres, OwnRedis } from './servers.ts'

const WEBHOOK_SECRET = 'a webhook secret of the faults'
export const ANA = 'U0ANA'

const PIPELINE = `    channel: ${CHANNEL}
    checks: { require: [] }
    environments:
      - { name: production, agent: builder, deploy: { run: sh deploy.sh } }
  heard:
    repository: acme/heard
    checks: { require: [] }
    environments:
      - { name: production, agent: builder, deploy: { run: 'true' } }`

/** The deploy waits as long as somebody holds it. */
const SCRIPT = (home: string): string =>
  `while [ -e '${home}/hold' ]; do sleep 0.05; done; echo shipped`

interface Process {
  readonly name: string
  readonly child: ChildProcess
  said: string
}

export interface Health {
  readonly status: number
  readonly database: string
  readonly queue: string
}

export class FaultTown {
  readonly postgres: OwnPostgres
  readonly redis: OwnRedis | null
  readonly slack: FakeSlack
  readonly box: Installation
  private readonly processes: Process[] = []
  private workerUrl = ''
  private head = sha('start of heard')
  /** Shas of deliveries that were acknowledged. */
  readonly accepted: string[] = []
  readonly merged: string[] = []

  private constructor(postgres: OwnPostgres, redis: OwnRedis | null, slack: FakeSlack) {
    this.postgres = postgres
    this.redis = redis
    this.slack = slack
    this.box = new Installation(postgres.url, { script: SCRIPT, pipeline: PIPELINE })
  }

  static async open(queue: 'postgres' | 'redis'): Promise<FaultTown> {
    const slack = new FakeSlack()
    await slack.start()
    const redis = queue === 'redis' ? await OwnRedis.open() : null
    const town = new FaultTown(await OwnPostgres.open(), redis, slack)
    await town.start()
    return town
  }

  private async start(): Promise<void> {
    const { box, slack } = this
    const env = (name: string): NodeJS.ProcessEnv => ({
      ...(this.redis === null ? {} : { REDIS_URL: this.redis.url }),
      SIGNALBOX_HOME: join(box.home, name),
      SLACK_BOT_TOKEN: 'xoxb-of-the-faults-1',
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      SLACK_API_URL: `${slack.url}/api/`,
      GITHUB_WEBHOOK_SECRET: WEBHOOK_SECRET,
    })
    const run = async (role: 'web' | 'worker'): Promise<string> => {
      const { child, said } = await box.run(['serve', '--role', role], env(role))
      this.watch(role, child)
      return /(?:ready at|Health:) (http:\/\/[\w.:]+)/.exec(said)?.[1] ?? ''
    }
    box.url = await run('web')
    this.workerUrl = await run('worker')
    slack.botUrl = box.url
    const agent = spawn(process.execPath, [resolve('dist/cli.js'), 'agent', '--name', 'builder'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        SIGNALBOX_URL: box.url,
        SIGNALBOX_TOKEN: box.tokens.builder,
        SIGNALBOX_HOME: join(box.home, 'builder'),
        // Nothing is fetched from anywhere but this machine.
        GIT_ALLOW_PROTOCOL: 'file',
      },
    })
    this.watch('agent', agent)
    await eventually('Slack’s members are known', async () => {
      const { rowCount } = await this.postgres.observer.query('SELECT 1 FROM slack_people')
      return (rowCount ?? 0) > 0
    })
  }

  private watch(name: string, child: ChildProcess): void {
    const its: Process = { name, child, said: '' }
    child.stderr?.on('data', (bytes: Buffer) => {
      its.said = (its.said + bytes.toString()).slice(-20_000)
    })
    this.processes.push(its)
  }

  /** Everyone who was started is alive; said with its last words if not. */
  expectAlive(): void {
    for (const { name, child, said } of this.processes) {
      const ended = child.exitCode ?? child.signalCode
      if (ended !== null) throw new Error(`the ${name} ended with ${ended}: ${said}`)
      expect(said).not.toMatch(/unhandled|ERR_UNHANDLED|MaxListenersExceeded/i)
    }
  }

  async health(of: 'web' | 'worker'): Promise<Health> {
    const answer = await fetch(`${of === 'web' ? this.box.url : this.workerUrl}/readyz`)
    return { status: answer.status, ...((await answer.json()) as Omit<Health, 'status'>) }
  }

  async isLive(of: 'web' | 'worker'): Promise<boolean> {
    return (await fetch(`${of === 'web' ? this.box.url : this.workerUrl}/healthz`)).ok
  }

  slash(typed: string): Promise<Delivered> {
    return this.slack.slash(ANA, typed)
  }

  /** GitHub tells of a push once; answers its status. */
  async push(): Promise<number> {
    const after = sha(randomUUID())
    const body = JSON.stringify({
      ref: 'refs/heads/main',
      before: this.head,
      after,
      commits: [{ id: after, message: 'A change' }],
      head_commit: { id: after, message: 'A change', timestamp: new Date().toISOString() },
      repository: { full_name: 'acme/heard', pushed_at: Math.floor(Date.now() / 1_000) },
      sender: { login: 'ana' },
    })
    const answer = await fetch(`${this.box.url}/github/webhooks`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-github-delivery': randomUUID(),
        'x-github-event': 'push',
        'x-hub-signature-256': `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`,
      },
    })
    if (answer.status === 202) {
      this.head = after
      this.accepted.push(after)
    }
    return answer.status
  }

  /** A change is merged, and CI tells of it until it is heard. */
  async merge(title: string): Promise<string> {
    const { box } = this
    const parent = box.git('rev-parse', 'HEAD')
    box.git('commit', '--quiet', '--allow-empty', '-m', title)
    const its = box.git('rev-parse', 'HEAD')
    const merged_at = new Date().toISOString()
    const change = { type: 'record_change', sha: its, parent, title, author: 'ana', merged_at }
    await eventually(`${title} is reported`, async () => {
      const { status } = await box.command('ci', change)
      return status === 200
    })
    this.merged.push(its)
    return its
  }

  /** Ana looks, closes the doors, says yes, until its deployment is under way or done. */
  async send(its: string): Promise<void> {
    await eventually('the deploy has begun', async () => {
      const { trains, environments } = await this.box.state()
      if (environments[0]?.live?.sha === its || this.hasRun(its)) return true
      const train = trains.find(({ changes }) => changes.some((one) => one.sha === its))
      if (train?.status === 'boarding') await this.box.command('ana', { type: 'depart' })
      else if (train?.changes.some(({ consented }) => consented === false)) {
        await this.box.command('ana', { type: 'consent', train: train.number })
      }
      return false
    })
  }

  async arrived(its: string): Promise<void> {
    await eventually('it is live', async () => {
      const { rows } = await this.postgres.observer.query<{ sha: string }>(
        `SELECT sha FROM deployments WHERE status IN ('succeeded', 'verified') AND sha = $1`,
        [its],
      )
      return rows.length > 0
    })
  }

  hasRun(its: string): boolean {
    return this.box.witness().some((line) => line.includes(its))
  }

  /** Once everything is well again: nothing lost, nothing twice, and nobody hurt. */
  async expectSound(): Promise<void> {
    for (const of of ['web', 'worker'] as const) {
      await eventually(`the ${of} can reach everything`, async () => {
        const { status, database, queue } = await this.health(of)
        return status === 200 && database === 'ok' && queue === 'ok'
      })
    }
    const { observer } = this.postgres
    await eventually('every delivery is recorded', async () => {
      const { rowCount } = await observer.query(
        `SELECT FROM inbox WHERE taken_at IS NULL AND gave_up_at IS NULL`,
      )
      return rowCount === 0
    })
    await eventually('every message is delivered', async () => {
      const { rowCount } = await observer.query(
        `SELECT FROM outbox WHERE delivered_at IS NULL AND gave_up_at IS NULL
            AND effect->>'type' NOT IN ('remind', 'nudge')`,
      )
      return rowCount === 0
    })
    this.expectAlive()
    expect(await inTransaction(observer, brokenInvariants)).toEqual([])
    expect(await inTransaction(observer, verifyAudit)).toEqual([])
    await this.expectOnce()
  }

  private async expectOnce(): Promise<void> {
    const { observer } = this.postgres
    const shas = this.box.witness().map((line) => line.split(' ')[1])
    expect(shas).toEqual(this.merged.filter((one) => shas.includes(one)))
    const recorded = await observer.query<{ sha: string }>(
      `SELECT body->'change'->>'sha' AS sha FROM events
        WHERE chain = 'heard' AND type = 'change_recorded' ORDER BY seq`,
    )
    const heard = recorded.rows.map((row) => row.sha)
    expect(new Set(heard).size).toBe(heard.length)
    expect(heard).toEqual(expect.arrayContaining(this.accepted))
    const trains = this.slack
      .roots()
      .flatMap(({ metadata }) =>
        metadata?.['event_type'] === 'signalbox_train' ? [JSON.stringify(metadata)] : [],
      )
    expect(new Set(trains).size).toBe(trains.length)
  }

  async close(): Promise<void> {
    for (const { child } of this.processes) child.kill('SIGKILL')
    await this.box.clean()
    await this.slack.stop()
    await this.redis?.close()
    await this.postgres.close()
  }
}

/** Looks again and again, as long as a caller has patience; a failed look is no answer. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const limit = performance.now() + limitMs
  let last: unknown = null
  for (;;) {
    try {
      if (await holds()) return
      last = null
    } catch (fault) {
      last = fault
    }
    if (performance.now() > limit) throw new Error(`never: ${what}`, { cause: last })
    await new Promise((look) => setTimeout(look, 100))
  }
}
