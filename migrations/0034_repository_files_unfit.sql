-- What of the repository's file that counts does not fit the server's file; empty: it fits. While it
-- does not, the server's file counts alone.
ALTER TABLE repository_files ADD COLUMN unfit jsonb NOT NULL DEFAULT '[]';
