"""Keeping and undoing verdicts. The line is compared with what the person saw in the same transaction."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.catalog.rows import stored_line
from indexer.catalog.storing import apply_verdicts, now
from indexer.catalog.verdicts import Shown
from indexer.text.folding import clean, no_letter
from indexer.translation import _
from indexer.values import Box, Line, Status
from indexer.values.errors import ConflictError, MissingError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from indexer.catalog.records import Kind, Said
    from indexer.values import StoredLine
    from indexer.values.thresholds import Thresholds

_DIGITS = 12
_SMALLEST = 3
"""Pixels that a line is wide and high at least."""


def revision_of(text: str, verdict: int) -> str:
    """The revision of a line: made of the verdict on it and of its text."""
    return f"{verdict}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


def newest_verdict(db: sqlite3.Connection, line_id: int) -> int:
    """The number of the newest verdict that stands on a line, 0 without one."""
    row = db.execute("SELECT max(id) FROM verdicts WHERE line_id = ? AND undone_at IS NULL", (line_id,)).fetchone()
    return int(row[0] or 0)


def say(db: sqlite3.Connection, said: Said, thresholds: Thresholds, home: Path, who: str) -> StoredLine:
    """Keep a verdict; returns the line as it is then. A rejected line that only an earlier verdict had kept goes.

    Raises ``MissingError`` when there is no such line, and ``ConflictError`` when it is not what the person saw.
    """
    row = db.execute(
        """SELECT stored_lines.*, sha256, pages.width AS page_width, pages.height AS page_height,
            turned FROM stored_lines
        JOIN pages ON pages.id = page_id JOIN files ON files.id = file_id WHERE stored_lines.id = ?""",
        (said.line,),
    ).fetchone()
    if row is None:
        raise MissingError(
            _("there is no line %(line)s", line=said.line), _("notes search and notes review show the ids.")
        )
    line = stored_line(row, home)
    _compare(line, newest_verdict(db, line.id), said)
    text = typed(said.text or "") if said.kind == "correct" else line.text
    as_meant = Line(text, None, line.box, line.polygon, baseline=line.baseline)
    if said.place is not None:
        as_meant = placed(said.place, Shown(row["page_width"], row["page_height"], row["turned"]), text)
    note(db, row, line.id, as_meant, said.kind, seen=line.text, who=who)
    apply_verdicts(db, row["page_id"], thresholds)
    return _line(db, line.id, home) or replace(line, status=Status.REJECTED)


def note(
    db: sqlite3.Connection, page: sqlite3.Row, line_id: int, line: Line, kind: Kind, *, seen: str, who: str
) -> None:
    """Note a verdict on a line of a page, as the person has it: ``who``; ``seen`` is what it said before."""
    db.execute(
        """INSERT INTO verdicts (sha256, page, path, page_width, page_height, x, y, width, height, polygon,
            turned, baseline, kind, text, seen, line_id, made_at, who)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(page["sha256"], page["page"], page["path"], page["page_width"], page["page_height"], *line.box.xywh),
            *(json.dumps(line.polygon), page["turned"], json.dumps(line.baseline)),
            *(kind, line.text, seen, line_id, now(), who),
        ),
    )


def placed(place: Box, shown: Shown, text: str) -> Line:
    """A line with a text where a person drew it; raises ``UsageError`` if there is no room for writing on the page."""
    left, top = max(0, place.x), max(0, place.y)
    width = min(shown.width, place.x + place.width) - left
    height = min(shown.height, place.y + place.height) - top
    if min(width, height) < _SMALLEST:
        raise UsageError(_("there is no room for writing in what was drawn"), _("Draw around a line of the page."))
    return Line(text, None, Box(left, top, width, height))


def typed(text: str) -> str:
    """A typed text as it is stored; raises ``UsageError`` for one that cannot be stored."""
    odd = no_letter(text)
    if odd is not None:
        raise UsageError(
            _("what was typed has something in it that is no letter: %(odd)s", odd=odd),
            _("Nothing was changed. Type it as UTF-8: a terminal or a file of another encoding sends other bytes."),
        )
    if not clean(text):
        raise UsageError(_("a correction needs some text"), _("A line that is no text can be rejected."))
    return clean(text)


def take_back(
    db: sqlite3.Connection, line_id: int, verdict: int | None, thresholds: Thresholds, home: Path
) -> StoredLine | None:
    """Undo the newest verdict on a line. If ``verdict`` is given it has to be that one. Returns the line, or ``None``
    if only the verdict had kept it."""
    newest = newest_verdict(db, line_id)
    if not newest:
        raise MissingError(
            _("nobody said anything of line %(line_id)s", line_id=line_id), _("notes show ID tells who read a line.")
        )
    if verdict is not None and verdict != newest:
        raise ConflictError(_("somebody else has settled line %(line_id)s meanwhile", line_id=line_id), _look())
    db.execute("UPDATE verdicts SET undone_at = ? WHERE id = ?", (now(), newest))
    for page in db.execute("SELECT page_id FROM page_verdicts WHERE id = ?", (newest,)).fetchall():
        apply_verdicts(db, page["page_id"], thresholds)
    return _line(db, line_id, home)


def _compare(line: StoredLine, verdict: int, said: Said) -> None:
    """Raise ``ConflictError`` when a line is not as the person saw it."""
    seen, __, shown = (said.seen or str(verdict)).partition("-")
    if seen != str(verdict):
        raise ConflictError(
            _("somebody else has settled line %(id)s meanwhile: it says %(text)s", id=line.id, text=repr(line.text)),
            _look(),
        )
    confirmed = said.text if said.kind == "accept" else None
    other_text = shown and f"{seen}-{shown}" != revision_of(line.text, verdict)
    if other_text or (confirmed is not None and clean(confirmed) != clean(line.text)):
        raise ConflictError(
            _("line %(id)s says something else by now: %(text)s", id=line.id, text=repr(line.text)), _look()
        )


def _line(db: sqlite3.Connection, line_id: int, home: Path) -> StoredLine | None:
    row = db.execute("SELECT * FROM stored_lines WHERE id = ?", (line_id,)).fetchone()
    return None if row is None else stored_line(row, home)


def _look() -> str:
    return _("Nothing was changed. Look at the line again.")
