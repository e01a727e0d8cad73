"""The tables of the catalogue, their versions, and how the database file is opened."""

from __future__ import annotations

import logging
import sqlite3
import uuid
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path

from indexer.catalog import held, sketches, totals
from indexer.catalog.folder import has_catalogue, homes_of, writable
from indexer.catalog.rows import moved_key
from indexer.catalog.spare import alone, keep_spare
from indexer.catalog.trouble import FILE_NAME, check_sqlite, explained
from indexer.system.links import check_links
from indexer.values.errors import IndexFolderError

_LOG = logging.getLogger(__name__)
_OPEN_IT = "Whoever may write there has to open it once, with notes status."

_VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    pages INTEGER  -- NULL until counted
);
-- Paths are bytes as the system gives them: a name need not be UTF-8.
CREATE TABLE places (
    path BLOB PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    modified REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX places_file ON places (file_id);
CREATE TABLE readers (
    id INTEGER PRIMARY KEY,
    engine TEXT NOT NULL,
    version TEXT NOT NULL,
    settings TEXT NOT NULL,
    UNIQUE (engine, version, settings)
);
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
    revision INTEGER NOT NULL,
    UNIQUE (file_id, number)
);
CREATE INDEX pages_revision ON pages (revision);
CREATE TABLE removed_pages (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
CREATE TABLE lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    page_id INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    number INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    polygon TEXT NOT NULL,
    status TEXT NOT NULL
);
CREATE INDEX lines_page ON lines (page_id, number);
CREATE INDEX lines_status ON lines (status);
CREATE TABLE readings (
    id INTEGER PRIMARY KEY,
    line_id INTEGER NOT NULL REFERENCES lines ON DELETE CASCADE,
    reader_id INTEGER NOT NULL REFERENCES readers,
    text TEXT NOT NULL,
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    words TEXT NOT NULL,
    frames BLOB,  -- compact frame probabilities of readers that keep them
    chosen INTEGER NOT NULL
);
CREATE INDEX readings_line ON readings (line_id);
CREATE UNIQUE INDEX readings_chosen ON readings (line_id) WHERE chosen;
-- What people said of a place on a page. Tied to the content, not to a line: outlives re-reading and forgetting.
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
);
CREATE INDEX verdicts_place ON verdicts (sha256, page);
CREATE TABLE failures (
    path BLOB NOT NULL,
    page INTEGER,
    kind TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX failures_path ON failures (path);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    engine TEXT NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0
);
CREATE VIEW stored_lines AS
SELECT lines.id, (SELECT min(path) FROM places WHERE places.file_id = pages.file_id) AS path,
       pages.id AS page_id, pages.number AS page, lines.number, readings.text, readings.confidence, lines.status,
       readers.engine, readers.version, readers.settings,
       lines.x, lines.y, lines.width, lines.height, lines.polygon
FROM lines
JOIN pages ON pages.id = lines.page_id
JOIN readings ON readings.line_id = lines.id AND readings.chosen
JOIN readers ON readers.id = readings.reader_id;
"""

_VERSION_2 = """
ALTER TABLE pages ADD COLUMN incomplete TEXT;  -- why lines of it are missing
"""

_VERSION_3 = """
-- The names under which documents came whose files are named otherwise. By content: a title outlives forgetting.
CREATE TABLE titles (sha256 TEXT PRIMARY KEY, title TEXT NOT NULL) WITHOUT ROWID;
"""

_JOBS = """
-- What was added through the browser: how far it is, and what went wrong.
CREATE TABLE jobs (
    sha256 TEXT PRIMARY KEY,
    file TEXT NOT NULL,  -- its name in the folder of what was added
    state TEXT NOT NULL CHECK (state IN ('waiting', 'reading', 'read', 'failed')),
    error TEXT,
    added_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX jobs_state ON jobs (state, added_at);
CREATE INDEX jobs_added ON jobs (added_at);
"""

_VERSION_4 = """
DROP INDEX lines_status;  -- what waits is in a table of its own (indexer/catalog/totals.py)
"""

_VERSION_5 = """
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
"""

_REPLACED_READINGS = """
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
"""

_RELATIVE_PLACES = """
-- Paths of what lies in the index folder are relative to it, so that it can be moved.
UPDATE OR REPLACE places SET path = kept_path(path);
UPDATE failures SET path = kept_path(path);
UPDATE verdicts SET path = kept_path(path) WHERE path IS NOT NULL;
"""

_PICTURES = """
-- What the pages show, by which they are known again when their files have other bytes; of contents that lie nowhere
-- any more those of which people said something.
CREATE TABLE pictures (
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    digest TEXT NOT NULL,
    look BLOB NOT NULL,  -- a coarse grid of tones
    PRIMARY KEY (sha256, page)
);
CREATE INDEX pictures_digest ON pictures (digest);
CREATE INDEX verdicts_path ON verdicts (path);
"""

_TEXT_TAKEN = """
-- The text of a PDF used to be taken alone wherever there was some, whatever else the page showed.
UPDATE pages SET incomplete = 'ink beside the text of the file was not looked for (notes index --reread)'
WHERE incomplete IS NULL AND recipe LIKE '%"pdf_text": "use"%' AND EXISTS (
    SELECT 1 FROM lines JOIN readings ON line_id = lines.id JOIN readers ON readers.id = reader_id
    WHERE page_id = pages.id AND engine = 'text-layer' AND NOT replaced);
"""

_ORIGINS = """
-- The field's terms: a reading has an origin, and a line that a recogniser read a posteriorgram. The recognition model
-- that an origin used is in its settings.
DROP VIEW stored_lines;
ALTER TABLE readers RENAME TO origins;
ALTER TABLE readings RENAME COLUMN reader_id TO origin_id;
ALTER TABLE readings RENAME COLUMN frames TO posteriorgram;
UPDATE origins SET settings = replace(settings, '"reader": "', '"model": "');
UPDATE pages SET recipe = replace(recipe, '\\"reader\\": \\"', '\\"model\\": \\"');
CREATE VIEW stored_lines AS
SELECT lines.id, (SELECT min(path) FROM places WHERE places.file_id = pages.file_id) AS path,
       pages.id AS page_id, pages.number AS page, lines.number, readings.text, readings.confidence, lines.status,
       origins.engine, origins.version, origins.settings,
       lines.x, lines.y, lines.width, lines.height, lines.polygon
FROM lines
JOIN pages ON pages.id = lines.page_id
JOIN readings ON readings.line_id = lines.id AND readings.chosen
JOIN origins ON origins.id = readings.origin_id;
"""

MIGRATIONS = (
    *(_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5),
    *(_JOBS, _REPLACED_READINGS, _RELATIVE_PLACES, _PICTURES, _TEXT_TAKEN, sketches.SCRIPT, held.SCRIPT, _ORIGINS),
)
"""One script for each step from a version to the next; never edit one that was released. Behind the last one comes
``totals.SCRIPT``, so that a step may make any table anew without a thought of its triggers."""
_COUNTED_FROM = 13
"""The first version whose tables have the names that ``totals.SCRIPT`` uses."""


def connect(folder: Path, *, create: bool, at_rest: bool = False, spare: bool = True) -> sqlite3.Connection:
    """Open the catalogue in the folder, brought up to the current version; before that a ``spare`` copy is kept.

    A folder that cannot be written is opened for reading only, without any lock when the catalogue is ``at_rest``.
    Raises ``IndexFolderError`` when there is no catalogue (unless ``create``), it is from a newer version, or damaged,
    and ``UnavailableError`` when this Python's SQLite is too old.
    """
    check_sqlite()
    path = folder / FILE_NAME
    if create:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexFolderError(
                f"cannot make the index folder {folder}: {error.strerror}", "Choose another with --index."
            ) from error
    elif not has_catalogue(path):
        raise IndexFolderError(f"no index in {folder}", "Make one with: notes index FOLDER, or point --index at yours.")
    check_links(folder)
    with explained(folder):
        if not create and not writable(folder):
            return _opened_for_reading(path, at_rest=at_rest)
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            _configured(connection).execute("PRAGMA journal_mode = WAL")
            _bring_forward(connection, folder, spare=spare)
            _check_parts(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def connect_for_reading(folder: Path, *, at_rest: bool) -> sqlite3.Connection:
    """Open the catalogue of a folder that may be written, without writing: there is no room on its disk.

    Raises as ``connect``.
    """
    path = folder / FILE_NAME
    with explained(folder):
        try:
            return _opened_for_reading(path, at_rest=at_rest)
        except (sqlite3.OperationalError, IndexFolderError):
            if at_rest:
                raise
        # What a crash left in the log can be read without the file beside it that all who read share, by one alone.
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        except BaseException:
            connection.close()
            raise
        return _checked(connection, path)


def _opened_for_reading(path: Path, *, at_rest: bool) -> sqlite3.Connection:
    """The catalogue where nothing can be written: neither tables brought forward nor, maybe, a lock."""
    mode = "mode=ro&immutable=1" if at_rest else "mode=ro"
    return _checked(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None), path)


def _checked(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """A catalogue that cannot be brought forward: it has to be of this version."""
    try:
        version = _version(_configured(connection), path.parent)
        if version == len(MIGRATIONS):
            _check_parts(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        if "unable to open" not in str(error):
            raise
        raise IndexFolderError(
            f"the last changes to {path} wait to be written, which cannot be done here", _OPEN_IT
        ) from error
    except BaseException:
        connection.close()
        raise
    if version == len(MIGRATIONS):
        return connection
    connection.close()
    raise IndexFolderError(
        f"the index in {path.parent} was made by an earlier notes (catalogue version {version}, this one uses "
        f"{len(MIGRATIONS)}), and it cannot be brought forward here: nothing may be written",
        _OPEN_IT,
    )


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    # A catalogue may come from anybody: what its views and triggers call has to be harmless, and its pages sound.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.row_factory = sqlite3.Row
    return connection


def _check_parts(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a catalogue that would do something else than it does here: triggers run, and views stand for tables."""
    own = _own_parts(len(MIGRATIONS))
    parts = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')")
    odd = {tuple(part) for part in parts} - own
    names = {name for _, name, _ in own}
    foreign = sorted(f"{kind} {name}" for kind, name, _ in odd if kind == "trigger" or name in names)
    if foreign:
        raise IndexFolderError(
            f"{path} has parts that notes did not make: {', '.join(foreign)}",
            "Another program added them, or it is somebody else's catalogue: ask for one without.",
        )


@cache
def _own_parts(_version: int) -> frozenset[tuple[str, str, str | None]]:
    """Type, name and definition of every part of a new catalogue of the version that this is."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _migrate(connection, Path())
        return frozenset(connection.execute("SELECT type, name, sql FROM sqlite_master"))
    finally:
        connection.close()


def _version(connection: sqlite3.Connection, folder: Path) -> int:
    """The version of the tables; raises ``IndexFolderError`` when it is one of the future."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise IndexFolderError(
            f"the index in {folder} was made by a newer notes (catalogue version {version}, this one knows "
            f"{len(MIGRATIONS)})",
            "Update notes: in a newer checkout of it, pip install .",
        )
    return version


def _bring_forward(connection: sqlite3.Connection, folder: Path, *, spare: bool) -> None:
    """Bring the tables to this version; of those of an earlier one a copy is kept, unless they are one (``spare``)."""
    version, latest = _version(connection, folder), len(MIGRATIONS)
    if not version or not spare:
        _migrate(connection, folder)
        return
    with alone(folder) if version < latest else nullcontext():
        if _version(connection, folder) < latest:
            kept = keep_spare(connection, folder)
            _migrate(connection, folder)
            _LOG.info("the catalogue was of version %d and is of %d now; %s is as it was", version, latest, kept)


def _migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Make or change the tables, all at once or not at all."""
    version, latest = _version(connection, folder), len(MIGRATIONS)
    if version == latest:
        return
    connection.create_function("kept_path", 1, partial(moved_key, homes=homes_of(folder)))
    first = f"INSERT INTO meta VALUES ('uuid', '{uuid.uuid4().hex}'), ('revision', 0);"  # noqa: S608
    seeds = [first if number == 1 else "" for number in range(version + 1, latest + 1)]
    steps = [f"{script} {seed}" for script, seed in zip(MIGRATIONS[version:], seeds, strict=True)]
    counted = totals.SCRIPT if latest >= _COUNTED_FROM else ""
    try:
        connection.executescript(
            f"BEGIN EXCLUSIVE; {' '.join(steps)} {counted} PRAGMA user_version = {latest}; COMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        # Two first runs at once: the other one made the tables.
        if connection.execute("PRAGMA user_version").fetchone()[0] < latest:
            raise
