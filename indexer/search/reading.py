"""Where a word or phrase was read: documents of the Whoosh index, each with how alike what was read is.

The field ``text`` has what counts of a line, ``other`` everything else that was read there.

Two things of Whoosh 2.7.4 are not used as they come: its prefix and fuzzy queries grow a tree of one list a word, so
words are looked up here; and its scores, since relevance is a probability here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import Levenshtein
from whoosh import query as whoosh_query

from indexer.search.query import Phrase, Word

if TYPE_CHECKING:
    from collections.abc import Iterator


class _AnyInPlace(whoosh_query.Or):  # type: ignore[misc]
    matcher_type = whoosh_query.Or.DEFAULT_MATCHER  # the other one has no positions


_FIELDS = ("text", "other")


def read(searcher: Any, leaf: Word | Phrase) -> dict[int, float]:
    """The documents in which the leaf was read, by number, and how alike: 1 for the very word, less for a fuzzy one."""
    found: dict[int, float] = {}
    for field in _FIELDS:
        if isinstance(leaf, Phrase):
            found |= dict.fromkeys(searcher.docs_for_query(_phrase(searcher.reader(), field, leaf)), 1.0)
            continue
        for text, alike in _spellings(searcher.reader(), field, leaf):
            for number in searcher.docs_for_query(whoosh_query.Term(field, text)):
                found[number] = max(alike, found.get(number, 0.0))
    return found


def _phrase(reader: Any, field: str, phrase: Phrase) -> whoosh_query.Query:
    if not any(word.prefix or word.edits for word in phrase.words):
        return whoosh_query.Phrase(field, [word.text for word in phrase.words])
    terms = [
        _AnyInPlace([whoosh_query.Term(field, text) for text, _ in sorted(_spellings(reader, field, word))])
        for word in phrase.words
    ]
    return whoosh_query.Sequence(terms)


def _spellings(reader: Any, field: str, word: Word) -> Iterator[tuple[str, float]]:
    """The words of the index that a word of a query stands for."""
    if word.prefix:
        yield from ((term.decode("utf-8"), 1.0) for term in reader.expand_prefix(field, word.text))
    elif word.edits:  # segment by segment: only there Whoosh skips through the words instead of comparing each
        leaves = [leaf for leaf, _ in reader.leaf_readers()]
        known = {text for leaf in leaves for text in leaf.terms_within(field, word.text, maxdist=word.edits)}
        yield from ((text, _likeness(text, word.text)) for text in known)
    else:
        yield word.text, 1.0


def _likeness(text: str, wanted: str) -> float:
    """1 for the same text, less for each letter that is wrong, and never 0."""
    return 1 - Levenshtein.distance(text, wanted) / (1 + max(len(text), len(wanted)))


def is_known(searcher: Any, text: str) -> bool:
    """Whether a word was read anywhere."""
    return any((field, text) in searcher.reader() for field in _FIELDS)


def similar(searcher: Any, text: str) -> list[str]:
    """Words that were read and have up to two other letters, but the same first one."""
    leaves = [leaf for leaf, _ in searcher.reader().leaf_readers()] if searcher.doc_count() else []
    return sorted({term for leaf in leaves for term in leaf.terms_within("text", text, maxdist=2, prefix=1)})
