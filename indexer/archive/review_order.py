"""In which order the lines that wait are reviewed: the orders of ``ReviewOrder``, and what makes a line valuable.

In the order *value* those lines come first whose review helps most. A line is worth the words in it that are likely to
be wrong. A word counts more when its reading recurs among the lines that wait, since settling one then shows the
others. It counts most when people searched for it: a line in which the relevance of such a word is near 50 % comes
first.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from math import log1p
from typing import TYPE_CHECKING, NamedTuple

from indexer.system.files import replacing
from indexer.text.folding import search_words
from indexer.translation import _
from indexer.values import REVIEW_ORDERS, SearchOptions
from indexer.values.errors import NotesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from indexer.catalog import Catalog
    from indexer.values import ReviewOrder, SearchResult, StoredLine, Word

_SEARCHES = "searches.txt"
_NEWEST, _LARGE = 40, 200_000
"""So many of the newest searches count. A file of more bytes is cut down to them."""
_ASKED = 50.0
"""How much more a word that was searched for is worth than any other: lines that may have one come first."""
_CHUNK = 500
"""Lines of which the catalogue is asked at once whether they wait."""
_LOOKED = 20_000
"""So many of the least sure lines are ranked. More would take seconds, and the order would be about the same."""


def searches(folder: Path) -> list[str]:
    """What people searched an index folder for last, the newest last."""
    try:
        asked = (folder / _SEARCHES).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return list(dict.fromkeys(reversed(asked)))[:_NEWEST][::-1]


def note_search(folder: Path, query: str) -> None:
    """Remember a search. Where nothing can be written it is forgotten."""
    file = folder / _SEARCHES
    with suppress(OSError):
        with file.open("a", encoding="utf-8") as written:
            written.write(" ".join(query.split()) + "\n")
        if file.stat().st_size > _LARGE:
            newest = searches(folder)
            with replacing(file) as partial:
                partial.write_text("".join(f"{query}\n" for query in newest), encoding="utf-8")


def ranked(catalog: Catalog, search: Callable[[str, SearchOptions], SearchResult]) -> list[int]:
    """The ids of lines that wait, in the order of how much their review helps."""
    lines = catalog.waiting(_LOOKED)[1]
    worth = worths(catalog.words([line.id for line in lines]))
    for query in searches(catalog.folder) if lines else ():
        for line, relevance in _found(search, query):
            if line in worth:
                worth[line] += _ASKED * 4 * relevance * (1 - relevance)
    return sorted((line.id for line in lines), key=lambda line: -worth.get(line, 0.0))


class InOrder(NamedTuple):
    """Lines that wait, in an order, and the ids of lines of that order that have been settled since it was made."""

    lines: list[StoredLine]
    settled: frozenset[int] = frozenset()


def in_order(
    catalog: Catalog, order: ReviewOrder, by_value: Callable[[], Sequence[int]], skip: int, number: int
) -> InOrder:
    """So many lines that wait, after those to skip. ``by_value`` gives the ids that ``ranked`` made.

    Raises ``UsageError`` for an order that there is not.
    """
    if order == "value":
        return _in_made_order(catalog, by_value(), skip, number)
    if order == "confidence":
        return InOrder(catalog.waiting(number, skip)[1])
    raise UsageError(
        _("there is no order %(order)s of lines to review", order=order),
        _("There are: %(review_orders)s.", review_orders=", ".join(REVIEW_ORDERS)),
    )


def _in_made_order(catalog: Catalog, order: Sequence[int], skip: int, number: int) -> InOrder:
    """Lines in an order that was made before. It may lack lines: these follow it, the least confident first."""
    waiting: list[int] = []
    settled: set[int] = set()
    for start in range(0, len(order), _CHUNK):
        part = order[start : start + _CHUNK]
        left = catalog.waiting_among(part)
        waiting += (each for each in part if each in left)
        settled.update(each for each in part if each not in left)
        if len(waiting) >= skip + number:
            break
    chosen = waiting[skip : skip + number]
    lines = catalog.lines_at(chosen)
    found = [lines[each] for each in chosen if each in lines]
    if len(chosen) < number:
        known = set(order)
        rest = catalog.waiting(number, max(skip, len(waiting)))[1]
        found += [line for line in rest if line.id not in known][: number - len(found)]
    return InOrder(found, frozenset(settled))


def worths(words: dict[int, tuple[Word, ...]]) -> dict[int, float]:
    """What reviewing each line is worth by its words alone."""
    readings = Counter(text for each in words.values() for word in each for text in search_words(word.text))
    return {line: sum(_worth(word, readings) for word in each) for line, each in words.items()}


def _worth(word: Word, readings: Counter[str]) -> float:
    """An even chance counts most: what is surely wrong is mostly unreadable for a person too."""
    sure = 0.5 if word.confidence is None else word.confidence
    recurring = max((readings[text] for text in search_words(word.text)), default=0)
    return 4 * sure * (1 - sure) * (1 + log1p(recurring - 1)) if recurring else 0.0


def expected(words: Iterable[tuple[Word, ...]]) -> float:
    """The expected number of wrong words in lines: what their review sets right."""
    return sum(1 - (0.5 if word.confidence is None else word.confidence) for each in words for word in each)


def _found(search: Callable[[str, SearchOptions], SearchResult], query: str) -> list[tuple[int, float]]:
    try:
        result = search(query, SearchOptions(reach="high", all_states=True, within="line", limit=300))
    except NotesError:  # a query that made no sense
        return []
    return [(hit.line.id, hit.relevance) for hit in result.hits]
