import { expect, test } from 'vitest'
import { type MigrationJson, migrationLines } from '../../src/cli/migration.ts'

const ONE: MigrationJson = {
  change: 'a'.repeat(40),
  number: 12,
  title: 'Move the prices',
  environment: 'production',
  phase: 'ready',
  ready_at: null,
  owners: ['ana'],
  increments: 0,
  done: null,
  of: null,
  ends_at: null,
  paused: null,
  run: null,
  waits: [],
}

test('a migration is called so that a shell takes its name: `#12` would be a comment', () => {
  expect(migrationLines(ONE)[0]).toContain('migration of 12 in production')
  expect(migrationLines({ ...ONE, number: null })[0]).toContain('migration of aaaaaaaa in')
})
