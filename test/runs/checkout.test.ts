import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCheckouts } from '../../src/runs/checkout.ts'
import { newBench, newFolder, newOrder, newRepository } from './bench.ts'

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
    const checkouts = createCheckouts({ home, githubToken: null })
    await checkouts.fetch(repository.path)
    renameSync(repository.path, `${repository.path}-away`)
    try {
      const folder = await checkouts.checkOut(repository.path, sha, 'run-1')
      expect(readFileSync(join(folder, 'version'), 'utf8')).toBe('one')
    } finally {
      renameSync(`${repository.path}-away`, repository.path)
    }
  })

  it('serves two runs of one repository at once', async () => {
    const repository = newRepository()
    const shas = [repository.commit('one'), repository.commit('two')]
    const checkouts = createCheckouts({ home: newFolder(), githubToken: null })
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
      const checkouts = createCheckouts({ home: newFolder(), githubToken: null })
      await expect(checkouts.checkOut(repository.path, sha, 'run-1')).rejects.toThrow('full sha')
    },
  )

  it('takes a repository that looks like an option for a repository', async () => {
    const home = newFolder()
    const checkouts = createCheckouts({ home, githubToken: null })
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
    const checkouts = createCheckouts({ home, githubToken: null })
    await checkouts.checkOut(repository.path, sha, 'run-1')
    expect(existsSync(template)).toBe(false)
    await expect(checkouts.fetch('/nowhere/at.git')).rejects.toThrow(/^(fatal|and the repository)/)
  })
})
