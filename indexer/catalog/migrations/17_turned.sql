-- By how many degrees clockwise the image in the file is turned to be shown and read. Places are those of the page as it
-- is shown; a verdict keeps how it was shown then. What a person said of it is kept by content, and where the file lay.
ALTER TABLE pages ADD COLUMN turned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE verdicts ADD COLUMN turned INTEGER NOT NULL DEFAULT 0;
CREATE TABLE turns (
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    turned INTEGER NOT NULL,
    path BLOB NOT NULL,
    PRIMARY KEY (sha256, page)
);
