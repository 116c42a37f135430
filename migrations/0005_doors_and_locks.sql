-- Doors: what a cancelled train left is coupled with what comes next.

ALTER TABLE trains
  -- The newest change that a cancelled train left to this one.
  ADD COLUMN coupled text;
