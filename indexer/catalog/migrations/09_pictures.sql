-- What the pages show, by which they are known again when their files have other bytes; of contents that lie nowhere
-- any more those of which people said something.
CREATE TABLE pictures (
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    digest TEXT NOT NULL,
    look BLOB NOT NULL,  -- a coarse grid of tones
    PRIMARY KEY (sha256, page)
);
CREATE INDEX pictures_digest ON pictures (digest);
CREATE INDEX verdicts_path ON verdicts (path);
