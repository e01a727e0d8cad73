"""What Whoosh finds for a query's tree, and how well: BM25F scores by document number.

Three things of Whoosh 2.7.4 are not used as they come. Its AndNot and Not let documents through that have the
unwanted word, so NOT is a difference of sets here. Its prefix and fuzzy queries grow a tree of one list a word,
so words are looked up here and, when they are many, read into one array. That array has no positions, so a phrase
always gets the tree.
"""

from __future__ import annotations

from typing import Any

from whoosh import query as whoosh_query

from indexer.search.query import And, Node, Not, Or, Phrase, Word

Scores = dict[int, float]


class _Any(whoosh_query.Or):  # type: ignore[misc]
    TOO_MANY_CLAUSES = 200  # from here on one array instead of a tree


class _AnyInPlace(whoosh_query.Or):  # type: ignore[misc]
    matcher_type = whoosh_query.Or.DEFAULT_MATCHER


def scores(searcher: Any, node: Node) -> Scores:
    """The score of every document that matches; what only NOT lets in scores 0."""
    if not _negates(node):
        results = searcher.search(_translated(searcher.reader(), node), limit=None)
        return {number: score for score, number in results.top_n}
    if isinstance(node, Or):
        return _sum_of([scores(searcher, part) for part in node.parts])
    return _all_of(searcher, node.parts if isinstance(node, And) else (node,))


def _all_of(searcher: Any, parts: tuple[Node, ...]) -> Scores:
    plain = tuple(part for part in parts if not _negates(part))
    found = scores(searcher, And(plain)) if plain else dict.fromkeys(searcher.reader().all_doc_ids(), 0.0)
    for part in parts:
        if isinstance(part, Not):
            unwanted = scores(searcher, part.part)
            found = {number: score for number, score in found.items() if number not in unwanted}
        elif _negates(part):
            more = scores(searcher, part)
            found = {number: score + more[number] for number, score in found.items() if number in more}
    return found


def _sum_of(alternatives: list[Scores]) -> Scores:
    total: Scores = {}
    for each in alternatives:
        for number, score in each.items():
            total[number] = total.get(number, 0.0) + score
    return total


def _negates(node: Node) -> bool:
    if isinstance(node, Not):
        return True
    return isinstance(node, And | Or) and any(_negates(part) for part in node.parts)


def _translated(reader: Any, node: Node) -> whoosh_query.Query:
    """The Whoosh query of a tree without NOT."""
    if isinstance(node, Word):
        return _word(reader, node, _Any)
    if isinstance(node, Phrase):
        if any(word.prefix or word.edits for word in node.words):
            return whoosh_query.Sequence([_word(reader, word, _AnyInPlace) for word in node.words])
        return whoosh_query.Phrase("text", [word.text for word in node.words])
    if isinstance(node, Or):
        return _Any([_translated(reader, part) for part in node.parts])
    if isinstance(node, And):
        return whoosh_query.And([_translated(reader, part) for part in node.parts])
    raise TypeError(f"NOT is not for Whoosh: {node}")


def _word(reader: Any, word: Word, alternatives: type[whoosh_query.Or]) -> whoosh_query.Query:
    if not word.prefix and not word.edits:
        return whoosh_query.Term("text", word.text)
    if word.prefix:
        known = {term.decode("utf-8") for term in reader.expand_prefix("text", word.text)}
    else:  # segment by segment: only there Whoosh skips through the words instead of comparing each
        leaves = [leaf for leaf, _ in reader.leaf_readers()]
        known = {text for leaf in leaves for text in leaf.terms_within("text", word.text, maxdist=word.edits)}
    return alternatives([whoosh_query.Term("text", text) for text in sorted(known)])
