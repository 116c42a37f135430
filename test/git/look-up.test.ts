/**
 * REFs looked up in real repositories.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { LookUp, RefSeen } from '../../src/core/look-up.ts'
import { createGitLookUp } from '../../src/git/look-up.ts'

let path: string
let lookUp: LookUp

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', path, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...NOBODY },
  }).trim()

const NOBODY = {
  GIT_AUTHOR_NAME: 'Ana',
  GIT_AUTHOR_EMAIL: 'ana@example.com',
  GIT_COMMITTER_NAME: 'Ana',
  GIT_COMMITTER_EMAIL: 'ana@example.com',
}

function commit(file: string, message = `Change ${file}`): string {
  writeFileSync(join(path, file), `${file}\n`)
  git('add', '.')
  git('commit', '--quiet', '-m', message)
  return git('rev-parse', 'HEAD')
}

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'signalbox-refs-'))
  git('init', '--quiet', '--initial-branch=main')
  const home = mkdtempSync(join(tmpdir(), 'signalbox-home-'))
  lookUp = createGitLookUp({ home, webUrl: 'https://github.com', tokenFor: async () => null })
  onTestFinished(() => {
    for (const folder of [path, home]) rmSync(folder, { recursive: true, force: true })
  })
})

const ask = (ref: string, shas: readonly string[] = []) =>
  lookUp.ref({ repository: path, branch: 'main', ref, shas, live: shas })

async function seen(ref: string, shas: readonly string[] = []): Promise<RefSeen> {
  const answer = await ask(ref, shas)
  if (!answer.ok) throw new Error(answer.code)
  return answer.seen
}

describe('a REF', () => {
  test('on the branch is where it is, with nothing of its own', async () => {
    const [a, b] = [commit('a'), commit('b')]
    git('tag', 'v1', a)
    expect(await seen('v1', [a, b])).toMatchObject({
      sha: a,
      isOnBranch: true,
      fork: a,
      commits: [],
      contains: [a],
      lacks: [b],
      within: [b],
    })
    expect(await seen('main')).toMatchObject({ sha: b, isOnBranch: true })
    expect(await seen(b.slice(0, 8))).toMatchObject({ sha: b })
  })

  test('off the branch tells where it left it, and its own commits, oldest first', async () => {
    const a = commit('a')
    git('checkout', '--quiet', '-b', 'hotfix/price')
    const x = commit('x', 'Fix the price\n\nCo-authored-by: Bob <bob@example.com>')
    const y = commit('y')
    git('checkout', '--quiet', 'main')
    const b = commit('b')
    const found = await seen('hotfix/price', [a, b])
    expect(found).toMatchObject({ sha: y, isOnBranch: false, fork: a, contains: [a], lacks: [b] })
    expect(found.commits).toMatchObject([
      {
        sha: x,
        parent: a,
        title: 'Fix the price',
        name: 'Ana',
        email: 'ana@example.com',
        coAuthorEmails: ['bob@example.com'],
      },
      { sha: y, parent: x, coAuthorEmails: [] },
    ])
  })

  test('that merged the branch in contains it up to there', async () => {
    const a = commit('a')
    git('checkout', '--quiet', '-b', 'try')
    commit('x')
    git('checkout', '--quiet', 'main')
    const b = commit('b')
    git('checkout', '--quiet', 'try')
    git('merge', '--quiet', '--no-ff', '-m', 'Merge main', 'main')
    const head = git('rev-parse', 'HEAD')
    expect(await seen('try', [a, b])).toMatchObject({ sha: head, fork: b, contains: [a, b] })
  })

  test('that was merged already left the branch where it was cut', async () => {
    const a = commit('a')
    git('checkout', '--quiet', '-b', 'side')
    const x = commit('x')
    git('checkout', '--quiet', 'main')
    git('merge', '--quiet', '--no-ff', '-m', 'Merge', 'side')
    const merge = git('rev-parse', 'HEAD')
    expect(await seen('side', [merge])).toMatchObject({ sha: x, fork: a, within: [merge] })
  })

  test('that no branch or tag contains is refused, even when its objects are there', async () => {
    commit('a')
    git('checkout', '--quiet', '-b', 'gone')
    const x = commit('x')
    expect(await seen(x)).toMatchObject({ sha: x })
    git('checkout', '--quiet', 'main')
    git('branch', '--quiet', '-D', 'gone')
    expect(await ask(x)).toEqual({ ok: false, code: 'foreign_ref' })
    expect(await ask('f'.repeat(40))).toEqual({ ok: false, code: 'foreign_ref' })
  })

  test('that names two things must say which', async () => {
    const a = commit('a')
    git('tag', 'v1', a)
    git('checkout', '--quiet', '-b', 'v1')
    const x = commit('x')
    expect(await ask('v1')).toEqual({ ok: false, code: 'two_refs' })
    expect(await seen('heads/v1')).toMatchObject({ sha: x })
    expect(await seen('tags/v1')).toMatchObject({ sha: a })
  })

  test.each(['nothing', '--upload-pack=x', 'main^', 'main@{1}', ':/Change', 'a..b', 'HEAD', ''])(
    'that reads as %j is none',
    async (ref) => {
      commit('a')
      expect(await ask(ref)).toEqual({ ok: false, code: 'no_such_ref' })
    },
  )

  test('of an annotated tag is the commit behind it', async () => {
    const a = commit('a')
    git('tag', '-a', 'v2', '-m', 'two', a)
    expect(await seen('v2')).toMatchObject({ sha: a })
  })
})

describe('a branch contains a hotfix', () => {
  async function merged(how: () => void): Promise<string | null> {
    const fork = commit('a')
    git('checkout', '--quiet', '-b', 'hotfix')
    commit('x')
    const sha = commit('y')
    git('checkout', '--quiet', 'main')
    const b = commit('b')
    how()
    const candidates = git('rev-list', '--first-parent', '--reverse', `${fork}..main`).split('\n')
    expect(candidates[0]).toBe(b)
    return lookUp.merged({ repository: path, branch: 'main', sha, fork, candidates })
  }

  test('from its merge on', async () => {
    const into = await merged(() => {
      git('merge', '--quiet', '--no-ff', '-m', 'Back', 'hotfix')
      commit('c')
    })
    expect(into).toBe(git('rev-parse', 'main^'))
  })

  test('once each of its commits was picked', async () => {
    const into = await merged(() => {
      git('cherry-pick', 'hotfix^', 'hotfix')
    })
    expect(into).toBe(git('rev-parse', 'main'))
  })

  test('once it was squashed into one', async () => {
    const into = await merged(() => {
      git('merge', '--quiet', '--squash', 'hotfix')
      git('commit', '--quiet', '-m', 'Squashed')
    })
    expect(into).toBe(git('rev-parse', 'main'))
  })

  test('not while only half of it is there', async () => {
    expect(await merged(() => git('cherry-pick', 'hotfix^'))).toBe(null)
  })
})
