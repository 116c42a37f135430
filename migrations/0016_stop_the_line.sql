-- Stopping the line: how long it stood, and whether merges are welcome as GitHub is told.

-- How often the line was stopped and resumed, and how long it stood in all.
ALTER TABLE pipelines
  ADD COLUMN stops    integer NOT NULL DEFAULT 0,
  ADD COLUMN stood_ms bigint NOT NULL DEFAULT 0,
  -- What open pull requests were told when all of them were last asked for; null: never.
  ADD COLUMN merges   jsonb;

-- Open pull requests, as far as they were heard of or asked for.
CREATE TABLE pulls (
  -- As GitHub calls it, in lower case.
  repository text NOT NULL,
  number     integer NOT NULL,
  -- The branch they are to be merged into.
  branch     text NOT NULL,
  -- Their newest commit.
  sha        text NOT NULL,
  heard_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (repository, number)
);
CREATE INDEX pulls_of_branch ON pulls (repository, branch);

-- What a commit was told for a pipeline: a status that stands is not told again.
CREATE TABLE merge_statuses (
  pipeline text NOT NULL REFERENCES pipelines,
  sha      text NOT NULL,
  told     jsonb NOT NULL,
  at       timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (pipeline, sha)
);
