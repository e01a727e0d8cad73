"""The segments of an index by where they are stored, opened to be searched: here, or by others in shards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.search.spotting.candidates import Spotter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from indexer.search.spotting.segment import Segment
    from indexer.search.spotting.shards import Shards

    Live = tuple[Segment, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A segment by its file and its place in it, and which of its lines count."""

    file: Path
    at: int
    segment: Segment
    alive: NDArray[np.bool_]

    @property
    def live(self) -> Live:
        """The segment, and which of its lines count."""
        return self.segment, self.alive


def stored(file: Path, lives: Sequence[Live]) -> list[Stored]:
    """The segments of a file."""
    return [Stored(file, at, *live) for at, live in enumerate(lives)]


def same(ones: Sequence[Stored], others: Sequence[Stored]) -> bool:
    """Whether these are the same segments, of which the same lines count."""
    pairs = zip(ones, others, strict=False)
    return len(ones) == len(others) and all(
        one.segment is each.segment and one.alive is each.alive for one, each in pairs
    )


def shards_of(who: str, folder: Path) -> Shards | None:
    """The shards of the index in a folder: so many processes, or those at some addresses; none for ``"1"``. They are
    begun or reached when they are asked. Raises ``UsageError`` for what names none."""
    if who == "1":
        return None
    from indexer.search.spotting.reaching import ways
    from indexer.search.spotting.shards import Shards

    return Shards(ways(who, folder))


def opened(segments: Sequence[Stored], shards: Shards | None, before: Spotter | None) -> Spotter:
    """A spotter on the segments, which ``shards`` look through if there are any."""
    if shards is None:
        return Spotter([each.live for each in segments], before=before)
    from indexer.search.spotting.scattered import Scattered

    return Scattered(segments, shards, before)
