"""Where one word may stand: its sightings, to be looked at together and settled in one go.

Accepting a word says nothing of the rest of its line: ``catalog/word_overlay.py``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.archive.part import Part
from indexer.catalog import SaidWord, one_word, revision_of
from indexer.text.folding import search_words
from indexer.values import HUMAN, SearchOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from indexer.catalog import Catalog, WordBatch, WordsKept
    from indexer.values import Box, Hit, Reach, SearchResult, StoredLine

_HITS = 400
"""Hits that are looked at for a wall: those that somebody settled are among them."""
_TEXTS = 2_000
"""Lines that wait for review in which recurring words are looked for."""
_LETTERS, _TIMES = 3, 2
"""A word is worth a wall from so many letters on, and from so many lines on."""


@dataclass(frozen=True, slots=True)
class WallAsked:
    """A ``word`` whose sightings are wanted; ``query`` finds them, if that is not the word itself (``like:152:word``).

    ``glob`` limits them to documents, ``reading`` to places where just that was read, ``reach`` says how unsure they
    may be.
    """

    word: str
    query: str = ""
    glob: str = ""
    reading: str = ""
    reach: Reach = "normal"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place in which a word may stand: its line, its box in pixels of the page, what was read there, the probability
    (0-1) that it stands there, and the revision of the line as it is shown."""

    line: StoredLine
    box: Box
    text: str
    relevance: float
    seen: str

    @property
    def key(self) -> str:
        """What names the place and the state of its line."""
        return f"{self.line.id}:{','.join(map(str, self.box.xywh))}:{self.seen}"


@dataclass(frozen=True, slots=True)
class Wall:
    """The sightings of a ``word`` that nobody settled, the most probable first: as many as were asked for, of
    ``total``. ``readings`` are the words that were read there, each with how often."""

    word: str
    sightings: tuple[Sighting, ...]
    total: int
    readings: tuple[tuple[str, int], ...]


def wall(
    search: Callable[[str, SearchOptions], SearchResult], catalog: Catalog, asked: WallAsked, most: int | None
) -> Wall:
    """The sightings of a word; raises ``UsageError`` for what is not one word, or a query that makes no sense."""
    word = one_word(asked.word)
    options = SearchOptions(
        reach=asked.reach, all_states=True, within="line", glob=asked.glob or None, limit=_HITS if most else None
    )
    hits = search(asked.query or " ".join(search_words(word)), options).hits
    ids = [hit.line.id for hit in hits]
    settled, verdicts = catalog.settled_words(word, ids), catalog.verdicts_on(ids)
    there = [each for hit in hits if hit.line.id not in settled for each in _sightings(hit, verdicts)]
    readings = Counter(_read(each) for each in there)
    wanted = [each for each in there if not asked.reading or _read(each) == asked.reading]
    return Wall(word, tuple(wanted[:most]), len(wanted), tuple(readings.most_common()))


def _sightings(hit: Hit, verdicts: dict[int, int]) -> Iterator[Sighting]:
    line = hit.line
    if line.origin.engine == HUMAN or hit.further:  # of a word that a line end cuts, no place has all
        return
    seen = revision_of(line.text, verdicts.get(line.id, 0))
    yield from (Sighting(line, place.box, place.text, hit.relevance, seen) for place in hit.places)


def _read(sighting: Sighting) -> str:
    return " ".join(search_words(sighting.text))


def said_of(wall: Wall, shown: Collection[str], wrong: Collection[str]) -> list[SaidWord]:
    """What a person says by letting stand the places that were ``shown``, but those that are ``wrong``. Places and
    states that are not on the wall any more are not among it."""
    return [
        SaidWord(each.line.id, each.box, each.key not in wrong, each.seen, each.relevance)
        for each in wall.sightings
        if each.key in shown
    ]


def recurring(catalog: Catalog, glob: str, most: int) -> list[tuple[str, int]]:
    """The words that recur most in lines that wait for review, each with the number of these lines."""
    pages = sorted(catalog.page_ids(glob, None, None)) if glob else None
    lines = Counter(word for text in catalog.waiting_texts(_TEXTS, pages) for word in set(search_words(text)))
    worth = [(word, n) for word, n in lines.most_common() if n >= _TIMES and sum(map(str.isalpha, word)) >= _LETTERS]
    return worth[:most]


class WordWalls(Part):
    """The part of an open archive that settles words."""

    if TYPE_CHECKING:

        def _find(self, query: str, options: SearchOptions) -> SearchResult: ...

    def wall(self, asked: WallAsked | str, most: int | None = None) -> Wall:
        """The places in which a word may stand and of which nobody said whether it does, the most probable first.

        Raises ``UsageError`` for what is not one word.
        """
        return wall(self._find, self.catalog, WallAsked(asked) if isinstance(asked, str) else asked, most)

    def places_of(self, words: Iterable[str]) -> list[tuple[str, int]]:
        """For each word in how many places it may stand of which nobody said whether it does."""
        return [(each, self.wall(each).total) for each in words]

    def say_words(self, wall: Wall, wrong: Collection[Sighting] = ()) -> WordsKept:
        """Say that the word of a wall stands in all of its places but those that are ``wrong``.

        The rest of these lines stays as it was read. Places whose lines have changed meanwhile are left as they are.
        Raises ``UsageError`` when nothing is left.
        """
        keys = {each.key for each in wall.sightings}
        said = said_of(wall, keys, {each.key for each in wrong})
        kept = self.catalog.say_words(wall.word, said)
        self._followed([])
        return kept

    def undo_words(self, batch: int) -> WordBatch:
        """Take back all that was said of words at once; raises ``MissingError`` when there is no such batch."""
        found = self.catalog.undo_words(batch)
        self._followed([])
        return found
