/** One installation as several processes: who answers, who works, who deploys. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'

const redisUrl = inject('redisUrl')

const PIPELINE = `    checks: { require: [] }
    environments:
      - { name: production, agent: builder, deploy: { run: sh deploy.sh } }`

describe.each([
  ['PostgreSQL', {}] as const,
  ...(redisUrl === null ? [] : [['Redis', { REDIS_URL: redisUrl }] as const]),
])('with the queue on %s', (_, queue) => {
  let database: TestDatabase
  let box: Installation
  const children: ChildProcess[] = []

  beforeAll(async () => {
    database = await testDatabase()
    box = new Installation(database.url, { script: () => 'echo shipped', pipeline: PIPELINE })
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await box.clean()
    await database.drop()
  })

  const home = (name: string): NodeJS.ProcessEnv => ({
    ...queue,
    SIGNALBOX_HOME: join(box.home, name),
  })

  test('a change rides through a web process, one of two workers and an agent elsewhere', async () => {
    const web = await box.run(['serve', '--role', 'web'], home('web'))
    const first = await box.run(['serve', '--role', 'worker'], home('first'))
    const second = await box.run(['serve', '--role', 'worker'], home('second'))
    children.push(web.child, first.child, second.child)
    box.url = /ready at (\S+)/.exec(web.said)?.[1] ?? ''
    const health = /Health: (\S+)/.exec(first.said)?.[1] ?? ''
    expect((await fetch(health)).status).toBe(200)
    const metrics = await (await fetch(health.replace('readyz', 'metrics'))).text()
    expect(metrics).toContain('signalbox_broken_invariants 0')
    expect((await fetch(health.replace('readyz', 'api/v1/pipelines'))).status).toBe(404)
    const agent = spawn(process.execPath, [resolve('dist/cli.js'), 'agent', '--name', 'builder'], {
      stdio: 'ignore',
      env: {
        ...process.env,
        SIGNALBOX_URL: box.url,
        SIGNALBOX_TOKEN: box.tokens.builder,
        SIGNALBOX_HOME: join(box.home, 'builder'),
      },
    })
    children.push(agent)

    const sha = await box.merge('ana', 'Cache the price list')
    await box.command('ana', { type: 'depart' })
    await box.command('ana', { type: 'consent', train: 1 })
    await box.until('arrival', ({ environments }) => environments[0]?.live?.sha === sha)

    first.child.kill('SIGKILL')
    const next = await box.merge('bob', 'Drop the legacy cart')
    await box.command('bob', { type: 'depart' })
    await box.command('bob', { type: 'consent', train: 2 })
    await box.until('arrival', ({ environments }) => environments[0]?.live?.sha === next)
    expect(box.witness().map((line) => line.split(' ')[1])).toEqual([sha, next])
  })

  test('a role is refused where the lone server’s own agent or database would be missing', async () => {
    const lonely = new Installation(null, {
      script: () => ':',
      pipeline: PIPELINE.replace(' agent: builder,', ''),
    })
    const refused = lonely.run(['serve', '--role', 'worker'], {})
    await expect(refused).rejects.toThrow(/ended with 78.*DATABASE_URL is missing/s)
    await expect(refused).rejects.toThrow(/api\/production names no agent/)
    await lonely.clean()
  })
})
