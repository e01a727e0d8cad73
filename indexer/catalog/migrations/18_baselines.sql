-- The curve that a line stands on, as points. Lines that were read before have none.
ALTER TABLE lines ADD COLUMN baseline TEXT NOT NULL DEFAULT '[]';
ALTER TABLE verdicts ADD COLUMN baseline TEXT NOT NULL DEFAULT '[]';
UPDATE lines SET as_read = substr(as_read, 1, length(as_read) - 1) || ', "[]"]' WHERE as_read IS NOT NULL;
DROP VIEW stored_lines;
CREATE VIEW stored_lines AS
SELECT lines.id, (SELECT min(path) FROM places WHERE places.file_id = pages.file_id) AS path,
       pages.id AS page_id, pages.number AS page, lines.number, readings.text, readings.confidence, lines.status,
       origins.engine, origins.version, origins.settings,
       lines.x, lines.y, lines.width, lines.height, lines.polygon, lines.baseline,
       blocks.number AS block, blocks.kind AS block_kind, blocks.x AS block_x, blocks.y AS block_y,
       blocks.width AS block_width, blocks.height AS block_height
FROM lines
JOIN pages ON pages.id = lines.page_id
JOIN readings ON readings.line_id = lines.id AND readings.chosen
JOIN origins ON origins.id = readings.origin_id
LEFT JOIN blocks ON blocks.id = lines.block_id;
