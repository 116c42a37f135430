-- Doors: what a cancelled train left is coupled with what comes next.

ALTER TABLE trains
  -- The newest change that a cancelled train left to this one.
  ADD COLUMN coupled text;

-- One row for ever: a lock on everything, also on pipelines added later; all null: none. Every
-- start reads it FOR SHARE before its pipeline's row FOR UPDATE, so none slips past a new lock.
CREATE TABLE lock_all (
  single  boolean PRIMARY KEY DEFAULT true CHECK (single),
  id      text,
  by_name text,
  reason  text,
  since   timestamptz(3),
  expires timestamptz(3),
  CHECK ((id IS NULL) = (by_name IS NULL)
     AND (id IS NULL) = (reason IS NULL)
     AND (id IS NULL) = (since IS NULL)),
  CHECK (expires IS NULL OR id IS NOT NULL)
);
INSERT INTO lock_all DEFAULT VALUES;

-- Force-pushes: what has vanished from the branch, as each pipeline was told.
ALTER TABLE pipelines
  -- The branch's head after the newest force-push, and when that was.
  ADD COLUMN rewritten jsonb;
ALTER TABLE trains
  -- What it carried when a force-push took part of it off the branch; null: its list is derived.
  ADD COLUMN kept jsonb;
CREATE TABLE dropped (
  pipeline text NOT NULL REFERENCES pipelines,
  sha      text NOT NULL CHECK (sha ~ '^[0-9a-f]{40,64}$'),
  at       timestamptz(3) NOT NULL,
  PRIMARY KEY (pipeline, sha)
);
