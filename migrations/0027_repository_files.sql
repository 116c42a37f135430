-- What a pipeline's own repository asks for, where the server's file lets it.

CREATE TABLE repository_files (
  pipeline text PRIMARY KEY REFERENCES pipelines,
  -- The commit it was last read at, and what is wrong with it there; empty: nothing.
  seen     text NOT NULL,
  problems jsonb NOT NULL,
  -- What counts: as it was at the last commit where nothing was wrong with it; null: no file there.
  text     text,
  at       timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
