-- The names under which documents came whose files are named otherwise. By content: a title outlives forgetting.
CREATE TABLE titles (sha256 TEXT PRIMARY KEY, title TEXT NOT NULL) WITHOUT ROWID;
