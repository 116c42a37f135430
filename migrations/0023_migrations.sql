-- Migrations: data moved in increments, once the change that carries them is live and stable.

-- One for each change that carries one and each environment.
CREATE TABLE migrations (
  pipeline    text NOT NULL,
  -- The sha of the change that carries it.
  change      text NOT NULL,
  environment text NOT NULL,
  opened_at   timestamptz(3) NOT NULL,
  -- Since when its change is live and verified there; null: it is not.
  live_since  timestamptz(3),
  ready_at    timestamptz(3),
  -- Who let it run, when, from where on.
  begun       jsonb,
  paused      jsonb,
  increments  integer NOT NULL DEFAULT 0 CHECK (increments >= 0),
  runs        integer NOT NULL DEFAULT 0 CHECK (runs >= increments),
  progress    jsonb,
  complete    boolean NOT NULL DEFAULT false,
  -- The newest run; null: none, or somebody has answered for the one that went wrong.
  run         text,
  verified_at timestamptz(3),
  reminded_at timestamptz(3),
  -- The change that removed what it replaced; null: it is not over.
  contract    text,
  PRIMARY KEY (pipeline, change, environment),
  FOREIGN KEY (pipeline, environment) REFERENCES environments (pipeline, name)
    ON UPDATE CASCADE ON DELETE CASCADE,
  CHECK (verified_at IS NULL OR live_since IS NOT NULL)
);
CREATE INDEX migrations_standing ON migrations (pipeline) WHERE contract IS NULL;

-- Each increment, and each verification, is a run under the run protocol.
CREATE TABLE migration_runs (
  run          text PRIMARY KEY,
  pipeline     text NOT NULL,
  environment  text NOT NULL,
  change       text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('increment', 'verify')),
  -- Which increment it is, or after how many it verifies.
  number       integer NOT NULL CHECK (number >= 0),
  sha          text NOT NULL,
  epoch        integer NOT NULL,
  deploy       jsonb NOT NULL,
  agent        text NOT NULL,
  cursor       text NOT NULL,
  size         integer NOT NULL,
  status       text NOT NULL CHECK (status IN
    ('requested', 'running', 'succeeded', 'failed', 'aborted', 'unknown')),
  requested_at timestamptz(3) NOT NULL,
  started_at   timestamptz(3),
  ended_at     timestamptz(3),
  reason       text,
  tail         jsonb NOT NULL DEFAULT '[]',
  claimed      boolean NOT NULL DEFAULT false,
  -- The agent instance this run belongs to, and until when its silence is no news.
  instance     text,
  lease_until  timestamptz(3),
  FOREIGN KEY (pipeline, change, environment)
    REFERENCES migrations (pipeline, change, environment) ON UPDATE CASCADE,
  UNIQUE (pipeline, environment, epoch)
);
ALTER TABLE migrations ADD FOREIGN KEY (run) REFERENCES migration_runs (run)
  DEFERRABLE INITIALLY DEFERRED;
-- Mutual exclusion by constraint: one increment at a time in an environment.
CREATE UNIQUE INDEX migration_runs_one_active ON migration_runs (pipeline, environment)
  WHERE status IN ('requested', 'running');
CREATE INDEX migration_runs_leased ON migration_runs (agent, status)
  WHERE status IN ('requested', 'running');

CREATE FUNCTION migration_outcome_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> NEW.status AND (
       OLD.status IN ('succeeded', 'failed', 'aborted')
    OR (OLD.status = 'unknown' AND NEW.status NOT IN ('succeeded', 'failed', 'aborted'))
    OR (OLD.status = 'running' AND NEW.status = 'requested')) THEN
    RAISE EXCEPTION 'run % cannot go from % to %', OLD.run, OLD.status, NEW.status;
  END IF;
  IF OLD.instance IS NOT NULL AND NEW.instance IS DISTINCT FROM OLD.instance THEN
    RAISE EXCEPTION 'run % belongs to another agent instance', OLD.run;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER migration_runs_once BEFORE UPDATE ON migration_runs
  FOR EACH ROW EXECUTE FUNCTION migration_outcome_written_once();

-- A deployment and an increment never begin while the other is at work. Whoever begins one holds
-- the pipeline's row, so neither can be missed. What an agent only tells of has happened already.
CREATE FUNCTION no_increment_beside_a_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IN ('requested', 'running') AND EXISTS (
    SELECT 1 FROM deployments d
     WHERE d.pipeline = NEW.pipeline AND d.environment = NEW.environment AND d.account IS NULL
       AND d.status IN ('requested', 'running', 'unknown')) THEN
    RAISE EXCEPTION 'a deployment is at work in %/%', NEW.pipeline, NEW.environment;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER migration_runs_alone BEFORE INSERT ON migration_runs
  FOR EACH ROW EXECUTE FUNCTION no_increment_beside_a_deployment();

CREATE FUNCTION no_deployment_beside_an_increment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = 'requested' AND NEW.account IS NULL AND EXISTS (
    SELECT 1 FROM migration_runs r
     WHERE r.pipeline = NEW.pipeline AND r.environment = NEW.environment
       AND r.status IN ('requested', 'running')) THEN
    RAISE EXCEPTION 'an increment of a migration is at work in %/%', NEW.pipeline, NEW.environment;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deployments_alone BEFORE INSERT ON deployments
  FOR EACH ROW EXECUTE FUNCTION no_deployment_beside_an_increment();

-- Whatever was to be empty before, and what migrations add to it.
ALTER VIEW broken_invariants RENAME TO broken_invariants_of_the_line;
CREATE VIEW broken_invariants AS
  SELECT invariant, what FROM broken_invariants_of_the_line
UNION ALL
  SELECT 'increment_beside_deployment', r.run
    FROM migration_runs r JOIN deployments d
      ON d.pipeline = r.pipeline AND d.environment = r.environment
   WHERE r.status IN ('requested', 'running') AND d.status IN ('requested', 'running')
     AND d.account IS NULL
UNION ALL
  SELECT 'increment_epoch_behind', r.run
    FROM migration_runs r
    JOIN environments e ON e.pipeline = r.pipeline AND e.name = r.environment
   WHERE r.epoch > e.epoch
UNION ALL
  SELECT 'increment_of_nothing', r.run
    FROM migration_runs r
    JOIN migrations m ON m.pipeline = r.pipeline AND m.change = r.change
     AND m.environment = r.environment
   WHERE r.status IN ('requested', 'running') AND m.run IS DISTINCT FROM r.run;

-- What each migration's card shows, and where it stands.
CREATE TABLE migration_messages (
  pipeline   text NOT NULL REFERENCES pipelines,
  change     text NOT NULL,
  channel    text NOT NULL,
  ts         text NOT NULL,
  hash       text NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (pipeline, change),
  UNIQUE (channel, ts)
);

-- The issue that says what is left to remove.
CREATE TABLE migration_issues (
  pipeline text NOT NULL REFERENCES pipelines,
  change   text NOT NULL,
  number   integer NOT NULL,
  open     boolean NOT NULL,
  PRIMARY KEY (pipeline, change)
);
