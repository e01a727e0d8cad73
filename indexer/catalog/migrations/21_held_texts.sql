-- Text of pages inside a content, such as ALTO beside the images in an archive. What was looked into before this was
-- noted is looked into again.
CREATE TABLE held_texts (
    holder TEXT NOT NULL REFERENCES files (sha256) ON DELETE CASCADE,
    name TEXT NOT NULL,  -- as in held
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (holder, name)
) WITHOUT ROWID;
INSERT OR IGNORE INTO unopened SELECT DISTINCT holder FROM held;
