/**
 * Why a migration does not do what somebody asked of it, by its phase.
 *
 * Invariant: each says what is to be done instead.
 */
import type { MigrationPhase } from './migration.ts'

export const MIGRATION_IS: Readonly<Record<MigrationPhase, (environment: string) => string>> = {
  waiting: (at) =>
    `waits: its change is not live in ${at}, or not for long enough. It says when it is ready.`,
  ready: (at) => `is ready in ${at} and has not begun: run it.`,
  running: (at) => `runs in ${at} already.`,
  paused: (at) => `is paused in ${at}: resume it.`,
  failed: (at) => `failed in ${at}: look why, then resume it, or pause it.`,
  verifying: (at) => `is being verified in ${at}.`,
  verified: (at) => `is verified in ${at}: there is nothing left to run.`,
  contracted: (at) => `is over in ${at}: what it replaced is removed.`,
}
