"""Asks for the like of a piece of a line: whatever it may say, each spelling as probable as its ink makes it.

This is query by example. It works where neither machine nor person can read the piece: two pieces that look alike have
the same likely spellings. What the line's transcription says there is one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from indexer.posteriors.alignment import FAR, Batch, Term, costs, spans
from indexer.posteriors.posteriorgram import readable
from indexer.posteriors.spellings import spellings
from indexer.search.asked_names import Spelling
from indexer.search.nodes import Word, in_a_row
from indexer.text.folding import search_words
from indexer.translation import _
from indexer.values import HUMAN
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.posteriors.posteriorgram import Posteriorgram
    from indexer.values import StoredLine

_MOST = 30
"""Most spellings. Twice as many find no more (``tests/benchmarks/like.py``)."""
_READ, _SAID = 0.5, 0.9
"""The probability that the piece says what was read there, and what a person said there."""
_LEAST = 0.002
"""Least probability of a spelling that is looked for."""
_COVERED = 0.5
"""A word stands in the piece when so much of it does."""
_PIECE = re.compile(r"(?P<start>\d{1,3}(\.\d{1,4})?)-(?P<end>\d{1,3}(\.\d{1,4})?)%", re.ASCII)


class Lines(Protocol):
    """What is asked of the catalogue."""

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        """The lines with these ids."""

    def posteriorgram(self, line_id: int) -> bytes | None:
        """The packed posteriorgram of a line, if one is kept."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A word of a line and the part of the line's width (0-1) where it stands."""

    text: str
    start: float
    end: float

    def lies_in(self, start: float, end: float) -> bool:
        """Whether most of it lies between these."""
        return min(self.end, end) - max(self.start, start) > _COVERED * (self.end - self.start)


def like_query(line: StoredLine, start: float, end: float) -> str:
    """The query for the like of a piece of a line, from one part of its width (0-1) to another."""
    first, last = (max(0.0, min(100.0, 100 * each)) for each in (start, end))
    return f"like:{line.id}:{min(first, 99):.4g}-{max(last, first + 1):.4g}%"


def likely(lines: Lines, asked: str, piece: str) -> tuple[Spelling, ...]:
    """What a piece of a line may say, the most probable first; raises ``UsageError`` where nothing can be told."""
    line = lines.lines([int(asked)]).get(int(asked))
    if line is None:
        raise UsageError(_("there is no line %(asked)s", asked=asked), _("Take a number in brackets from a search."))
    posteriorgram = readable(lines.posteriorgram(line.id))
    if posteriorgram is None:
        raise UsageError(
            _("nothing looks like line %(id)s: no probabilities of its letters are kept", id=line.id),
            _("Read its page again with the embedded engine: notes index --reread."),
        )
    placed = _placed(line.text, posteriorgram)
    start, end = _span(line, placed, piece)
    said = " ".join(word.text for word in placed if word.lies_in(start, end))
    sure = 0.0 if not said else _SAID if line.origin.engine == HUMAN else _READ
    found = {said: sure} if said else {}
    for text, probability in spellings(posteriorgram.between(start, end), _MOST):
        found[text] = found.get(text, 0.0) + (1 - sure) * probability
    made = [(text, prior) for text, prior in found.items() if prior >= _LEAST and search_words(text)]
    if not made:
        raise UsageError(
            _("nothing can be told of that piece of line %(id)s", id=line.id), _("Take a piece with writing in it.")
        )
    return tuple(
        Spelling(in_a_row([*map(Word, search_words(text))]), prior, text)
        for text, prior in sorted(made, key=lambda each: -each[1])
    )


def _span(line: StoredLine, placed: list[_Placed], piece: str) -> tuple[float, float]:
    """From where to where the piece goes, as parts of the line's width."""
    if match := _PIECE.fullmatch(piece):
        start, end = float(match["start"]) / 100, float(match["end"]) / 100
        if not start < end <= 1:
            raise UsageError(
                _("%(piece)s is no piece of a line", piece=piece),
                _("Write like:LINE:30-45%%: from where to where it goes."),
            )
        return start, end
    wanted = " ".join(search_words(piece))
    for word in placed:
        if word.text == wanted:
            return word.start, word.end
    raise UsageError(
        _("line %(id)s has no word %(piece)s", id=line.id, piece=piece),
        _("Its words are: %(text)s. For a piece of it write like:%(id)s:30-45%%.", text=line.text, id=line.id),
    )


def _placed(text: str, posteriorgram: Posteriorgram) -> list[_Placed]:
    """The words of a line where its ink has them; those that cannot stand there are left out."""
    words = search_words(text)
    batch = Batch.of([posteriorgram], set("".join(words)))
    made = []
    for word in dict.fromkeys(words):
        if costs(Term(word), batch)[0] < FAR:
            starts, ends = spans(Term(word), batch)
            made.append(_Placed(word, float(starts[0]) / posteriorgram.width, float(ends[0]) / posteriorgram.width))
    return sorted(made, key=lambda each: each.start)
