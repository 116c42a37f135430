-- When the log of a migration's run last grew: one that is silent is told of, as a deployment's is.
ALTER TABLE migration_runs ADD COLUMN spoke_at timestamptz(3);
-- What the runs before it took is found without reading all of a migration's past.
CREATE INDEX migration_runs_took ON migration_runs (pipeline, change, environment, kind, epoch)
  WHERE status = 'succeeded' AND started_at IS NOT NULL AND ended_at IS NOT NULL;
