"""Where a query matches in the text of a line, and in that of the lines it goes on in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.search.nodes import Phrase, Word
from indexer.text.dates import dates_in
from indexer.text.hyphenation import is_cut, is_divided
from indexer.text.unread import fits, marked_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.search.fields import Dated

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Token:
    """A word and its pieces, each the number of a line and a place there. The rest of a ``cut`` word is not known."""

    word: str
    pieces: tuple[tuple[int, Span], ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line and those that follow in its block, as sequences of words: as they stand, and with cut words joined."""

    lines: int
    sequences: tuple[tuple[_Token, ...], ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Row:
        """The words of these texts."""
        words = [
            [_Token(word, ((at, (start, end)),)) for start, end, word in marked_spans(text)]
            for at, text in enumerate(texts)
        ]
        divided = [
            bool(words[at] and words[at + 1]) and is_divided(text, texts[at + 1]) for at, text in enumerate(texts[:-1])
        ]
        if words[-1] and is_cut(texts[-1]):
            words[-1][-1] = replace(words[-1][-1], cut=True)
        plain = tuple(token for each in words for token in each)
        return cls(len(texts), (plain, tuple(_joined(words, divided))) if any(divided) else (plain,))


def _joined(words: Sequence[Sequence[_Token]], divided: Sequence[bool]) -> Iterator[_Token]:
    """The words of lines, those joined that are divided at a line end."""
    before: _Token | None = None
    for tokens, goes_on in zip(words, [*divided, False], strict=True):
        for at, token in enumerate(tokens):
            whole = token if before is None else _Token(before.word + token.word, before.pieces + token.pieces)
            before = whole if goes_on and at == len(tokens) - 1 else None
            if before is None:
                yield whole


def dates(asked: Dated, texts: Sequence[str]) -> tuple[tuple[Span, ...], ...]:
    """(start, end) of every date of a time in the first of the texts; nothing in the others."""
    first = tuple((each.start, each.end) for each in dates_in(texts[0]) if each.lies_in(asked.first, asked.last))
    return (first, *((),) * (len(texts) - 1))


def matches(leaf: Word | Phrase, row: Row) -> tuple[tuple[Span, ...], ...]:
    """(start, end) of every match in the unfolded texts, in order and without overlaps, for each of the lines.

    Only matches that begin in the first line count.
    """
    words = leaf.words if isinstance(leaf, Phrase) else (leaf,)
    found: list[set[Span]] = [set() for _ in range(row.lines)]
    for tokens in row.sequences:
        for at in range(len(tokens) - len(words) + 1):
            here = tokens[at : at + len(words)]
            if here[0].pieces[0][0] > 0:
                break
            if all(_matches(word, token) for word, token in zip(words, here, strict=True)):
                for number, span in (piece for token in here for piece in token.pieces):
                    found[number].add(span)
    return tuple(tuple(_merged(sorted(spans))) for spans in found)


def _matches(word: Word, token: _Token) -> bool:
    if word.is_pattern:
        return re.fullmatch(word.pattern, token.word) is not None
    if token.cut and word.text.startswith(token.word) and len(token.word) < len(word.text):
        return True
    if word.prefix:
        return token.word.startswith(word.text)
    if word.edits:
        from rapidfuzz.distance import Levenshtein  # seldom needed

        return bool(Levenshtein.distance(word.text, token.word, score_cutoff=word.edits) <= word.edits)
    return token.word == word.text or fits(token.word, word.text)


def _merged(spans: list[Span]) -> list[Span]:
    made: list[Span] = []
    for start, end in spans:
        if made and start <= made[-1][1]:  # the letters of a word in writing without blanks touch
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made
