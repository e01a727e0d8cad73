"""Fits what turns readings and costs into probabilities, and shows by cross-validation how well that keeps its word.

python tests/benchmarks/calibrate.py FOLDER [MODEL] [--only PART…] [--languages LEFT] [--kept FILE]

FOLDER holds collections of page images with ground truth beside them, MODEL is the folder of a model (else the one
of Latin script). Prints the confidence of its model.json and the constants of indexer/posteriors/evidence.py and
relevance.py, and of indexer/search/certainty.py; PART names one of these. Everything that is reported is measured on
collections that were left out of the fit. LEFT has, for collections of which the model's languages have seen other
pages, a folder of that name with the languages without it (``tests/benchmarks/languages.py --leave-out``).
With ``--kept`` what was read is kept in FILE, and not read again.

Lines that lie in no line of the ground truth are writing that nobody transcribed (stamps, printed forms, notes) as well
as no writing at all: as they cannot be told apart, they count as wrong, and half. Pages whose ground truth does not lie
on their lines are left out by name.
"""

from __future__ import annotations

import argparse
import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from indexer.api.models import LANGUAGE, RecognitionModel, load
from indexer.evaluation.ranking import average_precision
from indexer.formats.groundtruth import truth_for
from indexer.image.geometry import holders, middle
from indexer.plugins import embedded
from indexer.plugins.embedded import confidence
from indexer.plugins.embedded.counting import LetterCounts
from indexer.plugins.embedded.detector import Detector
from indexer.plugins.embedded.mixture import Languages
from indexer.plugins.embedded.recogniser import LineRecogniser, ReadLine, characters
from indexer.posteriors import evidence
from indexer.posteriors import relevance as spotting
from indexer.posteriors.alignment import Batch, costs
from indexer.posteriors.calibration import Logistic, calibration_error, fit
from indexer.posteriors.posteriorgram import STEPS, unpack
from indexer.posteriors.relevance import Evidence, features
from indexer.search import certainty
from indexer.search.spotting import Spotter, Term
from indexer.search.spotting.segment import SegmentLine, packed
from indexer.text.folding import fold, search_fold, search_words, words
from indexer.values import Box, Line

MISPLACED = ("copiste-08", "copiste-09")
"""Pages of the development archive whose ground truth does not lie on their lines."""
UNTRANSCRIBED = 0.5
BINS = ((0.02, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.0))
"""Relevances that are looked at together."""
SOME = 10
"""Of the words one in so many is looked for in all collections together, and counts as so many."""
ENOUGH = 50
"""Pairs of a bin that tell something of a collection."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line that was read, and the text of the line of the ground truth it lies in, if it lies in one."""

    collection: str
    unit: tuple[str, int]
    truth: str | None
    read: ReadLine

    def line(self, sure: float) -> Line:
        """It as an engine gives it, with a confidence."""
        return Line(self.read.text, sure, Box(0, 0, 1, 1), posteriorgram=self.read.posteriorgram)


Texts = dict[str, dict[tuple[str, int], str]]
"""For each collection the texts of its lines, by page and number."""


def line_recogniser(package: RecognitionModel, languages: Path | None) -> LineRecogniser:
    """A model opened with other languages than its own, those that are there."""
    if languages is None or not languages.is_dir():
        return embedded.line_recogniser(package, 2)
    session = embedded.open_session(embedded.network_of(package), 2)
    known = characters(session.get_modelmeta().custom_metadata_map)
    files = {path.stem: path for folder in (embedded.LANGUAGES, languages) for path in folder.glob("??.npz")}
    own = LetterCounts.load(languages / LANGUAGE).model(len(known))
    return LineRecogniser(session, Languages(own, known, files))


def rows(folder: Path, model: Path, languages: Path | None = None) -> tuple[list[Row], Texts]:
    """All lines read on the pages, as the engine reads them; and the texts of their ground truth."""
    detector = Detector(embedded.open_session(embedded.DETECTOR, 2))
    package = load(model)
    opened: dict[str, embedded._PageRecogniser] = {}
    made: list[Row] = []
    texts: Texts = {}
    for path in sorted(folder.rglob("*.jpg")):
        pages = truth_for(path)
        if not pages or path.stem in MISPLACED:
            continue
        name = path.parent.name
        if name not in opened:
            recogniser = line_recogniser(package, languages and languages / name)
            opened = {name: embedded._PageRecogniser(detector, recogniser, package.confidence, again=False)}
        own = {(path.stem, at): line.text for at, line in enumerate(pages[0].lines)}
        texts.setdefault(name, {}).update(own)
        pixels, scale, found = opened[name]._found(Image.open(path).convert("RGB"))
        read, _ = opened[name]._page(pixels, found)
        regions = [line.polygon for line in pages[0].lines]
        places = holders(regions, [middle([(float(x), float(y)) for x, y in each * scale]) for each in found])
        for number, (at, (_, line)) in enumerate(zip(places, read, strict=True)):
            if line.text.strip():
                unit = (path.stem, at if at is not None else -1 - number)
                made.append(Row(name, unit, own.get(unit), line))
    return made, texts


def kept_rows(
    folder: Path, model: Path, languages: Path | None = None, kept: Path | None = None
) -> tuple[list[Row], Texts]:
    """As ``rows``; from a file if they are kept there, which is written otherwise."""
    key = (str(folder.resolve()), load(model).network, languages and str(languages.resolve()))
    if kept is not None and kept.is_file():
        was, lines, texts = pickle.loads(kept.read_bytes())  # our own file
        if was == key:
            return [Row(*line) for line in lines], texts
    found, texts = rows(folder, model, languages)
    if kept is not None:
        kept.write_bytes(pickle.dumps((key, [(r.collection, r.unit, r.truth, r.read) for r in found], texts)))
    return found, texts


def query_words(text: str) -> set[str]:
    return {word for word in words(fold(text)) if sum(map(str.isalpha, word)) >= 4}


def left_out(names: Sequence[str]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each collection, and which rows are of another."""
    for name in sorted(set(names)):
        yield name, np.array([other != name for other in names])


# How sure words and lines are.


def word_table(read: Sequence[Row]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Features, share right, and row of every word that has a letter or digit."""
    table = []
    for at, row in enumerate(read):
        there = Counter(words(fold(row.truth or "")))
        for word in row.read.words:
            parts = Counter(words(fold(word.text)))
            if parts:
                right = (parts & there).total() / parts.total()
                table.append((*confidence.features(word, row.read), right, at))
    made = np.array(table)
    return made[:, :-2], made[:, -2], made[:, -1].astype(int)


@dataclass(frozen=True, slots=True)
class Words:
    """What was read of words: see ``word_table``; how much each counts, and how sure it is by a fit on the other
    collections."""

    table: NDArray[Any]
    right: NDArray[Any]
    owner: NDArray[Any]
    counts: NDArray[Any]
    sure: NDArray[Any]


def left_out_words(read: Sequence[Row]) -> Words:
    table, right, owner = word_table(read)
    counts = np.array([1.0 if read[at].truth is not None else UNTRANSCRIBED for at in owner])
    sure = np.zeros(len(right))
    for _, others in left_out([read[at].collection for at in owner]):
        sure[~others] = fit(table[others], right[others], counts[others])(table[~others])
    return Words(table, right, owner, counts, sure)


def left_out_confidences(read: Sequence[Row]) -> list[float]:
    """The confidence of each line, by a fit on the other collections."""
    made = left_out_words(read)
    number = np.bincount(made.owner, minlength=len(read))
    sums: list[float] = (np.bincount(made.owner, made.sure, len(read)) / np.maximum(1, number)).tolist()
    return sums


def fit_confidence(read: Sequence[Row]) -> confidence.Model:
    made = left_out_words(read)
    table, right, owner, counts, sure = made.table, made.right, made.owner, made.counts, made.sure
    number = np.bincount(owner, minlength=len(read))
    inked = np.flatnonzero(number)
    line = (np.bincount(owner, sure, len(read)) / np.maximum(1, number))[inked]
    share = (np.bincount(owner, right, len(read)) / np.maximum(1, number))[inked]
    transcribed = np.array([read[at].truth is not None for at in inked])
    print("\nConfidence of lines, each collection by a fit on the others:")
    for name, chosen in (("all lines", np.ones(len(inked), bool)), ("lines in the ground truth", transcribed)):
        accepted = chosen & (line >= 0.75)
        print(
            f"  {name}: calibration error {calibration_error(line[chosen], share[chosen]):.3f}; accepted "
            f"{accepted.sum() / chosen.sum():.2f}, expected right {line[accepted].mean():.2f}, right "
            f"{share[accepted].mean():.2f}"
        )
    print(f"  of words: calibration error {calibration_error(sure, right):.3f}")
    for name, others in left_out([read[at].collection for at in inked]):
        own = transcribed & ~others
        gap, too_sure = calibration_error(line[own], share[own]), float((line[own] - share[own]).mean())
        print(f"  {name}: calibration error {gap:.3f}, too sure by {too_sure:.3f}")
    model = fit(table, right, counts)
    print(f"for model.json:\n  {[round(number, 4) for number in (model.bias, *model.weights)]}")
    return model.bias, model.weights


# How probable a text is that comes without a confidence.


def text_table(read: Sequence[Row]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.intp]]:
    """Features, whether it is right, and line of each word of the ground truth, and of one that looks like it."""
    vocabulary: dict[str, set[str]] = {}
    for row in read:
        vocabulary.setdefault(row.collection, set()).update(search_words(row.truth or ""))
    known = {name: sorted(found) for name, found in vocabulary.items()}
    table, right, owner = [], [], []
    for at, row in enumerate(read):
        there, posteriorgram = search_words(row.truth or ""), unpack(row.read.posteriorgram)
        for word in there:
            near = process.extract(word, known[row.collection], scorer=Levenshtein.distance, limit=len(there) + 1)
            other = next(text for text, _, _ in near if text not in there)
            batch = Batch.of([posteriorgram], {*word, *other})
            for text in (word, other):
                cost = np.array([float(costs(Term(text), batch)[0]) / STEPS])
                table.append(
                    evidence.features(cost, np.array([len(text)]), np.array([posteriorgram.path_probability]))[0]
                )
                right.append(float(text == word))
                owner.append(at)
    return np.array(table), np.array(right), np.array(owner)


def fit_reading(read: Sequence[Row]) -> None:
    table, right, owner = text_table(read)
    sure = np.zeros(len(right))
    for _, others in left_out([read[at].collection for at in owner]):
        sure[~others] = fit(table[others], right[others])(table[~others])
    print("\nText against the ink, each collection by a fit on the others:")
    print(f"  words, every other one wrong: calibration error {calibration_error(sure, right):.3f}")
    lines = np.flatnonzero(np.bincount(owner))
    true, false = (np.array([sure[(owner == at) & (right == value)].mean() for at in lines]) for value in (1.0, 0.0))
    model = fit(table, right)
    show("indexer/posteriors/evidence.py", model)
    evidence.MODEL = model
    foreign = np.array(
        [
            evidence.text_confidence(read[other].truth or "", unpack(read[at].read.posteriorgram))
            for at, other in zip(lines, np.roll(lines, len(lines) // 2), strict=True)
        ],
        float,
    )
    for least in (0.1, 0.2, 0.25, 0.3):
        kinds = (
            f"{(each < least).mean():.3f} {name}"
            for each, name in (
                (true, "of lines"),
                (false, "with each word another that looks like it"),
                (foreign, "with the text of another line"),
            )
        )
        print(f"  under {least}: {', '.join(kinds)}")


# How probable it is that a word stands in a line.


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


def fit_relevance(read: Sequence[Row], texts: dict[str, dict[tuple[str, int], str]]) -> None:
    costs = measured(read, texts)
    spotting.USUAL = usual(costs)  # type: ignore[misc,assignment]
    number = {word: at for at, word in enumerate(costs.queries)}
    own = {
        name: [number[word] for word in sorted({word for text in lines.values() for word in query_words(text)})]
        for name, lines in texts.items()
    }
    names = np.array([row.collection for row in read])

    def both_sizes(wanted: Sequence[str]) -> Pairs:
        """The pairs of these collections as one archive, and as one archive each."""
        lines = [np.flatnonzero(names == name) for name in wanted]
        queries = sorted({query for name in wanted for query in own[name]})
        made = [costs.pairs([query for query in queries if query % SOME == 0], np.concatenate(lines))]
        made[0] = replace(made[0], weight=made[0].weight * SOME)
        made += [costs.pairs(own[name], part) for name, part in zip(wanted, lines, strict=True)]
        columns = zip(*((each.query, each.line, each.features, each.there, each.weight) for each in made), strict=True)
        return Pairs(*(np.concatenate(column) for column in columns))

    def model(wanted: Sequence[str]) -> Logistic:
        pairs = both_sizes(wanted)
        return fit(pairs.features, pairs.there, pairs.weight)

    print("\nRelevance, each collection by a fit on the others, searched as an archive of its own:")
    every, right, read_by = [], [], []
    for name in sorted(own):
        pairs = costs.pairs(own[name], np.flatnonzero(names == name))
        sure = model([other for other in sorted(own) if other != name])(pairs.features)
        relevant = sum(len(query_words(text)) for text in texts[name].values())
        print(f"  {name}: {ranked(read, texts[name], costs, pairs, sure)}, expected {sure.sum():.0f} of {relevant}")
        print(f"    shown more than right: {'; '.join(gaps(sure, pairs.there))}")
        every.append(sure)
        right.append(pairs.there)
        read_by.append(costs.path_probability[pairs.line, 0])
    sure, there, path_probability = (np.concatenate(each) for each in (every, right, read_by))
    for low, high in BINS:
        part = (sure >= low) & (sure < high)
        shown, share = sure[part].mean(), there[part].mean()
        print(f"  shown as {low:.2f}-{high:.2f}: {part.sum()}, mean {shown:.2f}, right {share:.2f}")
    for low, high in ((0.0, spotting.READABLE), (spotting.READABLE, 0.8), (0.8, 1.0)):
        lines = (costs.path_probability[:, 0] >= low) & (costs.path_probability[:, 0] < high)
        words_there = sum(costs.there[np.ix_(own[name], lines & (names == name))].sum() for name in own)
        part = sure[(there > 0) & (path_probability >= low) & (path_probability < high)]
        over = ", ".join(f"{(part > least).sum() / max(1, words_there):.2f} over {least}" for least in (0.5, 0.1))
        print(f"  lines of path probability {low}-{high}: of {words_there} words {over}")
    relevant = sum(len(query_words(text)) for lines in texts.values() for text in lines.values())
    print(f"  expected in all: {sure.sum():.0f} of {relevant}, with those on lines that were not found")
    share = relevant / sum(len(own[name]) * int((names == name).sum()) for name in own)
    print(f"  share of a collection's lines that has a word: {share:.4f}; USUAL = {spotting.USUAL}")
    show("indexer/posteriors/relevance.py", model(sorted(own)))


# How probable a word is that was read.


def fit_read(read: Sequence[Row], texts: dict[str, dict[tuple[str, int], str]], model: confidence.Model) -> None:
    """By the confidence that lines are shown with, and how probable the word is in the ink, in an archive of its own.

    As for relevance, words that are asked for are those that stand in the collection.
    """
    table, right, weight, names = [], [], [], []
    for name in sorted({row.collection for row in read}):
        own = [row for row in read if row.collection == name]
        sure = [confidence.line_confidence(model, row.read) for row in own]
        lines = [SegmentLine(at, 0, sure[at], True, unpack(row.read.posteriorgram)) for at, row in enumerate(own)]
        finder = Spotter([(packed(lines), np.ones(len(own), bool))])
        asked = {word for text in texts[name].values() for word in query_words(text)}
        said = [query_words(row.read.text) & asked for row in own]
        for word in sorted(set().union(*said)):
            relevance = finder.relevance(Term(search_fold(word)))[np.argsort(finder.lines)]
            for at in (at for at, each in enumerate(said) if word in each):
                table.append((relevance[at], sure[at]))
                right.append(float(word in query_words(own[at].truth or "")))
                weight.append(1.0 if own[at].truth is not None else UNTRANSCRIBED)
                names.append(name)
    sure, there, counts = np.array(table), np.array(right), np.array(weight)
    odds = certainty._log_odds(sure)
    left = np.zeros(len(there))
    for _, others in left_out(names):
        left[~others] = fit(odds[others], there[others], counts[others])(odds[~others])
    print(f"\nWords of four letters that were read, {len(there)}, each collection by a fit on the others:")
    for kind, shown in (
        ("by both", np.maximum(left, sure[:, 1])),
        ("by the constants as they are", certainty.confirmed(sure[:, 1], sure[:, 0])),
        ("by the ink alone", sure[:, 0]),
        ("by the confidence of the line alone", sure[:, 1]),
    ):
        print(f"  {kind}: calibration error {calibration_error(shown, there):.3f}")
    show("indexer/search/certainty.py", fit(odds, there, counts))


def gaps(sure: NDArray[Any], there: NDArray[Any]) -> Iterator[str]:
    """For each bin with pairs enough, how much more probable they are shown than they are right."""
    for low, high in BINS:
        part = (sure >= low) & (sure < high)
        if part.sum() >= ENOUGH:
            yield f"{low:.2f}-{high:.2f} {sure[part].mean() - there[part].mean():+.2f} of {part.sum()}"


def ranked(
    read: Sequence[Row], texts: dict[tuple[str, int], str], costs: Costs, pairs: Pairs, sure: NDArray[Any]
) -> str:
    """Mean and global average precision of a collection, as indexer.evaluation.metrics defines them."""
    best: dict[str, dict[tuple[str, int], float]] = {}
    for query, line, value in zip(pairs.query.tolist(), pairs.line.tolist(), sure.tolist(), strict=True):
        found = best.setdefault(costs.queries[query], {})
        found[read[line].unit] = max(value, found.get(read[line].unit, 0.0))
    relevant: dict[str, set[tuple[str, int]]] = {}
    for unit, text in texts.items():
        for word in query_words(text):
            relevant.setdefault(word, set()).add(unit)
    rankings = {
        word: [(value, unit in units) for unit, value in best.get(word, {}).items()] for word, units in relevant.items()
    }
    mean = np.mean([average_precision(ranking, len(relevant[word])) for word, ranking in rankings.items()])
    pooled = [row for ranking in rankings.values() for row in ranking]
    return f"mAP {mean:.3f}, gAP {average_precision(pooled, sum(map(len, relevant.values()))):.3f}"


def show(where: str, model: Logistic) -> None:
    print(f"for {where}:\n  {model.bias:.4f}, ({', '.join(f'{weight:.4f}' for weight in model.weights)})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path, nargs="?", default=embedded.model_for(None))
    parser.add_argument("--only", nargs="+", choices=("model.json", "evidence", "relevance", "certainty"))
    parser.add_argument("--languages", type=Path)
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    lines, truths = kept_rows(given.folder, given.model, given.languages, given.kept)
    sure = load(given.model).confidence
    if not given.only or "model.json" in given.only:
        sure = fit_confidence(lines)
    parts = {  # in this order: the later ones put their fits in force
        "certainty": lambda: fit_read(lines, truths, sure),
        "evidence": lambda: fit_reading(lines),
        "relevance": lambda: fit_relevance(lines, truths),
    }
    for part in given.only or parts:
        if part in parts:
            parts[part]()
