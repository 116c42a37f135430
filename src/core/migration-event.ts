/**
 * What happened to a migration, in the past tense.
 *
 * Invariant: each is about one migration in one environment.
 */
import type { AnsweredRun, Migration, MigrationRun, Progress } from './migration.ts'

/** One about one migration in one environment. */
export type MigrationEvent = Pick<Migration, 'change' | 'environment'> &
  (
    | {
        readonly type:
          | 'migration_live'
          /** What was done of it counts no longer: the code before it writes there again. */
          | 'migration_gone'
          /** Its change was live for long enough: its owner is asked. */
          | 'migration_ready'
          | 'migration_verified'
          /** What it replaced is still there. */
          | 'migration_reminded'
          /** What had removed what it replaced was taken back. */
          | 'migration_reopened'
      }
    | { readonly type: 'migration_begun'; readonly by: string }
    | {
        readonly type: 'migration_paused'
        readonly by: string
        readonly reason: string
        /** The run that somebody answers for; null: none, or they may not. */
        readonly after: AnsweredRun | null
      }
    | {
        readonly type: 'migration_resumed'
        readonly by: string
        readonly reason: string | null
        /** The run that somebody answers for; null: it was only paused. */
        readonly after: AnsweredRun | null
      }
    | { readonly type: 'migration_run_requested'; readonly run: MigrationRun }
    | { readonly type: 'migration_run_claimed' | 'migration_run_started'; readonly run: string }
    | {
        readonly type: 'migration_run_ended'
        readonly run: string
        readonly kind: MigrationRun['kind']
        readonly number: number
        readonly status: 'succeeded' | 'failed' | 'aborted' | 'unknown'
        readonly reason: string | null
        readonly tail: readonly string[]
        /** What it says of the whole; null: nothing that counts. */
        readonly progress: Progress | null
        /** True: nothing is left to do. */
        readonly isDone: boolean
      }
    /** A change has shipped that removes what it replaced: it is over. */
    | { readonly type: 'migration_contracted'; readonly contract: string }
  )
