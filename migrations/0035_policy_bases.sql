-- What the server's file that was told last says of each pipeline: what a repository's file is put on,
-- by whichever process reads it.

CREATE TABLE policy_bases (
  pipeline text PRIMARY KEY REFERENCES pipelines,
  policy   jsonb NOT NULL,
  -- Whom that file names.
  people   jsonb NOT NULL,
  hash     text NOT NULL,
  file     text NOT NULL,
  lines    jsonb NOT NULL,
  at       timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
