"""What a correction tells about other lines: the same misreading elsewhere, and how a word is written there."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from indexer.text.folding import is_unspaced, search_fold, search_words, word_spans
from indexer.translation import _
from indexer.values import HUMAN, Status
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.values import StoredLine


_SIGNS = ".,;:!?()\"'«»"


def changed_word(before: str, after: str) -> tuple[str, str] | None:
    """The one word that a correction changes, before and after; ``None`` when it changes anything else too.

    In scripts without blanks it is the run of letters that changes.
    """
    old, new = _pieces(before), _pieces(after)
    changes = [each for each in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes() if each[0] != "equal"]
    if len(changes) != 1:
        return None
    _, first, last, start, end = changes[0]
    was, now = "".join(old[first:last]), "".join(new[start:end])
    if not was or not now or search_fold(was) == search_fold(now):
        return None
    unspaced = all(is_unspaced(piece[0]) for piece in (*old[first:last], *new[start:end]))
    if not unspaced and (last - first, end - start, len(search_words(was)), len(search_words(now))) != (1, 1, 1, 1):
        return None
    return was.strip(_SIGNS), now.strip(_SIGNS)


def _pieces(text: str) -> list[str]:
    """The words of a text; in scripts without blanks each letter with the signs behind it."""
    made = []
    for part in text.split():
        starts = [start for start, _, word in word_spans(part) if is_unspaced(word[0])]
        starts += [end for _, end, word in word_spans(part) if is_unspaced(word[0])]
        bounds = sorted({0, len(part), *starts})
        made += [part[start:end] for start, end in pairwise(bounds)]
    return made


def like(word: str, other: str) -> str:
    """A word in the form of another one: with its capital, and the signs before and after it."""
    bare = word.strip(_SIGNS)
    start = word.find(bare)
    return word[:start] + (other[:1].upper() + other[1:] if bare[:1].isupper() else other) + word[start + len(bare) :]


def rewritten(text: str, was: str, now: str) -> str:
    """A text in which a word is replaced everywhere, in whatever case it stands."""
    wanted = _word(was)
    spans = list(word_spans(text))
    made, at = "", 0
    for first in range(len(spans) - len(wanted) + 1):
        found = spans[first : first + len(wanted)]
        if [word for _, _, word in found] == wanted and found[0][0] >= at:
            made += text[at : found[0][0]] + now
            at = found[-1][1]
    return made + text[at:]


def _word(text: str) -> list[str]:
    """A word as it is searched for, in writing without blanks by its letters; raises ``UsageError`` for several."""
    words = search_words(text)
    if not words or (len(words) > 1 and not all(is_unspaced(word[0]) for word in words)):
        raise UsageError(_("“%(text)s” is not one word", text=text), _("Words are changed one at a time."))
    return words


def same_readings(lines: Iterable[StoredLine], was: str, settled: int) -> list[StoredLine]:
    """The lines that wait for review and have a word, without the line that was just settled."""
    wanted = _word(was)
    return [
        line
        for line in lines
        if line.id != settled
        and line.status is not Status.REJECTED
        and line.origin.engine != HUMAN
        and _has(search_words(line.text), wanted)
    ]


def _has(words: list[str], wanted: list[str]) -> bool:
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))
