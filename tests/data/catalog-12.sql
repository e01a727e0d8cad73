-- A catalogue as notes made it when its version was 12: two pages, a correction of line 2, a failure.
BEGIN TRANSACTION;
CREATE TABLE document_totals (
    file_id INTEGER PRIMARY KEY,
    pages INTEGER NOT NULL DEFAULT 0,    -- read
    waiting INTEGER NOT NULL DEFAULT 0,  -- lines of them that wait for review
    empty INTEGER NOT NULL DEFAULT 0     -- pages on which no line was read
);
INSERT INTO "document_totals" VALUES(1,1,1,0);
INSERT INTO "document_totals" VALUES(2,1,2,0);
CREATE TABLE failures (
    path BLOB NOT NULL,
    page INTEGER,
    kind TEXT NOT NULL,
    message TEXT NOT NULL
);
INSERT INTO "failures" VALUES(X'2F617263686976652F332E706E67',NULL,'empty','nothing in it');
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    pages INTEGER  -- NULL until counted
);
INSERT INTO "files" VALUES(1,'aa',1,NULL);
INSERT INTO "files" VALUES(2,'bb',1,NULL);
CREATE TABLE held (
    holder TEXT NOT NULL REFERENCES files (sha256) ON DELETE CASCADE,
    name TEXT NOT NULL,  -- its names there, from the outermost on, with / between them
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (holder, name)
) WITHOUT ROWID;
CREATE TABLE held_places (
    path BLOB PRIMARY KEY REFERENCES places ON DELETE CASCADE,
    holder BLOB NOT NULL,  -- the place that it is in, and its content
    holder_sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE jobs (
    sha256 TEXT PRIMARY KEY,
    file TEXT NOT NULL,  -- its name in the folder of what was added
    state TEXT NOT NULL CHECK (state IN ('waiting', 'reading', 'read', 'failed')),
    error TEXT,
    added_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    page_id INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    number INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    polygon TEXT NOT NULL,
    status TEXT NOT NULL
, as_read TEXT);
INSERT INTO "lines" VALUES(1,1,1,10,0,400,40,'[]','accepted',NULL);
INSERT INTO "lines" VALUES(2,1,2,10,50,400,40,'[]','accepted',NULL);
INSERT INTO "lines" VALUES(3,1,3,10,100,400,40,'[]','unknown',NULL);
INSERT INTO "lines" VALUES(4,2,1,10,0,400,40,'[]','accepted',NULL);
INSERT INTO "lines" VALUES(5,2,2,10,50,400,40,'[]','review',NULL);
INSERT INTO "lines" VALUES(6,2,3,10,100,400,40,'[]','unknown',NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('revision',5);
INSERT INTO "meta" VALUES('thresholds','{"default": 0.75, "engines": {}}');
INSERT INTO "meta" VALUES('uuid','114896529c714054b6eb761e745a7d36');
CREATE TABLE pages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    number INTEGER NOT NULL,
    label TEXT,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    recipe TEXT NOT NULL,  -- what the run that read it was asked to use
    seconds REAL NOT NULL,
    read_at TEXT NOT NULL,
    revision INTEGER NOT NULL, incomplete TEXT,
    UNIQUE (file_id, number)
);
INSERT INTO "pages" VALUES(1,1,1,NULL,500,800,'{"engine": "embedded", "pdf_text": "auto", "settings": "{\"language\": null, \"reader\": \"latin@0123abcd\"}", "version": "3.10+7"}',1.0,'2026-11-26T13:52:52+00:00',5,NULL);
INSERT INTO "pages" VALUES(2,2,1,NULL,500,800,'{"engine": "embedded", "pdf_text": "auto", "settings": "{\"language\": null, \"reader\": \"latin@0123abcd\"}", "version": "3.10+7"}',1.0,'2026-11-26T13:52:52+00:00',4,NULL);
CREATE TABLE pictures (
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    digest TEXT NOT NULL,
    look BLOB NOT NULL,  -- a coarse grid of tones
    PRIMARY KEY (sha256, page)
);
CREATE TABLE places (
    path BLOB PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    modified REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO "places" VALUES(X'2F617263686976652F312E706E67',1,0.0);
INSERT INTO "places" VALUES(X'2F617263686976652F322E706E67',2,0.0);
CREATE TABLE readers (
    id INTEGER PRIMARY KEY,
    engine TEXT NOT NULL,
    version TEXT NOT NULL,
    settings TEXT NOT NULL,
    UNIQUE (engine, version, settings)
);
INSERT INTO "readers" VALUES(1,'embedded','3.10+7','{"language": null, "reader": "latin@0123abcd"}');
INSERT INTO "readers" VALUES(2,'hidden-text','','{}');
INSERT INTO "readers" VALUES(3,'human','','{}');
CREATE TABLE readings (
    id INTEGER PRIMARY KEY,
    line_id INTEGER NOT NULL REFERENCES lines ON DELETE CASCADE,
    reader_id INTEGER NOT NULL REFERENCES readers,
    text TEXT NOT NULL,
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    words TEXT NOT NULL,
    frames BLOB,  -- compact frame probabilities of readers that keep them
    chosen INTEGER NOT NULL
, replaced INTEGER NOT NULL DEFAULT 0);
INSERT INTO "readings" VALUES(1,1,1,'old house',0.9,'[]',X'0212000E0000009041F2F20061626364656667686C6F73752008080808080808080808080808080808080800000100020003000400050006000A00000001000200030004000500060007000000010002000300040005000600090000000100020003000400050006000700000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000D0000000100020003000400050006000700000001000200030004000500060008000000010002000300040005000600070000000100020003000400050006000A000000010002000300040005000600070000000100020003000400050006000C000000010002000300040005000600070000000100020003000400050006000B00000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000700636363636363630000636363636363636363636363636300006363636363636363636363006363630063636363636363636363636363630000636363636363636363636363636300006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363630063630063636363636363',1,0);
INSERT INTO "readings" VALUES(2,2,2,'GREY MOUSE',NULL,'[]',NULL,0,0);
INSERT INTO "readings" VALUES(3,2,1,'grey mouse',0.4,'[]',X'0214000F000000A041F2F200616263646566676D6F72737579200808080808080808080808080808080808080808000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000A0000000100020003000400050006000700000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000D000000010002000300040005000600070000000100020003000400050006000E00000001000200030004000500060007000000010002000300040005000600080000000100020003000400050006000700000001000200030004000500060009000000010002000300040005000600070000000100020003000400050006000C000000010002000300040005000600070000000100020003000400050006000B0000000100020003000400050006000700000001000200030004000500060007000000010002000300040005000600070063636363636363000063636363636363636363636363630000636363636363636363636363006363006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363630063630063636363636363',0,0);
INSERT INTO "readings" VALUES(4,3,1,'white horse',NULL,'[]',X'02160010000000B041F2F2006162636465666768696F72737477200808080808080808080808080808080808080808080800000100020003000400050006000E00000001000200030004000500060007000000010002000300040005000600080000000100020003000400050006000700000001000200030004000500060009000000010002000300040005000600070000000100020003000400050006000D0000000100020003000400050006000700000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000F0000000100020003000400050006000700000001000200030004000500060008000000010002000300040005000600070000000100020003000400050006000A000000010002000300040005000600070000000100020003000400050006000B000000010002000300040005000600070000000100020003000400050006000C000000010002000300040005000600070000000100020003000400050006000700000001000200030004000500060007006363636363636300006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363630063630063636363636363636363636363630000636363636363636363636363636300006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363630063630063636363636363',1,0);
INSERT INTO "readings" VALUES(5,4,1,'old house',0.9,'[]',X'0212000E0000009041F2F20061626364656667686C6F73752008080808080808080808080808080808080800000100020003000400050006000A00000001000200030004000500060007000000010002000300040005000600090000000100020003000400050006000700000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000D0000000100020003000400050006000700000001000200030004000500060008000000010002000300040005000600070000000100020003000400050006000A000000010002000300040005000600070000000100020003000400050006000C000000010002000300040005000600070000000100020003000400050006000B00000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000700636363636363630000636363636363636363636363636300006363636363636363636363006363630063636363636363636363636363630000636363636363636363636363636300006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363630063630063636363636363',1,0);
INSERT INTO "readings" VALUES(6,5,2,'GREY MOUSE',NULL,'[]',NULL,0,0);
INSERT INTO "readings" VALUES(7,5,1,'grey mouse',0.4,'[]',X'0214000F000000A041F2F200616263646566676D6F72737579200808080808080808080808080808080808080808000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000A0000000100020003000400050006000700000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000D000000010002000300040005000600070000000100020003000400050006000E00000001000200030004000500060007000000010002000300040005000600080000000100020003000400050006000700000001000200030004000500060009000000010002000300040005000600070000000100020003000400050006000C000000010002000300040005000600070000000100020003000400050006000B0000000100020003000400050006000700000001000200030004000500060007000000010002000300040005000600070063636363636363000063636363636363636363636363630000636363636363636363636363006363006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363630063630063636363636363',1,0);
INSERT INTO "readings" VALUES(8,6,1,'white horse',NULL,'[]',X'02160010000000B041F2F2006162636465666768696F72737477200808080808080808080808080808080808080808080800000100020003000400050006000E00000001000200030004000500060007000000010002000300040005000600080000000100020003000400050006000700000001000200030004000500060009000000010002000300040005000600070000000100020003000400050006000D0000000100020003000400050006000700000001000200030004000500060007000000010002000300040005000600070000000100020003000400050006000F0000000100020003000400050006000700000001000200030004000500060008000000010002000300040005000600070000000100020003000400050006000A000000010002000300040005000600070000000100020003000400050006000B000000010002000300040005000600070000000100020003000400050006000C000000010002000300040005000600070000000100020003000400050006000700000001000200030004000500060007006363636363636300006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363630063630063636363636363636363636363630000636363636363636363636363636300006363636363636363636363636363000063636363636363636363636363630000636363636363636363636363636300006363636363636363636363630063630063636363636363',1,0);
INSERT INTO "readings" VALUES(9,2,3,'grey moose',NULL,'[]',NULL,1,0);
CREATE TABLE removed_pages (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    engine TEXT NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE said (line_id INTEGER PRIMARY KEY, lies INTEGER NOT NULL);
INSERT INTO "said" VALUES(2,1);
CREATE TABLE sketches (
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    lines TEXT NOT NULL,  -- the id, what was read, and the outline of each
    PRIMARY KEY (sha256, page)
);
CREATE TABLE titles (sha256 TEXT PRIMARY KEY, title TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE totals (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
INSERT INTO "totals" VALUES('documents','',2);
INSERT INTO "totals" VALUES('empty','',0);
INSERT INTO "totals" VALUES('engine','embedded',5);
INSERT INTO "totals" VALUES('engine','human',1);
INSERT INTO "totals" VALUES('failures','',1);
INSERT INTO "totals" VALUES('files','',2);
INSERT INTO "totals" VALUES('lines','accepted',3);
INSERT INTO "totals" VALUES('lines','review',1);
INSERT INTO "totals" VALUES('lines','unknown',2);
INSERT INTO "totals" VALUES('orphans','',0);
INSERT INTO "totals" VALUES('pages','',2);
INSERT INTO "totals" VALUES('right','',3600000);
INSERT INTO "totals" VALUES('verdicts','',1);
INSERT INTO "totals" VALUES('words','',4);
CREATE TABLE unopened (sha256 TEXT PRIMARY KEY REFERENCES files (sha256) ON DELETE CASCADE) WITHOUT ROWID;
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('accept', 'reject', 'correct')),
    text TEXT NOT NULL,
    seen TEXT NOT NULL,  -- the reading the person judged
    line_id INTEGER,     -- the line it is attached to now
    made_at TEXT NOT NULL,
    undone_at TEXT
, polygon TEXT NOT NULL DEFAULT '[]', page_width INTEGER NOT NULL DEFAULT 0, page_height INTEGER NOT NULL DEFAULT 0, path BLOB);
INSERT INTO "verdicts" VALUES(1,'aa',1,10,50,400,40,'correct','grey moose','grey mouse',2,'2026-11-26T13:52:52+00:00',NULL,'[]',500,800,X'2F617263686976652F312E706E67');
CREATE TABLE waiting (line_id INTEGER PRIMARY KEY, sureness REAL NOT NULL);
INSERT INTO "waiting" VALUES(3,2.0);
INSERT INTO "waiting" VALUES(5,0.4);
INSERT INTO "waiting" VALUES(6,2.0);
CREATE INDEX places_file ON places (file_id);
CREATE INDEX pages_revision ON pages (revision);
CREATE INDEX lines_page ON lines (page_id, number);
CREATE INDEX readings_line ON readings (line_id);
CREATE UNIQUE INDEX readings_chosen ON readings (line_id) WHERE chosen;
CREATE INDEX verdicts_place ON verdicts (sha256, page);
CREATE INDEX failures_path ON failures (path);
CREATE VIEW stored_lines AS
SELECT lines.id, (SELECT min(path) FROM places WHERE places.file_id = pages.file_id) AS path,
       pages.id AS page_id, pages.number AS page, lines.number, readings.text, readings.confidence, lines.status,
       readers.engine, readers.version, readers.settings,
       lines.x, lines.y, lines.width, lines.height, lines.polygon
FROM lines
JOIN pages ON pages.id = lines.page_id
JOIN readings ON readings.line_id = lines.id AND readings.chosen
JOIN readers ON readers.id = readings.reader_id;
CREATE INDEX verdicts_line ON verdicts (line_id);
CREATE VIEW page_verdicts AS
SELECT pages.id AS page_id, verdicts.* FROM verdicts
JOIN files ON files.sha256 = verdicts.sha256
JOIN pages ON pages.file_id = files.id AND pages.number = verdicts.page;
CREATE INDEX jobs_state ON jobs (state, added_at);
CREATE INDEX jobs_added ON jobs (added_at);
CREATE INDEX pictures_digest ON pictures (digest);
CREATE INDEX verdicts_path ON verdicts (path);
CREATE INDEX sketches_size ON sketches (width, height);
CREATE INDEX held_places_holder ON held_places (holder);
CREATE INDEX waiting_order ON waiting (sureness, line_id);
CREATE TRIGGER totals_file_goes BEFORE DELETE ON files BEGIN DELETE FROM pages WHERE file_id = OLD.id; END;
CREATE TRIGGER totals_page_goes BEFORE DELETE ON pages BEGIN DELETE FROM lines WHERE page_id = OLD.id;INSERT INTO totals VALUES ('pages', '', -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('empty', '', -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET pages = pages + -1, empty = empty + -1 WHERE file_id = OLD.file_id; END;
CREATE TRIGGER totals_line_goes BEFORE DELETE ON lines BEGIN DELETE FROM readings WHERE line_id = OLD.id;INSERT INTO totals VALUES ('lines', OLD.status, -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET waiting = waiting + -1 * (OLD.status IN ('review', 'unknown')) WHERE file_id = (SELECT file_id FROM pages WHERE id = OLD.page_id);DELETE FROM waiting WHERE line_id = OLD.id;INSERT INTO totals VALUES ('empty', '', NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = OLD.page_id AND other.id <> OLD.id)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET empty = empty + (NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = OLD.page_id AND other.id <> OLD.id)) WHERE file_id = (SELECT file_id FROM pages WHERE id = OLD.page_id); END;
CREATE TRIGGER totals_reading_goes AFTER DELETE ON readings WHEN OLD.chosen BEGIN INSERT INTO totals VALUES ('engine', (SELECT engine FROM readers WHERE id = OLD.reader_id), -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('words', '', -1 * (OLD.confidence IS NOT NULL AND (SELECT status FROM lines WHERE id = OLD.line_id) = 'accepted') * (length(OLD.text) - length(replace(OLD.text, ' ', '')) + 1)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('right', '', CASE WHEN OLD.confidence IS NOT NULL AND (SELECT status FROM lines WHERE id = OLD.line_id) = 'accepted' THEN -1 * (length(OLD.text) - length(replace(OLD.text, ' ', '')) + 1) * CAST(round(OLD.confidence * 1000000) AS INT) ELSE 0 END) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE waiting SET sureness = 2.0 WHERE line_id = OLD.line_id; END;
CREATE TRIGGER totals_file_comes AFTER INSERT ON files BEGIN INSERT INTO totals VALUES ('documents', '', 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO document_totals (file_id) VALUES (NEW.id); END;
CREATE TRIGGER totals_file_gone AFTER DELETE ON files BEGIN INSERT INTO totals VALUES ('documents', '', -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;DELETE FROM document_totals WHERE file_id = OLD.id; END;
CREATE TRIGGER totals_page_comes AFTER INSERT ON pages BEGIN INSERT INTO totals VALUES ('pages', '', 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('empty', '', 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET pages = pages + 1, empty = empty + 1 WHERE file_id = NEW.file_id; END;
CREATE TRIGGER totals_page_cut AFTER INSERT ON pages WHEN NEW.incomplete IS NOT NULL BEGIN INSERT INTO totals VALUES ('incomplete', NEW.incomplete, 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_page_uncut BEFORE DELETE ON pages WHEN OLD.incomplete IS NOT NULL BEGIN INSERT INTO totals VALUES ('incomplete', OLD.incomplete, -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_page_changes AFTER UPDATE OF incomplete ON pages WHEN OLD.incomplete IS NOT NEW.incomplete BEGIN INSERT INTO totals VALUES ('incomplete', coalesce(OLD.incomplete, ''), -(OLD.incomplete IS NOT NULL)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('incomplete', coalesce(NEW.incomplete, ''), NEW.incomplete IS NOT NULL) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_page_moves AFTER UPDATE OF file_id ON pages WHEN OLD.file_id <> NEW.file_id BEGIN UPDATE document_totals SET pages = pages - 1, waiting = waiting - (SELECT count(*) FROM lines WHERE page_id = NEW.id AND lines.status IN ('review', 'unknown')), empty = empty - ((SELECT count(*) FROM lines WHERE page_id = NEW.id AND 1) = 0)
    WHERE file_id = OLD.file_id;UPDATE document_totals SET pages = pages + 1, waiting = waiting + (SELECT count(*) FROM lines WHERE page_id = NEW.id AND lines.status IN ('review', 'unknown')), empty = empty + ((SELECT count(*) FROM lines WHERE page_id = NEW.id AND 1) = 0)
    WHERE file_id = NEW.file_id; END;
CREATE TRIGGER totals_line_comes AFTER INSERT ON lines BEGIN INSERT INTO totals VALUES ('lines', NEW.status, 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET waiting = waiting + 1 * (NEW.status IN ('review', 'unknown')) WHERE file_id = (SELECT file_id FROM pages WHERE id = NEW.page_id);INSERT INTO waiting SELECT NEW.id, coalesce((SELECT confidence FROM readings WHERE line_id = NEW.id AND chosen), 2.0) WHERE NEW.status IN ('review', 'unknown');INSERT INTO totals VALUES ('empty', '', -(NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = NEW.page_id AND other.id <> NEW.id))) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET empty = empty + -(NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = NEW.page_id AND other.id <> NEW.id)) WHERE file_id = (SELECT file_id FROM pages WHERE id = NEW.page_id); END;
CREATE TRIGGER totals_line_moves AFTER UPDATE OF page_id ON lines WHEN OLD.page_id <> NEW.page_id BEGIN UPDATE document_totals SET waiting = waiting + -(OLD.status IN ('review', 'unknown')) WHERE file_id = (SELECT file_id FROM pages WHERE id = OLD.page_id);UPDATE document_totals SET waiting = waiting + (OLD.status IN ('review', 'unknown')) WHERE file_id = (SELECT file_id FROM pages WHERE id = NEW.page_id);INSERT INTO totals VALUES ('empty', '', NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = OLD.page_id AND other.id <> OLD.id)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET empty = empty + (NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = OLD.page_id AND other.id <> OLD.id)) WHERE file_id = (SELECT file_id FROM pages WHERE id = OLD.page_id);INSERT INTO totals VALUES ('empty', '', -(NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = NEW.page_id AND other.id <> NEW.id))) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET empty = empty + -(NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = NEW.page_id AND other.id <> NEW.id)) WHERE file_id = (SELECT file_id FROM pages WHERE id = NEW.page_id); END;
CREATE TRIGGER totals_line_changes AFTER UPDATE OF status ON lines WHEN OLD.status <> NEW.status BEGIN INSERT INTO totals VALUES ('lines', OLD.status, -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET waiting = waiting + -1 * (OLD.status IN ('review', 'unknown')) WHERE file_id = (SELECT file_id FROM pages WHERE id = OLD.page_id);DELETE FROM waiting WHERE line_id = OLD.id;INSERT INTO totals VALUES ('words', '', -1 * (OLD.status = 'accepted') * (SELECT coalesce(sum((length(r.text) - length(replace(r.text, ' ', '')) + 1)), 0) FROM readings r WHERE line_id = OLD.id AND chosen AND confidence IS NOT NULL)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('right', '', -1 * (OLD.status = 'accepted') * (SELECT coalesce(sum((length(r.text) - length(replace(r.text, ' ', '')) + 1) * CAST(round(confidence * 1000000) AS INT)), 0) FROM readings r WHERE line_id = OLD.id AND chosen AND confidence IS NOT NULL)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('lines', NEW.status, 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE document_totals SET waiting = waiting + 1 * (NEW.status IN ('review', 'unknown')) WHERE file_id = (SELECT file_id FROM pages WHERE id = NEW.page_id);INSERT INTO waiting SELECT NEW.id, coalesce((SELECT confidence FROM readings WHERE line_id = NEW.id AND chosen), 2.0) WHERE NEW.status IN ('review', 'unknown');INSERT INTO totals VALUES ('words', '', 1 * (NEW.status = 'accepted') * (SELECT coalesce(sum((length(r.text) - length(replace(r.text, ' ', '')) + 1)), 0) FROM readings r WHERE line_id = NEW.id AND chosen AND confidence IS NOT NULL)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('right', '', 1 * (NEW.status = 'accepted') * (SELECT coalesce(sum((length(r.text) - length(replace(r.text, ' ', '')) + 1) * CAST(round(confidence * 1000000) AS INT)), 0) FROM readings r WHERE line_id = NEW.id AND chosen AND confidence IS NOT NULL)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_reading_comes AFTER INSERT ON readings WHEN NEW.chosen BEGIN INSERT INTO totals VALUES ('engine', (SELECT engine FROM readers WHERE id = NEW.reader_id), 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('words', '', 1 * (NEW.confidence IS NOT NULL AND (SELECT status FROM lines WHERE id = NEW.line_id) = 'accepted') * (length(NEW.text) - length(replace(NEW.text, ' ', '')) + 1)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('right', '', CASE WHEN NEW.confidence IS NOT NULL AND (SELECT status FROM lines WHERE id = NEW.line_id) = 'accepted' THEN 1 * (length(NEW.text) - length(replace(NEW.text, ' ', '')) + 1) * CAST(round(NEW.confidence * 1000000) AS INT) ELSE 0 END) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE waiting SET sureness = coalesce(NEW.confidence, 2.0) WHERE line_id = NEW.line_id; END;
CREATE TRIGGER totals_reading_was AFTER UPDATE OF chosen, text, confidence, reader_id, line_id ON readings WHEN OLD.chosen BEGIN INSERT INTO totals VALUES ('engine', (SELECT engine FROM readers WHERE id = OLD.reader_id), -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('words', '', -1 * (OLD.confidence IS NOT NULL AND (SELECT status FROM lines WHERE id = OLD.line_id) = 'accepted') * (length(OLD.text) - length(replace(OLD.text, ' ', '')) + 1)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('right', '', CASE WHEN OLD.confidence IS NOT NULL AND (SELECT status FROM lines WHERE id = OLD.line_id) = 'accepted' THEN -1 * (length(OLD.text) - length(replace(OLD.text, ' ', '')) + 1) * CAST(round(OLD.confidence * 1000000) AS INT) ELSE 0 END) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE waiting SET sureness = 2.0 WHERE line_id = OLD.line_id; END;
CREATE TRIGGER totals_reading_is AFTER UPDATE OF chosen, text, confidence, reader_id, line_id ON readings WHEN NEW.chosen BEGIN INSERT INTO totals VALUES ('engine', (SELECT engine FROM readers WHERE id = NEW.reader_id), 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('words', '', 1 * (NEW.confidence IS NOT NULL AND (SELECT status FROM lines WHERE id = NEW.line_id) = 'accepted') * (length(NEW.text) - length(replace(NEW.text, ' ', '')) + 1)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('right', '', CASE WHEN NEW.confidence IS NOT NULL AND (SELECT status FROM lines WHERE id = NEW.line_id) = 'accepted' THEN 1 * (length(NEW.text) - length(replace(NEW.text, ' ', '')) + 1) * CAST(round(NEW.confidence * 1000000) AS INT) ELSE 0 END) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;UPDATE waiting SET sureness = coalesce(NEW.confidence, 2.0) WHERE line_id = NEW.line_id; END;
CREATE TRIGGER totals_read_first AFTER UPDATE OF pages ON document_totals WHEN OLD.pages = 0 AND NEW.pages > 0 BEGIN INSERT INTO totals VALUES ('files', '', 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_read_last AFTER UPDATE OF pages ON document_totals WHEN OLD.pages > 0 AND NEW.pages = 0 BEGIN INSERT INTO totals VALUES ('files', '', -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_verdict_comes AFTER INSERT ON verdicts BEGIN INSERT OR IGNORE INTO said SELECT NEW.line_id, EXISTS (SELECT 1 FROM lines WHERE lines.id = NEW.line_id) WHERE NEW.undone_at IS NULL; END;
CREATE TRIGGER totals_verdict_goes AFTER DELETE ON verdicts BEGIN DELETE FROM said WHERE line_id = OLD.line_id
    AND NOT EXISTS (SELECT 1 FROM verdicts WHERE verdicts.line_id = OLD.line_id AND undone_at IS NULL); END;
CREATE TRIGGER totals_verdict_changes AFTER UPDATE OF undone_at, line_id ON verdicts BEGIN DELETE FROM said WHERE line_id = OLD.line_id
    AND NOT EXISTS (SELECT 1 FROM verdicts WHERE verdicts.line_id = OLD.line_id AND undone_at IS NULL);INSERT OR IGNORE INTO said SELECT NEW.line_id, EXISTS (SELECT 1 FROM lines WHERE lines.id = NEW.line_id) WHERE NEW.undone_at IS NULL; END;
CREATE TRIGGER totals_said_line_comes AFTER INSERT ON lines BEGIN UPDATE said SET lies = 1 WHERE line_id = NEW.id; END;
CREATE TRIGGER totals_said_line_goes AFTER DELETE ON lines BEGIN UPDATE said SET lies = 0 WHERE line_id = OLD.id; END;
CREATE TRIGGER totals_said AFTER INSERT ON said BEGIN INSERT INTO totals VALUES ('verdicts', '', NEW.lies) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('orphans', '', (NEW.lies = 0)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_unsaid AFTER DELETE ON said BEGIN INSERT INTO totals VALUES ('verdicts', '', -OLD.lies) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('orphans', '', -(OLD.lies = 0)) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_said_lies AFTER UPDATE OF lies ON said BEGIN INSERT INTO totals VALUES ('verdicts', '', NEW.lies - OLD.lies) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number;INSERT INTO totals VALUES ('orphans', '', OLD.lies - NEW.lies) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_failure_comes AFTER INSERT ON failures BEGIN INSERT INTO totals VALUES ('failures', '', 1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER totals_failure_goes AFTER DELETE ON failures BEGIN INSERT INTO totals VALUES ('failures', '', -1) ON CONFLICT (kind, name) DO UPDATE SET number = number + excluded.number; END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('pages',2);
INSERT INTO "sqlite_sequence" VALUES('lines',6);
COMMIT;
PRAGMA user_version = 12;
