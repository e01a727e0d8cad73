"""How well an archive is read that nobody has transcribed, and how much a search finds: as numbers and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.translation import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import Catalog, Sureness
    from indexer.posteriors.estimation import Estimate

_LINES = 2_000
"""Lines of a larger archive that are looked at: they tell its shares within a point or two."""


def estimated(catalog: Catalog) -> Estimate | None:
    """What is to be expected of what engines read; ``None`` when they gave no confidence."""
    from indexer.posteriors.estimation import estimate

    return estimate(catalog.some_read(_LINES))


def words_wrong(sureness: Sequence[Sureness]) -> float | None:
    """The share (0-1) of the words of a document that is probably wrong as it stands, what people said being right;
    ``None`` when most of them have neither a confidence nor a verdict."""
    import numpy as np

    from indexer.posteriors.estimation import WORDS, by_confidence

    known = [each for each in sureness if each.said or each.confidence is not None]
    if not known or 2 * sum(each.words for each in known) < sum(each.words for each in sureness):
        return None
    read = WORDS(by_confidence([each.confidence or 0.0 for each in known]))
    right = np.where([each.said for each in known], 1.0, read)
    return float(1 - np.average(right, weights=[each.words for each in known]))


def wrong_in_words(estimate: Estimate) -> str:
    """How much is read wrong."""
    from indexer.translation.figures import percent

    return _(
        "%(letters)s of the letters, %(words)s of the words",
        letters=percent(estimate.letters_wrong),
        words=percent(estimate.words_wrong),
    )


def found_in_words(estimate: Estimate) -> str:
    """How many words are found."""
    from indexer.translation.figures import percent

    return _(
        "%(ink)s of the words that one may search for, %(read)s without looking into the ink",
        ink=percent(estimate.found_ink),
        read=percent(estimate.found_read),
    )
