"""Finds documents by what they are: by what was said of them as a whole, and by their dates."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

from indexer.catalog.database import CHUNK
from indexer.catalog.descriptions import Descriptions
from indexer.text.folding import search_words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

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
_NARROWING = "field IN ('person', 'place', 'tag')"
_OF_FIELDS = f"""
SELECT field, folded, min(text), count(*) FROM files CROSS JOIN described USING (sha256)
WHERE {_NARROWING} AND files.id IN ({{}}) GROUP BY field, folded
"""  # noqa: S608
_OF_DECADES = """
SELECT 'date', first / 100000, '', count(DISTINCT sha256) FROM files CROSS JOIN described_dates USING (sha256)
WHERE first BETWEEN 10000000 AND 99999999 AND files.id IN ({}) GROUP BY first / 100000
"""
"""Of a few documents: these are looked up before what they are."""
_YEARS = """
SELECT first / 10000, count(*) FROM (
    SELECT min(first) AS first FROM {} WHERE {} first BETWEEN 10000 AND 99999999 GROUP BY sha256) dated
GROUP BY first / 10000
"""
_OF_YEARS = _YEARS.format("files CROSS JOIN described_dates USING (sha256)", "files.id IN ({}) AND")
_YEARS_OF_ALL = _YEARS.format("described_dates JOIN files USING (sha256)", "")
_OF_ALL = f"SELECT field, folded, '', count(*) FROM described WHERE {_NARROWING} {{}} GROUP BY field, folded"  # noqa: S608
_DECADES_OF_ALL = """
SELECT 'date', first / 100000, '', count(DISTINCT sha256) FROM described_dates
WHERE first BETWEEN 10000000 AND 99999999 {} GROUP BY first / 100000
"""
"""Of all that was said: an index has it in this order. What was said of what lies nowhere now is taken off."""
_NOWHERE = """
SELECT sha256, '' FROM (SELECT DISTINCT sha256 FROM descriptions) said
WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = said.sha256)
"""
_AMONG = "AND sha256 IN ({})"
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
        if documents is None:
            _add(counts, self._pairs(_OF_ALL.format("")), self._pairs(_DECADES_OF_ALL.format("")))
            nowhere = [sha256 for sha256, _ in self._pairs(_NOWHERE)]
            _add(
                counts, *(self._pairs_in(each.format(_AMONG), nowhere) for each in (_OF_ALL, _DECADES_OF_ALL)), sign=-1
            )
        else:
            _add(counts, *(self._pairs_in(each, sorted(documents)) for each in (_OF_FIELDS, _OF_DECADES)))
        found = {field: _merged(each, most) for field, each in counts.items()}
        found["date"].sort()
        return {
            field: [(text or self._text(field, folded), number) for folded, text, number in each]
            for field, each in found.items()
        }

    def years(self, documents: Collection[int] | None) -> dict[int, int]:
        """The years in which documents, or all, may begin by their own dates, each with how many do, the earliest
        first."""
        counts: Counter[int] = Counter()
        found = self._pairs(_YEARS_OF_ALL) if documents is None else self._pairs_in(_OF_YEARS, sorted(documents))
        for year, number in found:
            counts[year] += number
        return dict(sorted(counts.items()))

    def _text(self, field: str, folded: str) -> str:
        """How a value is written, of which only the words are known."""
        row = self._one("SELECT text FROM described WHERE field = ? AND folded = ? LIMIT 1", field, folded)
        return row["text"] if row else folded

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

    def _pairs_in(self, sql: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """As ``_pairs``, of a statement with ``IN ({})``, for any number of values."""
        for start in range(0, len(values), CHUNK):
            part = values[start : start + CHUNK]
            yield from self._pairs(sql.format(",".join("?" * len(part))), *part)

    def _pairs(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query as they are: making them readable by name would cost more than all else here."""

        def look(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
            cursor = db.cursor()
            cursor.row_factory = None
            return cursor.execute(sql, values).fetchall()

        return self._looked_up(look)


def _add(counts: Mapping[str, Counter[tuple[str, str]]], *found: Iterable[tuple[Any, ...]], sign: int = 1) -> None:
    for field, folded, text, number in chain(*found):
        counts[field][str(folded), text or (f"{folded}X" if field == "date" else "")] += sign * number


def _merged(counts: Counter[tuple[str, str]], most: int) -> list[tuple[str, str, int]]:
    """The commonest values, those that fold alike as one: folded, as written, and how many there are."""
    texts: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    for (folded, text), number in counts.items():
        texts.setdefault(folded, text)
        numbers[folded] += number
    return [(folded, texts[folded], number) for folded, number in numbers.most_common(most) if number > 0]


def _has(value: list[str], whole: list[str], last: str, *, beginning: bool) -> bool:
    """Whether a value has all of these words."""
    known = set(value)
    return known.issuperset(whole) and (last in known or (beginning and any(each.startswith(last) for each in known)))
