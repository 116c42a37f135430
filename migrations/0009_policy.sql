-- The policy in force, kept with its pipeline; what the file says and must wait; agents heard of.

ALTER TABLE pipelines
  -- As last accepted, and its digest; null: none was yet, the configuration file speaks.
  ADD COLUMN policy       jsonb,
  ADD COLUMN policy_hash  text,
  ADD COLUMN policy_since timestamptz(3),
  ADD CHECK ((policy IS NULL) = (policy_hash IS NULL)),
  ADD CHECK ((policy IS NULL) = (policy_since IS NULL));

-- What a configuration file asks for while something under way needs the policy in force.
CREATE TABLE policy_conflicts (
  pipeline  text PRIMARY KEY REFERENCES pipelines,
  policy    jsonb NOT NULL,
  hash      text NOT NULL,
  -- Where it was read, and on which line each part of it stands.
  file      text NOT NULL,
  lines     jsonb NOT NULL,
  since     timestamptz(3) NOT NULL,
  -- What must end first, as it was found by the last look.
  conflicts jsonb NOT NULL
);

-- The environments a train departed for, by name; null: those of the policy.
ALTER TABLE trains ADD COLUMN journey jsonb;

-- A renamed environment keeps its deployments.
ALTER TABLE deployments
  DROP CONSTRAINT deployments_pipeline_environment_fkey,
  ADD CONSTRAINT deployments_pipeline_environment_fkey
    FOREIGN KEY (pipeline, environment) REFERENCES environments (pipeline, name) ON UPDATE CASCADE;

-- When it was first heard: its own time is its source's, and may be old.
ALTER TABLE checks ADD COLUMN heard_at timestamptz(3) NOT NULL DEFAULT clock_timestamp();

-- When each agent was last heard of.
CREATE TABLE agents (
  name     text NOT NULL,
  instance text NOT NULL,
  seen_at  timestamptz(3) NOT NULL,
  PRIMARY KEY (name, instance)
);
