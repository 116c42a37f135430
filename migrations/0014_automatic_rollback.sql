-- Taking back by itself: whether what is live was seen to be well, and what was done about a failure.

-- Why nobody has seen what is live to be well; null: it was verified by itself.
ALTER TABLE environments ADD COLUMN ailment text;
UPDATE environments SET ailment = 'it was never verified'
 WHERE live_sha IS NOT NULL AND (chain -> -1 ->> 'sha') IS DISTINCT FROM live_sha;

ALTER TABLE deployments
  -- What it found there when it began. Of those that began before, nobody kept it: they stay.
  ADD COLUMN replaces jsonb NOT NULL
    DEFAULT '{"sha": null, "ailment": "nobody kept what was live before"}',
  -- What was done by itself about its failure; null: nothing yet.
  ADD COLUMN reaction jsonb;
