"""What the start page shows: what came last, what is read now, what waits, what the archive is like, what failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from indexer.archive.describing import in_a_line
from indexer.archive.expecting import found_in_words, wrong_in_words
from indexer.archive.remedies import remedy
from indexer.translation import _
from indexer.values import HUMAN, SIDECAR, TEXT_LAYER
from indexer.web.shelves import folder_address
from indexer.web.views import pictures_of
from indexer.web.years import bars_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.archive.made_models import ReadWith
    from indexer.catalog import Catalog, Counts
    from indexer.catalog.shelves import Newest
    from indexer.values import Failure
    from indexer.web.adding import Progress
    from indexer.web.service import ServedArchive
    from indexer.web.years import Bar

_CARDS = 8
"""Documents and folders of images that are shown."""
_NEWEST = 400
"""The documents that came last among which these are: a folder of images is one of them."""
_FAILURES = 5
"""Failures that are named."""
_LEAST = 0.005
"""A language with a smaller share of the lines is not named."""


@dataclass(frozen=True, slots=True)
class Card:
    """A document that came lately, or a folder with images that did: its name, the address of it and of a picture,
    what it is, and how many documents it has if it is a folder, else 0."""

    name: str
    address: str
    picture: str
    about: str
    documents: int


@dataclass(frozen=True, slots=True)
class Home:
    """All that the start page shows. ``progress`` is ``None`` for somebody who does not see the whole archive.
    ``read_by`` are engines and people, each with the lines that they read; ``languages`` have shares (0-1) of them."""

    counts: Counts
    cards: list[Card]
    progress: Progress | None
    bars: list[Bar]
    years: tuple[int, int] | None
    languages: dict[str, float]
    read_by: dict[str, int]
    expected: tuple[str, str] | None
    models: list[ReadWith]
    failures: list[tuple[str, Failure, str]]


def home_of(served: ServedArchive, progress: Progress | None) -> Home:
    """What there is to show to somebody."""
    with served.catalog() as catalog:
        counts, years, estimate = catalog.counts(), served.years(catalog), served.estimate(catalog)
        failures = catalog.failures(_FAILURES)
        names = catalog.names(each.path for each in failures)
        return Home(
            counts,
            served.newest(catalog),
            progress,
            bars_of(years, _dated),
            (min(years), max(years)) if years else None,
            {name: share for name, share in counts.languages.items() if share >= _LEAST},
            {_called(name): lines for name, lines in counts.engines.items()},
            (wrong_in_words(estimate), found_in_words(estimate)) if estimate else None,
            served.read_with(catalog),
            [(names[each.path], each, remedy(each)) for each in failures],
        )


def _called(engine: str) -> str:
    """What read lines, in words."""
    names = {HUMAN: _("people"), TEXT_LAYER: _("text of files"), SIDECAR: _("text beside files")}
    return names.get(engine, engine)


def _dated(first: int, last: int) -> str:
    """The address of the list of documents of some years."""
    return f"/documents?{urlencode({'date': f'{first:04}/{last:04}', 'sort': 'date'})}"


def cards_of(catalog: Catalog, added: Path) -> list[Card]:
    """The documents that came last. Images of a folder are one of them; those in ``added`` have no folder of theirs."""
    shelves: dict[Path, list[Newest]] = {}
    for each in catalog.newest(_NEWEST):
        is_alone = not each.is_single or each.path.parent == added
        shelves.setdefault(each.path if is_alone else each.path.parent, []).append(each)
    chosen = list(shelves.items())[:_CARDS]
    return [_card(catalog, where, found) for where, found in chosen]


def _card(catalog: Catalog, where: Path, found: Sequence[Newest]) -> Card:
    first = catalog.document(found[0].id)
    picture = pictures_of(catalog, [first]).get(first.id, "")
    if len(found) > 1:
        return Card(where.name or str(where), folder_address(where), picture, "", catalog.count_in(where))
    about = catalog.description(first.sha256)
    return Card(first.name, f"/documents/{first.id}", picture, in_a_line(about), 0)
