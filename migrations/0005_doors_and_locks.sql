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
