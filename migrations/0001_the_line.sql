-- The line: pipelines, their environments, trains and deployments; what was observed of the
-- branch; the audit. Times are timestamptz(3): the core counts milliseconds.

CREATE TABLE pipelines (
  name        text PRIMARY KEY,
  repository  text NOT NULL,
  branch      text NOT NULL,
  next_train  integer NOT NULL DEFAULT 1 CHECK (next_train > 0),
  -- The newest sha that has arrived: the parent of the first waiting change.
  tip         text,
  -- Who stopped the line, why, since when; null: it runs.
  stopped     jsonb,
  -- The earliest moment at which time alone may move this pipeline; null: never.
  due_at      timestamptz(3)
);
CREATE INDEX pipelines_due ON pipelines (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE environments (
  pipeline    text NOT NULL REFERENCES pipelines,
  name        text NOT NULL,
  -- The fencing number, raised at every start.
  epoch       integer NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  live_sha    text,
  live_train  integer,
  live_since  timestamptz(3),
  PRIMARY KEY (pipeline, name),
  CHECK ((live_sha IS NULL) = (live_since IS NULL)),
  CHECK ((live_sha IS NULL) = (live_train IS NULL))
);

CREATE FUNCTION epoch_only_rises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.epoch < OLD.epoch THEN
    RAISE EXCEPTION 'the epoch of %/% cannot fall from % to %',
      OLD.pipeline, OLD.name, OLD.epoch, NEW.epoch;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER environments_epoch BEFORE UPDATE ON environments
  FOR EACH ROW EXECUTE FUNCTION epoch_only_rises();

CREATE TABLE locks (
  id          text PRIMARY KEY,
  pipeline    text NOT NULL REFERENCES pipelines,
  -- Null: the whole pipeline.
  environment text,
  by_name     text NOT NULL,
  reason      text NOT NULL,
  since       timestamptz(3) NOT NULL,
  expires     timestamptz(3)
);
CREATE UNIQUE INDEX locks_one_of_each_scope ON locks (pipeline, coalesce(environment, ''));

CREATE TABLE trains (
  pipeline    text NOT NULL REFERENCES pipelines,
  number      integer NOT NULL CHECK (number > 0),
  status      text NOT NULL CHECK (status IN ('boarding', 'departed', 'arrived', 'cancelled')),
  opened_at   timestamptz(3) NOT NULL,
  departed_at timestamptz(3),
  -- Pinned when the doors close.
  sha         text,
  approvals   jsonb NOT NULL DEFAULT '[]',
  holds       jsonb NOT NULL DEFAULT '[]',
  passes      jsonb NOT NULL DEFAULT '[]',
  cancelling  jsonb,
  -- What it carried, once it has left the line.
  carried     jsonb,
  PRIMARY KEY (pipeline, number),
  CHECK ((status = 'boarding') = (sha IS NULL)),
  CHECK ((status IN ('arrived', 'cancelled')) = (carried IS NOT NULL))
);
CREATE UNIQUE INDEX trains_one_boarding ON trains (pipeline) WHERE status = 'boarding';
CREATE INDEX trains_unfinished ON trains (pipeline, number) WHERE status IN ('boarding', 'departed');

CREATE FUNCTION train_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN
     (('boarding', 'departed'), ('departed', 'arrived'), ('departed', 'cancelled')) THEN
    RAISE EXCEPTION 'train %/% cannot go from % to %',
      OLD.pipeline, OLD.number, OLD.status, NEW.status;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trains_forward BEFORE UPDATE ON trains
  FOR EACH ROW EXECUTE FUNCTION train_moves_forward();

CREATE TABLE deployments (
  key          text PRIMARY KEY,
  run          text NOT NULL UNIQUE,
  pipeline     text NOT NULL,
  train        integer NOT NULL,
  environment  text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('forward')),
  attempt      integer NOT NULL CHECK (attempt > 0),
  sha          text NOT NULL,
  base_sha     text,
  epoch        integer NOT NULL,
  plan         text NOT NULL,
  deploy       jsonb NOT NULL,
  agent        text NOT NULL,
  status       text NOT NULL CHECK (status IN
    ('requested', 'running', 'succeeded', 'verified', 'failed', 'aborted', 'unknown')),
  requested_at timestamptz(3) NOT NULL,
  started_at   timestamptz(3),
  ended_at     timestamptz(3),
  reason       text,
  tail         jsonb NOT NULL DEFAULT '[]',
  claimed      boolean NOT NULL DEFAULT false,
  cancelling   boolean NOT NULL DEFAULT false,
  settled      boolean NOT NULL DEFAULT false,
  -- The agent instance this run belongs to, and until when its silence is no news.
  instance     text,
  lease_until  timestamptz(3),
  FOREIGN KEY (pipeline, train) REFERENCES trains (pipeline, number),
  FOREIGN KEY (pipeline, environment) REFERENCES environments (pipeline, name),
  UNIQUE (pipeline, environment, epoch),
  UNIQUE (pipeline, train, environment, kind, attempt)
);
-- Mutual exclusion by constraint: an environment holds one deployment at a time.
CREATE UNIQUE INDEX deployments_one_active ON deployments (pipeline, environment)
  WHERE status IN ('requested', 'running', 'succeeded', 'unknown');
CREATE INDEX deployments_of_train ON deployments (pipeline, train);
CREATE INDEX deployments_leased ON deployments (agent, status)
  WHERE status IN ('requested', 'running');

CREATE FUNCTION outcome_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> NEW.status AND (
       OLD.status IN ('verified', 'failed', 'aborted')
    OR (OLD.status = 'succeeded' AND NEW.status <> 'verified')
    OR (OLD.status = 'unknown' AND NEW.status NOT IN ('succeeded', 'verified', 'failed', 'aborted'))
    OR (OLD.status = 'running' AND NEW.status = 'requested')) THEN
    RAISE EXCEPTION 'deployment % cannot go from % to %', OLD.key, OLD.status, NEW.status;
  END IF;
  IF OLD.instance IS NOT NULL AND NEW.instance IS DISTINCT FROM OLD.instance THEN
    RAISE EXCEPTION 'run % belongs to another agent instance', OLD.run;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deployments_once BEFORE UPDATE ON deployments
  FOR EACH ROW EXECUTE FUNCTION outcome_written_once();

-- Observed of a repository, stored once, loaded with every pipeline it concerns.
CREATE TABLE changes (
  repository text NOT NULL,
  branch     text NOT NULL,
  sha        text NOT NULL CHECK (sha ~ '^[0-9a-f]{40,64}$'),
  number     integer,
  title      text NOT NULL,
  author     text NOT NULL,
  co_authors jsonb NOT NULL DEFAULT '[]',
  merged_by  text,
  merged_at  timestamptz(3) NOT NULL,
  parent     text,
  lines      integer,
  paths      jsonb,
  labels     jsonb NOT NULL DEFAULT '[]',
  heard_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (repository, branch, sha)
);

-- What has arrived with which train, also the changes that concern other parts of a monorepo.
CREATE TABLE shipped (
  pipeline text NOT NULL,
  sha      text NOT NULL,
  train    integer NOT NULL,
  PRIMARY KEY (pipeline, sha),
  FOREIGN KEY (pipeline, train) REFERENCES trains (pipeline, number)
);

CREATE TABLE checks (
  repository text NOT NULL,
  sha        text NOT NULL CHECK (sha ~ '^[0-9a-f]{40,64}$'),
  name       text NOT NULL,
  status     text NOT NULL CHECK (status IN ('pending', 'success', 'failure')),
  at         timestamptz(3) NOT NULL,
  PRIMARY KEY (repository, sha, name)
);

CREATE TABLE consents (
  pipeline text NOT NULL REFERENCES pipelines,
  change   text NOT NULL,
  by_name  text NOT NULL,
  at       timestamptz(3) NOT NULL,
  PRIMARY KEY (pipeline, change, by_name)
);

-- The audit: one row per state change, in its transaction, each hashed over the one before.
CREATE TABLE events (
  chain     text NOT NULL,
  seq       bigint NOT NULL CHECK (seq > 0),
  at        timestamptz(3) NOT NULL,
  type      text NOT NULL,
  actor     text NOT NULL,
  body      jsonb NOT NULL,
  prev_hash text NOT NULL,
  hash      text NOT NULL,
  PRIMARY KEY (chain, seq)
);
CREATE TABLE chains (
  chain text PRIMARY KEY,
  seq   bigint NOT NULL,
  hash  text NOT NULL
);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is append-only: % refused', TG_OP;
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Invariants that constraints cannot say: this view must be empty.
CREATE VIEW broken_invariants AS
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
   WHERE t.status = 'cancelled' AND d.status IN ('requested', 'running')
UNION ALL
  SELECT 'live_without_success', e.pipeline || ':' || e.name
    FROM environments e
   WHERE e.live_sha IS NOT NULL AND NOT EXISTS (
     SELECT 1 FROM deployments d
      WHERE d.pipeline = e.pipeline AND d.environment = e.name
        AND d.sha = e.live_sha AND d.status IN ('succeeded', 'verified'))
UNION ALL
  SELECT 'chain_head', c.chain
    FROM chains c LEFT JOIN events e ON e.chain = c.chain AND e.seq = c.seq
   WHERE e.hash IS DISTINCT FROM c.hash;
