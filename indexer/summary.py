"""What a search found, in words: how much of it, what it probably missed, and which part of a line it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.model import Hit, SearchResult

_UNREADABLE = 0.1
"""Share of lines read too badly from which finding nothing says little."""


def summary(result: SearchResult, shown: str = "", further: str = "") -> str:
    """How many were found and about how many were not; ``shown`` says which of them, ``further`` how to see more."""
    found = f"{result.total} found{shown}" if result.total else "not found"
    missed = round(result.missed)
    if missed:
        more = f"{missed} more" if result.total else str(missed)
        lines = "1 doubtful line" if result.doubtful == 1 else f"{result.doubtful} doubtful lines"
        return f"{found}; about {more} may be among {lines}{further}"
    if result.total:
        return found
    if result.unreadable > result.searched * _UNREADABLE:
        lines = "1 line" if result.unreadable == 1 else f"{result.unreadable} lines"
        return f"{found}; {lines} could not be read well enough to tell"
    return f"{found}; little of this archive could hold it" if result.searched else found


def pieces(hit: Hit) -> Iterator[tuple[str, bool]]:
    """The text of a hit in pieces, each with whether it is what was asked for."""
    at = 0
    for place in hit.places:
        if place.end > place.start >= at:
            if place.start > at:
                yield hit.line.text[at : place.start], False
            yield hit.line.text[place.start : place.end], True
            at = place.end
    if at < len(hit.line.text):
        yield hit.line.text[at:], False
