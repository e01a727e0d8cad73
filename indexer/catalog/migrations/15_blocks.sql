-- Parts of a page that are read by themselves: columns, notes, tables. Pages that were read before have none.
CREATE TABLE blocks (
    id INTEGER PRIMARY KEY,
    page_id INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('main', 'margin', 'header', 'table', 'other')),
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    UNIQUE (page_id, number)
);
ALTER TABLE lines ADD COLUMN block_id INTEGER REFERENCES blocks ON DELETE SET NULL;
CREATE INDEX lines_block ON lines (block_id);
DROP VIEW stored_lines;
CREATE VIEW stored_lines AS
SELECT lines.id, (SELECT min(path) FROM places WHERE places.file_id = pages.file_id) AS path,
       pages.id AS page_id, pages.number AS page, lines.number, readings.text, readings.confidence, lines.status,
       origins.engine, origins.version, origins.settings,
       lines.x, lines.y, lines.width, lines.height, lines.polygon,
       blocks.number AS block, blocks.kind AS block_kind, blocks.x AS block_x, blocks.y AS block_y,
       blocks.width AS block_width, blocks.height AS block_height
FROM lines
JOIN pages ON pages.id = lines.page_id
JOIN readings ON readings.line_id = lines.id AND readings.chosen
JOIN origins ON origins.id = readings.origin_id
LEFT JOIN blocks ON blocks.id = lines.block_id;
