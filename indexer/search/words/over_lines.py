"""Phrases that go on over a line end, among the readings that count: the beginning ends a line, the rest begins the
next ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from indexer.search.words.documents import COUNTS, OTHER, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from indexer.search.words.lookup import Part

FIELD_OF = {COUNTS: "text", WHOLE: "other"}
"""The field that has the words of a document of this kind."""


@dataclass(frozen=True, slots=True)
class Run:
    """A phrase that begins in the document ``first`` and goes on over ``lines`` lines in all; ``sure`` is the certainty
    of the least certain one."""

    first: int
    lines: int
    sure: float


def runs(reader: Any, part: Part, follower: Follower, spelt: Sequence[Sequence[str]]) -> Iterator[Run]:
    """The places of a segment where a phrase runs over a line end; ``spelt`` has all spellings of each of its words."""
    if not all(spelt):
        return
    sums = [frozenset(crc32(text.encode()) for text in texts) for texts in spelt]
    search = _Search(reader, part, spelt, sums)
    hashes = [np.array(sorted(each), np.uint32) for each in sums]
    columns = part.vocabulary.columns
    for read in range(1, len(spelt)):
        ends = follower.ending(sums[read - 1])
        if not len(ends):
            continue
        there = follower.next(ends)
        # Behind a word that was cut the next line's second word comes.
        begins = (columns["kind"][ends] == WHOLE) | np.isin(columns["first"][there], hashes[read])
        joined = follower.at(columns["line"][there], WHOLE)  # its first word may be its last, and go on
        begins |= (joined >= 0) & np.isin(columns["first"][joined], hashes[read])
        for document, following in zip(ends[begins].tolist(), there[begins].tolist(), strict=True):
            if search.ends_with(document, read) and (
                found := search.goes_on(follower, following, search.taken(document), read)
            ):
                lines, sure = found
                yield Run(document, lines + 1, min(sure, search.sure(document)))


@dataclass(frozen=True, slots=True)
class Follower:
    """Finds the document of the line that follows each, and the one that has its last word joined; -1 where there is
    none. ``by_last`` are the documents that go on, in the order of the checksums of their last words (``lasts``)."""

    goes_on: NDArray[np.bool_]
    following: NDArray[np.int64]
    lines: dict[int, tuple[NDArray[np.int64], NDArray[np.intp]]]
    by_last: NDArray[np.intp]
    lasts: NDArray[np.uint32]

    @classmethod
    def of(cls, part: Part) -> Follower:
        """That of a segment."""
        columns = part.vocabulary.columns
        counts = np.ones(len(columns["line"]), bool) if part.alive is None else part.alive
        lines = {}
        for kind in FIELD_OF:
            documents = np.flatnonzero(counts & (columns["kind"] == kind))
            order = np.argsort(columns["line"][documents], kind="stable")
            lines[kind] = (columns["line"][documents][order], documents[order])
        goes_on = counts & (columns["kind"] != OTHER) & (columns["next"] > 0)
        goes_on[goes_on] = _at(lines[COUNTS], columns["next"][goes_on]) >= 0
        able = np.flatnonzero(goes_on)
        by_last = able[np.argsort(columns["last"][able], kind="stable")]
        return cls(goes_on, columns["next"], lines, by_last, columns["last"][by_last])

    def ending(self, sums: frozenset[int]) -> NDArray[np.intp]:
        """The documents that go on behind a word with one of these checksums, in order."""
        first, end = (self.lasts.searchsorted(np.array(sorted(sums), np.uint32), side) for side in ("left", "right"))
        found = [self.by_last[one:other] for one, other in zip(first.tolist(), end.tolist(), strict=True)]
        return np.sort(np.concatenate(found))

    def next(self, documents: NDArray[np.intp]) -> NDArray[np.intp]:
        """The documents that follow."""
        return self.at(self.following[documents], COUNTS)

    def at(self, line: NDArray[np.int64], kind: int) -> NDArray[np.intp]:
        """The documents of a kind that lines have."""
        return _at(self.lines[kind], line)


def _at(known: tuple[NDArray[np.int64], NDArray[np.intp]], line: NDArray[np.int64]) -> NDArray[np.intp]:
    """The documents of lines, given all lines in order with their documents; -1 for lines that are none of these."""
    lines, documents = known
    if not len(lines):
        return np.full(len(line), -1, np.intp)
    at = np.minimum(np.searchsorted(lines, line), len(lines) - 1)
    return np.where(lines[at] == line, documents[at], -1)


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for the words of a phrase at places of documents of a segment."""

    reader: Any
    part: Part
    spelt: Sequence[Sequence[str]]
    sums: Sequence[frozenset[int]]

    def sure(self, document: int) -> float:
        return float(self._column("sure", document))

    def taken(self, document: int) -> int:
        """How many words of the following line belong to this one."""
        return int(self._column("kind", document) == WHOLE)

    def ends_with(self, document: int, read: int) -> bool:
        """Whether it ends with so many of the first words."""
        start = int(self._column("words", document)) - read
        return start >= 0 and all(self._stands(document, start + at, at) for at in range(read))

    def goes_on(self, follower: Follower, document: int, start: int, read: int) -> tuple[int, float] | None:
        """The number and the least certainty of the lines in which the rest of the phrase stands, from the word
        ``start`` of a line on, with so many words read before; ``None`` if it does not."""
        joined = follower.at(self.part.vocabulary.columns["line"][[document]], WHOLE)[0]
        for each in (document, *([int(joined)] if joined >= 0 else [])):
            held = int(self._column("words", each)) - start
            here = min(len(self.spelt) - read, held)
            if here < self.taken(each) or not all(self._stands(each, start + at, read + at) for at in range(here)):
                continue
            if read + here == len(self.spelt):
                return 1 + (self.taken(each) if here == held else 0), self.sure(each)
            if follower.goes_on[each]:
                following = int(follower.next(np.array([each]))[0])
                if further := self.goes_on(follower, following, self.taken(each), read + here):
                    return further[0] + 1, min(further[1], self.sure(each))
        return None

    def _stands(self, document: int, place: int, word: int) -> bool:
        """Whether a word of the phrase stands at a place of a document.

        The first and the last word are told by their checksums, so that Whoosh is asked about others only.
        """
        for end, at in (("first", 0), ("last", int(self._column("words", document)) - 1)):
            if place == at:
                return self._column(end, document) in self.sums[word]
        field = FIELD_OF[int(self._column("kind", document))]
        words = self.part.vocabulary.words[field]
        for text in self.spelt[word]:
            number = words.at(text)
            if (
                number is not None
                and (there := words.spans(np.array([number]))[0])[
                    min(int(np.searchsorted(there, document)), len(there) - 1)
                ]
                == document
            ):
                matcher = self.reader.postings(field, text)
                matcher.skip_to(document)
                if place in matcher.value_as("positions"):
                    return True
        return False

    def _column(self, name: str, document: int) -> Any:
        return self.part.vocabulary.columns[name][document]
