-- The field's terms: a reading has an origin, and a line that a recogniser read a posteriorgram. The recognition model
-- that an origin used is in its settings.
DROP VIEW stored_lines;
ALTER TABLE readers RENAME TO origins;
ALTER TABLE readings RENAME COLUMN reader_id TO origin_id;
ALTER TABLE readings RENAME COLUMN frames TO posteriorgram;
UPDATE origins SET settings = replace(settings, '"reader": "', '"model": "');
UPDATE pages SET recipe = replace(recipe, '\"reader\": \"', '\"model\": \"');
CREATE VIEW stored_lines AS
SELECT lines.id, (SELECT min(path) FROM places WHERE places.file_id = pages.file_id) AS path,
       pages.id AS page_id, pages.number AS page, lines.number, readings.text, readings.confidence, lines.status,
       origins.engine, origins.version, origins.settings,
       lines.x, lines.y, lines.width, lines.height, lines.polygon
FROM lines
JOIN pages ON pages.id = lines.page_id
JOIN readings ON readings.line_id = lines.id AND readings.chosen
JOIN origins ON origins.id = readings.origin_id;
