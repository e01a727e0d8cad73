-- Of pages that lie nowhere any more, and of which people said something: their lines, by which they are known again.
CREATE TABLE sketches (
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    lines TEXT NOT NULL,  -- the id, what was read, and the outline of each
    PRIMARY KEY (sha256, page)
);
CREATE INDEX sketches_size ON sketches (width, height);
