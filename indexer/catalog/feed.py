"""What the search index follows: the pages that changed, and those that are gone."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from indexer.catalog.browse import Browser
from indexer.values import HUMAN, IndexLine, IndexPage, OtherReading, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PAGES_AT_ONCE = 200
"""Pages whose lines are read from the database together."""


class IndexFeed(Browser):
    """The part of the catalogue that the search index follows."""

    def __init__(
        self, folder: Path, *, create: bool = False, who: str = "", folders: Sequence[bytes] | None = None
    ) -> None:
        super().__init__(folder, create=create, who=who, folders=folders)
        try:
            self.uuid = str(self._meta("uuid"))
        except BaseException:
            self._db.close()
            raise

    @property
    def revision(self) -> int:
        """The newest revision: it grows with every change of a page."""
        return int(self._meta("revision"))

    def changed_pages(self, since: int) -> Iterator[IndexPage]:
        """The pages that changed after the revision, oldest change first."""
        pages = self._all("SELECT id, revision FROM pages WHERE revision > ? ORDER BY revision", since)
        for start in range(0, len(pages), PAGES_AT_ONCE):
            part = pages[start : start + PAGES_AT_ONCE]
            lines = self._index_lines([page["id"] for page in part])
            for page in part:
                yield IndexPage(page["id"], page["revision"], tuple(lines.get(page["id"], ())))

    def removed_pages(self, since: int) -> Iterator[int]:
        """The ids of pages forgotten after the revision."""
        yield from (r["id"] for r in self._all("SELECT id FROM removed_pages WHERE revision > ?", since))

    def _index_lines(self, pages: Sequence[int]) -> dict[int, list[IndexLine]]:
        """What the search index needs of the lines of pages, by page, in reading order."""
        rows = self._in(
            """SELECT page_id, line_id, block_id, status, chosen, text, confidence, posteriorgram, engine FROM readings
            JOIN lines ON lines.id = line_id JOIN origins ON origins.id = origin_id
            WHERE page_id IN ({}) AND (chosen OR NOT replaced)
            ORDER BY page_id, number, line_id, chosen DESC, readings.id DESC""",
            pages,
        )
        found: dict[int, list[IndexLine]] = {}
        for (page, line_id), group in groupby(rows, key=lambda row: (row["page_id"], row["line_id"])):
            counts, *others = group
            settled = counts["engine"] == HUMAN
            given = (row["posteriorgram"] for row in (counts, *others))
            posteriorgram = next((each for each in given if each is not None), None)
            read = tuple(OtherReading(row["text"], row["confidence"]) for row in others)
            line = IndexLine(
                *(line_id, counts["text"], counts["confidence"], Status(counts["status"])),
                others=() if settled else read,
                posteriorgram=None if settled else posteriorgram,
                own_posteriorgram=counts["posteriorgram"] is not None,
                block=counts["block_id"],
            )
            found.setdefault(page, []).append(line)
        return found
