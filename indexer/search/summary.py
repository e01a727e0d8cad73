"""The result of a search in words: how much was found, what was probably missed, and what to say of a hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from indexer.search.near_files import near
from indexer.translation import _, _n
from indexer.values import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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
        return about or _("no document is described so")
    said = [about, _found(result, shown)] if about else [_found(result, shown)]
    missed = round(result.missed)
    if missed:
        said.append(_missed(result, missed) + further)
    elif not result.total and result.unread_scripts:
        said.append(
            _(
                "nothing here was read in %(scripts)s letters: no model that was used knows them",
                scripts=_enumerated(result.unread_scripts),
            )
        )
    elif not (result.total or result.no_files) and result.searched and _is_whole(result):
        said += _comfort(result, further, unread)
    said += _not_looked_at(result)
    if unread and not result.total:
        said.append(
            _n(
                "%(n)s page or file could not be read whole (see notes status)",
                "%(n)s pages and files could not be read whole (see notes status)",
                unread,
            )
        )
    return "; ".join(said)


def _is_whole(result: SearchResult) -> bool:
    """Whether all of the ink was looked at."""
    return result.stopped_after is None and not result.silent_shards


def _not_looked_at(result: SearchResult) -> Iterator[str]:
    """What of the ink was not looked at."""
    if result.stopped_after is not None:
        seconds = f"{result.stopped_after:g}"
        yield _("stopped after %(seconds)s s, not all of the ink was looked at (search_timeout)", seconds=seconds)
    if result.silent_shards:
        yield _(
            "%(silent)s of %(all)s shards did not answer: their ink was not looked at, ask again",
            silent=len(result.silent_shards),
            all=result.shards,
        )


def _enumerated(names: Sequence[str]) -> str:
    *others, last = names
    return _("%(first)s and %(last)s", first=", ".join(others), last=last) if others else last


def _described(result: SearchResult) -> str:
    """How many documents are what was asked for."""
    number = len(result.described)
    return _n("%(n)s document is described so", "%(n)s documents are described so", number) if number else ""


def _found(result: SearchResult, shown: str) -> str:
    """How many hits there are; how many of them are lines, pages and documents, if there are such."""
    if not result.total:
        return _("no line found") if result.described else _("not found")
    lines = result.total - result.pages - result.documents
    every = (
        (lines, _("%(n)s in one line", n=lines)),
        (result.pages, _("%(n)s together on one page", n=result.pages)),
        (result.documents, _("%(n)s in one document", n=result.documents)),
    )
    kinds = ", ".join(said for number, said in every if number) if lines != result.total else ""
    if result.total == result.pages:
        text = _n("%(n)s found, together on one page", "%(n)s found, each together on one page", result.total)
        return text + shown
    if result.total == result.documents:
        return _n("%(n)s found, in one document", "%(n)s found, each in one document", result.total) + shown
    if kinds:
        return _("%(total)s found: %(kinds)s", total=result.total, kinds=kinds) + shown
    return _("%(total)s found", total=result.total) + shown


def _missed(result: SearchResult, missed: int) -> str:
    """What may have been missed, and what may have it."""
    among = result.doubtful + result.doubtful_groups
    where = _n("%(n)s doubtful line", "%(n)s doubtful lines", among)
    if result.doubtful_groups:
        where = _("%(n)s doubtful lines, pages and documents", n=among)
    if result.total:
        return _("about %(missed)s more may be among %(where)s", missed=missed, where=where)
    return _("about %(missed)s may be among %(where)s", missed=missed, where=where)


def _comfort(result: SearchResult, further: str, unread: int) -> list[str]:
    """What it means that nothing was found although hardly anything can have been missed."""
    best = f"{max(result.best, 0.001) * 100:.2g} %"
    if result.best >= WEAK:
        said = _n(
            "%(n)s weaker hit at %(best)s", "%(n)s weaker hits, the best at %(best)s", result.weaker or 1, best=best
        )
        return [said + further]
    if result.unreadable > result.searched * _UNREADABLE:
        return [
            _n(
                "%(n)s line could not be read well enough to tell",
                "%(n)s lines could not be read well enough to tell",
                result.unreadable,
            )
        ]
    if result.more_in_review or unread:
        return []
    if result.best:
        return [_("little of this archive could hold it, the likeliest line at %(best)s", best=best) + further]
    return [_("little of this archive could hold it")]


def unsearched(result: SearchResult, options: SearchOptions, files: Files) -> str | None:
    """Why there was no line to search; ``None`` when there was one."""
    if result.searched or result.described:
        return None
    if options.glob is not None and not files.page_ids(options.glob, None, None):
        why = no_file(options.glob, files)
        return _("%(why)s: give a folder, a file or a pattern such as 'letters/*'", why=why)
    if not files.page_ids(options.glob, options.since, options.until):
        return _("no file that was read is dated so") if files.page_ids(None, None, None) else _("nothing was read yet")
    return _("no line is so sure") if options.min_confidence else _("nothing was read there")


def no_file(pattern: str, files: Files) -> str:
    """That no file is called so, and which names look like it."""
    names = near(pattern, files.places())
    if not names:
        return _("no file that was read matches %(pattern)s", pattern=repr(pattern))
    return _n(
        "no file that was read matches %(pattern)s (%(names)s is there)",
        "no file that was read matches %(pattern)s (%(names)s are there)",
        len(names),
        pattern=repr(pattern),
        names=", ".join(names),
    )


def likelihood(hit: Hit) -> str:
    """The relevance of a hit for people, without a figure when it is hardly probable."""
    return f"{hit.relevance * 100:.0f} %" if hit.relevance > _SHOWN else _("under 1 %%")


def remark(hit: Hit) -> str:
    """What has to be said of a hit that is not simply read and accepted."""
    if not hit.read:
        return _("nearly read")
    accepted = all(part.line.status is Status.ACCEPTED for part in hit.parts)
    return "" if accepted else _("waits for review")


def near_reading(hit: Hit, word: str = "") -> str:
    """What was read where only the ink has what was asked for, and how probable that is; empty for what was read.

    ``word`` is what was asked for, if it was a single one.
    """
    if hit.read or hit.within != "line":
        return ""
    asked, at = hit.spelling or word, likelihood(hit)
    allowed = _("the ink allows “%(asked)s” at %(at)s", asked=asked, at=at)
    if not asked:
        allowed = _("the ink allows what you asked for at %(at)s", at=at)
    read = " … ".join(place.text for part in hit.parts for place in part.places if place.text)
    was_read = _("read as “%(read)s”", read=read) if read else _("nothing was read there")
    return f"{was_read}; {allowed}"


def spelt(hit: Hit) -> str:
    """As what a name stands in a hit, where that is not what was asked for."""
    return _("as %(spelling)s", spelling=hit.spelling) if hit.spelling else ""


def where(hit: Hit) -> str:
    """Where all words of a hit are together, if not in a line."""
    if hit.within == "line":
        return ""
    return _("together on one page") if hit.within == "page" else _("together in one document")


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
