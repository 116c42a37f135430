-- Deployments that this database did not order, or has forgotten, as an agent's journal tells them.
ALTER TABLE deployments ADD COLUMN account jsonb;
