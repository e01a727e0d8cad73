"""Where a word or phrase was read: lines, each with the likeness of what was read and its certainty.

Single words are looked up in arrays beside the Whoosh index (``indexer.search.words.vocabulary``), phrases in the index
itself. The field ``text`` has the readings that count, ``other`` everything else.

Two things of Whoosh 2.7.4 are not used. Its prefix and fuzzy queries build a tree with a list for each word. Its scores
are no probabilities, and relevance is one here.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.search.nodes import Phrase, Word, as_typed
from indexer.search.words.documents import WHOLE
from indexer.search.words.over_lines import Follower, runs
from indexer.search.words.tables import places
from indexer.text.unread import fits, known_share
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from indexer.search.words.vocabulary import Vocabulary, Words

FIELDS = ("text", "other")
_MOST_LINES = 255
_REMEMBERED = 4_096
"""Of how many words is remembered whether they were read: the spellings of a name have the same ones."""
_MOST = 400
"""Most words that a prefix or a fuzzy word may stand for within a phrase: every place of each is followed."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of the index: its words, and which of its documents count; ``None`` when all do."""

    vocabulary: Vocabulary
    alive: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings that have what is asked for: their lines, what kind they are, and how certain (see ``documents``).

    ``alike`` is 1 for the very word, and less for a fuzzy match. ``lines`` is over how many lines it runs. A line may
    come several times.
    """

    line: NDArray[np.int64]
    kind: NDArray[np.uint8]
    sure: NDArray[np.float32]
    alike: NDArray[np.float32]
    lines: NDArray[np.uint8]


class Searcher:
    """The words of the index at one state. Safe to use from many threads; a context manager.

    Whoosh's own searcher is opened, on the newest state, for the first phrase.
    """

    def __init__(self, parts: Sequence[Part], whoosh: Callable[[], tuple[Any, Sequence[Part]]]) -> None:
        self.parts = parts
        self._open = whoosh
        self._opened: tuple[Any, Sequence[Part]] | None = None
        self._followers: list[Follower] = []
        self._known: dict[str, bool] = {}
        self._lock = threading.Lock()
        """Held while phrases are looked up: Whoosh's readers share the places in their files."""

    def __enter__(self) -> Searcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            if self._opened is not None:
                self._opened[0].close()
                self._opened = None

    def knows(self, text: str) -> bool:
        """Whether a word was read anywhere."""
        if (known := self._known.get(text)) is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[text] = any(
                words.at(text) is not None for field in FIELDS for __, words in self.words(field)
            )
        return known

    def words(self, field: str) -> Iterator[tuple[Part, Words]]:
        """The words of a field, segment by segment."""
        return ((part, part.vocabulary.words[field]) for part in self.parts)

    def words_in_a_row(self, texts: Sequence[str]) -> list[Readings]:
        """The readings that have words one behind the other, among those that have all of them."""
        return self._in_whoosh(partial(_in_a_row, texts))

    def over_line_ends(self, spelt: Sequence[Sequence[str]]) -> list[Readings]:
        """The readings in which words begin that go on in the next lines; all spellings of each word are given."""
        return self._in_whoosh(partial(_over_line_ends, spelt, self._followers))

    def phrase(self, query: Callable[[str], Any]) -> list[Readings]:
        """The readings that a query of Whoosh's finds in each of the fields."""
        return self._in_whoosh(partial(_matching, query))

    def _in_whoosh(self, look: Callable[[Any, Sequence[Part]], Iterator[Readings]]) -> list[Readings]:
        """All that is found with Whoosh's searcher. Nobody gets a part of it while the lock is held: whoever works on
        one would keep other searches from theirs, and a second phrase of the same thread would wait for itself."""
        with self._lock:
            return list(look(*self._in_hand()))

    def check(self) -> None:
        """Open Whoosh's searcher if it is not yet, so that damaged files are noticed."""
        with self._lock:
            self._in_hand()

    def _in_hand(self) -> tuple[Any, Sequence[Part]]:
        if self._opened is None:
            self._opened = self._open()
        return self._opened


def _in_a_row(texts: Sequence[str], searcher: Any, parts: Sequence[Part]) -> Iterator[Readings]:
    readers = [reader for reader, __ in searcher.reader().leaf_readers()]
    for field in FIELDS:
        for reader, part in zip(readers, parts, strict=False):
            documents = _with_all(part, field, texts)
            stands = [places(reader, field, text, documents) for text in texts] if documents else []
            found = [at for at, *each in zip(documents, *stands, strict=True) if _follow(each)]
            yield _readings(part, np.array(found, np.intp), np.ones(len(found), np.float32))


def _over_line_ends(
    spelt: Sequence[Sequence[str]], followers: list[Follower], searcher: Any, parts: Sequence[Part]
) -> Iterator[Readings]:
    """``followers`` are those of the parts, if any phrase was looked for before; they are kept for the next one."""
    followers += [Follower.of(part) for part in parts[len(followers) :]]
    for (reader, __), part, follower in zip(searcher.reader().leaf_readers(), parts, followers, strict=False):
        found = list(runs(reader, part, follower, spelt))
        if not found:
            continue
        yield Readings(
            part.vocabulary.columns["line"][np.array([run.first for run in found], np.intp)],
            np.full(len(found), WHOLE, np.uint8),
            np.array([run.sure for run in found], np.float32),
            np.ones(len(found), np.float32),
            np.array([min(run.lines, _MOST_LINES) for run in found], np.uint8),
        )


def _matching(query: Callable[[str], Any], searcher: Any, parts: Sequence[Part]) -> Iterator[Readings]:
    starts = [start for __, start in searcher.reader().leaf_readers()]
    for field in FIELDS:
        found: dict[int, list[int]] = {}
        for number in searcher.docs_for_query(query(field)):
            at = bisect_right(starts, number) - 1
            found.setdefault(at, []).append(number - starts[at])
        for at, documents in found.items():
            numbers = np.array(documents, np.intp)
            yield _readings(parts[at], numbers, np.ones(len(numbers), np.float32))


def read(searcher: Searcher, leaf: Word | Phrase) -> Readings:
    """The readings that have the leaf. Raises ``UsageError`` for a phrase that stands for too many."""
    return _together(_phrase(searcher, leaf) if isinstance(leaf, Phrase) else _word(searcher, leaf))


def _together(readings: Iterator[Readings]) -> Readings:
    found = list(readings)
    return Readings(
        _joined([each.line for each in found], np.int64),
        _joined([each.kind for each in found], np.uint8),
        _joined([each.sure for each in found], np.float32),
        _joined([each.alike for each in found], np.float32),
        _joined([each.lines for each in found], np.uint8),
    )


def with_words(searcher: Searcher, pattern: str) -> Readings:
    """The readings that have a word that a regular expression describes."""
    return _together(
        _readings(part, documents.astype(np.intp), np.ones(len(documents), np.float32))
        for field in FIELDS
        for part, words in searcher.words(field)
        for documents in [words.spans(words.matching(pattern))[0]]
        if len(documents)
    )


def _word(searcher: Searcher, word: Word) -> Iterator[Readings]:
    for field in FIELDS:
        for part, words in searcher.words(field):
            numbers = _meant(words, word)
            if len(numbers):
                documents, counts = words.spans(numbers)
                alike = np.array([_alike(words, number, word) for number in numbers.tolist()], np.float32)
                yield _readings(part, documents.astype(np.intp), np.repeat(alike, counts))


def _alike(words: Words, number: int, word: Word) -> float:
    """How much a word of the index is like the one that is asked for, from 0 to 1."""
    if word.edits:
        return _likeness(words.all[number], word.text)
    return known_share(words.all[number]) if words.opened else 1.0


def _meant(words: Words, word: Word) -> NDArray[np.intp]:
    """The numbers of the words that a word of a query matches."""
    if word.is_pattern:
        return words.matching(word.pattern)
    if word.prefix:
        begins = words.beginning(word.text)
        return np.arange(begins.start, begins.stop)
    if word.edits:
        return words.near(word.text, word.edits)
    number = words.at(word.text)
    found = [] if number is None else [number]
    return np.array([*found, *(each for each in words.opened if fits(words.all[each], word.text))], np.intp)


def _readings(part: Part, documents: NDArray[np.intp], alike: NDArray[np.float32]) -> Readings:
    if part.alive is not None:
        counts = part.alive[documents]
        documents, alike = documents[counts], alike[counts]
    columns = part.vocabulary.columns
    kind = columns["kind"][documents]
    lines = np.where(kind == WHOLE, 2, 1).astype(np.uint8)
    return Readings(columns["line"][documents], kind, columns["sure"][documents], alike, lines)


def _phrase(searcher: Searcher, phrase: Phrase) -> Iterator[Readings]:
    if not any(word.prefix or word.edits or word.is_pattern or _opened(searcher, word) for word in phrase.words):
        texts = [word.text for word in phrase.words]
        if not all(map(searcher.knows, texts)):
            searcher.check()
            return
        yield from searcher.words_in_a_row(texts)
        yield from searcher.over_line_ends([[text] for text in texts])
        return
    from whoosh import query as whoosh_query  # takes as long to load as a search takes

    class AnyInPlace(whoosh_query.Or):  # type: ignore[misc]
        matcher_type = whoosh_query.Or.DEFAULT_MATCHER  # the other field has no positions

    spelt = {field: [_spellings(searcher, field, word) for word in phrase.words] for field in FIELDS}
    yield from searcher.phrase(
        lambda field: whoosh_query.Sequence(
            [AnyInPlace([whoosh_query.Term(field, text) for text in texts]) for texts in spelt[field]]
        )
    )
    yield from searcher.over_line_ends([sorted({*text, *other}) for text, other in zip(*spelt.values(), strict=True)])


def _opened(searcher: Searcher, word: Word) -> bool:
    """Whether a word stands somewhere with letters that a person could not read."""
    return any(
        fits(words.all[number], word.text)
        for field in FIELDS
        for __, words in searcher.words(field)
        for number in words.opened
    )


def _with_all(part: Part, field: str, texts: Sequence[str]) -> list[int]:
    """The documents that have all of the words, in order."""
    words = part.vocabulary.words[field]
    numbers = [words.at(text) for text in set(texts)]
    if None in numbers:
        return []
    rarest, *others = sorted((words.spans(np.array([number]))[0] for number in numbers), key=len)
    for there in others:
        rarest = rarest[there[np.minimum(np.searchsorted(there, rarest), len(there) - 1)] == rarest]
    found: list[int] = (rarest if part.alive is None else rarest[part.alive[rarest]]).tolist()
    return found


def _follow(places: Sequence[Sequence[int]]) -> bool:
    """Whether there is a place in the first that is followed by one in each of the others."""
    first, *others = places
    return any(all(place + 1 + at in each for at, each in enumerate(others)) for place in first)


def _spellings(searcher: Searcher, field: str, word: Word) -> list[str]:
    """The words of the index that a word of a phrase matches."""
    if not (word.prefix or word.edits or word.is_pattern or _opened(searcher, word)):
        return [word.text]
    found = {words.all[number] for __, words in searcher.words(field) for number in _meant(words, word).tolist()}
    if len(found) > _MOST:
        typed = as_typed(word)
        raise UsageError(
            _(
                "%(typed)s stands for more than %(most)s words, too many to be looked for in a phrase",
                typed=typed,
                most=_MOST,
            ),
            _("Give more of its letters, or ask for the words without quotes."),
        )
    return sorted(found)


def _likeness(text: str, wanted: str) -> float:
    """1 for the same text, less for each wrong letter, and never 0."""
    from rapidfuzz.distance import Levenshtein  # seldom needed

    return 1 - Levenshtein.distance(text, wanted) / (1 + max(len(text), len(wanted)))


def similar(searcher: Searcher, text: str) -> dict[str, int]:
    """Words that were read, begin with the same letter and differ in up to two letters; with the number of their
    lines."""
    found: dict[str, int] = {}
    for __, words in searcher.words("text"):
        numbers = words.near(text, 2, words.beginning(text[:1]))
        for number, count in zip(numbers.tolist(), words.counts(numbers).tolist(), strict=True):
            if number in words.opened:
                continue
            found[words.all[number]] = found.get(words.all[number], 0) + count
    return dict(sorted(found.items()))


def _joined(parts: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.zeros(0, kind)
