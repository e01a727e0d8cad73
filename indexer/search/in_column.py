"""Looks into one column of tables: ``in:NAME`` somewhere in a query."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.search.time_limit import TimeLimit
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.search.finder import Finder
    from indexer.values import SearchOptions, SearchResult

    LinesIn = Callable[[str, frozenset[int]], frozenset[int]]
    """The ids of the lines that stand in a column, by its name and the ids of the pages to look at."""

_IN = re.compile(
    r"(?<!\S)in:(?:[\"“„«]([^\"“”„«»]*)[\"“”«»]|([^\s()\"“”„«»]+))(?=\s|$)\s*|[\"“„«»][^\"“”„«»]*[\"”“«»]",
    re.IGNORECASE,
)
"""The column, or a phrase, in which there is none."""
_LIKELY = 0.02
"""Only pages are looked at that have what is asked for with at least this probability, on a line or together."""


def find(finder: Finder, text: str, options: SearchOptions, lines_in: LinesIn) -> SearchResult:
    """What a query finds; with ``in:NAME`` in it only in the column of that name."""
    columns = [found for found in _IN.finditer(text) if found[1] is not None or found[2]]
    if not columns:
        return finder.find(text, options)
    asked, name = columns[0], (columns[0][1] or columns[0][2] or "").strip()
    rest = (text[: asked.start()] + text[asked.end() :]).strip()
    if len(columns) > 1:
        raise UsageError(
            _("the query cannot be understood: it looks into several columns: %(text)s", text=text.strip()),
            _("Write one column: in:NAME word."),
        )
    if not rest or not name:
        raise UsageError(
            _(
                "the query cannot be understood: there is nothing to search for in a column: %(text)s",
                text=text.strip(),
            ),
            _("Write the column and at least one word: in:NAME word."),
        )
    wide = replace(options, reach=options.reach and "high", all_states=True)
    limit = TimeLimit(options.seconds)
    pages = finder.likely_pages(rest, wide, _LIKELY, limit)
    lines = lines_in(name, pages) if pages else frozenset()
    result = finder.find(rest, replace(options, lines=lines))
    return replace(
        result,
        suggestions=tuple(f"{asked[0].strip()} {each}" for each in result.suggestions),
        stopped_after=options.seconds if limit.stopped else result.stopped_after,
        silent_shards=tuple(sorted({*limit.silent, *result.silent_shards})),
    )
