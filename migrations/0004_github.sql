-- GitHub in and out: verified deliveries, branch heads seen, deployments mirrored.

-- A verified delivery, reduced to what is used of it; kept for 30 days.
CREATE TABLE inbox (
  position    bigint GENERATED ALWAYS AS IDENTITY,
  -- GitHub's id of the delivery: for people who look it up there. The signature does not cover
  -- it, so it identifies nothing: the bytes and what was read in them do.
  delivery    text NOT NULL,
  event       text NOT NULL,
  sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  -- `owner/name`, in lower case.
  repository  text NOT NULL,
  -- The sha a check speaks of: looked up again when that sha is merged.
  checked_sha text,
  body        jsonb NOT NULL,
  received_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Not before this moment: the pause after a failure, and the claim of a worker.
  due_at      timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  attempts    integer NOT NULL DEFAULT 0,
  -- Every pipeline concerned was told what the delivery itself says.
  heard_at    timestamptz(3),
  -- Nothing is left to do: what GitHub's API adds was recorded too.
  taken_at    timestamptz(3),
  last_error  text,
  gave_up_at  timestamptz(3),
  PRIMARY KEY (event, sha256),
  CHECK (taken_at IS NULL OR heard_at IS NOT NULL)
);
CREATE INDEX inbox_open ON inbox (position) WHERE taken_at IS NULL AND gave_up_at IS NULL;
CREATE INDEX inbox_checks ON inbox (repository, checked_sha) WHERE checked_sha IS NOT NULL;
CREATE INDEX inbox_age ON inbox (received_at);

-- Up to where each branch was compared with what was heard of it.
CREATE TABLE github_branches (
  repository text NOT NULL,
  branch     text NOT NULL,
  head       text NOT NULL CHECK (head ~ '^[0-9a-f]{40,64}$'),
  seen_at    timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (repository, branch)
);

-- Our deployments as GitHub shows them.
CREATE TABLE github_deployments (
  key         text PRIMARY KEY,
  pipeline    text NOT NULL,
  environment text NOT NULL,
  epoch       integer NOT NULL,
  -- GitHub's id.
  github_id   bigint NOT NULL,
  -- The last status GitHub was told; null: none yet.
  state       text,
  at          timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX github_deployments_of ON github_deployments (pipeline, environment, epoch);
