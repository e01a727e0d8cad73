"""What of an archive somebody sees who has a right to some folders alone.

Every table is hidden behind a temporary view of the same name with the rows that such a person may see, so that
whatever is asked of the catalogue, now and later, is asked of these. A table that is not named here shows nothing. Such
a catalogue cannot be written to: a view takes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.catalog.dialects import columns_of, forbid_writing, tables_of, views_of
from indexer.catalog.totals import TOTALS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

OF_ALL = frozenset({"meta", "origins", "sqlite_sequence"})
"""Tables that tell of no document."""
_CONTENT = (
    "EXISTS (SELECT 1 FROM main.files JOIN main.places ON file_id = files.id WHERE sha256 = own.sha256 AND {here})"
)
_FILE = "EXISTS (SELECT 1 FROM main.places WHERE file_id = own.{of} AND {here})"
_PAGE = """EXISTS (SELECT 1 FROM main.pages JOIN main.places USING (file_id) WHERE pages.id = own.page_id AND {here})"""
_LINE = """EXISTS (SELECT 1 FROM main.lines JOIN main.pages ON pages.id = page_id JOIN main.places USING (file_id)
    WHERE lines.id = own.line_id AND {here})"""
_SEEN = {
    "places": "{here}",
    "files": _FILE.replace("{of}", "id"),
    "pages": _FILE.replace("{of}", "file_id"),
    "document_totals": _FILE.replace("{of}", "file_id"),
    **dict.fromkeys(("lines", "blocks", "rulings"), _PAGE),
    **dict.fromkeys(("readings", "waiting"), _LINE),
    **dict.fromkeys(("verdicts", "descriptions", "described", "described_words", "described_dates"), _CONTENT),
    **dict.fromkeys(("orders", "word_verdicts"), _CONTENT),
    **dict.fromkeys(("titles", "turns", "pictures", "sketches", "unopened"), _CONTENT),
    "held_places": "{here}",
    "failures": "{here}",
    "said": "EXISTS (SELECT 1 FROM temp.verdicts WHERE line_id = own.line_id)",
}
"""The rows of each table that are seen: those of contents of which a copy lies in one of the folders (``here``)."""
_HIDDEN_PATHS = frozenset({"verdicts", "descriptions", "turns", "orders", "word_verdicts"})
"""Tables whose paths may be those of another copy."""


def see_only(db: sqlite3.Connection, folders: Sequence[bytes]) -> None:
    """Show of an open catalogue what lies in some folders, which are named as their keys in ``places``."""
    here = _any_of([inside(each) for each in folders])
    tables = sorted((name for name in tables_of(db) if name not in {*OF_ALL, "totals"}), key=_rank)
    for name in tables:
        seen = _SEEN.get(name, "FALSE").format(here=f"({here})")
        columns = ", ".join(_column(each, name, here) for each in columns_of(db, name))
        db.execute(f"CREATE TEMP VIEW {name} AS SELECT {columns} FROM main.{name} AS own WHERE {seen}")  # noqa: S608
    for view in views_of(db):
        db.execute(view.replace("CREATE VIEW", "CREATE TEMP VIEW", 1))
    db.execute(f"CREATE TEMP VIEW totals (kind, name, number) AS {TOTALS} {_SAID}")
    forbid_writing(db)


_SAID = """
UNION ALL SELECT 'verdicts', '', coalesce(sum(CAST(lies AS INTEGER)), 0) FROM said
UNION ALL SELECT 'orphans', '', coalesce(sum(CAST(NOT lies AS INTEGER)), 0) FROM said
"""


def _rank(name: str) -> tuple[bool, str]:
    """Tables in the order in which their views are made: those that ask other views last."""
    return "temp." in _SEEN.get(name, ""), name


def _column(column: str, table: str, here: str) -> str:
    if column == "path" and table in _HIDDEN_PATHS:
        return f"CASE WHEN {here} THEN path END AS path"
    return f'own."{column}"'


def _any_of(terms: Sequence[str]) -> str:
    """Whether one of some terms holds, as SQL. SQLite takes them in halves of halves: of a thousand in a row not."""
    if len(terms) < 2:
        return terms[0] if terms else "FALSE"
    half = len(terms) // 2
    return f"({_any_of(terms[:half])} OR {_any_of(terms[half:])})"


def inside(folder: bytes) -> str:
    """Whether a path lies in a folder, as SQL: its key begins with that of the folder."""
    start = folder.rstrip(b"/") + b"/"
    end = start[:-1] + bytes([start[-1] + 1])
    return f"(path >= x'{start.hex()}' AND path < x'{end.hex()}')"
