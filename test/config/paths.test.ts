/**
 * Which changes a pipeline of a monorepo's part carries.
 */
import { describe, expect, it } from 'vitest'
import { carriesPaths } from '../../src/config/paths.ts'

describe('a pipeline carries a change', () => {
  it.each([
    [null, ['any'], true],
    [null, [], true],
    [['services/api/**'], ['services/api/a/b.ts'], true],
    [['services/api/**'], ['README.md', 'services/api/x'], true],
    [['services/api/**'], ['services/web/x'], false],
    [['services/api/**'], ['services/api/.env', 'x'], true],
    [['services/api/**'], ['services/api/.github/x.yml'], true],
    [['*.md', 'docs/**'], ['docs/a'], true],
    [['services/**', '!services/docs/**'], ['services/docs/a'], false],
    [['services/**', '!services/docs/**'], ['services/docs/a', 'services/b'], true],
    [['!docs/**'], ['docs/a'], false],
    [['!docs/**'], ['src/a'], true],
    [['services/**'], [], false],
    [['services/**'], null, true],
  ])('with paths %j and changed files %j: %s', (globs, paths, carried) => {
    expect(carriesPaths(globs)(paths)).toBe(carried)
  })
})
