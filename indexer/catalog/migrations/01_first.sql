CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    pages INTEGER  -- NULL until counted
);
-- Paths are bytes as the system gives them: a name need not be UTF-8.
CREATE TABLE places (
    path BLOB PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    modified REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX places_file ON places (file_id);
CREATE TABLE readers (
    id INTEGER PRIMARY KEY,
    engine TEXT NOT NULL,
    version TEXT NOT NULL,
    settings TEXT NOT NULL,
    UNIQUE (engine, version, settings)
);
CREATE TABLE pages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    number INTEGER NOT NULL,
    label TEXT,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    recipe TEXT NOT NULL,  -- what the run that read it was asked to use
    seconds REAL NOT NULL,
    read_at TEXT NOT NULL,
    revision INTEGER NOT NULL,
    UNIQUE (file_id, number)
);
CREATE INDEX pages_revision ON pages (revision);
CREATE TABLE removed_pages (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
CREATE TABLE lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    page_id INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    number INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    polygon TEXT NOT NULL,
    status TEXT NOT NULL
);
CREATE INDEX lines_page ON lines (page_id, number);
CREATE INDEX lines_status ON lines (status);
CREATE TABLE readings (
    id INTEGER PRIMARY KEY,
    line_id INTEGER NOT NULL REFERENCES lines ON DELETE CASCADE,
    reader_id INTEGER NOT NULL REFERENCES readers,
    text TEXT NOT NULL,
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    words TEXT NOT NULL,
    frames BLOB,  -- compact frame probabilities of readers that keep them
    chosen INTEGER NOT NULL
);
CREATE INDEX readings_line ON readings (line_id);
CREATE UNIQUE INDEX readings_chosen ON readings (line_id) WHERE chosen;
-- What people said of a place on a page. Tied to the content, not to a line: outlives re-reading and forgetting.
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('accept', 'reject', 'correct')),
    text TEXT NOT NULL,
    seen TEXT NOT NULL,  -- the reading the person judged
    line_id INTEGER,     -- the line it is attached to now
    made_at TEXT NOT NULL,
    undone_at TEXT
);
CREATE INDEX verdicts_place ON verdicts (sha256, page);
CREATE TABLE failures (
    path BLOB NOT NULL,
    page INTEGER,
    kind TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX failures_path ON failures (path);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    engine TEXT NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0
);
CREATE VIEW stored_lines AS
SELECT lines.id, (SELECT min(path) FROM places WHERE places.file_id = pages.file_id) AS path,
       pages.id AS page_id, pages.number AS page, lines.number, readings.text, readings.confidence, lines.status,
       readers.engine, readers.version, readers.settings,
       lines.x, lines.y, lines.width, lines.height, lines.polygon
FROM lines
JOIN pages ON pages.id = lines.page_id
JOIN readings ON readings.line_id = lines.id AND readings.chosen
JOIN readers ON readers.id = readings.reader_id;
