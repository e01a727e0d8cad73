"""How well words are found: what each query found, as pairs with lines, against the lines that have it. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indexer.evaluation.counted_words import QUERY, counted
from indexer.evaluation.promises import bins, calibration, rate, untied
from indexer.evaluation.ranking import average_precision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indexer.evaluation.ranking import Scored

Unit = Hashable
"""Names a line of the ground truth, or a place where none is: there nothing is relevant."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """For each query the pairs that it found, each with its score and whether the line is relevant, and the number of
    relevant lines, found or not."""

    queries: Mapping[str, tuple[list[Scored], int]]

    @property
    def pooled(self) -> list[Scored]:
        """The pairs of all queries as one ranking."""
        return [pair for pairs, _ in self.queries.values() for pair in pairs]

    @property
    def relevant(self) -> int:
        """The number of relevant pairs, found or not."""
        return sum(lines for _, lines in self.queries.values())


def judgements(lines: Iterable[tuple[Unit, str]]) -> dict[str, set[Unit]]:
    """The lines that are relevant to each query, from the text of each line: to each of its words that is a query."""
    relevant: dict[str, set[Unit]] = {}
    for unit, text in lines:
        for word in counted(text, QUERY):
            relevant.setdefault(word, set()).add(unit)
    return relevant


def ranked(relevant: Mapping[str, set[Unit]], hits: Mapping[str, Iterable[tuple[Unit, float]]]) -> Ranked:
    """What each query found; of several hits in one line the best score counts."""
    queries = {}
    for query, units in relevant.items():
        best: dict[Unit, float] = {}
        for unit, score in hits.get(query, ()):
            best[unit] = max(score, best.get(unit, score))
        queries[query] = [(score, unit in units) for unit, score in best.items()], len(units)
    return Ranked(queries)


def figures(found: Ranked, expected_missed: float | None = None) -> dict[str, Any]:
    """The section of one way of searching, see ``indexer.evaluation.metrics``. Scores of a way that says how many lines
    it missed are relevances (0-1)."""
    pooled, total = found.pooled, found.relevant
    right = sum(relevant for _, relevant in pooled)
    precisions = [average_precision(pairs, relevant) for pairs, relevant in found.queries.values()]
    made: dict[str, Any] = {
        "map": rate(sum(precisions), len(precisions)),
        "gap": average_precision(pooled, total) if total else None,
        "precision": rate(right, len(pooled)),
        "recall": rate(right, total),
        "queries": len(found.queries),
    }
    if expected_missed is not None:
        missed = {"expected_missed": expected_missed, "true_missed": total - right}
        made |= {**missed, "relevance": relevance(pooled)}
    return made


def relevance(pairs: Iterable[Scored]) -> dict[str, Any]:
    """How far relevances are from the share of the pairs that are right, in bins whose relevances have the same sum."""
    rows = untied(pairs)
    return calibration(bins(rows, [score for score, _ in rows]), "pairs", "relevance")
