"""What a correction says of other lines: readings that look the same elsewhere, and words that fit the ink."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from indexer.errors import UsageError
from indexer.model import HUMAN, Status
from indexer.text import search_fold, search_words, word_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.model import StoredLine


_SIGNS = ".,;:!?()\"'«»"


def changed_word(before: str, after: str) -> tuple[str, str] | None:
    """The one word that a correction changes, as it was and as it is; ``None`` when it changes something else too."""
    old, new = before.split(), after.split()
    changes = [each for each in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes() if each[0] != "equal"]
    if len(changes) != 1 or changes[0][2] - changes[0][1] != 1 or changes[0][4] - changes[0][3] != 1:
        return None
    was, now = old[changes[0][1]], new[changes[0][3]]
    if search_fold(was) == search_fold(now) or len(search_words(was)) != 1 or len(search_words(now)) != 1:
        return None
    return was.strip(_SIGNS), now.strip(_SIGNS)


def like(word: str, other: str) -> str:
    """A word written as another one is: with its capital, and the signs before and after it."""
    bare = word.strip(_SIGNS)
    start = word.find(bare)
    return word[:start] + (other[:1].upper() + other[1:] if bare[:1].isupper() else other) + word[start + len(bare) :]


def rewritten(text: str, was: str, now: str) -> str:
    """A text with a word replaced wherever it was read, in whatever case."""
    wanted = _word(was)
    made, at = "", 0
    for start, end, word in word_spans(text):
        if word == wanted and start >= at:
            made += text[at:start] + now
            at = end
    return made + text[at:]


def _word(text: str) -> str:
    """A word as it is searched for; raises ``UsageError`` for what is none, or several."""
    words = search_words(text)
    if len(words) != 1:
        raise UsageError(f"“{text}” is not one word", "Words are changed one at a time.")
    return words[0]


def same_readings(lines: Iterable[StoredLine], was: str, settled: int) -> list[StoredLine]:
    """The lines that wait for review in which a word was read, but for the one that was just settled."""
    wanted = _word(was)
    return [
        line
        for line in lines
        if line.id != settled
        and line.status is not Status.REJECTED
        and line.origin.engine != HUMAN
        and wanted in search_words(line.text)
    ]
