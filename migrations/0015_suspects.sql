-- Suspects: which of the policy's signals watch a change is kept with the changes a special train
-- brings. Of those sent before there were signals, none does.
UPDATE trains
   SET special = jsonb_set(special, '{changes}', (
         SELECT coalesce(jsonb_agg('{"watched": []}'::jsonb || change ORDER BY at), '[]')
           FROM jsonb_array_elements(special->'changes') WITH ORDINALITY AS own(change, at)))
 WHERE special IS NOT NULL;
