-- Flags that somebody turned off, or tried to: the newest word on each.
ALTER TABLE environments ADD COLUMN flags jsonb NOT NULL DEFAULT '[]';

-- The flag that a command turns off, and when that was asked for; null: it looks at a deployment.
ALTER TABLE verify_runs ADD COLUMN flag jsonb;
