"""How the search of the ink holds up on a large archive, against peers on the same lines in the same run.

    python tests/benchmarks/spotting.py [LINES ...] [--pages FOLDER] [--words 60] [--like LINES]

Peers, each asked for every line it finds and for the first 20: Whoosh fuzzy on our own index of what was read; SQLite's
FTS5 on trigrams, any of the word's, ranked by bm25; tantivy fuzzy (pip install tantivy), as it comes and with nearer
spellings ranked first. Fuzzy allows one wrong letter in words of up to five, two from six. With several LINES a table
of growth ends the report.

The lines are made from real ones, read once from pages with ground truth by the embedded engine: their frames are cut
between words wherever that parts no word of the ground truth, and put together anew, words of one collection to lines
as long as its real ones. Their costs get noise (0.7 nat on average, more in some lines than in others) and a tenth of
the letters that are not the likeliest is dropped; what was read is the best path of that. Some pieces are drawn far
more often than others, so that words are as rare and as frequent as in a real archive.

What this shows is how time, size and the loss by candidates grow. What it does not show is how well handwriting is
found: the few hundred lines have few distinct words, in few hands, and all places of a word are copies of its few real
ones with other noise. So an average precision compares ways on these lines, and none of it holds elsewhere
(``notes evaluate`` measures that). A word stands in the same share of lines at every size, where in a growing archive
words become rarer, as the relevance takes for granted. The catalogue is a bare table of lines without the boxes of
words.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from indexer.api.registry import load_registry
from indexer.catalog import Catalog
from indexer.evaluation.metrics import measured_page
from indexer.evaluation.peers import Answer, Peer, peers
from indexer.evaluation.ranking import average_precision
from indexer.formats.groundtruth import fitted, truth_for
from indexer.posteriors import posteriorgram as packing
from indexer.posteriors.posteriorgram import ABSENT, BLANK, SPACE, STEPS, Posteriorgram, unpack
from indexer.recognition import pipeline
from indexer.recognition.discovery import find_files
from indexer.recognition.run_plan import RunPlan
from indexer.search import Finder, SearchIndex
from indexer.search.spotting import PATIENCE, Spotter, Term, how_many, outlook
from indexer.text.folding import search_fold, word_spans
from indexer.values import (
    Box,
    EngineChoice,
    EngineOptions,
    IndexLine,
    IndexPage,
    Origin,
    SearchOptions,
    SourceOptions,
    Status,
    StoredLine,
    Word,
)
from indexer.values.thresholds import Thresholds

ARCHIVE = Path(__file__).parent.parent / "data" / "archive"
SEED = 5
LINES_A_PAGE = 25
LEAST_LETTERS = 4
NOWHERE = 10
"""Words asked for that stand in no line."""
NOISE = (0.35, 1.05)
"""Nats of noise on the costs of a line, drawn between these."""
DROPPED = 0.1
SPREAD = 1.5
"""Standard deviation of the logarithm of how often a piece is drawn."""
HIGH = SearchOptions(reach="high")
Result = TypeVar("Result")


# The real lines, cut into pieces.


@dataclass(frozen=True, slots=True)
class RealLine:
    collection: str
    posteriorgram: Posteriorgram
    truth: str | None
    confidence: float | None
    status: Status


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line: the number of entries of each frame, their symbols and costs, and the words that stand in
    it according to the ground truth (numbers in the vocabulary)."""

    counts: NDArray[np.intp]
    symbols: NDArray[np.intp]
    costs: NDArray[np.float32]
    words: tuple[int, ...] = ()


@dataclass(slots=True)
class Pool:
    """What lines of a collection are made from: pieces and how often each is drawn (adding up), gaps, whole lines."""

    pieces: list[Piece] = field(default_factory=list)
    gaps: list[Piece] = field(default_factory=list)
    lines: list[RealLine] = field(default_factory=list)
    drawn: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


def real_lines(folder: Path) -> list[RealLine]:
    """All lines of the pages with ground truth. One that shares its line of the ground truth with another is left out,
    since it is not known which of the words it holds."""
    registry = load_registry(Path("none"), {})
    found = find_files([folder.resolve()], lambda path: registry.source_for(path) is not None)
    truths = {file: truth for file in found if isinstance(file, Path) and (truth := truth_for(file))}
    engine = EngineChoice(registry.engine("embedded"), EngineOptions())
    options = SourceOptions(pdf_text="ignore")
    job = RunPlan(tuple(truths), (engine,), options, Thresholds(), Path("none"), 2, 600)
    made = []
    with tempfile.TemporaryDirectory() as name, Catalog(Path(name), create=True) as catalog:
        for _ in pipeline.index(job, catalog, SearchIndex(Path(name) / "search"), registry):
            pass
        kept = {line.id: line.posteriorgram for page in catalog.changed_pages(0) for line in page.lines}
        for file, pages in truths.items():
            for number, there in enumerate(pages, 1):
                if (read := catalog.page(file, number)) is None:
                    continue
                laid = fitted(there, read.width, read.height)
                page = measured_page(file.parent.name, laid, catalog.page_lines(file, number), None)
                shared = Counter(page.pairs)
                for line, at in zip(page.lines, page.pairs, strict=True):
                    data = kept[line.id]
                    if data and (at is None or shared[at] == 1):
                        text = None if at is None else page.truth.lines[at].text
                        made.append(RealLine(page.collection, unpack(data), text, line.confidence, line.status))
    return made


class Material:
    """Everything lines are made from: a pool for each collection, the symbols and the words of the ground truth."""

    def __init__(self, lines: Sequence[RealLine]) -> None:
        chance = np.random.default_rng(SEED)
        self.symbols = sorted({BLANK, SPACE, *(symbol for line in lines for symbol in line.posteriorgram.symbols)})
        self.number = {symbol: at for at, symbol in enumerate(self.symbols)}
        self.codes = np.array([ord(symbol or "\0") for symbol in self.symbols], "<u4")
        self.words: dict[str, int] = {}
        pools: dict[str, Pool] = {}
        for line in lines:
            self._take(line, pools.setdefault(line.collection, Pool()))
        self.pools = [pool for pool in pools.values() if pool.pieces and pool.gaps]
        for pool in self.pools:
            often = np.exp(SPREAD * chance.standard_normal(len(pool.pieces)))
            pool.drawn = np.cumsum(often / often.sum())
        number = np.array([len(pool.lines) for pool in self.pools], float)
        self.shares = np.cumsum(number / number.sum())

    def expected(self) -> NDArray[np.float64]:
        """For each word about the share of pieces that hold it."""
        found = np.zeros(len(self.words))
        for pool, share in zip(self.pools, np.diff(self.shares, prepend=0), strict=True):
            for piece, often in zip(pool.pieces, np.diff(pool.drawn, prepend=0), strict=True):
                found[list(set(piece.words))] += share * often
        return found

    def best(self, piece: Piece) -> NDArray[np.intp]:
        """The likeliest symbol of each frame."""
        frame = np.repeat(np.arange(len(piece.counts)), piece.counts)
        cheapest = np.flatnonzero(piece.costs == 0)
        return piece.symbols[cheapest[np.unique(frame[cheapest], return_index=True)[1]]]

    def _take(self, line: RealLine, pool: Pool) -> None:
        whole = self.whole(line.posteriorgram)
        best = self.best(whole)
        spans = _written(best, self.number[BLANK], self.number[SPACE], round(line.posteriorgram.width))
        if not spans:
            return
        pool.lines.append(line)
        pool.gaps += [_part(whole, end, start) for (_, end), (start, _) in pairwise(spans)]
        texts = [self.spelt(best[start:end]) for start, end in spans]
        for first, last, words in _units(texts, line.truth or ""):
            numbers = tuple(self.words.setdefault(word, len(self.words)) for word in words)
            pool.pieces.append(_part(whole, spans[first][0], spans[last][1], numbers))

    def whole(self, given: Posteriorgram) -> Piece:
        """A line uncut."""
        own = np.array([self.number[symbol] for symbol in given.symbols], np.intp)
        counts = np.bincount(given.frame, minlength=given.length)
        return Piece(counts, own[given.symbol], given.cost / np.float32(STEPS))

    def spelt(self, best: NDArray[np.intp]) -> str:
        """What a best path reads: no blanks, no repeats."""
        shown = best[(best != self.number[BLANK]) & (np.diff(best, prepend=-1) != 0)]
        return " ".join(self.codes[shown].tobytes().decode("utf-32-le").split())


def _written(best: NDArray[np.intp], blank: int, space: int, width: int) -> list[tuple[int, int]]:
    """The stretches of frames between spaces that hold letters, up to where the line's box ends."""
    letters = np.flatnonzero((best != blank) & (best != space))
    spaces = np.flatnonzero(best == space)
    spans: list[tuple[int, int]] = []
    for at in letters.tolist():
        if spans and at < spans[-1][1]:
            continue
        before, after = spaces[spaces < at], spaces[spaces > at]
        end = int(after[0]) if len(after) else max(at + 1, int(letters[-1]) + 1, min(width, len(best)))
        spans.append((int(before[-1]) + 1 if len(before) else 0, end))
    return spans


def _part(whole: Piece, start: int, end: int, words: tuple[int, ...] = ()) -> Piece:
    first, last = int(whole.counts[:start].sum()), int(whole.counts[:end].sum())
    return Piece(whole.counts[start:end], whole.symbols[first:last], whole.costs[first:last], words)


def _units(read: Sequence[str], truth: str) -> Iterator[tuple[int, int, list[str]]]:
    """What was read (words) put together so that no word of the ground truth is parted: the first and last of each,
    and the words of the ground truth that are asked for in it."""
    truth = search_fold(truth)
    owner = [at for at, text in enumerate(read) for _ in f"{text} "]
    stands = [owner[min(at, len(owner) - 1)] for at in _aligned(" ".join(read), truth)]
    joined = [False] * len(read)  # with the one before
    placed: list[tuple[int, str]] = []
    for start, end, word in word_spans(truth):
        for at in range(stands[start] + 1, stands[end - 1] + 1):
            joined[at] = True
        if sum(map(str.isalpha, word)) >= LEAST_LETTERS:
            placed.append((stands[start], word))
    starts = [at for at, with_before in enumerate(joined) if not with_before]
    for first, after in zip(starts, [*starts[1:], len(read)], strict=True):
        yield first, after - 1, [word for at, word in placed if first <= at < after]


def _aligned(read: str, truth: str) -> list[int]:
    """For each character of the ground truth where in what was read it stands, or would."""
    at = [0] * len(truth)
    for step in Levenshtein.opcodes(read, truth):
        for offset in range(step.dest_end - step.dest_start):
            within = min(offset, max(0, step.src_end - step.src_start - 1))
            at[step.dest_start + offset] = step.src_start + within
    return at


# The lines that are made.


@dataclass(frozen=True, slots=True)
class MadeLine:
    text: str
    posteriorgram: bytes
    words: tuple[int, ...]
    source: RealLine


def made_page(material: Material, number: int) -> list[MadeLine]:
    """The lines of a page: always the same for the same number."""
    chance = np.random.default_rng((SEED, number))
    pool = material.pools[int(np.searchsorted(material.shares[:-1], chance.random(), "right"))]
    sources = [pool.lines[at] for at in chance.integers(len(pool.lines), size=LINES_A_PAGE)]
    drawn = [
        _drawn(pool, min(source.posteriorgram.length, round(source.posteriorgram.width)), chance) for source in sources
    ]
    page = Piece(
        np.concatenate([piece.counts for pieces in drawn for piece in pieces]),
        np.concatenate([piece.symbols for pieces in drawn for piece in pieces]),
        np.concatenate([piece.costs for pieces in drawn for piece in pieces]),
    )
    lengths = np.array([sum(len(piece.counts) for piece in pieces) for pieces in drawn])
    written = _packed(material, _perturbed(page, lengths, material.number[BLANK], chance), lengths)
    return [
        MadeLine(text, data, tuple(word for piece in pieces for word in piece.words), source)
        for (text, data), pieces, source in zip(written, drawn, sources, strict=True)
    ]


def _drawn(pool: Pool, length: int, chance: np.random.Generator) -> list[Piece]:
    """Pieces with gaps between them that make a line of about this length."""
    made: list[Piece] = []
    while length > 0:
        at = int(np.searchsorted(pool.drawn[:-1], chance.random(), "right"))
        if made:
            made.append(pool.gaps[int(chance.random() * len(pool.gaps))])
        made.append(pool.pieces[at])
        length -= sum(len(piece.counts) for piece in made[-2:])
    return made


def _perturbed(page: Piece, lengths: NDArray[np.intp], blank: int, chance: np.random.Generator) -> Piece:
    """The page with noise on its costs and some letters dropped; the cheapest of each frame costs 0 again."""
    entries = np.add.reduceat(page.counts, np.cumsum(lengths) - lengths)
    noise = np.repeat(chance.uniform(*NOISE, len(lengths)).astype(np.float32), entries)
    costs = page.costs + noise * chance.standard_normal(len(page.costs), np.float32)
    starts = np.cumsum(page.counts) - page.counts
    costs -= np.repeat(np.minimum.reduceat(costs, starts), page.counts)
    dropped = (costs > 0) & (page.symbols != blank) & (chance.random(len(costs), np.float32) < DROPPED)
    kept = (costs < ABSENT) & ~dropped
    return Piece(np.add.reduceat(kept.astype(np.intp), starts), page.symbols[kept], costs[kept])


def _packed(material: Material, page: Piece, lengths: NDArray[np.intp]) -> Iterator[tuple[str, bytes]]:
    """What each line of the page reads, and its frames as ``PosteriorgramPacker`` writes them."""
    best = material.best(page)
    likeliest = 1 / np.add.reduceat(np.exp(-page.costs), np.cumsum(page.counts) - page.counts)
    costs = np.round(page.costs * STEPS).astype(np.uint8)
    counts = page.counts.astype(np.uint8)
    ends = np.cumsum(page.counts)
    at = entry = 0
    for length in lengths.tolist():
        frame, last = slice(at, at + length), int(ends[at + length - 1])
        inked = likeliest[frame][best[frame] != material.number[BLANK]]
        path_probability = (float(inked.mean()) if len(inked) else 0.0, float(likeliest[frame].mean()))
        used, symbol = np.unique(page.symbols[entry:last], return_inverse=True)
        table = "".join(material.symbols[each] or "\0" for each in used.tolist()).encode()
        sure = (round(255 * min(1.0, part)) for part in path_probability)
        head = packing._HEAD.pack(packing._WIDE, length, len(table), float(length), *sure)
        parts = (head, table, counts[frame].tobytes(), symbol.astype("<u2").tobytes(), costs[entry:last].tobytes())
        yield material.spelt(best[frame]), b"".join(parts)
        at, entry = at + length, last


def check_packing(material: Material) -> None:
    """Stop when frames are not written here as ``PosteriorgramPacker`` writes them."""
    line = material.pools[0].lines[0]
    ((_, data),) = _packed(material, material.whole(line.posteriorgram), np.array([line.posteriorgram.length]))
    one, other = (
        sorted(
            zip(
                posteriorgram.frame.tolist(),
                [posteriorgram.symbols[at] for at in posteriorgram.symbol],
                posteriorgram.cost,
                strict=True,
            )
        )
        for posteriorgram in (line.posteriorgram, unpack(data))
    )
    if one != other:
        raise SystemExit("frames are kept in another way now: mend this benchmark")


class Archive:
    """The lines that were made, in a table on disk: what ``SearchIndex`` and ``Finder`` ask of a catalogue."""

    uuid = "made"

    def __init__(self, path: Path, material: Material, number: int) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute(
            "CREATE TABLE lines (id INTEGER PRIMARY KEY, text TEXT, confidence REAL, status TEXT, frames BLOB)"
        )
        self.pages = -(-number // LINES_A_PAGE)
        words: list[NDArray[np.int32]] = []
        lines: list[NDArray[np.int32]] = []
        for page in range(self.pages):
            made = made_page(material, page)[: number - page * LINES_A_PAGE]
            ids = range(page * LINES_A_PAGE + 1, page * LINES_A_PAGE + 1 + len(made))
            self._db.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", map(_row, ids, made))
            words.append(np.array([word for line in made for word in line.words], np.int32))
            lines.append(np.repeat(np.array(ids, np.int32), [len(line.words) for line in made]))
        self._db.commit()
        self._words, self._lines, self.number = np.concatenate(words), np.concatenate(lines), number

    @property
    def revision(self) -> int:
        return self.pages

    def said_of_word(self, word: str) -> dict[int, bool]:
        return {}

    def changed_pages(self, since: int) -> Iterator[IndexPage]:
        rows = self._db.execute("SELECT * FROM lines WHERE id > ? ORDER BY id", (since * LINES_A_PAGE,))
        page = since
        while taken := rows.fetchmany(LINES_A_PAGE):
            page += 1
            lines = tuple(
                IndexLine(number, text, confidence, Status(status), (), data)
                for number, text, confidence, status, data in taken
            )
            yield IndexPage(page, page, lines)

    def removed_pages(self, since: int) -> Iterator[int]:
        return iter(())

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(f"SELECT id, text, confidence, status FROM lines WHERE id IN ({marks})", ids)
        return {
            number: StoredLine(
                id=number,
                path=Path("made"),
                page=1 + (number - 1) // LINES_A_PAGE,
                number=1 + (number - 1) % LINES_A_PAGE,
                text=text,
                confidence=confidence,
                status=Status(status),
                origin=Origin("embedded"),
                box=Box(0, 0, 900, 40),
            )
            for number, text, confidence, status in rows
        }

    def lines_at(
        self, ids: Sequence[int], _glob: str | None, _since: float | None, _until: float | None
    ) -> dict[int, StoredLine]:
        return self.lines(ids)

    def words(self, ids: Sequence[int]) -> dict[int, tuple[Word, ...]]:
        return {}

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> frozenset[int]:
        return frozenset(range(1, self.pages + 1))

    def page_order(self) -> list[int]:
        return list(range(1, self.pages + 1))

    def in_page_order(self, ids: Sequence[int]) -> list[int]:
        return sorted(ids)

    def texts(self) -> Iterator[tuple[int, str]]:
        yield from self._db.execute("SELECT id, text FROM lines ORDER BY id")

    def read_right(self, names: Sequence[str], most: int = 5_000) -> float:
        """The share of the ground truth's words that were read in their lines, of so many lines."""
        text = dict(self._db.execute("SELECT id, text FROM lines WHERE id <= ?", (most,)))
        there = self._lines <= most
        pairs = list(zip(self._lines[there].tolist(), self._words[there].tolist(), strict=True))
        return sum(names[word] in text[line].split() for line, word in pairs) / max(1, len(pairs))

    def holding(self, word: int | None) -> NDArray[np.bool_]:
        """By id, which lines hold the word according to the ground truth."""
        holding = np.zeros(self.number + 1, bool)
        holding[self._lines[self._words == word] if word is not None else []] = True
        return holding


def _row(number: int, line: MadeLine) -> tuple[Any, ...]:
    return number, line.text, line.source.confidence, line.source.status.value, line.posteriorgram


# The measurement.


@dataclass(slots=True)
class Figures:
    """Times in seconds, one a word; average precisions, one a word that stands somewhere."""

    times: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    precisions: list[float] = field(default_factory=list)

    @property
    def map(self) -> float:
        return statistics.fmean(self.precisions) if self.precisions else 0.0


def timed(what: Callable[[], Result]) -> tuple[float, Result]:
    began = time.perf_counter()
    result = what()
    return time.perf_counter() - began, result


def precision(answer: Answer, holding: NDArray[np.bool_]) -> float:
    ids, scores = answer
    right = holding[np.fromiter(ids, np.int64)].tolist()
    return average_precision(zip(scores, right, strict=True), int(holding.sum()))


def spread(times: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    return f"{1000 * statistics.median(times):7.1f} ms median, {1000 * float(np.quantile(times, 0.95)):7.1f} ms p95"


def asked_words(material: Material, number: int, least: int) -> dict[str, int | None]:
    """Words of the ground truth spread evenly from the rarest (to be expected in one of so few lines) to the most
    frequent, with their numbers; and some that are nowhere."""
    chance = np.random.default_rng(SEED)
    expected = material.expected()
    names = list(material.words)
    able = [at for at in np.argsort(expected, kind="stable").tolist() if expected[at] * least >= 1]
    chosen = [able[at] for at in np.unique(np.linspace(0, len(able) - 1, number).astype(int))]
    words: dict[str, int | None] = {names[at]: at for at in chosen}
    while len(words) < len(chosen) + NOWHERE:
        one, other = chance.choice(names, 2)
        made = one[: (len(one) + 1) // 2] + other[len(other) // 2 :]
        if made not in material.words:
            words.setdefault(made, None)
    return words


def ours(finder: Finder, words: Mapping[str, int | None], archive: Archive) -> tuple[Figures, dict[str, str]]:
    """All lines ranked; and what a search as a person makes it takes, for words that are somewhere and nowhere."""
    ranked = Figures()
    times: dict[str, list[float]] = {"somewhere": [], "nowhere": []}
    empty = 0
    finder.find(next(iter(words)), SearchOptions())
    for word, number in words.items():
        seconds, result = timed(partial(finder.find, word, SearchOptions()))
        times["nowhere" if number is None else "somewhere"].append(seconds)
        ranked.first.append(seconds)
        seconds, (ranking,) = timed(partial(finder.rank, word, HIGH))
        ranked.times.append(seconds)
        if (holding := archive.holding(number)).any():
            answer = ranking.ids.tolist(), ranking.relevances.tolist()
            ranked.precisions.append(precision(answer, holding))
            empty += not result.total
    for where, taken in times.items():
        print(f"find, a word that is {where + ':':10} {spread(taken)}")
    print(f"find shows no line at all for {empty} of the {len(ranked.precisions)} words that stand in one")
    return ranked, {f"find, {where}, ms": milliseconds(taken) for where, taken in times.items()}


def choose_like(times: float) -> None:
    """Choose candidates as in an archive so many times as large: the numbers of lines are divided."""
    for module, names in ((how_many, ("ALL", "_FEW")), (outlook, ("_CLOSELY",))):
        for name in names:
            setattr(module, name, round(getattr(module, name) / times))


def spotting_alone(
    index: SearchIndex, words: Mapping[str, int | None], archive: Archive, *, exhaustive: bool
) -> Figures:
    """By the ink alone on one core: candidates, or every line."""
    ink = Spotter(index.spotting.segments())
    figures = Figures()
    for word, number in words.items():
        if not (holding := archive.holding(number)).any():
            continue
        seconds, relevance = timed(partial(ink.relevance, Term(word), exhaustive=exhaustive))
        figures.times.append(seconds)
        near = np.flatnonzero(relevance)
        figures.precisions.append(precision((ink.lines[near].tolist(), relevance[near].tolist()), holding))
    return figures


def measured(peer: Peer, words: Mapping[str, int | None], archive: Archive) -> Figures:
    figures = Figures()
    peer.ask(next(iter(words)), 20)
    for word, number in words.items():
        seconds, _ = timed(partial(peer.ask, word, 20))
        figures.first.append(seconds)
        seconds, answer = timed(partial(peer.ask, word, archive.number))
        figures.times.append(seconds)
        if (holding := archive.holding(number)).any():
            figures.precisions.append(precision(peer.read(answer), holding))
    return figures


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def show_lines(archive: Archive, material: Material, words: Mapping[str, int | None]) -> None:
    """How many lines hold each word asked for, and how well they were read."""
    held = [int(archive.holding(at).sum()) for at in words.values() if at is not None]
    print(f"words of the ground truth read in their lines: {archive.read_right(list(material.words)):.2f}")
    print(f"words asked for stand in {min(held)} to {max(held)} lines, {statistics.median(held):.0f} in median")
    print(f"and {len(words) - len(held)} that are nowhere")


def show_material(real: Sequence[RealLine], material: Material) -> None:
    """What the lines are made from, and how well that was read."""
    print(f"{len(real)} real lines of {len(material.pools)} collections, ", end="")
    print(f"{sum(len(pool.pieces) for pool in material.pools)} pieces, {len(material.words)} distinct words asked for")
    right = there = 0
    for pool in material.pools:
        for piece in pool.pieces:
            read = material.spelt(material.best(piece)).split()
            right += sum(word in read for word, at in material.words.items() if at in piece.words)
            there += len(set(piece.words))
    print(f"words of the ground truth read in their pieces: {right / max(1, there):.2f}")


def run(number: int, material: Material, words: Mapping[str, int | None]) -> dict[str, str]:
    """Everything at one size, printed; and a row for the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        making, archive = timed(partial(Archive, folder / "lines.sqlite", material, number))
        print(f"\n{number} lines, made at {1e6 * making / number:.0f} µs a line")
        show_lines(archive, material, words)
        index = SearchIndex(folder / "search")
        row = {"lines": f"{number}"} | made_index(index, archive)
        finder = Finder(index, archive)
        opening, _ = timed(finder.__enter__)
        print(f"opening a finder: {1000 * opening:.0f} ms")
        ranked, searched = ours(finder, words, archive)
        finder.__exit__()
        row |= {"opening, ms": f"{1000 * opening:.0f}"} | searched | chosen_lines(index, words, archive)
        print(f"{'notes, reach high:':22} {spread(ranked.times)}, map {ranked.map:.3f}")
        row |= {"notes, reach high, ms": milliseconds(ranked.times), "notes, reach high, map": f"{ranked.map:.3f}"}
        for peer in peers(index, archive.texts, folder):
            row |= beside(peer.name, ranked, measured(peer, words, archive))
    return row


def made_index(index: SearchIndex, archive: Archive) -> dict[str, str]:
    """Sync the index, and say what that takes."""
    words = partial(index._sync_words, patience=PATIENCE, until=float("inf"))
    parts = {"words": words, "ink": index.spotting.sync}  # what SearchIndex.sync does
    times = {name: timed(partial(sync, archive))[0] for name, sync in parts.items()}
    each = {name: f"{1e6 * seconds / archive.number:.0f}" for name, seconds in times.items()}
    print(f"sync: {1e6 * sum(times.values()) / archive.number:.0f} µs a line, ", end="")
    print(f"{each['words']} of them the words and {each['ink']} the ink")
    ink, whole = (round(size(folder) / archive.number) for folder in (index.spotting.folder, index.folder))
    print(f"on disk: {whole} bytes a line, {ink} of them ink")
    return {**{f"sync, {name}, µs a line": time for name, time in each.items()}, "bytes a line": f"{whole}"}


def chosen_lines(index: SearchIndex, words: Mapping[str, int | None], archive: Archive) -> dict[str, str]:
    """What is lost and won by not aligning every line."""
    chosen = spotting_alone(index, words, archive, exhaustive=False)
    every = spotting_alone(index, words, archive, exhaustive=True)
    lost = f"{1 - chosen.map / every.map:.2%}"
    print(f"ink alone, candidates, one core: {spread(chosen.times)}, map {chosen.map:.3f}")
    print(f"ink alone, every line, one core: {spread(every.times)}, map {every.map:.3f}")
    print(f"candidates lose {lost} of the mean average precision")
    return {
        "candidates, one core, ms": milliseconds(chosen.times),
        "every line, one core, ms": milliseconds(every.times),
        "lost by candidates": lost,
    }


def beside(name: str, own: Figures, other: Figures) -> dict[str, str]:
    """A peer's figures beside ours."""
    print(f"{name + ':':22} {spread(other.times)}, map {other.map:.3f}; {compared(own, other)}")
    return {f"{name}, ms": milliseconds(other.times), f"{name}, map": f"{other.map:.3f}"}


def milliseconds(times: Sequence[float]) -> str:
    return f"{1000 * statistics.median(times):.1f}"


def compared(own: Figures, other: Figures) -> str:
    every = statistics.median(own.times) / statistics.median(other.times)
    first = statistics.median(own.first) / statistics.median(other.first)
    return f"we take {every:.2f} x its time for all lines, {first:.2f} x for the first 20"


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """A line for each figure, a column for each size."""
    return "\n".join(f"{name:30}" + "".join(f"{row.get(name, ''):>12}" for row in rows) for name in rows[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=int, nargs="*", default=[200_000])
    parser.add_argument("--pages", type=Path, default=ARCHIVE)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--like", type=int, help="choose as small a share of the lines as among so many")
    arguments = parser.parse_args()
    if arguments.like:
        choose_like(arguments.like / min(arguments.lines))
    real = real_lines(arguments.pages)
    material = Material(real)
    check_packing(material)
    show_material(real, material)
    words = asked_words(material, arguments.words, min(arguments.lines))
    rows = [run(number, material, words) for number in arguments.lines]
    if len(rows) > 1:
        print(f"\n{table(rows)}")


if __name__ == "__main__":
    main()
