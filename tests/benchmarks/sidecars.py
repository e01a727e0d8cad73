"""Whether text from beside pages is believed, compared or refused as it should be, and what its confidences are worth.

python tests/benchmarks/sidecars.py INDEX [--pages N] [--lines N]

INDEX has pages that were read with the embedded engine alone (``notes index --sidecar-text ignore``), in folders of
collections; beside them lies what is right: ALTO, PAGE XML or plain text. N pages of each collection, and N lines of
each, get these texts: the right one; that of each of two other pages of the collection, laid on the lines of this one
(``other``); the right one with each fifth letter replaced (``fifth``); and with each word exchanged for one of the
collection that is as long (``invented``). Printed is how many of each are believed, compared and denied, with the
limits of indexer/recognition/weighing.py in force, and with limits that were chosen on all other collections. Then, for
texts that are compared line by line, of the lines for which the text counts: how many there are, their mean confidence,
the share of their words that the right text has there, and the expected calibration error (ten bins).
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexer.catalog import Catalog, Document, DocumentPage
from indexer.formats.groundtruth import truth_for
from indexer.formats.page_text import text_for
from indexer.recognition import weighing
from indexer.recognition.combination import grouped, rated
from indexer.recognition.placing import placed
from indexer.recognition.sidecar_lines import SidecarText
from indexer.text.folding import search_words
from indexer.values import COMPARED, SIDECAR, Line, Origin
from indexer.values.errors import UsageError

KINDS = ("right", "other", "fifth", "invented")
COSTS = {
    "right": {"believed": 0.0, "compared": 1.0, "denied": 5.0},
    "other": {"believed": 10.0, "compared": 1.0, "denied": 0.0},
    "fifth": {"believed": 5.0, "compared": 0.0, "denied": 0.0},
    "invented": {"believed": 10.0, "compared": 1.0, "denied": 0.0},
}
"""What each decision costs when limits are chosen: a wrong text that is believed most, a right one that is refused
half of that."""
GRID = list(itertools.product((0.2, 0.25, 0.3, 1 / 3, 0.4), (0.35, 0.4, 0.45, 0.5, 0.55), (0.0, 0.05, 0.1, 0.15, 0.2)))
FOUND, LETTERS = Origin("embedded"), "aeinrstulo"
Asked = Sequence[tuple[float, float, bool]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it was read, and the lines of the right text on it."""

    read: tuple[Line, ...]
    right: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A text of a page: what ``weighing`` asks the ink, and for each line that would count if the text were compared
    its confidence and the share of its words that are right."""

    collection: str
    kind: str
    asked: Asked
    shown: tuple[tuple[float, float], ...]


def sheet(catalog: Catalog, document: Document, lines: int, chance: random.Random) -> Sheet | None:
    page = catalog.document_page(document.id, 1)
    read = tuple(
        Line(*(each.text, each.confidence, each.box, each.polygon), posteriorgram=catalog.posteriorgram(each.id))
        for each in catalog.page_lines(page.path, page.number)
    )
    try:
        right = right_lines(page, read)
    except UsageError as error:
        print(f"{page.path.name}: {error.message}")
        return None
    return Sheet(read, tuple(chance.sample(right, min(lines, len(right))))) if right else None


def right_lines(page: DocumentPage, read: Sequence[Line]) -> Sequence[Line]:
    if truth_for(page.path):
        text = SidecarText.of(page.path.with_suffix(".xml"), page.path)
        return text.lines((page.width, page.height), page.turned)
    return placed(read, text_for(page.path) or "")[0]


def texts(page: Sheet, others: Sequence[Sheet], chance: random.Random) -> Iterator[tuple[str, tuple[Line, ...]]]:
    yield "right", page.right
    for other in chance.sample(others, min(2, len(others))):
        said = itertools.cycle([line.text for line in other.right])
        yield "other", tuple(replace(line, text=next(said)) for line in page.right)
    words = [word for each in others for line in each.right for word in line.text.split()]
    yield "fifth", tuple(replace(line, text=fifth(line.text, chance)) for line in page.right)
    exchanged = (" ".join(like(word, words, chance) for word in line.text.split()) for line in page.right)
    yield "invented", tuple(replace(line, text=text) for line, text in zip(page.right, exchanged, strict=True))


def fifth(text: str, chance: random.Random) -> str:
    return "".join(chance.choice(LETTERS) if at % 5 == 4 and char.isalpha() else char for at, char in enumerate(text))


def like(word: str, words: Sequence[str], chance: random.Random) -> str:
    some = chance.sample(words, min(40, len(words)))
    return chance.choice([each for each in some if abs(len(each) - len(word)) < 2] or some or [word])


def weighed(name: str, page: Sheet, kind: str, lines: tuple[Line, ...]) -> Weighed:
    asked = tuple(weighing.asked_of_ink(grouped([(FOUND, page.read), (weighing.WEIGHED, lines)])))
    truth = grouped([(FOUND, page.read), (COMPARED, page.right)])
    right = {id(group[0].line): search_words(group[1].line.text) for group in truth if len(group) > 1}
    compared = [group for group in grouped([(FOUND, page.read), (COMPARED, lines)]) if len(group) > 1]
    shown = []
    for group, (best, *_) in zip(compared, rated(compared), strict=True):
        there, said = Counter(right.get(id(group[0].line), [])), Counter(search_words(best.line.text))
        if best.origin.engine == SIDECAR and best.line.confidence is not None and said:
            shown.append((best.line.confidence, (there & said).total() / said.total()))
    return Weighed(name, kind, asked, tuple(shown))


def costs(found: Sequence[Weighed]) -> np.ndarray:
    """What each of the limits costs with each text: limits x texts. Collections and kinds count alike."""
    share = Counter((each.collection, each.kind) for each in found)
    weights = [1 / share[each.collection, each.kind] for each in found]
    decided = [[COSTS[each.kind][weighing.weight_by(each.asked, *limits)] for each in found] for limits in GRID]
    return np.array(decided) * np.array(weights)


def ece(shown: Sequence[tuple[float, float]]) -> float:
    table = np.array(shown)
    at = np.minimum((table[:, 0] * 10).astype(int), 9)
    parts = [(at == each) for each in np.unique(at)]
    return float(sum(part.mean() * abs(table[part, 0].mean() - table[part, 1].mean()) for part in parts))


def report(found: Sequence[Weighed]) -> None:
    counts: dict[str, Counter[tuple[str, str]]] = {"in force": Counter(), "left out": Counter()}
    table, names = costs(found), np.array([each.collection for each in found])
    for name in sorted(set(names.tolist())):
        chosen = GRID[int(table[:, names != name].sum(axis=1).argmin())]
        print(f"{name:<12} chosen without it: {chosen[0]:.2f} {chosen[1]:.2f} {chosen[2]:.2f}")
        for each in found:
            if each.collection == name:
                counts["in force"][each.kind, weighing.weight_by(each.asked, *weighing.LIMITS)] += 1
                counts["left out"][each.kind, weighing.weight_by(each.asked, *chosen)] += 1
    best = GRID[int(table.sum(axis=1).argmin())]
    print(f"on all: {best[0]:.2f} {best[1]:.2f} {best[2]:.2f}")
    for which, number in counts.items():
        for kind in KINDS:
            print(which, kind, {weight: number[kind, weight] for weight in ("believed", "compared", "denied")})
    for kind in KINDS:
        shown = [row for each in found if each.kind == kind for row in each.shown]
        if shown:
            sure, right = np.mean(shown, axis=0)
            print(f"compared: {kind}: {len(shown)} lines, sure {sure:.3f}, right {right:.3f}, ECE {ece(shown):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--lines", type=int, default=20)
    given = parser.parse_args()
    found = []
    with Catalog(given.index) as catalog:
        collections = defaultdict(list)
        for document in catalog.documents():
            collections[document.path.parent.name].append(document)
        for name, documents in collections.items():
            chance = random.Random(name)
            some = chance.sample(documents, min(given.pages, len(documents)))
            pages = [page for each in some if (page := sheet(catalog, each, given.lines, chance))]
            for page in pages:
                others = [each for each in pages if each is not page]
                found += [weighed(name, page, kind, lines) for kind, lines in texts(page, others, chance)]
            print(f"{name:<12} {len(pages)} pages", flush=True)
    report(found)


if __name__ == "__main__":
    main()
