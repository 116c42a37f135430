-- What the server's file said when it was last read: what is wrong beside one may be right beside the
-- next. Null: read by an earlier version.
ALTER TABLE repository_files ADD COLUMN base text;
