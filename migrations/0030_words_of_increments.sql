-- Whether an increment of it has once said that there is more: from then on silence is no word.
ALTER TABLE migrations ADD COLUMN said_more boolean NOT NULL DEFAULT false;
UPDATE migrations SET said_more = true WHERE progress IS NOT NULL;

-- What is unknown is found without reading every run that ever was.
CREATE INDEX migration_runs_open ON migration_runs (pipeline)
  WHERE status IN ('requested', 'running', 'unknown');
