"""Which documents and pages a pattern means: by where their files lie, or by the names under which they were added."""

from __future__ import annotations

import math
import os
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from indexer.catalog.browse import Browser
from indexer.catalog.rows import ADDED
from indexer.system.paths import letters_in, matcher

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from indexer.catalog.records import Document, DocumentPage

_ADDED = os.fsencode(f"{ADDED}/")
_EVER = (-math.inf, math.inf)
_ENTITLED = """
SELECT path, path AS outer, title FROM titles CROSS JOIN files USING (sha256) CROSS JOIN places ON file_id = files.id
UNION ALL
SELECT path, holder, title FROM titles CROSS JOIN held_places ON holder_sha256 = sha256
"""
"""The places of contents that came with a name, and of what is inside them, each with the file that has the name."""


class Patterns(Browser):
    """The part of the catalogue that finds documents by patterns."""

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> frozenset[int]:
        """Pages of files whose path matches the pattern and whose date (seconds since 1970) lies in the span.

        The pattern is compared with the whole path and with every tail of it. A folder that matches stands for all that
        is in it. What was added is known by the name that it came with, too.
        """
        begin, end = _EVER[0] if since is None else since, _EVER[1] if until is None else until
        matches = None if glob is None else self._matches(glob)
        letters = () if glob is None else tuple(map(os.fsencode, letters_in(glob)))
        some = " OR ".join(["substr(path, 1, 1) <> X'2F'", *["instr(path, ?) > 0"] * len(letters)])
        wanted = ["modified >= ? AND modified < ?", *([f"({some})"] if letters else [])]

        def look(db: sqlite3.Connection) -> frozenset[int]:
            cursor = db.cursor()
            cursor.row_factory = None  # making rows would cost more than all else here
            cursor.execute(
                f"SELECT path, pages.id FROM places JOIN pages USING (file_id) WHERE {' AND '.join(wanted)}",  # noqa: S608
                (begin, end, *letters),
            )
            if matches is None:
                return frozenset(page for _, page in cursor)
            by_place = groupby(cursor, key=itemgetter(0))
            return frozenset(page for path, group in by_place if matches(path) for _, page in group)

        return self._looked_up(look)

    def pages_matching(self, pattern: str | None) -> list[DocumentPage]:
        """The pages whose path matches a pattern as that of ``page_ids``, by path and number.

        What lies in several places has the path that matches.
        """
        pages = self.pages_at(sorted(self.page_ids(pattern, None, None)))
        named = pages if pattern is None else self._placed(pages, self._matches(pattern))
        return sorted(named, key=lambda page: (page.path, page.number))

    def documents_matching(self, pattern: str) -> list[Document]:
        """The documents that a pattern means, as that of ``page_ids``, also those of which no page was read; by
        path."""
        matches = self._matches(pattern)
        places = self._all("SELECT path, file_id FROM places")
        wanted = {row["file_id"] for row in places if matches(row["path"])}
        found = self._placed([each for each in self.documents() if each.id in wanted], matches)
        return sorted(found, key=lambda each: each.path)

    def places_called(self, name: str) -> list[Path]:
        """The places of what was added under this name or, with names between ``/``, of a file inside of it."""
        return [self._path(path) for path, called in self._entitled() if called == name]

    def called(self, paths: Sequence[Path]) -> dict[Path, str]:
        """The names of those of the files that were added under one."""
        added = {path for path in paths if self._key(path).startswith(_ADDED)}
        return self.names(added) if added else {}

    def entitled_places(self) -> list[Path]:
        """The places of what was added, with the names that they are called by in place of the hashes."""
        return [self.home / ADDED / name for _, name in self._entitled()]

    def _entitled(self) -> Iterator[tuple[bytes, str]]:
        """The places of what was added, and what is inside of it, with the names that they are called by."""
        for row in self._all(_ENTITLED):
            outer = bytes(row["outer"])
            if outer.startswith(_ADDED):
                yield bytes(row["path"]), row["title"] + os.fsdecode(bytes(row["path"])[len(outer) :])

    def _matches(self, glob: str) -> Callable[[bytes], bool]:
        """A test of a stored path against a pattern; all files in a matching folder pass."""
        matches = matcher(glob)
        folders: dict[bytes, bool] = {}
        called = {path: name for path, name in self._entitled() if matches(str(self.home / ADDED / name))}

        def fits(key: bytes) -> bool:
            folder, _, _ = key.rpartition(b"/")
            if not folder.startswith(b"/"):
                return key in called or matches(str(self._path(key)))
            if folder not in folders:
                folders[folder] = matches(os.fsdecode(folder))
            return folders[folder] or matches(os.fsdecode(key))

        return fits
