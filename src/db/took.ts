/**
 * How long runs took, as the database knows it.
 *
 * Invariant: only runs of ours that succeeded count, the newest first.
 */
import type { Deployment } from '../core/model.ts'
import { RUNS_MAX } from '../core/took.ts'

/** Of `environments e`: what its newest runs took, for what is usual there. */
export const tookBy = (kind: Deployment['kind']): string =>
  `SELECT (extract(epoch FROM d.ended_at - d.started_at) * 1000)::float8 FROM deployments d
    WHERE d.pipeline = e.pipeline AND d.environment = e.name AND d.kind = '${kind}'
      AND d.status IN ('succeeded', 'verified') AND d.account IS NULL
      AND d.started_at IS NOT NULL AND d.ended_at IS NOT NULL
    ORDER BY d.epoch DESC LIMIT ${RUNS_MAX}`
