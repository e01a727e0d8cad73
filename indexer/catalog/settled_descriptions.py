"""What counts of all that was said of a document as a whole: the newest statement on each field that stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indexer.text.edtf import DateError, parsed
from indexer.text.folding import search_words

if TYPE_CHECKING:
    import sqlite3

FIRST = "CASE origin WHEN 'person' THEN 0 WHEN 'table' THEN 1 WHEN 'file' THEN 2 ELSE 3 END"
"""What a person said counts before what was taken in; the nearer to the document the less."""
_STANDING = f"""
SELECT field, said, origin FROM descriptions WHERE sha256 = ? AND undone_at IS NULL ORDER BY {FIRST}, id DESC
"""  # noqa: S608
DERIVED = ("described", "described_words", "described_dates")
"""The tables of what counts."""


def settle(db: sqlite3.Connection, sha256: str) -> None:
    """Note anew what counts of all that was said of a document."""
    for table in DERIVED:
        db.execute(f"DELETE FROM {table} WHERE sha256 = ?", (sha256,))  # noqa: S608 - a name from above
    standing: dict[str, sqlite3.Row] = {}
    for row in db.execute(_STANDING, (sha256,)).fetchall():
        standing.setdefault(row["field"], row)
    for field, row in standing.items():
        texts = json.loads(row["said"])
        folded = [" ".join(search_words(each)) for each in texts]
        rows = [(sha256, field, at, *each, row["origin"]) for at, each in enumerate(zip(texts, folded, strict=True))]
        db.executemany("INSERT INTO described VALUES (?, ?, ?, ?, ?, ?)", rows)
        words = {word for each in folded for word in each.split()}
        db.executemany("INSERT INTO described_words VALUES (?, ?, ?)", [(word, field, sha256) for word in words])
        if field == "date":
            spans = {span for each in texts for span in _spans(each)}
            db.executemany("INSERT INTO described_dates VALUES (?, ?, ?)", [(sha256, *span) for span in spans])


def _spans(text: str) -> tuple[tuple[int, int], ...]:
    """The spans of a date; none if it is damaged: a catalogue may come from anybody."""
    try:
        return parsed(text).spans
    except DateError:
        return ()
