-- What a document is, as people said it or as it came with the file. Every statement is kept, also one that was taken
-- back: the newest that stands counts, and one of a person before any other. By content, and where that lay last.
CREATE TABLE descriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL,
    deed TEXT NOT NULL,  -- what was said at once
    field TEXT NOT NULL,
    said TEXT NOT NULL,  -- the values of the field, as JSON
    origin TEXT NOT NULL,
    said_at TEXT NOT NULL,
    undone_at TEXT,
    path BLOB
);
CREATE INDEX descriptions_content ON descriptions (sha256, field);
CREATE INDEX descriptions_place ON descriptions (path);
-- What counts of it. Derived.
CREATE TABLE described (
    sha256 TEXT NOT NULL,
    field TEXT NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    folded TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (sha256, field, number)
) WITHOUT ROWID;
CREATE INDEX described_folded ON described (field, folded);
CREATE TABLE described_words (
    word TEXT NOT NULL,
    field TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (word, field, sha256)
) WITHOUT ROWID;
CREATE INDEX described_words_content ON described_words (sha256);
CREATE TABLE described_dates (
    sha256 TEXT NOT NULL,
    first INTEGER NOT NULL,  -- days as numbers: year * 10000 + month * 100 + day
    last INTEGER NOT NULL,
    PRIMARY KEY (sha256, first, last)
) WITHOUT ROWID;
CREATE INDEX described_dates_first ON described_dates (first, last);
