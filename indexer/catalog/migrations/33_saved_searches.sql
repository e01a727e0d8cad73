-- Searches that people keep. They tell of no document. One that was removed stays, and can be brought back.
CREATE TABLE saved_searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    who TEXT NOT NULL,          -- the key of the user; empty where nobody signs in
    name TEXT NOT NULL,
    address TEXT NOT NULL,      -- what is asked for, as the address of the search page has it
    revision INTEGER NOT NULL,  -- of the catalogue when they looked last
    looked_at TEXT NOT NULL,
    made_at TEXT NOT NULL,
    undone_at TEXT
);
CREATE INDEX saved_searches_who ON saved_searches (who);
