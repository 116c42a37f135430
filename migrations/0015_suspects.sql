-- Suspects: which of the policy's signals watch a change is kept with the changes a special train
-- brings. Of those sent before there were signals, none does.
UPDATE trains
   SET special = jsonb_set(special, '{changes}', (
         SELECT coalesce(jsonb_agg('{"watched": []}'::jsonb || change ORDER BY at), '[]')
           FROM jsonb_array_elements(special->'changes') WITH ORDINALITY AS own(change, at)))
 WHERE special IS NOT NULL;

-- Flags that somebody turned off, or tried to: the newest word on each.
ALTER TABLE environments ADD COLUMN flags jsonb NOT NULL DEFAULT '[]';

-- The flag that a command turns off, and when that was asked for; null: it looks at a deployment.
ALTER TABLE verify_runs ADD COLUMN flag jsonb;
