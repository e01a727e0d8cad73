"""The result of a search in words: how much was found, what was probably missed, and what to say of a hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from indexer.search.near_files import near
from indexer.values import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from indexer.values import FoundIn, Hit, SearchOptions, SearchResult

_UNREADABLE = 0.1
"""Share of lines that were read too badly, above which finding nothing says little."""
WEAK = 0.05
"""Relevance below which hits of a wider reach are no sign that something is there."""

_SHOWN = 0.005
"""Relevance above which it rounds to a percent at least."""


class Files(Protocol):
    """What the catalogue is asked when the filters of a search left no page."""

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> frozenset[int]:
        """Pages of matching files."""

    def places(self) -> Iterable[Path]:
        """Where all files lie."""


def summary(result: SearchResult, shown: str = "", further: str = "", unread: int = 0) -> str:
    """How much was found and about how much was missed.

    ``shown`` says which of them are shown, ``further`` how to see more. ``unread`` is how many pages and files of the
    archive could not be read whole.
    """
    about = _described(result)
    if result.only_described:
        return about or "no document is described so"
    found = f"{result.total} found{_kinds(result)}{shown}" if result.total else "not found"
    if about:
        found = f"{about}; {found if result.total else 'no line found'}"
    missed = round(result.missed)
    if missed:
        more = f"{missed} more" if result.total else str(missed)
        found += f"; about {more} may be among {_doubtful(result)}{further}"
    elif not result.total and result.unread_scripts:
        scripts = " and ".join(result.unread_scripts)
        found += f"; nothing here was read in {scripts} letters: no model that was used knows them"
    elif not (result.total or result.no_files) and result.searched and _is_whole(result):
        found += _comfort(result, further, unread)
    if result.stopped_after is not None:
        found += f"; stopped after {result.stopped_after:g} s, not all of the ink was looked at (search_timeout)"
    if result.silent_shards:
        silent = f"{len(result.silent_shards)} of {result.shards} shards"
        found += f"; {silent} did not answer: their ink was not looked at, ask again"
    if unread and not result.total:
        found += f"; {_amount(unread, 'page or file', 'pages and files')} could not be read whole (see notes status)"
    return found


def _is_whole(result: SearchResult) -> bool:
    """Whether all of the ink was looked at."""
    return result.stopped_after is None and not result.silent_shards


def _described(result: SearchResult) -> str:
    """How many documents are what was asked for."""
    number = len(result.described)
    return f"{_amount(number, 'document')} {'is' if number == 1 else 'are'} described so" if number else ""


def _kinds(result: SearchResult) -> str:
    """How many of the hits are lines, and how many pages and documents, if there are such."""
    lines = result.total - result.pages - result.documents
    if lines == result.total:
        return ""
    every = [(lines, "in one line"), (result.pages, "together on one page"), (result.documents, "in one document")]
    kinds = [(number, where) for number, where in every if number]
    if len(kinds) == 1:
        return f", {'each ' * (result.total > 1)}{kinds[0][1]}"
    return ": " + ", ".join(f"{number} {where}" for number, where in kinds)


def _doubtful(result: SearchResult) -> str:
    """What may have what was missed."""
    if not result.doubtful_groups:
        return _amount(result.doubtful, "doubtful line")
    return f"{result.doubtful + result.doubtful_groups} doubtful lines, pages and documents"


def _comfort(result: SearchResult, further: str, unread: int) -> str:
    """What it means that nothing was found although hardly anything can have been missed."""
    best = f"{max(result.best, 0.001) * 100:.2g} %"
    if result.best >= WEAK:
        several = f"{result.weaker} weaker hits, the best at {best}"
        return f"; {several if result.weaker > 1 else f'1 weaker hit at {best}'}{further}"
    if result.unreadable > result.searched * _UNREADABLE:
        return f"; {_amount(result.unreadable, 'line')} could not be read well enough to tell"
    if result.more_in_review or unread:
        return ""
    likeliest = f", the likeliest line at {best}{further}" if result.best else ""
    return f"; little of this archive could hold it{likeliest}"


def unsearched(result: SearchResult, options: SearchOptions, files: Files) -> str | None:
    """Why there was no line to search; ``None`` when there was one."""
    if result.searched or result.described:
        return None
    if options.glob is not None and not files.page_ids(options.glob, None, None):
        return f"{no_file(options.glob, files)}: give a folder, a file or a pattern such as 'letters/*'"
    if not files.page_ids(options.glob, options.since, options.until):
        return "no file that was read is dated so" if files.page_ids(None, None, None) else "nothing was read yet"
    return "no line is so sure" if options.min_confidence else "nothing was read there"


def no_file(pattern: str, files: Files) -> str:
    """That no file is called so, and which names look like it."""
    names = near(pattern, files.places())
    like = f" ({', '.join(names)} {'is' if len(names) == 1 else 'are'} there)" if names else ""
    return f"no file that was read matches {pattern!r}{like}"


def _amount(number: int, thing: str, things: str = "") -> str:
    return f"1 {thing}" if number == 1 else f"{number} {things or thing + 's'}"


def likelihood(hit: Hit) -> str:
    """The relevance of a hit for people, without a figure when it is hardly probable."""
    return f"{hit.relevance * 100:.0f} %" if hit.relevance > _SHOWN else "under 1 %"


def remark(hit: Hit) -> Literal["", "nearly read", "waits for review"]:
    """What has to be said of a hit that is not simply read and accepted."""
    if not hit.read:
        return "nearly read"
    accepted = all(part.line.status is Status.ACCEPTED for part in hit.parts)
    return "" if accepted else "waits for review"


def near_reading(hit: Hit, word: str = "") -> str:
    """What was read where only the ink has what was asked for, and how probable that is; empty for what was read.

    ``word`` is what was asked for, if it was a single one.
    """
    if hit.read or hit.within != "line":
        return ""
    read = " … ".join(place.text for part in hit.parts for place in part.places if place.text)
    asked = hit.spelling or word
    allowed = f"the ink allows {f'“{asked}”' if asked else 'what you asked for'} at {likelihood(hit)}"
    return f"read as “{read}”; {allowed}" if read else f"nothing was read there; {allowed}"


def spelt(hit: Hit) -> str:
    """As what a name stands in a hit, where that is not what was asked for."""
    return f"as {hit.spelling}" if hit.spelling else ""


def where(hit: Hit) -> Literal["", "together on one page", "together in one document"]:
    """Where all words of a hit are together, if not in a line."""
    if hit.within == "line":
        return ""
    return "together on one page" if hit.within == "page" else "together in one document"


def pieces(part: FoundIn) -> Iterator[tuple[str, bool]]:
    """The text of a line of a hit in pieces, each with whether it was searched for."""
    at, text = 0, part.line.text
    for place in part.places:
        if place.end > place.start >= at:
            if place.start > at:
                yield text[at : place.start], False
            yield text[place.start : place.end], True
            at = place.end
    if at < len(text):
        yield text[at:], False
