-- A verdict belongs to a line, by its id, and keeps the ink that the person saw, on a page of the size it had then.
ALTER TABLE verdicts ADD COLUMN polygon TEXT NOT NULL DEFAULT '[]';
ALTER TABLE verdicts ADD COLUMN page_width INTEGER NOT NULL DEFAULT 0;
ALTER TABLE verdicts ADD COLUMN page_height INTEGER NOT NULL DEFAULT 0;
ALTER TABLE verdicts ADD COLUMN path BLOB;  -- where the file lay then
ALTER TABLE lines ADD COLUMN as_read TEXT;  -- box and polygon as they were read, while those of a verdict are shown
CREATE INDEX verdicts_line ON verdicts (line_id);
CREATE VIEW page_verdicts AS
SELECT pages.id AS page_id, verdicts.* FROM verdicts
JOIN files ON files.sha256 = verdicts.sha256
JOIN pages ON pages.file_id = files.id AND pages.number = verdicts.page;
UPDATE verdicts SET polygon = coalesce((
    SELECT polygon FROM lines WHERE lines.id = line_id AND lines.x = verdicts.x AND lines.y = verdicts.y
    AND lines.width = verdicts.width AND lines.height = verdicts.height), '[]');
UPDATE verdicts SET
    page_width = coalesce((SELECT pages.width FROM page_verdicts AS own JOIN pages ON pages.id = page_id
                           WHERE own.id = verdicts.id), 0),
    page_height = coalesce((SELECT pages.height FROM page_verdicts AS own JOIN pages ON pages.id = page_id
                            WHERE own.id = verdicts.id), 0),
    path = (SELECT min(path) FROM places JOIN files ON files.id = file_id WHERE files.sha256 = verdicts.sha256);
-- Verdicts were superseded by their place alone, and only the newest of a place went along when its line got another
-- id: the earlier ones of the very same place follow it.
UPDATE verdicts SET line_id = (
    SELECT line_id FROM verdicts AS newer WHERE newer.id = (
        SELECT max(id) FROM verdicts AS same WHERE same.sha256 = verdicts.sha256 AND same.page = verdicts.page
        AND same.x = verdicts.x AND same.y = verdicts.y
        AND same.width = verdicts.width AND same.height = verdicts.height))
WHERE NOT EXISTS (SELECT 1 FROM lines WHERE lines.id = line_id);
-- All others stand again: they are laid over their lines when the catalogue is opened.
INSERT INTO meta SELECT 'verdicts to lay over', 1 WHERE EXISTS (SELECT 1 FROM verdicts WHERE undone_at IS NULL);
