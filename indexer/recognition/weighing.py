"""Whether text from beside a page is believed: what the ink says of all its lines together.

The ink is asked where the text differs from what was read in a line, and where that line could be read at all. A page
whose ink denies most of these lines is another page, or what a program made up: the text is refused. Where the ink
gives the text more right words than the reading can expect of its own, the text is believed as a whole, unless it says
that a program read it. Else it is compared line by line as the reading of another engine.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from indexer.recognition.combination import READ_AT_ALL, ink_says, keeper_of
from indexer.text.folding import search_words
from indexer.values import BELIEVED, COMPARED, SIDECAR, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.values import Reading

_FEWEST = 3
LIMITS = (1 / 3, 0.55, 0.05)
"""From so many lines on the ink can deny a whole text: if it gives it fewer than a third of right words. It speaks for
a text of which it gives more than half, unless what was read can expect so much more: lines that differ were read worse
than others. Chosen on 13 collections. With limits that were chosen without the collection of the page, of 38 right
texts 34 are believed and none is denied; of 74 of other pages none is believed, and 70 are denied; with each fifth
letter replaced one of 38 is believed, with each word exchanged none (``python tests/benchmarks/sidecars.py INDEX
--pages 3 --lines 15``)."""
DENIED = "the ink denies most of what it says: is it the text of another page?"
WEIGHED = Origin(SIDECAR, settings='{"weighed": true}')
"""The origin of text beside a page that is believed if the ink speaks for it."""
Weight = Literal["believed", "compared", "denied"]
Asked = tuple[float, float, bool]
"""Of a line: how sure the ink is of the text, how sure it was read, and whether both say the same."""


def weight_of(groups: Sequence[Sequence[Reading]]) -> Weight:
    """What the ink makes of the text beside a page, given the readings of its lines."""
    return weight_by(tuple(asked_of_ink(groups)), *LIMITS)


def weight_by(asked: Sequence[Asked], made_up: float, likely: float, beneath: float) -> Weight:
    """The same of what the ink says of the lines, with these limits."""
    from indexer.posteriors.evidence import CONTRADICTED

    denied = [sure < CONTRADICTED for sure, read, _ in asked if read >= READ_AT_ALL]
    right = fmean([sure for sure, _, _ in asked] or [0])
    if len(denied) >= _FEWEST and 2 * sum(denied) > len(denied):
        return "denied"
    if len(asked) >= _FEWEST and right < made_up:
        return "denied"
    other = [(sure, read) for sure, read, same in asked if not same]
    if not other or right < likely or fmean(sure for sure, _ in other) < fmean(read for _, read in other) - beneath:
        return "compared"
    return "believed"


def asked_of_ink(groups: Sequence[Sequence[Reading]]) -> Iterator[Asked]:
    """Of each line with text from beside the page: how sure the ink is of that, how sure it was read, and whether both
    say the same."""
    for group in groups:
        keeper = keeper_of(group)
        for reading in group:
            if reading.origin.engine != SIDECAR or keeper is None or keeper.confidence is None:
                continue
            sure = ink_says(reading.line.text, keeper)
            if sure is not None:
                same = search_words(reading.line.text) == search_words(keeper.text)
                yield sure, keeper.confidence, same


def weighed(groups: Sequence[Sequence[Reading]]) -> tuple[list[list[Reading]], bool]:
    """The readings of the lines of a page, those from beside it believed, compared or left out; and whether they were
    denied by the ink."""
    weight = weight_of(groups)
    if weight == "denied":
        left = [[reading for reading in group if reading.origin.engine != SIDECAR] for group in groups]
        return [group for group in left if group], True
    origin = BELIEVED if weight == "believed" else COMPARED
    return [[_settled(reading, origin) for reading in group] for group in groups], False


def _settled(reading: Reading, origin: Origin) -> Reading:
    return replace(reading, origin=origin) if reading.origin == WEIGHED else reading
