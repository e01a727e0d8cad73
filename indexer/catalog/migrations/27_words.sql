-- What people said of single words: that one stands in a place, or that it does not. It says nothing of the rest of the
-- line. Tied to the content and the place on the page, as verdicts are.
CREATE TABLE word_batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    word TEXT NOT NULL,
    expected REAL NOT NULL,      -- how many of the places that have the word were expected to, before
    wrong_before REAL NOT NULL,  -- words expected to be wrong in the lines of the batch
    wrong_after REAL NOT NULL,
    accepted INTEGER NOT NULL,   -- lines of it that waited for review and do not any more
    made_at TEXT NOT NULL,
    undone_at TEXT,
    who TEXT NOT NULL
);
CREATE TABLE word_verdicts (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    path BLOB,
    page_width INTEGER NOT NULL, page_height INTEGER NOT NULL, turned INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    word TEXT NOT NULL,
    folded TEXT NOT NULL,
    stands INTEGER NOT NULL,
    line_id INTEGER NOT NULL,  -- the line in which the place lies now, or lay last
    made_at TEXT NOT NULL,
    undone_at TEXT
);
CREATE INDEX word_verdicts_place ON word_verdicts (sha256, page);
CREATE INDEX word_verdicts_batch ON word_verdicts (batch);
CREATE INDEX word_verdicts_word ON word_verdicts (folded);
CREATE INDEX word_verdicts_line ON word_verdicts (line_id);
-- A reading as the engine gave it, while words of it are as people said: text, confidence, words.
ALTER TABLE readings ADD COLUMN as_given TEXT;
