-- The rulings of a page, from which its table is made: a JSON list of x, y, x, y of both ends, in pixels of the page as
-- it was read. Pages that were read before have none until they are read again.
CREATE TABLE rulings (
    page_id INTEGER PRIMARY KEY REFERENCES pages ON DELETE CASCADE,
    ends TEXT NOT NULL
);
