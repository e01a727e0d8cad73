-- What was added through the browser: how far it is, and what went wrong.
CREATE TABLE jobs (
    sha256 TEXT PRIMARY KEY,
    file TEXT NOT NULL,  -- its name in the folder of what was added
    state TEXT NOT NULL CHECK (state IN ('waiting', 'reading', 'read', 'failed')),
    error TEXT,
    added_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX jobs_state ON jobs (state, added_at);
CREATE INDEX jobs_added ON jobs (added_at);
