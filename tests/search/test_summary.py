"""What is said of a hit, in the same words on the command line and in the browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.search.summary import likelihood, remark
from indexer.values import Box, Hit, Origin, Status, StoredLine


def hit(status: Status, relevance: float, *, read: bool) -> Hit:
    return Hit(StoredLine(1, Path("a"), 1, 1, "a word", 0.9, status, Origin("e"), Box(0, 0, 9, 9)), relevance, read)


@pytest.mark.parametrize(
    ("status", "read", "said"),
    [
        (Status.ACCEPTED, True, ""),
        (Status.REVIEW, True, "waits for review"),
        (Status.ACCEPTED, False, "nearly read"),
        (Status.REVIEW, False, "nearly read"),
    ],
)
def test_what_is_said_of_a_hit(status: Status, read: bool, said: str) -> None:
    assert remark(hit(status, 0.5, read=read)) == said


@pytest.mark.parametrize(
    ("relevance", "shown"),
    [(0.0, "under 1 %"), (0.005, "under 1 %"), (0.0051, "1 %"), (0.956, "96 %"), (1.0, "100 %")],
)
def test_a_relevance_is_never_shown_as_none(relevance: float, shown: str) -> None:
    assert likelihood(hit(Status.ACCEPTED, relevance, read=True)) == shown
