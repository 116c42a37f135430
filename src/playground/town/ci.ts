/**
 * The town's CI: it really runs the tests of a merged change.
 *
 * Invariant: every run ends, in success or failure, and leaves no checkout behind.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { git } from './git.ts'

const run = promisify(execFile)
const TESTS_MS_MAX = 30_000

export async function runTests(repository: string, sha: string): Promise<'success' | 'failure'> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-ci-'))
  try {
    const archive = join(folder, 'shop.tar')
    await git(repository, 'archive', '--output', archive, sha)
    await run('tar', ['-xf', archive, '-C', folder])
    await run(process.execPath, ['test.mjs'], { cwd: folder, timeout: TESTS_MS_MAX })
    return 'success'
  } catch {
    return 'failure'
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
