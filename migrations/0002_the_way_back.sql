-- The way back: past releases, rollbacks, vetoes; words for absent authors; broken glass.

ALTER TABLE environments
  -- The epoch at which the live release went live, and who recorded it, when it was not we.
  ADD COLUMN live_epoch integer,
  ADD COLUMN live_by    text,
  -- Verified releases, newest last, bounded: where a rollback may go.
  ADD COLUMN chain      jsonb NOT NULL DEFAULT '[]',
  -- A rollback that was ordered and has not landed.
  ADD COLUMN rollback   jsonb,
  ADD COLUMN vetoes     jsonb NOT NULL DEFAULT '[]';
UPDATE environments e SET live_epoch = coalesce((
  SELECT max(d.epoch) FROM deployments d
   WHERE d.pipeline = e.pipeline AND d.environment = e.name AND d.sha = e.live_sha
     AND d.status IN ('succeeded', 'verified')), 0)
 WHERE e.live_sha IS NOT NULL;
UPDATE environments e SET chain = coalesce((
  SELECT jsonb_agg(jsonb_build_object(
           'sha', v.sha, 'train', v.train, 'epoch', v.epoch,
           'since', floor(extract(epoch FROM v.ended_at) * 1000), 'by', null) ORDER BY v.epoch)
    FROM (SELECT sha, train, epoch, ended_at FROM deployments d
           WHERE d.pipeline = e.pipeline AND d.environment = e.name AND d.status = 'verified'
           ORDER BY epoch DESC LIMIT 20) v), '[]');
ALTER TABLE environments
  DROP CONSTRAINT environments_check1,
  ADD CHECK ((live_sha IS NULL) = (live_epoch IS NULL)),
  ADD CHECK (live_by IS NULL OR live_train IS NULL);

ALTER TABLE trains
  ADD COLUMN veto_releases jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN overrides     jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN accepted      jsonb NOT NULL DEFAULT '[]',
  DROP CONSTRAINT trains_status_check,
  DROP CONSTRAINT trains_check1,
  ADD CONSTRAINT trains_status_check CHECK
    (status IN ('boarding', 'departed', 'arrived', 'cancelled', 'rolled_back')),
  ADD CONSTRAINT trains_carried_check CHECK
    ((status IN ('arrived', 'cancelled', 'rolled_back')) = (carried IS NOT NULL));
CREATE OR REPLACE FUNCTION train_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN
     (('boarding', 'departed'), ('departed', 'arrived'), ('departed', 'cancelled'),
      ('departed', 'rolled_back'), ('arrived', 'rolled_back')) THEN
    RAISE EXCEPTION 'train %/% cannot go from % to %',
      OLD.pipeline, OLD.number, OLD.status, NEW.status;
  END IF;
  RETURN NEW;
END $$;

ALTER TABLE deployments
  -- Null: a rollback of a release that was recorded by hand.
  ALTER COLUMN train DROP NOT NULL,
  -- From the order of the rollback on that takes it back.
  ADD COLUMN taken_back boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT deployments_kind_check,
  ADD CONSTRAINT deployments_kind_check CHECK (kind IN ('forward', 'rollback'));
DROP INDEX deployments_one_active;
CREATE UNIQUE INDEX deployments_one_active ON deployments (pipeline, environment)
  WHERE status IN ('requested', 'running', 'unknown')
     OR (status = 'succeeded' AND NOT settled AND NOT taken_back);

ALTER TABLE changes ADD COLUMN reverts text;

ALTER TABLE consents
  ADD COLUMN vouched_by text,
  ADD COLUMN reason     text,
  ADD CHECK ((vouched_by IS NULL) = (reason IS NULL));

ALTER TABLE shipped
  -- Null: recorded by hand.
  ALTER COLUMN train DROP NOT NULL,
  -- The last environment's epoch at which it went live.
  ADD COLUMN epoch integer;
UPDATE shipped s SET epoch = coalesce((
  SELECT d.epoch FROM deployments d
   WHERE d.pipeline = s.pipeline AND d.train = s.train AND d.status = 'verified'
   ORDER BY d.requested_at DESC, d.epoch DESC LIMIT 1), 0);
ALTER TABLE shipped ALTER COLUMN epoch SET NOT NULL;

CREATE OR REPLACE VIEW broken_invariants AS
  SELECT 'epoch_behind' AS invariant, d.key AS what
    FROM deployments d JOIN environments e ON e.pipeline = d.pipeline AND e.name = d.environment
   WHERE d.epoch > e.epoch
UNION ALL
  SELECT 'arrived_unverified', t.pipeline || '/' || t.number
    FROM trains t
   WHERE t.status = 'arrived' AND NOT EXISTS (
     SELECT 1 FROM deployments d
      WHERE d.pipeline = t.pipeline AND d.train = t.number AND d.status = 'verified')
UNION ALL
  SELECT 'cancelled_but_running', d.key
    FROM deployments d JOIN trains t ON t.pipeline = d.pipeline AND t.number = d.train
   WHERE t.status = 'cancelled' AND d.kind = 'forward' AND d.status IN ('requested', 'running')
UNION ALL
  SELECT 'live_without_success', e.pipeline || ':' || e.name
    FROM environments e
   WHERE e.live_sha IS NOT NULL AND e.live_by IS NULL AND NOT EXISTS (
     SELECT 1 FROM deployments d
      WHERE d.pipeline = e.pipeline AND d.environment = e.name
        AND d.sha = e.live_sha AND d.status IN ('succeeded', 'verified'))
UNION ALL
  SELECT 'shipped_by_no_arrival', s.pipeline || '/' || s.sha
    FROM shipped s JOIN trains t ON t.pipeline = s.pipeline AND t.number = s.train
   WHERE t.status <> 'arrived'
UNION ALL
  SELECT 'chain_out_of_order', e.pipeline || ':' || e.name
    FROM environments e
   WHERE EXISTS (
     SELECT 1 FROM jsonb_array_elements(e.chain) WITH ORDINALITY a(it, at)
       JOIN jsonb_array_elements(e.chain) WITH ORDINALITY b(it, at) ON b.at = a.at + 1
      WHERE (a.it->>'epoch')::int >= (b.it->>'epoch')::int)
UNION ALL
  SELECT 'chain_head', c.chain
    FROM chains c LEFT JOIN events e ON e.chain = c.chain AND e.seq = c.seq
   WHERE e.hash IS DISTINCT FROM c.hash;
