-- Documents that a person forgot. What was read and said of them is set aside in a catalogue of its own, in a folder with
-- the number of the deed; 0 means that this was deleted for good. While a row stands the content is not read again.
CREATE TABLE forgotten (
    sha256 TEXT PRIMARY KEY,
    deed INTEGER NOT NULL,
    name TEXT NOT NULL,
    path BLOB NOT NULL,
    pages INTEGER NOT NULL,
    said INTEGER NOT NULL,  -- lines with a verdict
    forgotten_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE forgotten_places (
    path BLOB PRIMARY KEY,
    sha256 TEXT NOT NULL REFERENCES forgotten ON DELETE CASCADE,
    size INTEGER NOT NULL,
    modified REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX forgotten_places_content ON forgotten_places (sha256);
