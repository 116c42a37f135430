-- What an environment runs once a release is verified there: the old one may go.

-- The key of the deployment that is verified; null: it looks at one, or turns a flag off.
ALTER TABLE verify_runs ADD COLUMN retires text;
