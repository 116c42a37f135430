-- With what links to logs are sealed, so that a browser may open them without a token.
ALTER TABLE installation
  ADD COLUMN log_key text NOT NULL DEFAULT gen_random_uuid()::text || gen_random_uuid()::text;
