-- Files inside files are documents of their own: what a content holds, and which places are in which others.
CREATE TABLE held (
    holder TEXT NOT NULL REFERENCES files (sha256) ON DELETE CASCADE,
    name TEXT NOT NULL,  -- its names there, from the outermost on, with / between them
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (holder, name)
) WITHOUT ROWID;
CREATE TABLE held_places (
    path BLOB PRIMARY KEY REFERENCES places ON DELETE CASCADE,
    holder BLOB NOT NULL,  -- the place that it is in, and its content
    holder_sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX held_places_holder ON held_places (holder);
-- Contents that may hold more than is known: not looked into yet, or not with success.
CREATE TABLE unopened (sha256 TEXT PRIMARY KEY REFERENCES files (sha256) ON DELETE CASCADE) WITHOUT ROWID;
INSERT INTO unopened SELECT DISTINCT sha256 FROM files JOIN places ON file_id = files.id
WHERE lower(CAST(path AS TEXT)) LIKE '%.pdf';
