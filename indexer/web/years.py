"""Documents by year: bars, each with the address of those alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.translation import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BARS = 10
"""Most bars: each can be hit with a finger on a narrow phone."""
_WIDTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""How many years a bar may stand for."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The documents that may begin in some years: how many, and how high that is in percent of the highest."""

    first: int
    last: int
    number: int
    height: int
    address: str

    @property
    def years(self) -> str:
        """The years in words."""
        return (
            str(self.first) if self.first == self.last else _("%(first)s to %(last)s", first=self.first, last=self.last)
        )


def bars_of(years: Mapping[int, int], address: Callable[[int, int], str]) -> list[Bar]:
    """The years of documents, each with how many, in at most so many bars; none where all are of the same year.
    ``address`` is that of those from a year to another one."""
    if len(years) < 2:
        return []
    lowest, highest = min(years), max(years)
    width = next(each for each in _WIDTHS if highest // each - lowest // each < _BARS)
    counts = dict.fromkeys(range(lowest // width, highest // width + 1), 0)
    for year, number in years.items():
        counts[year // width] += number
    most = max(counts.values())
    return [
        Bar(
            *(at * width, at * width + width - 1, number, round(100 * number / most)),
            address(at * width, at * width + width - 1),
        )
        for at, number in counts.items()
    ]
