"""The shelves of an archive: what lies in a folder, and the folders in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalog.browse import DOCUMENT, Browser, document_of_row

if TYPE_CHECKING:
    from collections.abc import Collection

    from indexer.catalog.records import Document

_WITHIN = "path > ? AND path < ?"
_FIRST_WITHIN = f"""
SELECT path, file_id, modified FROM places WHERE {_WITHIN}
AND NOT EXISTS (SELECT 1 FROM places other WHERE other.file_id = places.file_id AND other.path < places.path
                AND other.path > ?)
"""  # noqa: S608
_SINGLE = f"""
SELECT path, file_id FROM places JOIN files ON files.id = file_id JOIN document_totals USING (file_id)
WHERE {_WITHIN} AND files.pages = 1 AND document_totals.pages = 1 AND instr(substr(path, ?), X'2F') = 0
"""  # noqa: S608
_BY_DATE = """
SELECT id FROM files WHERE EXISTS (SELECT 1 FROM places WHERE file_id = files.id AND {within})
ORDER BY coalesce((SELECT min(first) FROM described_dates own WHERE own.sha256 = files.sha256), 999999999), id
LIMIT ? OFFSET ?
"""
_NEWEST = """
SELECT files.id, files.pages, (SELECT min(path) FROM places WHERE places.file_id = files.id) AS path
FROM files JOIN document_totals ON document_totals.file_id = files.id
WHERE document_totals.pages > 0 AND EXISTS (SELECT 1 FROM places WHERE places.file_id = files.id)
ORDER BY files.id DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Single:
    """A file with a single page that was read: its name, and the number of its document."""

    name: str
    document: int


@dataclass(frozen=True, slots=True)
class Newest:
    """A document that was read: its number, its first path, and whether it has a single page."""

    id: int
    path: Path
    is_single: bool


class Shelves(Browser):
    """The part of the catalogue that goes through folders."""

    def documents_in(self, folder: Path, limit: int, offset: int = 0) -> list[Document]:
        """The documents in a folder and below it, by path: at most ``limit``, from ``offset`` on."""
        first, last = self._bounds(folder)
        places = f"({_FIRST_WITHIN} ORDER BY path LIMIT ? OFFSET ?) first"
        sql = f"{DOCUMENT.format(places=places)} ORDER BY path"
        rows = self._all(sql, first, last, first, limit, offset)
        return [document_of_row(row, self.home) for row in rows]

    def count_in(self, folder: Path) -> int:
        """How many documents lie in a folder and below it."""
        sql = f"SELECT count(DISTINCT file_id) AS number FROM places WHERE {_WITHIN}"  # noqa: S608
        return int(self._all(sql, *self._bounds(folder))[0]["number"])

    def ids_in(self, folder: Path) -> list[int]:
        """The numbers of the documents in a folder and below it, by their first path in it."""
        sql = f"SELECT file_id FROM places WHERE {_WITHIN} GROUP BY file_id ORDER BY min(path)"  # noqa: S608
        return [row["file_id"] for row in self._all(sql, *self._bounds(folder))]

    def ids_among(self, documents: Collection[int], folder: Path | None) -> list[int]:
        """Those of some documents that lie in a folder and below it, or anywhere, by their first path in it."""
        start, end = self._bounds(folder) if folder else (b"", b"\xff")
        places = self._in("SELECT file_id, path FROM places WHERE file_id IN ({})", sorted(documents))
        inside = sorted((bytes(row["path"]), int(row["file_id"])) for row in places if start < row["path"] < end)
        return list(dict.fromkeys(document for _, document in inside))

    def ids_by_date(self, folder: Path | None, limit: int, offset: int) -> list[int]:
        """The numbers of the documents in a folder and below it, or of all, by their own dates, the earliest first;
        those without one come last."""
        within, bounds = (_WITHIN, self._bounds(folder)) if folder else ("TRUE", ())
        rows = self._all(_BY_DATE.format(within=within), *bounds, limit, offset)
        return [row["id"] for row in rows]

    def folders_in(self, folder: Path, most: int) -> list[Path]:
        """The folders with documents that lie in a folder, by name: at most so many. Each costs one look."""
        start, last = self._bounds(folder)
        found: list[Path] = []
        at = start
        while len(found) < most:
            (row,) = self._all(f"SELECT min(path) FROM places WHERE {_WITHIN}", at, last)  # noqa: S608
            if row[0] is None:
                break
            name, inner, _ = bytes(row[0])[len(start) :].partition(b"/")
            at = start + name + (b"0" if inner else b"\0")  # 0 comes right after /
            if inner:
                found.append(self._path(start + name))
        return found

    def documents_right_in(self, folder: Path) -> bool:
        """Whether a document lies in a folder itself."""
        first, last = self._bounds(folder)
        inner = "instr(substr(path, ?), X'2F') = 0 LIMIT 1"
        return bool(self._all(f"SELECT 1 FROM places WHERE {_WITHIN} AND {inner}", first, last, len(first) + 1))  # noqa: S608

    def newest(self, most: int) -> list[Newest]:
        """The documents that were read, those that came last first."""
        rows = self._all(_NEWEST, most)
        return [Newest(row["id"], self._path(row["path"]), row["pages"] == 1) for row in rows]

    def singles_in(self, folder: Path) -> list[Single]:
        """The files of one page that lie in a folder itself, in no order."""
        first, last = self._bounds(folder)
        rows = self._all(_SINGLE, first, last, len(first) + 1)
        return [Single(os.fsdecode(bytes(row["path"])[len(first) :]), row["file_id"]) for row in rows]

    def _bounds(self, folder: Path) -> tuple[bytes, bytes]:
        """The keys between which all paths below a folder lie."""
        key = self._key(folder).rstrip(b"/")
        return key + b"/", key + b"0"
