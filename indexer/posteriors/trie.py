"""Aligns many texts with the posteriorgrams of many lines at once: texts that begin alike share their beginning.

The costs are those of ``alignment.costs``, text by text. A text costs only what it does not share with another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors.alignment import CLIPPED_EVERY, FAR, Batch
from indexer.posteriors.posteriorgram import BLANK, SPACE
from indexer.text.unread import SOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term

_ROOTS = 2
"""Rows before the nodes: the boundary before a text, and the beginning of one that needs none."""
_CELLS = 60_000
"""States times lines that are held at once. More do not fit into the cache of a processor."""


@dataclass(frozen=True, slots=True)
class Trie:
    """Texts as a tree of their letters. Node n has the sign ``signs[n]`` and comes after the row ``parents[n]``.

    Row 0 is the boundary before a text, row 1 the place before one that begins anywhere; node n is row n + 2. The first
    ``plain`` nodes have another letter than the node before them. ``ends`` are the rows in which the ``terms`` end.
    """

    terms: tuple[Term, ...]
    signs: tuple[str, ...]
    parents: NDArray[np.intp]
    plain: int
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, terms: Sequence[Term]) -> Trie:
        """The tree of these terms. Raises ``ValueError`` for one that stands for texts of any length."""
        if any(SOME in term.text for term in terms):
            raise ValueError("a text with any number of unread letters has no place in a tree")
        nodes = sorted({(term.begins_anywhere, term.text[: at + 1]) for term in terms for at in range(len(term.text))})
        nodes.sort(key=lambda node: node[1][-2:-1] == node[1][-1:])
        rows = {(free, ""): int(free) for free in (False, True)}
        rows |= {node: number + _ROOTS for number, node in enumerate(nodes)}
        return cls(
            tuple(terms),
            tuple(text[-1] for _, text in nodes),
            np.array([rows[free, text[:-1]] for free, text in nodes], np.intp),
            sum(text[-2:-1] != text[-1:] for _, text in nodes),
            np.array([rows[term.begins_anywhere, term.text] for term in terms], np.intp),
        )


def costs(trie: Trie, batch: Batch) -> NDArray[np.int16]:
    """The cost of each term in each line (terms x lines), in sixteenths of a nat; 16,000 where it cannot stand."""
    found = np.full((len(trie.terms), len(batch.lengths)), FAR, np.int16)
    order = np.argsort(batch.lengths, kind="stable")
    together = max(1, _CELLS // (len(trie.signs) + _ROOTS))
    for first in range(0, len(order), together):
        columns = order[first : first + together]
        found[:, columns] = _costs(trie, batch.some(columns))
    return found


def _costs(trie: Trie, batch: Batch) -> NDArray[np.int16]:
    states, frames = _States(trie, batch), len(batch.costs[BLANK])
    for frame in range(frames):
        states.end_before(frame)
        states.step(frame)
    states.end_before(frames)
    return states.best


class _States:
    """The states before a frame. Row k of ``on`` is a node, row k of ``after`` the blank behind it."""

    def __init__(self, trie: Trie, batch: Batch) -> None:
        lines, rows = len(batch.lengths), len(trie.signs) + _ROOTS
        used = sorted(set(trie.signs))
        self._tables = np.stack([batch.costs[sign] for sign in used], axis=1) if used else None
        self._table_of = np.array([used.index(sign) for sign in trie.signs], np.intp)
        self._blank, self._space = (batch.costs[sign].astype(np.int16) for sign in (BLANK, SPACE))
        self._parents, self._plain = trie.parents, trie.plain
        self._free = np.array([term.ends_anywhere for term in trie.terms], bool)
        self._ends_apart, self._ends_anywhere = trie.ends[~self._free], trie.ends[self._free]
        self._on = np.full((rows, lines), FAR, np.int16)
        self._after = np.full((rows, lines), FAR, np.int16)
        self._after[:_ROOTS] = 0
        self._came, self._before = (np.empty((rows - _ROOTS, lines), np.int16) for _ in range(2))
        self._letters = np.empty((rows - _ROOTS, lines), np.uint8)
        by_length = np.argsort(batch.lengths, kind="stable")
        bounds = np.searchsorted(batch.lengths[by_length], np.arange(len(self._blank) + 1))
        self._ending = np.split(by_length, bounds[1:])
        self._apart = np.full((len(self._ends_apart), lines), FAR, np.int16)
        self._anywhere = np.full((len(self._ends_anywhere), lines), FAR, np.int16)
        self._ended, self._ended_after = (np.empty_like(self._apart) for _ in range(2))

    @property
    def best(self) -> NDArray[np.int16]:
        """What each of the terms costs."""
        made = np.empty((len(self._free), self._on.shape[1]), np.int16)
        made[~self._free], made[self._free] = self._apart, self._anywhere
        return made

    def step(self, frame: int) -> None:
        """Go on by a frame, as ``alignment`` does."""
        on, after, came, plain = self._on[_ROOTS:], self._after[_ROOTS:], self._came, self._plain
        blank, space = self._blank[frame], self._space[frame]
        np.take(self._after, self._parents, axis=0, out=came, mode="clip")
        np.minimum(came, on, out=came)
        np.take(self._on, self._parents[:plain], axis=0, out=self._before[:plain], mode="clip")
        np.minimum(came[:plain], self._before[:plain], out=came[:plain])
        np.minimum(after, on, out=after)
        after += blank
        if self._tables is not None:
            np.take(self._tables[frame], self._table_of, axis=0, out=self._letters, mode="clip")
            np.add(came, self._letters, out=on)
        np.minimum(space, self._after[0] + np.minimum(blank, space), out=self._after[0])
        if frame % CLIPPED_EVERY == CLIPPED_EVERY - 1:
            np.minimum(self._on, FAR, out=self._on)
            np.minimum(self._after, FAR, out=self._after)

    def end_before(self, frame: int) -> None:
        """Keep what it costs that terms end here: with a space in this frame, or with the line.

        A term that needs no boundary ends with its last letter: it costs no less in any later frame.
        """
        ending = self._ending[frame]
        if len(ending):
            for best, ends in ((self._apart, self._ends_apart), (self._anywhere, self._ends_anywhere)):
                at = np.ix_(ends, ending)
                best[:, ending] = np.minimum(best[:, ending], np.minimum(self._on[at], self._after[at]))
        if frame < len(self._space):
            ended = self._ended
            np.take(self._on, self._ends_apart, axis=0, out=ended, mode="clip")
            np.take(self._after, self._ends_apart, axis=0, out=self._ended_after, mode="clip")
            np.minimum(ended, self._ended_after, out=ended)
            ended += self._space[frame]
            np.minimum(self._apart, ended, out=self._apart)
            np.minimum(self._anywhere, self._on[self._ends_anywhere], out=self._anywhere)
