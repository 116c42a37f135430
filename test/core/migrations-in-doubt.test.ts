/** Migrations where something went wrong, was taken back, or nobody knows: who answers, and for what. */
import { describe, expect, test } from 'vitest'
import { hasTouched } from '../../src/core/migration.ts'
import type { Permissions } from '../../src/core/policy.ts'
import { previewRollback } from '../../src/core/preview-rollback.ts'
import { sha } from '../world/policy.ts'
import { HOUR, MigrationStory, PAUSE, RESUME } from './migration-story.ts'

/** #2 is under way, and nobody knows how its first increment ended. */
function unknown(story = new MigrationStory()): MigrationStory {
  story.ready().begin()
  story.increment('signalbox: 5/10 a', 'unknown')
  return story
}

function allow(story: MigrationStory, permissions: Partial<Permissions>): void {
  const { policy } = story.pipeline
  const allowed = { ...policy, permissions: { ...policy.permissions, ...permissions } }
  story.pipeline = { ...story.pipeline, policy: allowed }
}

function forcePush(story: MigrationStory, head: string, gone: string): void {
  const its = { type: 'record_force_push', by: null, at: story.now } as const
  story.act('ci', { ...its, head: sha(head), gone: [sha(gone)] })
}

function needs(story: MigrationStory, to: string): readonly string[] {
  const [place] = story.pipeline.environments
  const seen = place && previewRollback(story.pipeline, place, sha(to))
  if (!seen?.ok) throw new Error('no way back')
  return seen.preview.needs
}

describe('what removes the old code', () => {
  test('of another part of the repository ends no migration of this one', () => {
    const story = new MigrationStory().ready().begin()
    story.increment('signalbox: 5/10 a')
    story.act('ana', PAUSE)
    story.hear('c3', { contracts: true, carried: false })
    story.ship('c4')
    expect(story.pipeline.shipped.has(sha('c3'))).toBe(true)
    expect(story.phase()).toBe('paused')
  })
})
