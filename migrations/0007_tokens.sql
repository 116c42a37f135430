-- Tokens that people were given for the API and the CLI: the secret itself is never stored.
CREATE TABLE api_tokens (
  -- What it is called when it is listed or revoked.
  id         text PRIMARY KEY,
  person     text NOT NULL,
  -- SHA-256 of the secret, which is 256 random bits: no salt is needed.
  digest     bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
  issued_at  timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL CHECK (expires_at > issued_at),
  revoked_at timestamptz(3),
  revoked_by text,
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX api_tokens_of_person ON api_tokens (person);
