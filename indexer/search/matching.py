"""Where a query matches in the text of a line, and in that of the lines it goes on in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from indexer.search.query import Phrase, Word
from indexer.text.folding import word_spans
from indexer.text.hyphenation import is_cut, is_divided

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Token:
    """A word and its pieces, each the number of a line and a place there. The rest of a ``cut`` word is not known."""

    word: str
    pieces: tuple[tuple[int, Span], ...]
    cut: bool = False


def matches(leaf: Word | Phrase, texts: Sequence[str]) -> tuple[tuple[Span, ...], ...]:
    """(start, end) of every match in the unfolded texts, in order and without overlaps, for each of the lines.

    The first text is that of the line that is asked about, the others are those of the lines that follow in its block.
    Only matches that begin in the first line count.
    """
    words = leaf.words if isinstance(leaf, Phrase) else (leaf,)
    found: list[set[Span]] = [set() for _ in texts]
    for tokens in (list(_tokens(texts, joins=joins)) for joins in (False, True)):
        for at in range(len(tokens) - len(words) + 1):
            here = tokens[at : at + len(words)]
            begins = bool(here[0].pieces) and here[0].pieces[0][0] == 0
            if begins and all(_matches(word, token) for word, token in zip(words, here, strict=True)):
                for number, span in (piece for token in here for piece in token.pieces):
                    found[number].add(span)
    return tuple(tuple(_merged(sorted(spans))) for spans in found)


def _tokens(texts: Sequence[str], *, joins: bool) -> Iterator[_Token]:
    """The words of the lines, one after the other. Those that a line end cuts are joined if that is wished."""
    lines = [
        [_Token(word, ((at, (start, end)),)) for start, end, word in word_spans(text)] for at, text in enumerate(texts)
    ]
    for at, text in enumerate(texts):
        tokens = lines[at]
        following = lines[at + 1] if at + 1 < len(texts) else []
        if joins and tokens and following and is_divided(text, texts[at + 1]):
            last, first = tokens.pop(), following.pop(0)
            tokens.append(_Token(last.word + first.word, last.pieces + first.pieces))
        elif tokens and not following and is_cut(text):
            tokens[-1] = _Token(tokens[-1].word, tokens[-1].pieces, cut=True)
        yield from tokens


def _matches(word: Word, token: _Token) -> bool:
    if token.cut and word.text.startswith(token.word) and len(token.word) < len(word.text):
        return True
    if word.prefix:
        return token.word.startswith(word.text)
    if word.edits:
        return bool(Levenshtein.distance(word.text, token.word, score_cutoff=word.edits) <= word.edits)
    return token.word == word.text


def _merged(spans: list[Span]) -> list[Span]:
    made: list[Span] = []
    for start, end in spans:
        if made and start <= made[-1][1]:  # the letters of a word in writing without blanks touch
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made
