"""How much there is of everything. Triggers keep the numbers exact, so nobody has to count.

``totals`` has a row for each thing that is counted in the whole archive, ``document_totals`` one for each content.
``waiting`` has one for each line that waits for review, in the order of its confidence. ``said`` has one for each line
with a verdict, whether the line still exists or not. All of it is derived: ``SCRIPT`` makes it anew, and runs after
every change of the tables.
"""

# ruff: noqa: S608

from __future__ import annotations

SURE = 1_000_000
"""Confidences are added up in whole parts of this size: then the order of the additions does not matter."""
_WAITS = "EXISTS (SELECT 1 FROM statuses WHERE statuses.status = {}.status AND waits)"
"""The condition for a line to be in ``waiting``; all other code asks that table."""
_ACCEPTED = "EXISTS (SELECT 1 FROM statuses WHERE statuses.status = {} AND accepted)"
_WORDS = "(length({0}.text) - length(replace({0}.text, ' ', '')) + 1)"
_UNKNOWN = 2.0
"""What stands in ``waiting`` for an unknown confidence: above 1, so that these lines come last."""


def _number(condition: str) -> str:
    """1 if a condition holds, else 0. SQLite needs no cast for it, PostgreSQL does."""
    return f"CAST({condition} AS INTEGER)"


def _add(kind: str, name: str, by: str) -> str:
    return (
        f"INSERT INTO totals VALUES ('{kind}', {name}, {by}) "
        "ON CONFLICT (kind, name) DO UPDATE SET number = totals.number + excluded.number;"
    )


def _document(page: str, what: str, by: str) -> str:
    return (
        f"UPDATE document_totals SET {what} = {what} + {by} "
        f"WHERE file_id = (SELECT file_id FROM pages WHERE id = {page});"
    )


def _engine(row: str, by: int) -> str:
    languages = f"(SELECT languages FROM origins WHERE id = {row}.origin_id)"
    engine = f"(SELECT engine FROM origins WHERE id = {row}.origin_id)"
    return _add("engine", engine, str(by)) + _add("languages", languages, str(by))


def _sure(row: str, status: str, by: int) -> str:
    """Adds the words of a chosen reading, and how many are right by its confidence."""
    counts = f"{row}.confidence IS NOT NULL AND {_ACCEPTED.format(status)}"
    words = _WORDS.format(row)
    return _add("words", "''", f"{by} * {_number(counts)} * {words}") + _add(
        "right",
        "''",
        f"CASE WHEN {counts} THEN {by} * {words} * CAST(round({row}.confidence * {SURE}) AS BIGINT) ELSE 0 END",
    )


def _reading(row: str, by: int) -> str:
    """What a chosen reading adds to the totals, or takes from them."""
    status = f"(SELECT status FROM lines WHERE id = {row}.line_id)"
    confidence = f"coalesce({row}.confidence, {_UNKNOWN})" if by > 0 else str(_UNKNOWN)
    waiting = f"UPDATE waiting SET confidence = {confidence} WHERE line_id = {row}.line_id;"
    return _engine(row, by) + _sure(row, status, by) + waiting


def _line(row: str, by: int) -> str:
    """What a line adds to the totals by its status, or takes from them."""
    chosen = f"(SELECT {{}} FROM readings WHERE line_id = {row}.id AND chosen)"
    waits = (
        f"INSERT INTO waiting SELECT {row}.id, coalesce({chosen.format('confidence')}, {_UNKNOWN}) "
        f"WHERE {_WAITS.format(row)};"
        if by > 0
        else f"DELETE FROM waiting WHERE line_id = {row}.id;"
    )
    return (
        _add("lines", f"{row}.status", str(by))
        + _document(f"{row}.page_id", "waiting", f"{by} * {_number(_WAITS.format(row))}")
        + waits
    )


def _status(row: str, by: int) -> str:
    """As ``_line``, with the words of its chosen reading."""
    reading = (
        "(SELECT coalesce(sum({}), 0) FROM readings r WHERE line_id = "
        + row
        + ".id AND chosen AND confidence IS NOT NULL)"
    )
    accepted = f"{by} * {_number(_ACCEPTED.format(f'{row}.status'))}"
    words = reading.format(_WORDS.format("r"))
    right = reading.format(f"{_WORDS.format('r')} * CAST(round(confidence * {SURE}) AS BIGINT)")
    return _line(row, by) + _add("words", "''", f"{accepted} * {words}") + _add("right", "''", f"{accepted} * {right}")


def _page(row: str, by: int) -> str:
    """What a page without lines adds to the totals, or takes from them."""
    document = f"UPDATE document_totals SET pages = pages + {by}, empty = empty + {by} WHERE file_id = {row}.file_id;"
    return _add("pages", "''", str(by)) + _add("empty", "''", str(by)) + document


def _trigger(name: str, event: str, does: str) -> str:
    return f"DROP TRIGGER IF EXISTS totals_{name}; CREATE TRIGGER totals_{name} {event} BEGIN {does} END;"


_ALONE = "NOT EXISTS (SELECT 1 FROM lines other WHERE other.page_id = {0}.page_id AND other.id <> {0}.id)"
_FIRST = _add("empty", "''", f"-{_number(_ALONE.format('NEW'))}") + _document(
    "NEW.page_id", "empty", f"-{_number(_ALONE.format('NEW'))}"
)
_LAST = _add("empty", "''", _number(_ALONE.format("OLD"))) + _document(
    "OLD.page_id", "empty", _number(_ALONE.format("OLD"))
)
_MOVED = "(SELECT count(*) FROM lines WHERE page_id = NEW.id" + " AND {})"
_MOVE = """UPDATE document_totals SET pages = pages {0} 1, waiting = waiting {0} {1},
    empty = empty {0} CAST({2} = 0 AS INTEGER)
    WHERE file_id = {3}.file_id;"""
_WAITING_LINES, _ALL_LINES = _MOVED.format(_WAITS.format("lines")), _MOVED.format("TRUE")

_LIES = "EXISTS (SELECT 1 FROM lines WHERE lines.id = {}.line_id)"
_SAID = f"""INSERT INTO said SELECT NEW.line_id, {_LIES.format("NEW")} WHERE NEW.undone_at IS NULL
    ON CONFLICT DO NOTHING;"""
_UNSAID = """DELETE FROM said WHERE line_id = OLD.line_id
    AND NOT EXISTS (SELECT 1 FROM verdicts WHERE verdicts.line_id = OLD.line_id AND undone_at IS NULL);"""

_TRIGGERS = (
    # Dependent rows are deleted before their row, while it can still be looked up.
    _trigger("file_goes", "BEFORE DELETE ON files", "DELETE FROM pages WHERE file_id = OLD.id;"),
    _trigger("page_goes", "BEFORE DELETE ON pages", "DELETE FROM lines WHERE page_id = OLD.id;" + _page("OLD", -1)),
    _trigger(
        "line_goes", "BEFORE DELETE ON lines", "DELETE FROM readings WHERE line_id = OLD.id;" + _line("OLD", -1) + _LAST
    ),
    _trigger("reading_goes", "AFTER DELETE ON readings WHEN OLD.chosen", _reading("OLD", -1)),
    _trigger(
        "file_comes",
        "AFTER INSERT ON files",
        _add("documents", "''", "1") + "INSERT INTO document_totals (file_id) VALUES (NEW.id);",
    ),
    _trigger(
        "file_gone",
        "AFTER DELETE ON files",
        _add("documents", "''", "-1") + "DELETE FROM document_totals WHERE file_id = OLD.id;",
    ),
    _trigger("page_comes", "AFTER INSERT ON pages", _page("NEW", 1)),
    _trigger(
        "page_cut", "AFTER INSERT ON pages WHEN NEW.incomplete IS NOT NULL", _add("incomplete", "NEW.incomplete", "1")
    ),
    _trigger(
        "page_uncut",
        "BEFORE DELETE ON pages WHEN OLD.incomplete IS NOT NULL",
        _add("incomplete", "OLD.incomplete", "-1"),
    ),
    _trigger(
        "page_changes",
        "AFTER UPDATE OF incomplete ON pages WHEN OLD.incomplete IS NOT NEW.incomplete",
        _add("incomplete", "coalesce(OLD.incomplete, '')", f"-{_number('OLD.incomplete IS NOT NULL')}")
        + _add("incomplete", "coalesce(NEW.incomplete, '')", _number("NEW.incomplete IS NOT NULL")),
    ),
    _trigger(
        "page_moves",
        "AFTER UPDATE OF file_id ON pages WHEN OLD.file_id <> NEW.file_id",
        _MOVE.format("-", _WAITING_LINES, _ALL_LINES, "OLD") + _MOVE.format("+", _WAITING_LINES, _ALL_LINES, "NEW"),
    ),
    _trigger("line_comes", "AFTER INSERT ON lines", _line("NEW", 1) + _FIRST),
    _trigger(
        "line_moves",
        "AFTER UPDATE OF page_id ON lines WHEN OLD.page_id <> NEW.page_id",
        _document("OLD.page_id", "waiting", f"-{_number(_WAITS.format('OLD'))}")
        + _document("NEW.page_id", "waiting", _number(_WAITS.format("OLD")))
        + _LAST
        + _FIRST,
    ),
    _trigger(
        "line_changes",
        "AFTER UPDATE OF status ON lines WHEN OLD.status <> NEW.status",
        _status("OLD", -1) + _status("NEW", 1),
    ),
    _trigger("reading_comes", "AFTER INSERT ON readings WHEN NEW.chosen", _reading("NEW", 1)),
    _trigger(
        "reading_was",
        "AFTER UPDATE OF chosen, text, confidence, origin_id, line_id ON readings WHEN OLD.chosen",
        _reading("OLD", -1),
    ),
    _trigger(
        "reading_is",
        "AFTER UPDATE OF chosen, text, confidence, origin_id, line_id ON readings WHEN NEW.chosen",
        _reading("NEW", 1),
    ),
    _trigger(
        "read_first",
        "AFTER UPDATE OF pages ON document_totals WHEN OLD.pages = 0 AND NEW.pages > 0",
        _add("files", "''", "1"),
    ),
    _trigger(
        "read_last",
        "AFTER UPDATE OF pages ON document_totals WHEN OLD.pages > 0 AND NEW.pages = 0",
        _add("files", "''", "-1"),
    ),
    _trigger("verdict_comes", "AFTER INSERT ON verdicts", _SAID),
    _trigger("verdict_goes", "AFTER DELETE ON verdicts", _UNSAID),
    _trigger("verdict_changes", "AFTER UPDATE OF undone_at, line_id ON verdicts", _UNSAID + _SAID),
    _trigger("said_line_comes", "AFTER INSERT ON lines", "UPDATE said SET lies = TRUE WHERE line_id = NEW.id;"),
    _trigger("said_line_goes", "AFTER DELETE ON lines", "UPDATE said SET lies = FALSE WHERE line_id = OLD.id;"),
    _trigger(
        "said",
        "AFTER INSERT ON said",
        _add("verdicts", "''", _number("NEW.lies")) + _add("orphans", "''", _number("NOT NEW.lies")),
    ),
    _trigger(
        "unsaid",
        "AFTER DELETE ON said",
        _add("verdicts", "''", f"-{_number('OLD.lies')}") + _add("orphans", "''", f"-{_number('NOT OLD.lies')}"),
    ),
    _trigger(
        "said_lies",
        "AFTER UPDATE OF lies ON said",
        _add("verdicts", "''", f"{_number('NEW.lies')} - {_number('OLD.lies')}")
        + _add("orphans", "''", f"{_number('OLD.lies')} - {_number('NEW.lies')}"),
    ),
    _trigger("failure_comes", "AFTER INSERT ON failures", _add("failures", "''", "1")),
    _trigger("failure_goes", "AFTER DELETE ON failures", _add("failures", "''", "-1")),
)

TABLES = """
DROP TABLE IF EXISTS totals;
DROP TABLE IF EXISTS document_totals;
DROP TABLE IF EXISTS waiting;
DROP TABLE IF EXISTS said;
CREATE TABLE totals (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE document_totals (
    file_id INTEGER PRIMARY KEY,
    pages INTEGER NOT NULL DEFAULT 0,    -- read
    waiting INTEGER NOT NULL DEFAULT 0,  -- lines of them that wait for review
    empty INTEGER NOT NULL DEFAULT 0     -- pages on which no line was read
);
CREATE TABLE said (line_id INTEGER PRIMARY KEY, lies INTEGER NOT NULL);
CREATE TABLE waiting (line_id INTEGER PRIMARY KEY, confidence REAL NOT NULL);
CREATE INDEX waiting_order ON waiting (confidence, line_id);
"""

_SURELY = """readings JOIN lines ON lines.id = line_id JOIN statuses USING (status)
WHERE chosen AND confidence IS NOT NULL AND accepted"""
_READ_WORDS = _WORDS.format("readings")
TOTALS = f"""SELECT 'documents', '', count(*) FROM files
UNION ALL SELECT 'files', '', count(*) FROM document_totals WHERE pages > 0
UNION ALL SELECT 'pages', '', coalesce(sum(pages), 0) FROM document_totals
UNION ALL SELECT 'empty', '', coalesce(sum(empty), 0) FROM document_totals
UNION ALL SELECT 'incomplete', incomplete, count(*) FROM pages WHERE incomplete IS NOT NULL GROUP BY incomplete
UNION ALL SELECT 'lines', status, count(*) FROM lines GROUP BY status
UNION ALL SELECT 'engine', engine, count(*)
    FROM readings JOIN origins ON origins.id = origin_id WHERE chosen GROUP BY engine
UNION ALL SELECT 'languages', languages, count(*)
    FROM readings JOIN origins ON origins.id = origin_id WHERE chosen GROUP BY languages
UNION ALL SELECT 'failures', '', count(*) FROM failures
UNION ALL SELECT 'words', '', coalesce(sum({_READ_WORDS}), 0) FROM {_SURELY}
UNION ALL SELECT 'right', '', coalesce(sum({_READ_WORDS} * CAST(round(confidence * {SURE}) AS BIGINT)), 0)
    FROM {_SURELY}
""".rstrip()
"""What is counted of an archive, but for verdicts, whose numbers the triggers of ``said`` keep."""
COUNTED = f"""
INSERT INTO said
SELECT DISTINCT line_id, {_LIES.format("verdicts")} FROM verdicts WHERE undone_at IS NULL AND line_id IS NOT NULL;
INSERT INTO document_totals
SELECT files.id, count(pages.id), coalesce(sum(own.waiting), 0),
       coalesce(sum({_number("pages.id IS NOT NULL AND own.lines IS NULL")}), 0)
FROM files LEFT JOIN pages ON pages.file_id = files.id
LEFT JOIN (
    SELECT page_id, count(*) AS lines, sum({_number(_WAITS.format("lines"))}) AS waiting FROM lines GROUP BY page_id
) own ON own.page_id = pages.id
GROUP BY files.id;
INSERT INTO totals
{TOTALS};
INSERT INTO waiting SELECT lines.id, coalesce(confidence, {_UNKNOWN}) FROM lines
LEFT JOIN readings ON readings.line_id = lines.id AND chosen WHERE {_WAITS.format("lines")};
"""

SCRIPT = TABLES + "".join(_TRIGGERS) + COUNTED
"""Makes the tables and the triggers, and counts once."""
