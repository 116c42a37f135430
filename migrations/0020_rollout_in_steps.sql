-- Rollouts in steps: one deployment, with a run and an epoch of its own for each step.

ALTER TABLE deployments
  -- Its steps, where it is in them and who keeps it there; null: everybody at once.
  ADD COLUMN rollout jsonb,
  ADD CHECK ((rollout->>'at')::int BETWEEN 0 AND jsonb_array_length(rollout->'steps') - 1);
ALTER TABLE deployments
  -- False while it bakes between two steps: then no agent works for it.
  ADD COLUMN at_work boolean NOT NULL GENERATED ALWAYS AS (
    status IN ('requested', 'running') AND (rollout->>'bakesSince') IS NULL) STORED;

-- The runs of steps that others have followed. No run is ever ordered twice.
CREATE TABLE step_runs (
  run        text PRIMARY KEY,
  pipeline   text NOT NULL REFERENCES pipelines,
  deployment text NOT NULL REFERENCES deployments,
  -- Its index.
  step       integer NOT NULL,
  epoch      integer NOT NULL,
  instance   text,
  started_at timestamptz(3),
  UNIQUE (deployment, step)
);

CREATE OR REPLACE FUNCTION outcome_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.run <> OLD.run THEN
    IF OLD.rollout IS NULL OR OLD.status NOT IN ('requested', 'running', 'unknown')
       OR NEW.epoch <= OLD.epoch
       OR (NEW.rollout->>'at')::int <= (OLD.rollout->>'at')::int
       OR EXISTS (SELECT 1 FROM step_runs WHERE run = NEW.run) THEN
      RAISE EXCEPTION 'run % cannot be followed by %', OLD.run, NEW.run;
    END IF;
    INSERT INTO step_runs (run, pipeline, deployment, step, epoch, instance, started_at)
    VALUES (OLD.run, OLD.pipeline, OLD.key, (OLD.rollout->>'at')::int, OLD.epoch, OLD.instance,
            OLD.started_at);
    -- The next step is for whoever claims it.
    NEW.instance := NULL;
    NEW.lease_until := NULL;
    NEW.spoke_at := NULL;
    RETURN NEW;
  END IF;
  IF OLD.status <> NEW.status AND (
       OLD.status IN ('verified', 'failed', 'aborted')
    OR (OLD.status = 'succeeded' AND NEW.status <> 'verified')
    -- A step that is known to have ended well bakes, and its deployment is under way again.
    OR (OLD.status = 'unknown'
        AND NEW.status NOT IN ('succeeded', 'verified', 'failed', 'aborted')
        AND NOT (NEW.status = 'running' AND NOT NEW.rollout->>'bakesSince' IS NULL))
    OR (OLD.status = 'running' AND NEW.status = 'requested')) THEN
    RAISE EXCEPTION 'deployment % cannot go from % to %', OLD.key, OLD.status, NEW.status;
  END IF;
  IF OLD.instance IS NOT NULL AND NEW.instance IS DISTINCT FROM OLD.instance THEN
    RAISE EXCEPTION 'run % belongs to another agent instance', OLD.run;
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE VIEW broken_invariants AS
  SELECT 'epoch_behind' AS invariant, d.key AS what
    FROM deployments d JOIN environments e ON e.pipeline = d.pipeline AND e.name = d.environment
   WHERE d.epoch > e.epoch
UNION ALL
  SELECT 'arrived_unverified', t.pipeline || '/' || t.number
    FROM trains t
   WHERE t.status = 'arrived' AND NOT EXISTS (
     SELECT 1 FROM deployments d
      WHERE d.pipeline = t.pipeline AND d.train = t.number AND d.status = 'verified')
UNION ALL
  SELECT 'cancelled_but_running', d.key
    FROM deployments d JOIN trains t ON t.pipeline = d.pipeline AND t.number = d.train
   WHERE t.status = 'cancelled' AND d.kind = 'forward' AND d.status IN ('requested', 'running')
UNION ALL
  SELECT 'live_without_success', e.pipeline || ':' || e.name
    FROM environments e
   WHERE e.live_sha IS NOT NULL AND e.live_by IS NULL AND NOT EXISTS (
     SELECT 1 FROM deployments d
      WHERE d.pipeline = e.pipeline AND d.environment = e.name
        AND d.sha = e.live_sha AND d.status IN ('succeeded', 'verified'))
UNION ALL
  SELECT 'shipped_by_no_arrival', s.pipeline || '/' || s.sha
    FROM shipped s JOIN trains t ON t.pipeline = s.pipeline AND t.number = s.train
   WHERE t.status <> 'arrived'
UNION ALL
  SELECT 'chain_out_of_order', e.pipeline || ':' || e.name
    FROM environments e
   WHERE EXISTS (
     SELECT 1 FROM jsonb_array_elements(e.chain) WITH ORDINALITY a(it, at)
       JOIN jsonb_array_elements(e.chain) WITH ORDINALITY b(it, at) ON b.at = a.at + 1
      WHERE (a.it->>'epoch')::int >= (b.it->>'epoch')::int)
UNION ALL
  SELECT 'chain_head', c.chain
    FROM chains c LEFT JOIN events e ON e.chain = c.chain AND e.seq = c.seq
   WHERE e.hash IS DISTINCT FROM c.hash
UNION ALL
  -- What has not reached everybody is not live.
  SELECT 'live_before_its_last_step', d.key
    FROM deployments d JOIN environments e ON e.pipeline = d.pipeline AND e.name = d.environment
   WHERE d.rollout IS NOT NULL AND e.live_epoch = d.epoch
     AND (d.status NOT IN ('succeeded', 'verified')
       OR (d.rollout->>'at')::int <> jsonb_array_length(d.rollout->'steps') - 1)
UNION ALL
  -- A step that came later has a higher epoch.
  SELECT 'steps_out_of_order', a.run
    FROM step_runs a
    JOIN deployments d ON d.key = a.deployment
    LEFT JOIN step_runs b ON b.deployment = a.deployment AND b.step < a.step
   WHERE b.epoch >= a.epoch OR a.epoch >= d.epoch OR a.step >= (d.rollout->>'at')::int;
