"""Takes other text beside a page into what was read there: its image is not even looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.recognition.combination import keeper_of, rated, with_more
from indexer.recognition.messages import Read, Refused
from indexer.recognition.page_layout import laid_out
from indexer.recognition.pen_strokes import strokes_of
from indexer.recognition.placing import IN_PART, NOT_FOUND, laid_on
from indexer.recognition.weighing import DENIED, weighed
from indexer.values import SIDECAR, Line, Origin, PageReading, Reading
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.recognition.sidecar_lines import SidecarText
    from indexer.values import Page, SourceOptions

_AND = "; "
"""Stands between the reasons for which lines of a page are missing."""


def can_stay(kept: PageReading, options: SourceOptions) -> bool:
    """Whether what was read of a page can stay when the text beside it is another one: an engine that knows its ink
    read it, and its text is not to be taken alone."""
    return options.sidecar_text != "use" and any(keeper_of(readings) is not None for readings in kept.lines)


def is_whole(kept: PageReading, page: Page) -> bool:
    """Whether nothing was missing on a page but what its source or the text beside it lacks: else it is read again."""
    missing = set(filter(None, (kept.incomplete or "").split(_AND))) - {IN_PART}
    return missing == set(filter(None, (page.missing or "").split(_AND)))


def taken_in(
    kept: PageReading, page: Page, text: SidecarText | None, options: SourceOptions
) -> Iterator[Refused | Read]:
    """A page as it was read, with what the text beside it says now, or why that is not taken."""
    from indexer.image.rulings import with_ends

    own = [_keeper_first(group) for readings in kept.lines if (group := _without_text(readings))]
    missing = [page.missing] if page.missing else []
    more: list[tuple[Origin, Sequence[Line]]] = []
    unplaced = None
    try:
        beside = text.lines((kept.width, kept.height), kept.turned) if text else ()
        unplaced = text.unplaced(options) if text else None
        more += [(text.origin(options), beside)] if text and beside else []
    except UsageError as error:
        yield Refused(page.number, error.whole)
    more += laid_on([group[0].line for group in own], unplaced, missing)
    groups, denied = weighed(with_more(own, more))
    if denied or (unplaced is not None and not more):
        yield Refused(page.number, DENIED if denied else NOT_FOUND)
    lines = rated(groups, checked=options.pdf_text == "check", after=_after(kept))
    strokes = strokes_of(page, (kept.width, kept.height), kept.turned)
    laid_lines = laid_out(lines, with_ends(kept.rulings), strokes)
    yield Read(replace(kept, lines=laid_lines, label=page.label, incomplete=_AND.join(missing) or None), is_kept=True)


def _without_text(readings: Sequence[Reading]) -> list[Reading]:
    return [reading for reading in readings if reading.origin.engine != SIDECAR]


def _keeper_first(group: Sequence[Reading]) -> list[Reading]:
    """The readings of a line, that with the posteriorgram first: the others are laid on it."""
    return sorted(group, key=lambda reading: reading.line.posteriorgram is None)


def _after(kept: PageReading) -> frozenset[str]:
    """The engines that read after the others: their readings count although another one is more probable."""
    found = set()
    for readings in kept.lines:
        group = _without_text(readings)
        keeper = keeper_of(group)
        if keeper is not None and (group[0].line.confidence or 0.0) < (keeper.confidence or 0.0):
            found.add(group[0].origin.engine)
    return frozenset(found)
