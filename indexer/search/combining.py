"""Combines what was found for the parts of a query into one result, as AND, OR and NOT say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from indexer.search.nodes import And, Leaf, Not

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from indexer.search.nodes import Node


LEAST_SURE = 1e-6
"""Least certainty of what was read, so that it differs from what was not read."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """For every line: how probable it is that it has what is asked for, whether the reading that counts has it, whether
    any of its readings has it, and whether it was read so that all further lines are accepted in which it goes on.

    Of a name in all its spellings, ``spelling`` is the number of the one that most probably stands there.
    """

    relevance: NDArray[np.float32]
    read: NDArray[np.bool_]
    said: NDArray[np.bool_]
    settled: NDArray[np.bool_]
    spelling: NDArray[np.int16] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of the lines to be shown, in order, and which of all lines pass the filters.

    ``weighed`` is the result for every line, ``parts`` that of each word and phrase of the query.
    """

    shown: NDArray[np.intp]
    weighed: Weighed
    parts: Mapping[Leaf, Weighed]
    allowed: NDArray[np.bool_]

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """The lines that pass the filters and are not shown."""
        rest = np.array(self.allowed)
        rest[self.shown] = False
        return rest

    @property
    def missed(self) -> NDArray[np.float32]:
        """For every line, the probability that it has what is asked for and is not shown."""
        missed: NDArray[np.float32] = self.weighed.relevance * self.hidden
        return missed


def weigh(node: Node, parts: Mapping[Leaf, Weighed]) -> Weighed:
    """The result of a whole query. Its parts are taken as independent of each other (Toselli et al. 2019)."""
    if isinstance(node, Leaf):
        return parts[node]
    if isinstance(node, Not):
        part = weigh(node.part, parts)
        return Weighed(1 - part.relevance, ~part.read, ~part.said, ~part.read)
    join = _both if isinstance(node, And) else _same if node.same else _either
    return reduce(join, (weigh(part, parts) for part in node.parts))


def _both(one: Weighed, other: Weighed) -> Weighed:
    read, said, settled = one.read & other.read, one.said & other.said, one.settled & other.settled
    return Weighed(one.relevance * other.relevance, read, said, settled)


def _same(one: Weighed, other: Weighed) -> Weighed:
    return replace(_either(one, other), relevance=np.maximum(one.relevance, other.relevance))


def _either(one: Weighed, other: Weighed) -> Weighed:
    relevance = one.relevance + other.relevance - one.relevance * other.relevance
    return Weighed(relevance, one.read | other.read, one.said | other.said, one.settled | other.settled)
