"""The words of a segment of the Whoosh index as arrays, so that many words are looked up and compared at once.

Made from the segment when it is written, and kept in a file beside it. Prefixes and fuzzy words are found in a moment,
however many words match among a million lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.system import arrays
from indexer.text.unread import ONE, SOME, is_open

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_KIND = "notes-words-3"
_KINDS = (np.dtype(np.uint8), *[np.dtype(np.uint32)] * 3)
_APART = b"\n"
"""What follows each word. No word has it."""


@dataclass(frozen=True)
class Words:
    """The words of a field, sorted. Word k ends at ``ends[k]`` of ``text``. Its documents are ``documents[i]``, i from
    ``key[k]`` to ``key[k + 1]``."""

    text: NDArray[np.uint8]
    ends: NDArray[np.uint32]
    key: NDArray[np.uint32]
    documents: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.ends)

    @cached_property
    def all(self) -> list[str]:
        """The words."""
        return self.text.tobytes().decode().split(_APART.decode())[:-1]

    @cached_property
    def opened(self) -> list[int]:
        """The numbers of the words with letters that a person could not read."""
        text = self.text.tobytes()
        if not any(sign.encode() in text for sign in (ONE, SOME)):
            return []
        return [number for number, word in enumerate(self.all) if is_open(word)]

    def at(self, word: str) -> int | None:
        """The number of a word, or ``None`` when it is none of these."""
        wanted = word.encode()
        number = self._first(wanted)
        return number if number < len(self) and self._word(number) == wanted else None

    def beginning(self, start: str) -> slice:
        """The numbers of the words that begin so."""
        wanted = start.encode()
        return slice(self._first(wanted), self._first(wanted + b"\xff"))

    def near(self, word: str, edits: int, among: slice | None = None) -> NDArray[np.intp]:
        """The numbers of the words with at most so many letters wrong, missing, added or swapped."""
        among = slice(0, len(self)) if among is None else among
        words = self.all[among]
        if not words:
            return np.zeros(0, np.intp)
        from rapidfuzz import process  # loads all its measures, and is seldom needed
        from rapidfuzz.distance import OSA

        distance = process.cdist([word], words, scorer=OSA.distance, score_cutoff=edits, dtype=np.uint8)[0]
        near: NDArray[np.intp] = np.flatnonzero(distance <= edits) + among.start
        return near

    def matching(self, pattern: str) -> NDArray[np.intp]:
        """The numbers of the words that a regular expression describes as a whole."""
        wanted = re.compile(pattern)
        return np.array([number for number, word in enumerate(self.all) if wanted.fullmatch(word)], np.intp)

    def spans(self, numbers: NDArray[np.intp]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
        """The documents of words, and how many each word has."""
        starts, counts = self.key[numbers].astype(np.intp), self.counts(numbers)
        at = np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
        return self.documents[at], counts

    def counts(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """How many documents each of the words has."""
        return self.key[numbers + 1].astype(np.intp) - self.key[numbers].astype(np.intp)

    def _first(self, wanted: bytes) -> int:
        """The number of the first word that is not before this one."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._word(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def word(self, number: int) -> str:
        """The word with this number."""
        return self._word(number).decode()

    def _word(self, number: int) -> bytes:
        start = int(self.ends[number - 1]) + 1 if number else 0
        return self.text[start : int(self.ends[number])].tobytes()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of each field of a segment, and the columns of its documents."""

    words: Mapping[str, Words]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def made(reader: Any, fields: Sequence[str], columns: Mapping[str, type]) -> Vocabulary:
    """The words and columns of a segment, from Whoosh's reader of it."""
    count = reader.doc_count_all()
    kept: dict[str, NDArray[Any]] = {
        name: np.fromiter(iter(reader.column_reader(name, translate=False)), kind, count)
        for name, kind in columns.items()
    }
    return Vocabulary({name: _words(reader, name) for name in fields}, kept)


def _words(reader: Any, name: str) -> Words:
    words = list(reader.lexicon(name)) if name in reader.indexed_field_names() else []
    documents = [np.fromiter(reader.postings(name, word).all_ids(), np.uint32) for word in words]
    lengths = np.fromiter((len(word) for word in words), np.int64, len(words))
    return Words(
        np.frombuffer(b"".join(word + _APART for word in words), np.uint8),
        (np.cumsum(lengths + 1) - 1).astype(np.uint32),
        np.cumsum([0, *map(len, documents)]).astype(np.uint32),
        np.concatenate(documents) if documents else np.zeros(0, np.uint32),
    )


def save(vocabulary: Vocabulary, path: Path) -> None:
    """Write it to a new file."""
    groups: list[arrays.Group] = [
        (name, {"text": words.text, "ends": words.ends, "key": words.key, "documents": words.documents})
        for name, words in vocabulary.words.items()
    ]
    arrays.save(path, _KIND, [*groups, ("", vocabulary.columns)])


def load(path: Path, fields: Sequence[str], columns: Mapping[str, type], count: int) -> Vocabulary:
    """What was written for so many documents. Raises ``ValueError`` for a damaged or other file, and ``OSError``."""
    try:
        *kept, (_, found) = arrays.load(path, _KIND)
        vocabulary = Vocabulary({name: Words(**each) for name, each in kept}, found)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"{path} is damaged") from error
    kinds = {name: (column.dtype, column.shape) for name, column in found.items()}
    sound = kinds == {name: (np.dtype(kind), (count,)) for name, kind in columns.items()}
    sound = sound and vocabulary.words.keys() == set(fields)
    if not sound or not all(_is_sound(words, count) for words in vocabulary.words.values()):
        raise ValueError(f"{path} is damaged")
    if not ((found["sure"] >= 0) & (found["sure"] <= 1)).all():
        raise ValueError(f"{path} says what cannot be")
    return vocabulary


def _is_sound(words: Words, documents: int) -> bool:
    """Whether the arrays agree with each other, for so many documents."""
    text, ends, key, found = words.text, words.ends, words.key, words.documents
    held: tuple[NDArray[Any], ...] = (text, ends, key, found)
    if any(each.ndim != 1 or each.dtype != kind for each, kind in zip(held, _KINDS, strict=True)):
        return False
    return bool(
        np.array_equal(np.flatnonzero(text == _APART[0]), ends)
        and (ends[-1] + 1 if len(ends) else 0) == len(text)
        and len(key) == len(ends) + 1
        and key[0] == 0
        and key[-1] == len(found)
        and (key[1:] >= key[:-1]).all()
        and (found < documents).all()
    )


def merged_order(alive: Sequence[NDArray[np.bool_]]) -> Iterator[NDArray[np.intp]]:
    """For each document of several segments its number in the segment that is made of them; -1 when it does not
    count."""
    before = 0
    for each in alive:
        yield np.where(each, np.cumsum(each) - 1 + before, -1)
        before += int(each.sum())
