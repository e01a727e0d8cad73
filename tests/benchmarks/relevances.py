"""How probable it is that a word stands in a line: fits indexer/posteriors/relevance.py, and measures what it promises.

Part of calibrate.py. A fit on the other collections and the constants as they are stand beside each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from bins import Bin, bins, counted
from numpy.typing import NDArray
from read_rows import UNTRANSCRIBED, Row, Texts, query_words, show

from indexer.evaluation.ranking import average_precision
from indexer.posteriors import relevance as spotting
from indexer.posteriors.calibration import Logistic, fit
from indexer.posteriors.posteriorgram import unpack
from indexer.posteriors.relevance import Evidence, features
from indexer.search.spotting import Spotter, Term
from indexer.search.spotting.segment import SegmentLine, packed
from indexer.text.folding import search_fold

SOME = 10
"""Of the words one in so many is looked for in all collections together, and counts as so many."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """(query, line) pairs of an archive that are not hopeless: features, whether the word is there, weight."""

    query: NDArray[np.intp]
    line: NDArray[np.intp]
    features: NDArray[Any]
    there: NDArray[Any]
    weight: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Costs:
    """Nats of every query in each line of the collections that have it (of some in every line), which are there, and
    what is needed to make pairs of them."""

    queries: list[str]
    cost: NDArray[np.float32]
    there: NDArray[np.bool_]
    path_probability: NDArray[np.float32]
    weight: NDArray[np.float64]

    def pairs(self, chosen: Sequence[int], lines: NDArray[np.intp]) -> Pairs:
        """As if the archive were these lines alone."""
        parts = []
        for query in chosen:
            letters = len(self.queries[query])
            cost = self.cost[query, lines]
            near = np.flatnonzero(np.isfinite(cost))
            evidence = Evidence(cost[near], letters, self.path_probability[lines[near]], cost / letters, len(lines))
            parts.append((np.full(len(near), query), lines[near], features(evidence)))
        query, line, table = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Pairs(query, line, table, self.there[query, line].astype(float), self.weight[line])


def measured(read: Sequence[Row], texts: Texts) -> Costs:
    queries = sorted({word for lines in texts.values() for text in lines.values() for word in query_words(text)})
    number = {word: at for at, word in enumerate(queries)}
    segment = packed([SegmentLine(at, 0, None, True, unpack(row.read.posteriorgram)) for at, row in enumerate(read)])
    finder = Spotter([(segment, np.ones(len(read), bool))])
    place = np.argsort(finder.lines)
    names = np.array([row.collection for row in read])
    cost = np.full((len(queries), len(read)), np.inf, np.float32)
    asked = {name: {word for text in lines.values() for word in query_words(text)} for name, lines in texts.items()}
    for at, word in enumerate(queries):
        own = np.isin(names, [name for name, words_there in asked.items() if word in words_there])
        wanted = np.arange(len(read)) if at % SOME == 0 else np.flatnonzero(own)
        cost[at, wanted] = finder.costs(Term(search_fold(word)), np.sort(place[wanted]))[place[wanted]]
    there = np.zeros(cost.shape, bool)
    for at, row in enumerate(read):
        there[[number[word] for word in query_words(row.truth or "")], at] = True
    weight = np.array([1.0 if row.truth is not None else UNTRANSCRIBED for row in read])
    return Costs(queries, cost, there, finder.path_probability[place], weight)


def usual(costs: Costs) -> tuple[tuple[float, float], ...]:
    """How near the lines of an archive come to a word, by its letters: see ``USUAL``."""
    lengths = np.array([len(word) for word in costs.queries[::SOME]])
    letters = np.minimum(lengths, spotting._LONGEST)
    reach = np.sort(np.minimum(costs.cost[::SOME] / lengths[:, None], spotting.HOPELESS))
    lines = [np.polyfit(letters, reach[:, int(share * reach.shape[1])], 1) for share in spotting._NEAR]
    return tuple((round(float(base), 4), round(float(growth), 4)) for growth, base in lines)


@dataclass(frozen=True, slots=True)
class Collections:
    """Lines of collections with the words that are asked for in each, and what these cost there."""

    read: Sequence[Row]
    texts: Texts
    costs: Costs

    @property
    def names(self) -> list[str]:
        return sorted(self.texts)

    def lines(self, name: str) -> NDArray[np.intp]:
        return np.flatnonzero(np.array([row.collection == name for row in self.read]))

    def asked(self, name: str) -> list[int]:
        """The words that stand in a collection."""
        number = {word: at for at, word in enumerate(self.costs.queries)}
        return [
            number[word] for word in sorted({word for text in self.texts[name].values() for word in query_words(text)})
        ]

    def pairs(self, name: str) -> Pairs:
        """Those of a collection as an archive of its own."""
        return self.costs.pairs(self.asked(name), self.lines(name))

    def foreign(self, name: str) -> tuple[int, Pairs]:
        """How many of some words stand nowhere in a collection, and their pairs."""
        lines = self.lines(name)
        words = [at for at in range(0, len(self.costs.queries), SOME) if not self.costs.there[at, lines].any()]
        return len(words), self.costs.pairs(words, lines)

    def both_sizes(self, wanted: Sequence[str]) -> Pairs:
        """The pairs of some collections as one archive, and as one archive each."""
        queries = sorted({query for name in wanted for query in self.asked(name) if query % SOME == 0})
        together = self.costs.pairs(queries, np.concatenate([self.lines(name) for name in wanted]))
        made = [replace(together, weight=together.weight * SOME), *map(self.pairs, wanted)]
        columns = zip(*((each.query, each.line, each.features, each.there, each.weight) for each in made), strict=True)
        return Pairs(*(np.concatenate(column) for column in columns))

    def fitted(self, wanted: Sequence[str]) -> Logistic:
        pairs = self.both_sizes(wanted)
        return fit(pairs.features, pairs.there, pairs.weight)


def adapted(fitted: Logistic, pairs: Pairs, lines: int) -> NDArray[np.float64]:
    """What is shown of pairs in an archive of so many lines: see ``spotting.relevance``."""
    sure = fitted(pairs.features)
    for part in np.split(np.arange(len(sure)), np.flatnonzero(np.diff(pairs.query)) + 1):
        sure[part] = spotting._adapted(sure[part], lines, lines)
    return sure


Shown = dict[str, tuple[Pairs, NDArray[Any]]]
"""The pairs of each collection, and what is shown of them."""


def fit_relevance(read: Sequence[Row], texts: Texts) -> None:
    found = Collections(read, texts, measured(read, texts))
    print("\nRelevance, each collection searched as an archive of its own:")
    tell("by the constants as they are", found, lambda _: spotting.MODEL)
    spotting.USUAL = usual(found.costs)  # type: ignore[misc,assignment]
    fits = tell(
        "by a fit on the others", found, lambda name: found.fitted([each for each in found.names if each != name])
    )
    tell_missed(found, fits)
    share = sum(map(relevant, texts.values())) / sum(len(found.asked(name)) * len(found.lines(name)) for name in texts)
    print(f"  share of a collection's lines that has a word: {share:.4f}; USUAL = {spotting.USUAL}")
    show("indexer/posteriors/relevance.py", found.fitted(found.names))


def relevant(texts: dict[tuple[str, int], str]) -> int:
    """How many words there are to be found."""
    return sum(len(query_words(text)) for text in texts.values())


def tell(how: str, found: Collections, model: Callable[[str], Logistic]) -> Shown:
    """Print what the relevances of a model, which is known for each collection, promise and keep."""
    print(f"  {how}; by how much more is shown than is right, ± by chance, of lines in the ground truth:")
    shown: Shown = {}
    all_bins: list[Bin | None] = []
    nowhere = []
    transcribed = np.array([row.truth is not None for row in found.read])
    for name in found.names:
        pairs, lines, fitted = found.pairs(name), found.lines(name), model(name)
        sure, known = adapted(fitted, pairs, len(lines)), transcribed[pairs.line]
        number, others = found.foreign(name)
        nowhere.append(adapted(fitted, others, len(lines)).sum() / number)
        own = bins(sure[known], pairs.there[known], pairs.query[known])
        print(f"    {name}: {'; '.join(map(str, filter(None, own)))}")
        print(
            f"      {ranked(found, name, pairs, sure)}, expected {sure[known].sum():.0f} "
            f"of {relevant(found.texts[name])}, and {sure[~known].sum():.0f} on lines that nobody transcribed; "
            f"{nowhere[-1]:.2f} of a word that stands nowhere"
        )
        shown[name] = pairs, sure
        all_bins += own
    print(f"    {'; '.join(counted(all_bins))}; {np.mean(nowhere):.2f} expected of a word that stands nowhere")
    return shown


def tell_missed(found: Collections, shown: Shown) -> None:
    """Print how many words have a relevance at all, by how surely their lines were read."""
    probability = found.costs.path_probability[:, 0]
    for low, high in ((0.0, spotting.READABLE), (spotting.READABLE, 0.8), (0.8, 1.01)):
        there, parts = 0, []
        for name, (pairs, sure) in shown.items():
            lines = found.lines(name)
            lines = lines[(probability[lines] >= low) & (probability[lines] < high)]
            there += int(found.costs.there[np.ix_(found.asked(name), lines)].sum())
            parts.append(sure[(pairs.there > 0) & np.isin(pairs.line, lines)])
        part = np.concatenate(parts)
        over = ", ".join(f"{(part > least).sum() / max(1, there):.2f} over {least}" for least in (0.5, 0.1))
        print(f"  lines of path probability {low}-{high}: of {there} words {over}")
    every = sum(sure.sum() for _, sure in shown.values())
    print(
        f"  expected in all: {every:.0f} of {sum(map(relevant, found.texts.values()))}, with those on lines not found"
    )


def ranked(found: Collections, name: str, pairs: Pairs, sure: NDArray[Any]) -> str:
    """Mean and global average precision of a collection, as indexer.evaluation.metrics defines them."""
    best: dict[str, dict[tuple[str, int], float]] = {}
    for query, line, value in zip(pairs.query.tolist(), pairs.line.tolist(), sure.tolist(), strict=True):
        ranking, unit = best.setdefault(found.costs.queries[query], {}), found.read[line].unit
        ranking[unit] = max(value, ranking.get(unit, 0.0))
    there: dict[str, set[tuple[str, int]]] = {}
    for unit, text in found.texts[name].items():
        for word in query_words(text):
            there.setdefault(word, set()).add(unit)
    rankings = {
        word: [(value, unit in units) for unit, value in best.get(word, {}).items()] for word, units in there.items()
    }
    mean = np.mean([average_precision(ranking, len(there[word])) for word, ranking in rankings.items()])
    pooled = [row for ranking in rankings.values() for row in ranking]
    return f"mAP {mean:.3f}, gAP {average_precision(pooled, sum(map(len, there.values()))):.3f}"
