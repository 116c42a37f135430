-- What tells this installation from others that share a Redis with it.
CREATE TABLE installation (
  id   text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  one  boolean NOT NULL DEFAULT true UNIQUE CHECK (one)
);
INSERT INTO installation DEFAULT VALUES;
