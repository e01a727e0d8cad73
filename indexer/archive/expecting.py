"""How well an archive is read that nobody has transcribed, and how much a search finds: as numbers and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.catalog import Catalog
    from indexer.posteriors.estimation import Estimate

_LINES = 2_000
"""Lines of a larger archive that are looked at: they tell its shares within a point or two."""


def estimated(catalog: Catalog) -> Estimate | None:
    """What is to be expected of what engines read; ``None`` when they gave no confidence."""
    from indexer.posteriors.estimation import estimate

    return estimate(catalog.some_read(_LINES))


def wrong_in_words(estimate: Estimate) -> str:
    """How much is read wrong."""
    return f"{_about(estimate.letters_wrong)} of the letters, {_about(estimate.words_wrong)} of the words"


def found_in_words(estimate: Estimate) -> str:
    """How many words are found."""
    read, ink = _about(estimate.found_read), _about(estimate.found_ink)
    return f"{ink} of the words that one may search for, {read} without looking into the ink"


def _about(share: float) -> str:
    return f"{round(share * 100)} %"
