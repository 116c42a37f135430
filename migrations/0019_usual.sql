-- What the newest runs of each kind took is read with every load: found without reading an
-- environment's whole past, of which few or none were rollbacks.
CREATE INDEX deployments_took ON deployments (pipeline, environment, kind, epoch)
  WHERE status IN ('succeeded', 'verified') AND account IS NULL
    AND started_at IS NOT NULL AND ended_at IS NOT NULL;
