"""How well phrases are found that run over a line end: two and three words of consecutive lines of the ground truth.

    notes index --index FOLDER --sidecar-text ignore ARCHIVE ...
    python tests/benchmarks/phrases.py FOLDER ARCHIVE ...

Each phrase is the end of a line and the beginning of the next one in its region, of words with three letters at least
in all. It counts as found where a hit begins on the page within the first line. A hit is wrong on a page whose ground
truth has the phrase nowhere. The last rows say how many of the hits are right, by the relevance that they are shown
with.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from indexer.catalog import Catalog
from indexer.formats.groundtruth import TruthPage, truth_for
from indexer.image.geometry import bounding_box, covered
from indexer.search import Finder, SearchIndex
from indexer.text.folding import search_words
from indexer.text.hyphenation import is_divided
from indexer.values import Box, Hit, SearchOptions

SIZES = (2, 3)
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.01)


@dataclass(frozen=True, slots=True)
class Asked:
    """A phrase, the page that has it, and the box of the line in which it begins."""

    words: tuple[str, ...]
    page: tuple[str, int]
    box: Box


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("archives", type=Path, nargs="+")
    parser.add_argument("--within", action="store_true", help="ask for phrases within lines instead, to compare with")
    parser.add_argument("--every", type=int, default=1, help="ask for every so many-th phrase only")
    given = parser.parse_args()
    shown: dict[int, list[bool]] = defaultdict(list)
    index = SearchIndex(given.index / "search")
    with Catalog(given.index) as catalog:
        index.sync(catalog)  # an older version may have left it
        with Finder(index, catalog) as finder:
            for archive in given.archives:
                pages = dict(_pages(archive))
                texts = {page: _text(truth) for page, truth in pages.items()}
                for size in SIZES:
                    ask = _within if given.within else _asked
                    asked = [each for page, truth in pages.items() for each in ask(page, truth, size)][:: given.every]
                    _report(f"{archive.name}, {size} words", asked, finder, texts, shown)
    for at, (low, high) in enumerate(pairwise(BINS)):
        right = shown[at]
        if right:
            print(f"relevance {low:.1f} to {min(high, 1):.1f}: {sum(right) / len(right):.3f} right of {len(right)}")


def _pages(archive: Path) -> Iterator[tuple[tuple[str, int], TruthPage]]:
    for file in sorted(archive.iterdir()):
        if file.suffix != ".xml":
            for number, truth in enumerate(truth_for(file) or (), 1):
                yield (file.stem, number), truth


def _text(truth: TruthPage) -> str:
    return f" {' '.join(word for each in _lines(truth) for word in each)} "


def _lines(truth: TruthPage) -> list[list[str]]:
    """The words of each line, a cut one whole in the first of its lines."""
    lines = [search_words(line.text) for line in truth.lines]
    for at, (line, following) in enumerate(zip(truth.lines, truth.lines[1:], strict=False)):
        if lines[at] and lines[at + 1] and is_divided(line.text, following.text):
            lines[at][-1] += lines[at + 1].pop(0)
    return lines


def _asked(page: tuple[str, int], truth: TruthPage, size: int) -> Iterator[Asked]:
    lines = _lines(truth)
    for at, (line, following) in enumerate(zip(truth.lines, truth.lines[1:], strict=False)):
        for head in range(1, size):
            if line.region == following.region and len(lines[at]) >= head and len(lines[at + 1]) >= size - head:
                words = (*lines[at][-head:], *lines[at + 1][: size - head])
                if sum(map(len, words)) >= 3 * size:
                    yield Asked(words, page, bounding_box(line.polygon))


def _within(page: tuple[str, int], truth: TruthPage, size: int) -> Iterator[Asked]:
    for line, words in zip(truth.lines, _lines(truth), strict=True):
        for at in range(0, len(words) - size, size):  # the last word may be cut
            if sum(map(len, words[at : at + size])) >= 3 * size:
                yield Asked(tuple(words[at : at + size]), page, bounding_box(line.polygon))


def _report(
    name: str, asked: Sequence[Asked], finder: Finder, texts: dict[tuple[str, int], str], shown: dict[int, list[bool]]
) -> None:
    found = {0.5: 0, 0.8: 0}
    wrong = 0
    for each in asked:
        phrase = " ".join(each.words)
        hits = finder.find(f'"{phrase}"', SearchOptions(reach="high", limit=None)).hits
        here = [hit.relevance for hit in hits if _page(hit) == each.page and _begins(hit, each.box)]
        for least in found:
            found[least] += max(here, default=0.0) >= least
        for hit in hits:
            if _page(hit) in texts:
                right = f" {phrase} " in texts[_page(hit)]
                wrong += hit.relevance >= 0.5 and not right
                shown[next(at for at, high in enumerate(BINS[1:]) if hit.relevance < high)].append(right)
    shares = ", ".join(f"{found[least] / max(1, len(asked)):.3f} from {least:.0%}" for least in found)
    print(f"{name}: {len(asked)} asked; found {shares}; {wrong} wrong hits from 50%", flush=True)


def _page(hit: Hit) -> tuple[str, int]:
    return hit.line.path.stem, hit.line.page


def _begins(hit: Hit, box: Box) -> bool:
    """Whether a hit begins in a line of the ground truth."""
    return any(covered(place.box, box) > 0.3 for place in hit.places)


if __name__ == "__main__":
    main()
