"""Other ways of finding misread words in what was read, to compare with: Whoosh, SQLite and tantivy.

Fuzzy allows one wrong letter in words of up to five, two from six.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indexer.search.words.fuzzy_alone import FuzzyAlone

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.search import SearchIndex

Answer = tuple[Iterable[int], Iterable[float]]
"""Ids of lines, and their scores."""
Texts = Iterable[tuple[int, str]]
"""The id of each line, and its words as they are folded for a search."""
_LONG = 6


@dataclass(frozen=True, slots=True)
class Peer:
    """``ask`` gives the best lines for a word, at most so many, in its own way; ``read`` makes ids and scores of that,
    which is no part of its time."""

    name: str
    ask: Callable[[str, int], Any]
    read: Callable[[Any], Answer]


def peers(index: SearchIndex, texts: Callable[[], Texts], folder: Path) -> Iterator[Peer]:
    """All peers, each made when its turn comes. Whoosh searches our own index; the others keep theirs in a folder."""
    yield _whoosh_fuzzy(index)
    yield _fts_trigrams(folder, texts())
    yield from _tantivy_fuzzy(folder, texts)


def wrong_letters(word: str) -> int:
    """How many letters of a word may be wrong."""
    return 2 if len(word) >= _LONG else 1


def _whoosh_fuzzy(index: SearchIndex) -> Peer:
    fuzzy = FuzzyAlone(index)
    return Peer("Whoosh fuzzy", lambda word, limit: fuzzy.ask(word, wrong_letters(word), limit), fuzzy.read)


def _fts_trigrams(folder: Path, texts: Texts) -> Peer:
    """Any trigram of the word, ranked by bm25."""
    db = sqlite3.connect(folder / "peer.sqlite")
    db.execute("CREATE VIRTUAL TABLE lines USING fts5 (text, tokenize = 'trigram')")
    with db:
        db.executemany("INSERT INTO lines (rowid, text) VALUES (?, ?)", texts)

    def ask(word: str, limit: int) -> Any:
        trigrams = " OR ".join(f'"{word[at : at + 3]}"' for at in range(len(word) - 2))
        sql = "SELECT rowid, -rank FROM lines WHERE lines MATCH ? ORDER BY rank LIMIT ?"
        return db.execute(sql, (trigrams, limit)).fetchall() if trigrams else []

    return Peer("FTS5 trigrams", ask, lambda rows: ([row[0] for row in rows], [row[1] for row in rows]))


def _tantivy_fuzzy(folder: Path, texts: Callable[[], Texts]) -> Iterator[Peer]:
    """As it comes, and with nearer spellings ranked first; nothing where tantivy is not installed."""
    try:
        import tantivy
    except ImportError:
        return
    schema = tantivy.SchemaBuilder().add_integer_field("line", stored=True).add_text_field("text").build()
    (folder / "tantivy").mkdir()
    index = tantivy.Index(schema, str(folder / "tantivy"))
    writer = index.writer(num_threads=1)
    for number, text in texts():
        writer.add_document(tantivy.Document(line=number, text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def fuzzy(word: str, distance: int) -> Any:
        return tantivy.Query.fuzzy_term_query(schema, "text", word, distance=distance)

    def nearer_first(word: str) -> Any:
        ways = [(tantivy.Occur.Should, fuzzy(word, distance)) for distance in range(wrong_letters(word) + 1)]
        return tantivy.Query.boolean_query(ways)

    def read(result: Any) -> Answer:
        return [searcher.doc(each)["line"][0] for _, each in result.hits], [score for score, _ in result.hits]

    yield Peer("tantivy fuzzy", lambda word, limit: searcher.search(fuzzy(word, wrong_letters(word)), limit), read)
    yield Peer("tantivy, nearer first", lambda word, limit: searcher.search(nearer_first(word), limit), read)
