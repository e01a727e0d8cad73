"""Looks for many terms at once, such as the spellings of a name: those that begin alike share their alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexer.search.spotting.candidates import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.candidates import Spotter
    from indexer.search.time_limit import TimeLimit

_PARTED = 1.0
"""Nats a letter from which on a term is not looked for beyond the end of a line. Dearer ones are hardly probable."""


def relevances(
    ink: Spotter, terms: Sequence[Term], among: NDArray[np.intp] | None, floor: float, limit: TimeLimit
) -> Iterator[NDArray[np.float32]]:
    """The relevances of each of the terms, one after the other, as ``Spotter.relevance`` gives them.

    Lines that are looked through for every term are aligned with all terms at once. In a large archive each term has
    candidates of its own.
    """
    lines = np.flatnonzero(ink.inked) if among is None else among[ink.inked[among]]
    many = among is None and len(lines) > ALL
    for term in terms if many else ink.align(terms, lines, limit):
        yield ink.relevance(term, among=among, floor=floor, parted=_PARTED, limit=limit)
