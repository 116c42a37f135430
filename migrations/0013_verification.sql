-- Done means attested: what was seen of a deployment, and what an environment says it runs.

-- What each step of its verification has found, and who answers for what was not well.
ALTER TABLE deployments ADD COLUMN verification jsonb NOT NULL
  DEFAULT '{"findings": [], "accepted": null}';

-- How often in a row it said that it runs something else; null: nothing speaks against it.
ALTER TABLE environments ADD COLUMN doubt jsonb;

-- When each thing was last looked at. Bookkeeping of whoever looks; nothing is decided by it.
CREATE TABLE looks (
  -- A run and the name of a step, or a pipeline and its environment.
  subject    text NOT NULL,
  step       text NOT NULL,
  -- When the newest look began that was told; null: none was.
  looked_at  timestamptz(3),
  -- Whoever looks now has until then; after that somebody else does.
  held_until timestamptz(3),
  PRIMARY KEY (subject, step)
);

-- Commands of verifications, run by agents under the run protocol.
CREATE TABLE verify_runs (
  run          text PRIMARY KEY,
  pipeline     text NOT NULL REFERENCES pipelines,
  environment  text NOT NULL,
  -- The run that is looked at.
  deployment   text NOT NULL,
  epoch        integer NOT NULL,
  step         text NOT NULL,
  sha          text NOT NULL,
  base_sha     text,
  train        integer,
  deploy       jsonb NOT NULL,
  agent        text NOT NULL,
  status       text NOT NULL CHECK (status IN ('requested', 'running', 'ended')),
  requested_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- When the look before it began; null: it was the first.
  before       timestamptz(3),
  cancelling   boolean NOT NULL DEFAULT false,
  instance     text,
  lease_until  timestamptz(3)
);
CREATE UNIQUE INDEX verify_runs_one_at_a_time ON verify_runs (deployment, step)
  WHERE status <> 'ended';
CREATE INDEX verify_runs_open ON verify_runs (agent, status) WHERE status <> 'ended';
