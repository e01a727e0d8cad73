"""Reading, confidence and search measured against ground truth.

fold
    ``indexer.text.folding.fold``: NFKD, casefold, without accents and points, quotes and dashes as ASCII, white space
    collapsed.
word
    A maximal run of letters and digits of a folded text. Words of at least 3 letters count for ``word_recall`` and
    ``word_precision``; words of at least 4 are queries. In scripts without blanks each letter is a word, and two
    letters side by side are a query.
pairing
    A read line belongs to the ground-truth line whose region holds the centre of its box. Of several such regions it
    is the one whose centre is nearest vertically. Several read lines of one ground-truth line are joined by a blank,
    from left to right.
reading
    ``cer`` is the sum of the edit distances of the pairs over the sum of the lengths of the ground truth. Both texts
    are NFC with white space collapsed; for ``cer_folded`` they are folded. Ground truth without a read line counts as
    deleted; ``line_recall`` is the share of ground-truth lines with a read line. ``spurious_lines`` are read lines in
    no region; they are no part of the error rates.
    ``order`` is the share of neighbours that are read one after the other. Neighbours are ground-truth lines that
    follow each other and both have a read line; no other line of the ground truth may be read between them. Spurious
    lines do not part neighbours. A line that was read in pieces counts as one if these come one after the other; else
    it has no neighbours. ``page_cer`` is the edit distance of the whole texts of the pages, in reading order, over the
    length of the ground truth. The lines are joined by blanks, then folded; spurious lines are part of it.
    ``region_agreement`` compares the regions of the ground truth with the blocks that were found. It is the adjusted
    Rand index (Hubert and Arabie 1985) of the ground-truth lines of a page that have a read line: each has its region
    and the block of its first read line. It is averaged over the pages that have two such lines and whose ground truth
    names regions. It is 1 when both groupings are the same, and about 0 for blocks drawn at random.
    ``word_recall`` and ``word_precision`` compare the bags of words of each page. ``accepted`` has the share of read
    lines that are accepted, and recall and precision of their words alone.
confidence
    For each read line with a confidence and at least one word: the share of its words that are in the bag of words of
    its ground-truth line (0 for a spurious line). ``bins`` are ten groups of equally many lines by rising confidence.
    Lines of the same confidence each count with their mean share, so that their order does not matter. ``ece`` is the
    mean over the lines of |mean confidence - mean share| of their bin (Naeini et al. 2015).
search
    The queries are all distinct folded words of the ground truth with at least 4 letters. The units are ground-truth
    lines; a unit is relevant to its own words. A hit belongs to the unit that holds its centre, and the best score of
    a unit counts. A hit in no unit is wrong. Average precision is the sum over distinct scores of (precision at that
    score) x (gain in recall): ties are taken together. ``map`` is its mean over the queries, ``gap`` is the average
    precision of all (query, unit) pairs in one ranking. ``precision`` is the share of the found pairs that are
    relevant, ``recall`` the share of the relevant pairs that are found. Ways that estimate what they miss have
    ``expected_missed``, the sum of these estimates, and ``true_missed``, the number of relevant pairs not found. Their
    ``relevance`` has ``ece`` and ``bins`` as confidence has: the relevance of the found pairs against the share of them
    that is relevant. Most pairs have a relevance near zero. The bins are cut so that the relevances in each have the
    same sum; bins of equally many pairs would nearly all be near zero.
    A collection is measured with its own queries; hits on pages of other collections are left out. The ways:
    ``transcript`` and ``accepted`` search transcriptions, of any status or accepted. ``fuzzy`` allows one wrong letter
    in a transcription, two in words of six. ``ink``, ``ink_normal`` and ``ink_low`` are what ``notes search`` finds
    with a reach of high, normal and low. ``ink_exhaustive`` scores every line by its posteriorgram alone
    (``indexer.search.spotting``).
replaced
    Of pages that another model read before, in each way of searching. ``words`` are the (query, ground-truth line)
    pairs that the other model read and this one did not. ``shown`` is how many of them are hits, ``precision`` the
    share of these hits that are right, ``promised`` the mean of their relevances.
seconds_per_page
    The mean over the pages that were read.

Rates are ``None`` where there is nothing to divide by.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import Levenshtein

from indexer.evaluation.counted_words import QUERY, counted
from indexer.evaluation.order_figures import agreement, neighbours, text_errors
from indexer.evaluation.promises import bins, calibration, rate, untied
from indexer.evaluation.ranking import curve
from indexer.evaluation.search_figures import Ranked, Unit, figures, judgements, ranked
from indexer.image.geometry import holders, middle, outline
from indexer.text.folding import fold
from indexer.values import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from indexer.evaluation.promises import Promised
    from indexer.evaluation.ranking import Point
    from indexer.formats.groundtruth import TruthPage
    from indexer.values import StoredLine


@dataclass(frozen=True, slots=True)
class MeasuredPage:
    """A page: its ground truth, in the pixels in which it was read, and the lines that were read. ``pairs`` gives for
    each read line the index of its ground-truth line, or ``None``. ``seconds`` is ``None`` for a page that was not
    read."""

    collection: str
    truth: TruthPage
    lines: tuple[StoredLine, ...]
    pairs: tuple[int | None, ...]
    seconds: float | None


def measured_page(
    collection: str, truth: TruthPage, lines: Sequence[StoredLine], seconds: float | None
) -> MeasuredPage:
    """A page, its read lines paired with the ground truth."""
    regions = [line.polygon for line in truth.lines]
    pairs = tuple(holders(regions, [middle(outline(line)) for line in lines]))
    return MeasuredPage(collection, truth, tuple(lines), pairs, seconds)


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: line ids with their scores. Ways of searching that estimate it also give about how many lines
    of each collection were missed."""

    hits: Mapping[int, float]
    missed: Mapping[str, float] | None = None


def report(pages: Sequence[MeasuredPage], searchers: Mapping[str, Mapping[str, Found]]) -> dict[str, Any]:
    """All figures, of all pages together and of each collection.

    ``searchers`` holds what each query found in each way of searching.
    """
    apart = {name: _figures(part, searchers) for name, part in collections(pages).items()}
    return {"schema": 1, **_figures(pages, searchers), "collections": apart}


def collections(pages: Iterable[MeasuredPage]) -> dict[str, list[MeasuredPage]]:
    """The pages of each collection, by name."""
    parts: dict[str, list[MeasuredPage]] = {}
    for page in sorted(pages, key=lambda page: page.collection):
        parts.setdefault(page.collection, []).append(page)
    return parts


def replaced_words(earlier: Sequence[MeasuredPage], pages: Sequence[MeasuredPage]) -> set[str]:
    """The queries that the other model read in lines in which this one does not read them."""
    return {word for _, _, word in _replaced(earlier, pages)}


def replaced(
    earlier: Sequence[MeasuredPage], pages: Sequence[MeasuredPage], found: Mapping[str, Found]
) -> dict[str, Any]:
    """The section ``replaced`` of a way of searching; see the module."""
    pairs = list(_replaced(earlier, pages))
    promised: list[float] = []
    right = 0
    for page, at, word in pairs:
        hits = found[word].hits if word in found else {}
        here = [line.id for line, pair in zip(page.lines, page.pairs, strict=True) if pair == at]
        scores = [hits[line] for line in here if line in hits]
        if scores:
            promised.append(max(scores))
            right += word in counted(page.truth.lines[at].text, QUERY)
    shown = len(promised)
    precision, mean = rate(right, shown), rate(sum(promised), shown)
    return {"words": len(pairs), "shown": shown, "precision": precision, "promised": mean}


def _replaced(
    earlier: Sequence[MeasuredPage], pages: Sequence[MeasuredPage]
) -> Iterator[tuple[MeasuredPage, int, str]]:
    """Each such word, with its page and its ground-truth line."""
    for before, page in zip(earlier, pages, strict=True) if earlier else ():
        texts = zip(_line_texts(before), _line_texts(page), strict=True)
        for at, ((_, once), (_, now)) in enumerate(texts):
            for word in sorted({*counted(once, QUERY)} - {*counted(now, QUERY)}):
                yield page, at, word


def curves(pages: Sequence[MeasuredPage], searchers: Mapping[str, Mapping[str, Found]]) -> dict[str, list[Point]]:
    """The curve of recall and precision of each way, over the ranking of all pairs, as for ``gap``."""
    ways = {name: _ranked(pages, found) for name, found in searchers.items()}
    return {name: curve(way.pooled, way.relevant) for name, way in ways.items()}


def queries(pages: Iterable[MeasuredPage]) -> list[str]:
    """All distinct folded words with at least four letters in the ground truth, sorted."""
    return sorted({word for page in pages for line in page.truth.lines for word in counted(line.text, QUERY)})


def _figures(pages: Sequence[MeasuredPage], searchers: Mapping[str, Mapping[str, Found]]) -> dict[str, Any]:
    seconds = [page.seconds for page in pages if page.seconds is not None]
    return {
        "pages": len(pages),
        "lines": sum(len(page.truth.lines) for page in pages),
        "reading": reading(pages),
        "confidence": confidence(pages),
        "search": {name: search(pages, found) for name, found in searchers.items()},
        "seconds_per_page": rate(sum(seconds), len(seconds)),
    }


def reading(pages: Sequence[MeasuredPage]) -> dict[str, Any]:
    """The section ``reading``; see the module."""
    plain, folded = [0, 0], [0, 0]
    for page in pages:
        for truth, read in _line_texts(page):
            for sums, change in ((plain, _nfc), (folded, fold)):
                sums[0] += Levenshtein.distance(change(truth), change(read))
                sums[1] += len(change(truth))
    read_lines = [line for page in pages for line in page.lines]
    accepted = sum(line.status is Status.ACCEPTED for line in read_lines)
    return {
        "cer": rate(*plain),
        "cer_folded": rate(*folded),
        "line_recall": rate(
            sum(len({*page.pairs} - {None}) for page in pages), sum(len(page.truth.lines) for page in pages)
        ),
        "spurious_lines": sum(pair is None for page in pages for pair in page.pairs),
        **_in_order(pages),
        **_bags(pages, lambda _: True),
        "accepted": {
            "share": rate(accepted, len(read_lines)),
            **_bags(pages, lambda line: line.status is Status.ACCEPTED),
        },
    }


def _in_order(pages: Sequence[MeasuredPage]) -> dict[str, float | None]:
    """The figures of the section ``reading`` that depend on the order of lines."""
    kept, both = _sums(neighbours(page.pairs) for page in pages)
    texts = (([line.text for line in page.truth.lines], [line.text for line in page.lines]) for page in pages)
    agreements = [each for page in pages if (each := agreement(_regions(page))) is not None]
    return {
        "order": rate(kept, both),
        "page_cer": rate(*_sums(text_errors(*each) for each in texts)),
        "region_agreement": rate(sum(agreements), len(agreements)),
    }


def _regions(page: MeasuredPage) -> list[tuple[int, int | None]]:
    """The region and the block of each ground-truth line that has a region and a read line."""
    found: dict[int, int | None] = {}
    for line, pair in zip(page.lines, page.pairs, strict=True):
        if pair is not None:
            found.setdefault(pair, None if line.block is None else line.block.number)
    regions = ((page.truth.lines[at].region, block) for at, block in found.items())
    return [(region, block) for region, block in regions if region is not None]


def _sums(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    many = list(pairs)
    return sum(one for one, _ in many), sum(other for _, other in many)


def confidence(pages: Sequence[MeasuredPage]) -> dict[str, Any]:
    """The section ``confidence``; see the module."""
    rows = untied(row for page in pages for row in _shares(page))
    return calibration(bins(rows, [1] * len(rows)), "lines", "confidence")


def search(pages: Sequence[MeasuredPage], found: Mapping[str, Found]) -> dict[str, Any]:
    """The section of one way of searching; see the module."""
    ranking = _ranked(pages, found)
    asked = (found[query] for query in ranking.queries if query in found)
    missed = [each.missed for each in asked if each.missed is not None]
    names = {page.collection for page in pages}
    expected = sum(number for part in missed for name, number in part.items() if name in names)
    return figures(ranking, expected if missed else None)


def _ranked(pages: Sequence[MeasuredPage], found: Mapping[str, Found]) -> Ranked:
    units: dict[int, list[Unit]] = {}  # more than one where the same file lies in two places
    for number, page in enumerate(pages):
        for line, pair in zip(page.lines, page.pairs, strict=True):
            units.setdefault(line.id, []).append((number, pair) if pair is not None else (number, line.id, "outside"))
    hits = {
        query: [(unit, score) for line, score in each.hits.items() for unit in units.get(line, ())]
        for query, each in found.items()
    }
    truth = (((number, at), line.text) for number, page in enumerate(pages) for at, line in enumerate(page.truth.lines))
    return ranked(judgements(truth), hits)


def _line_texts(page: MeasuredPage) -> list[tuple[str, str]]:
    """For each ground-truth line its text and what was read of it."""
    read: dict[int, list[StoredLine]] = {}
    for line, pair in zip(page.lines, page.pairs, strict=True):
        if pair is not None:
            read.setdefault(pair, []).append(line)
    return [
        (truth.text, " ".join(line.text for line in sorted(read.get(at, []), key=lambda line: line.box.x)))
        for at, truth in enumerate(page.truth.lines)
    ]


def _bags(pages: Sequence[MeasuredPage], wanted: Callable[[StoredLine], bool]) -> dict[str, float | None]:
    right = there = said = 0
    for page in pages:
        truth = Counter(word for line in page.truth.lines for word in counted(line.text, 3))
        read = Counter(word for line in page.lines if wanted(line) for word in counted(line.text, 3))
        right += (truth & read).total()
        there += truth.total()
        said += read.total()
    return {"word_recall": rate(right, there), "word_precision": rate(right, said)}


def _shares(page: MeasuredPage) -> Iterable[Promised]:
    """The confidence and the share of right words, of each line that has both."""
    for line, pair in zip(page.lines, page.pairs, strict=True):
        read = Counter(counted(line.text, 0))
        if line.confidence is None or not read:
            continue
        truth = Counter(counted(page.truth.lines[pair].text, 0)) if pair is not None else Counter()
        yield line.confidence, (read & truth).total() / read.total()


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
