"""What counts of a segment, where some of its lines do not count any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.relevance import line_log_odds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from indexer.search.spotting.segment import Segment

_ABOUT = ("lines", "pages", "confidence", "accepted", "own", "next", "cut", "path_probability", "lengths", "widths")


@dataclass(frozen=True, slots=True)
class Live:
    """What counts of a segment: the rows of these lines, what there is about them, and what their path probability adds
    to the log odds of a relevance."""

    segment: Segment
    alive: NDArray[np.bool_]
    rows: NDArray[np.intp]
    about: Mapping[str, NDArray[Any]]
    known: NDArray[np.float32]

    @classmethod
    def of(cls, segment: Segment, alive: NDArray[np.bool_]) -> Live:
        """The lines of a segment that are ``alive``."""
        arrays = {name: getattr(segment, name) for name in _ABOUT}
        rows = np.flatnonzero(alive)
        about = arrays if len(rows) == len(alive) else {name: each[rows] for name, each in arrays.items()}
        known = np.where(about["lengths"] > 0, line_log_odds(about["path_probability"]), np.float32(-np.inf))
        return cls(segment, alive, rows, about, known)
