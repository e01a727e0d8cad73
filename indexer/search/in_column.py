"""Looks into one column of tables: ``in:NAME`` at the beginning of a query."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.search.finder import Finder
    from indexer.values import SearchOptions, SearchResult

    LinesIn = Callable[[str, frozenset[int]], frozenset[int]]
    """The ids of the lines that stand in a column, by its name and the ids of the pages to look at."""

_IN = re.compile(r"\s*in:(?:[\"“„«]([^\"“”„«»]*)[\"“”«»]|([^\s()\"“”„«»]+))(?=\s|$)\s*", re.IGNORECASE)
_LIKELY = 0.02
"""Only pages are looked at that have what is asked for with at least this probability, on a line or together."""


def find(finder: Finder, text: str, options: SearchOptions, lines_in: LinesIn) -> SearchResult:
    """What a query finds; with ``in:NAME`` before it only in the column of that name."""
    asked = _IN.match(text)
    if asked is None:
        return finder.find(text, options)
    rest, name = text[asked.end() :], (asked[1] or asked[2] or "").strip()
    if not rest or not name:
        raise UsageError(
            f"the query cannot be understood: there is nothing to search for in a column: {text.strip()}",
            "Write the column and at least one word: in:NAME word.",
        )
    wide = replace(options, reach=options.reach and "high", all_states=True)
    pages = finder.likely_pages(rest, wide, _LIKELY)
    lines = lines_in(name, pages) if pages else frozenset()
    result = finder.find(rest, replace(options, lines=lines))
    suggestions = tuple(f"{asked[0].strip()} {each}" for each in result.suggestions)
    return replace(result, suggestions=suggestions)
