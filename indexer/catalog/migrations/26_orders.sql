-- The order in which people put the lines of a page. Each is kept, also one that was taken back: the newest that stands
-- counts. By content, and where that lay last; with how the page was shown, and where each line lay on it.
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    path BLOB,
    page_width INTEGER NOT NULL,
    page_height INTEGER NOT NULL,
    turned INTEGER NOT NULL,
    lines TEXT NOT NULL,  -- the number of each line and its outline, as JSON
    made_at TEXT NOT NULL,
    undone_at TEXT,
    who TEXT NOT NULL DEFAULT ''
);
CREATE INDEX orders_page ON orders (sha256, page);
CREATE INDEX orders_place ON orders (path);
-- Where a line stood as it was read, while an order of a person stands: its number on the page and its block.
ALTER TABLE lines ADD COLUMN read_number REAL;
ALTER TABLE lines ADD COLUMN read_block INTEGER REFERENCES blocks ON DELETE SET NULL;
