-- Special trains stand outside the line: a branch to try, a hotfix, what is live once more.

ALTER TABLE trains
  -- What was found of its sha, who sent it, and the locks it left; null: it stands on the line.
  ADD COLUMN special jsonb,
  ADD CHECK (special IS NULL OR status <> 'boarding');
CREATE INDEX trains_special ON trains (pipeline, sha) WHERE special IS NOT NULL;
