-- Whether an increment of it has once said that there is more: from then on silence is no word.
ALTER TABLE migrations ADD COLUMN said_more boolean NOT NULL DEFAULT false;
UPDATE migrations SET said_more = true WHERE progress IS NOT NULL;

-- What is unknown is found without reading every run that ever was.
CREATE INDEX migration_runs_open ON migration_runs (pipeline)
  WHERE status IN ('requested', 'running', 'unknown');

-- What failed its verification begins from the start, whatever people say next.
UPDATE migrations m SET progress = NULL, complete = false
  FROM migration_runs r
 WHERE r.run = m.run AND r.kind = 'verify' AND r.status = 'failed' AND m.verified_at IS NULL;

-- Whether a run of it has begun that may have changed data: it is never forgotten.
ALTER TABLE migrations ADD COLUMN touched boolean NOT NULL DEFAULT false;
UPDATE migrations m SET touched = true
 WHERE increments > 0 OR EXISTS (
   SELECT 1 FROM migration_runs r
    WHERE r.pipeline = m.pipeline AND r.change = m.change AND r.environment = m.environment
      AND r.claimed AND r.status <> 'aborted');

-- What reverts a change is found with it.
CREATE INDEX changes_reverting ON changes (repository, branch) WHERE reverts IS NOT NULL;

-- Migrations of which GitHub took no issue when it was last asked.
CREATE TABLE migration_issues_refused (
  pipeline text NOT NULL REFERENCES pipelines,
  change   text NOT NULL,
  PRIMARY KEY (pipeline, change)
);
