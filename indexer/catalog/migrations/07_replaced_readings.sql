-- Readings of an earlier run over their page: kept for their provenance, never searched, without frames.
ALTER TABLE readings ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0;
UPDATE readings SET replaced = 1, frames = NULL WHERE NOT chosen AND id IN (
    SELECT readings.id FROM readings
    JOIN readers ON readers.id = reader_id JOIN lines ON lines.id = line_id JOIN pages ON pages.id = page_id
    WHERE engine <> 'human' AND (
        EXISTS (SELECT 1 FROM readings newer JOIN readers other ON other.id = newer.reader_id
                WHERE newer.line_id = readings.line_id AND newer.id > readings.id AND other.engine = readers.engine)
        OR (engine <> 'text-layer' AND recipe LIKE '%"engine": %'
            AND recipe NOT LIKE '%"engine": "' || engine || '"%' AND recipe NOT LIKE '%"engine": "' || engine || '+%'
            AND recipe NOT LIKE '%"engine": "%+' || engine || '"%'
            AND recipe NOT LIKE '%"engine": "%+' || engine || '+%')
        OR (engine = 'text-layer' AND recipe LIKE '%"pdf_text": "ignore"%')));
DELETE FROM readings WHERE replaced AND id NOT IN (
    SELECT max(readings.id) FROM readings JOIN readers ON readers.id = reader_id
    WHERE replaced GROUP BY line_id, engine);
