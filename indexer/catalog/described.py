"""Finds documents by what they are: by what was said of them as a whole, and by their dates."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from indexer.catalog.database import CHUNK
from indexer.catalog.descriptions import Descriptions
from indexer.text.folding import search_words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from indexer.values import DescriptionField

_LAST_LETTER = "\U0010ffff"
_VALUES = """
SELECT files.id, described.folded FROM described_words
CROSS JOIN described USING (sha256, field) CROSS JOIN files USING (sha256)
WHERE word >= ? AND word <= ? {field}
"""
"""The values of the documents that have a word, and perhaps values beside them. The words are looked up first."""
_WHOLE = """
SELECT files.id, folded FROM described CROSS JOIN files USING (sha256) WHERE field = ? AND folded >= ? AND folded <= ?
"""
_OF_FIELDS = """
SELECT field, folded, min(text), count(*) FROM {tables}
WHERE field IN ('person', 'place', 'tag') {among} GROUP BY field, folded
"""
_OF_DECADES = """
SELECT 'date', first / 100000, '', count(DISTINCT sha256) FROM {tables}
WHERE first BETWEEN 10000000 AND 99999999 {among} GROUP BY first / 100000
"""
_DATED = """
SELECT pages.id, max(first <= ? AND last >= ?) FROM described_dates JOIN files USING (sha256)
JOIN pages ON file_id = files.id GROUP BY pages.id
"""
_IN_TIME = """
SELECT DISTINCT files.id FROM described_dates JOIN files USING (sha256) WHERE first <= ? AND last >= ?
"""


class Described(Descriptions):
    """The part of the catalogue that finds documents by what they are."""

    def documents_saying(
        self, words: tuple[str, ...], field: DescriptionField | None = None, *, beginning: bool = False
    ) -> frozenset[int]:
        """The documents in which a value has all of these folded words; in any field without one.

        The last word may be the ``beginning`` of one. A tag has to be just that.
        """
        *whole, last = words
        if field == "tag":
            text = " ".join(words)
            rows = self._pairs(_WHOLE, field, text, text + _LAST_LETTER * beginning)
            return frozenset(number for number, _ in rows)
        first = max(whole, key=len) if whole else last
        end = first if whole else last + _LAST_LETTER * beginning
        rows = self._pairs(_VALUES.format(field="AND field = ?" if field else ""), *filter(None, (first, end, field)))
        return frozenset(number for number, folded in rows if _has(folded.split(), whole, last, beginning=beginning))

    def documents_saying_in_a_row(self, words: tuple[str, ...]) -> frozenset[int]:
        """The documents in which a value of some field has these folded words one after the other."""
        word = max(words, key=len)
        text = f" {' '.join(words)} "
        rows = self._pairs(_VALUES.format(field=""), word, word)
        return frozenset(number for number, folded in rows if text in f" {folded} ")

    def documents_dated(self, first: int, last: int) -> frozenset[int]:
        """The documents whose own date may lie between two days (``indexer.text.edtf``), both included."""
        return frozenset(row["id"] for row in self._all(_IN_TIME, last, first))

    def pages_dated(self, first: int, last: int) -> tuple[frozenset[int], frozenset[int]]:
        """The pages of documents whose own date may lie between two days, and those of all that have a date."""
        rows = self._pairs(_DATED, last, first)
        return frozenset(page for page, fits in rows if fits), frozenset(page for page, _ in rows)

    def pages_in(self, documents: Collection[int]) -> frozenset[int]:
        """The pages of documents."""
        return frozenset(row["id"] for row in self._in("SELECT id FROM pages WHERE file_id IN ({})", sorted(documents)))

    def documents_with(self, pages: Collection[int]) -> frozenset[int]:
        """The documents of pages."""
        rows = self._in("SELECT DISTINCT file_id FROM pages WHERE id IN ({})", sorted(pages))
        return frozenset(row["file_id"] for row in rows)

    def by_date(self, documents: Iterable[int]) -> list[int]:
        """Documents by their own dates, the earliest first; those without one come last."""
        marks = sorted(documents)
        days = self.first_days(marks)
        return sorted(marks, key=lambda each: (each not in days, days.get(each, 0), each))

    def documents_valued(self, field: DescriptionField, text: str) -> frozenset[int]:
        """The documents in which a value of a field is this text, but for case, accents and signs."""
        folded = " ".join(search_words(text))
        return frozenset(number for number, _ in self._pairs(_WHOLE, field, folded, folded))

    def facets(self, documents: Collection[int] | None, most: int) -> dict[str, list[tuple[str, int]]]:
        """The commonest tags, people and places of documents, or of all, each with how many have it, and the decades in
        which they may begin, the earliest first: ``184X``. At most so many of each."""
        counts: dict[str, Counter[tuple[str, str]]] = {field: Counter() for field in ("date", "person", "place", "tag")}
        ids = [] if documents is None else sorted(documents)
        for start in range(0, len(ids) if documents is not None else 1, CHUNK):
            part = ids[start : start + CHUNK]
            among = f"AND files.id IN ({','.join('?' * len(part))})" if part else ""
            for table, sql in (("described", _OF_FIELDS), ("described_dates", _OF_DECADES)):
                joined = f"files CROSS JOIN {table}" if part else f"{table} CROSS JOIN files"  # the few before the many
                asked = sql.format(tables=f"{joined} USING (sha256)", among=among)
                for field, folded, text, number in self._pairs(asked, *part):
                    counts[field][str(folded), text or f"{folded}X"] += number
        found = {field: _merged(each, most) for field, each in counts.items()}
        found["date"].sort()
        return found

    def first_days(self, documents: Iterable[int]) -> dict[int, int]:
        """The first day that the own date of documents may mean, as far as they have one."""
        sql = """SELECT files.id, min(first) AS first FROM described_dates JOIN files USING (sha256)
            WHERE files.id IN ({}) GROUP BY files.id"""
        return {row["id"]: row["first"] for row in self._in(sql, sorted(documents))}

    def days_of_pages(self) -> dict[int, int]:
        """The first day that the own date of its document may mean, for the pages of those that have one."""
        sql = """SELECT pages.id, min(first) FROM described_dates JOIN files USING (sha256)
            JOIN pages ON file_id = files.id GROUP BY pages.id"""
        return dict(self._pairs(sql))

    def _pairs(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query as they are: making them readable by name would cost more than all else here."""

        def look(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
            cursor = db.cursor()
            cursor.row_factory = None
            return cursor.execute(sql, values).fetchall()

        return self._looked_up(look)


def _merged(counts: Counter[tuple[str, str]], most: int) -> list[tuple[str, int]]:
    """The commonest values, those that fold alike as one."""
    texts: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    for (folded, text), number in counts.items():
        texts.setdefault(folded, text)
        numbers[folded] += number
    return [(texts[folded], number) for folded, number in numbers.most_common(most)]


def _has(value: list[str], whole: list[str], last: str, *, beginning: bool) -> bool:
    """Whether a value has all of these words."""
    known = set(value)
    return known.issuperset(whole) and (last in known or (beginning and any(each.startswith(last) for each in known)))
