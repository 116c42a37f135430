import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCheckouts } from '../../src/runs/checkout.ts'
import { newBench, newFolder, newOrder, newRepository } from './bench.ts'

const github = { webUrl: 'https://github.com', token: null }

/** A folder over HTTP, as the plainest git server has it, and what callers showed it. */
async function serveFiles(
  prefix: string,
  folder: string,
): Promise<{
  readonly url: string
  readonly authorizations: ReadonlySet<string | undefined>
}> {
  const authorizations = new Set<string | undefined>()
  const server = createServer((request, response) => {
    authorizations.add(request.headers.authorization)
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = join(folder, pathname.slice(prefix.length))
    if (pathname.startsWith(prefix) && existsSync(path)) response.end(readFileSync(path))
    else response.writeHead(404).end()
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, authorizations }
}

describe('checkouts', () => {
  it('runs a command in a fresh folder at the sha, and removes it', async () => {
    const repository = newRepository()
    const old = repository.commit('one')
    repository.commit('two')
    const bench = newBench()
    const order = newOrder(bench.home, 'cat version; pwd > "$HOME/where"', {
      in: null,
      sha: old,
      repository: repository.path,
    })
    expect(await bench.run(order)).toMatchObject({ outcome: 'succeeded', tail: ['one'] })
    const where = readFileSync(join(bench.home, 'where'), 'utf8').trim()
    expect(where).toContain(order.run)
    await bench.executing.checkouts.remove(order.run)
    expect(existsSync(where)).toBe(false)
  })

  it('needs no source for a sha once fetched', async () => {
    const repository = newRepository()
    const sha = repository.commit('one')
    const home = newFolder()
    const checkouts = createCheckouts({ home, github })
    await checkouts.fetch(repository.path)
    renameSync(repository.path, `${repository.path}-away`)
    try {
      const folder = await checkouts.checkOut(repository.path, sha, 'run-1')
      expect(readFileSync(join(folder, 'version'), 'utf8')).toBe('one')
    } finally {
      renameSync(`${repository.path}-away`, repository.path)
    }
  })

  it('fetches owner/name from the Enterprise server of its API, and shows the token to no other', async () => {
    const repository = newRepository()
    const sha = repository.commit('one')
    execFileSync('git', ['-C', repository.path, 'update-server-info'])
    const enterprise = await serveFiles('/acme/api.git/', join(repository.path, '.git'))
    const other = await serveFiles('/acme/api.git/', join(repository.path, '.git'))
    const checkouts = createCheckouts({
      home: newFolder(),
      github: { webUrl: enterprise.url, token: 'a-token-of-the-enterprise' },
    })
    const folder = await checkouts.checkOut('acme/api', sha, 'run-1')
    expect(readFileSync(join(folder, 'version'), 'utf8')).toBe('one')
    const credentials = Buffer.from('x-access-token:a-token-of-the-enterprise').toString('base64')
    expect([...enterprise.authorizations]).toEqual([`Basic ${credentials}`])
    await checkouts.checkOut(`${other.url}/acme/api.git`, sha, 'run-2')
    expect([...other.authorizations]).toEqual([undefined])
  })

  it('serves two runs of one repository at once', async () => {
    const repository = newRepository()
    const shas = [repository.commit('one'), repository.commit('two')]
    const checkouts = createCheckouts({ home: newFolder(), github })
    const folders = await Promise.all(
      shas.map((sha, index) => checkouts.checkOut(repository.path, sha, `run-${index}`)),
    )
    const versions = folders.map((folder) => readFileSync(join(folder, 'version'), 'utf8'))
    expect(versions).toEqual(['one', 'two'])
  })

  it.each(['--upload-pack=touch hacked', 'main', 'HEAD', `${'a'.repeat(40)}\n`, '$(touch hacked)'])(
    'refuses %j as a sha',
    async (sha) => {
      const repository = newRepository()
      repository.commit('one')
      const checkouts = createCheckouts({ home: newFolder(), github })
      await expect(checkouts.checkOut(repository.path, sha, 'run-1')).rejects.toThrow('full sha')
    },
  )

  it('takes a repository that looks like an option for a repository', async () => {
    const home = newFolder()
    const checkouts = createCheckouts({ home, github })
    const mark = join(home, 'hacked')
    await expect(checkouts.fetch(`--upload-pack=touch ${mark};`)).rejects.toThrow()
    expect(existsSync(mark)).toBe(false)
  })

  it('runs no hook, and says in git words what went wrong', async () => {
    const repository = newRepository()
    const sha = repository.commit('one')
    const home = newFolder()
    const template = join(home, 'mark')
    const hook = join(repository.path, '.git', 'hooks', 'post-checkout')
    writeFileSync(hook, `#!/bin/sh\ntouch ${template}\n`)
    chmodSync(hook, 0o755)
    const checkouts = createCheckouts({ home, github })
    await checkouts.checkOut(repository.path, sha, 'run-1')
    expect(existsSync(template)).toBe(false)
    await expect(checkouts.fetch('/nowhere/at.git')).rejects.toThrow(/^(fatal|and the repository)/)
  })
})
