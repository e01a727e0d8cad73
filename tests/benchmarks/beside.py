"""Beside what people use: the same pages read and searched by several programs, in one run; a table in Markdown.

    python tests/benchmarks/beside.py FOLDER [--pages 100] [--apart NAME ...] [--only WAY ...] [--kraken PYTHON]

The ways: ``recoll`` (OCRmyPDF with Tesseract, and Recoll over its PDFs), ``fts5`` (Tesseract, and FTS5 of SQLite),
``notes``, and ``kraken`` (lines found by kraken, read and searched by ours). Debian has tesseract-ocr with its
languages and recollcmd, PyPI has ocrmypdf; kraken is installed in an environment of its own, whose Python is named. A
way whose programs are missing is left out, with the reason.

Pages need ground truth beside them; what is asked for are words of it, of four letters and more. A page is right if
the word stands on it, whatever its case and accents. Every way reads with two processes of one thread each. Seconds
are those of the processor, of all processes of a way, so that other work on the machine hardly counts. ``new page``
is what one more page costs, from its file to its answer, each program begun anew. ``--apart`` names collections
(folders directly below FOLDER) that are counted by themselves: those in no training of ours.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

import indexer
from indexer.api.registry import load_registry
from indexer.evaluation.evaluate import WithTruth, with_truth
from indexer.text.folding import search_words
from indexer.values import SearchOptions

LANGUAGES = "eng+fra+deu+spa"
LEAST, QUERIES, WORKERS = 4, 400, 2
ONE_THREAD = {**os.environ, "OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
SIZED = 2**20
Done = TypeVar("Done")


class Way(Protocol):
    """A way from pages to answers."""

    def add(self, pages: Sequence[Path]) -> None:
        """Read pages and index them."""

    def find(self, words: Sequence[str]) -> Iterator[list[str]]:
        """For each word the names of the pages that it is found on, best first."""


class Recoll:
    """OCRmyPDF makes searchable PDFs, Recoll indexes and finds them."""

    needs = ("tesseract", "ocrmypdf", "recollindex", "recollq")

    def __init__(self, folder: Path) -> None:
        self.folder, self.pdfs = folder / "config", folder / "pdfs"
        self.folder.mkdir()
        self.pdfs.mkdir()
        (self.folder / "recoll.conf").write_text(f"topdirs = {self.pdfs}\nindexstemminglanguages = english french\n")

    def add(self, pages: Sequence[Path]) -> None:
        def searchable(page: Path) -> None:
            command = ["ocrmypdf", "--image-dpi", "300", "--jobs", "1", "--output-type", "pdf", "-l", LANGUAGES, "-q"]
            run([*command, page, self.pdfs / f"{page.name}.pdf"])

        in_turn(searchable, pages)
        run(["recollindex", "-c", self.folder])

    def find(self, words: Sequence[str]) -> Iterator[list[str]]:
        for word in words:
            said = run(["recollq", "-c", self.folder, "-b", "-n", "0-1000", word])
            paths = [urllib.parse.unquote(line.removeprefix("file://")) for line in said.split("\n") if line]
            yield [Path(path).name.removesuffix(".pdf") for path in paths]


class Fts5:
    """Tesseract writes text, SQLite indexes it."""

    needs = ("tesseract",)

    def __init__(self, folder: Path) -> None:
        self.file = folder / "text.sqlite"
        with closing(sqlite3.connect(self.file)) as database:
            database.execute("CREATE VIRTUAL TABLE page USING fts5(name UNINDEXED, text)")

    def add(self, pages: Sequence[Path]) -> None:
        texts = in_turn(lambda page: run(["tesseract", page, "-", "-l", LANGUAGES]), pages)
        with closing(sqlite3.connect(self.file)) as database, database:
            rows = zip((page.name for page in pages), texts, strict=True)
            database.executemany("INSERT INTO page VALUES (?, ?)", rows)

    def find(self, words: Sequence[str]) -> Iterator[list[str]]:
        with closing(sqlite3.connect(self.file)) as database:
            for word in words:
                found = database.execute("SELECT name FROM page WHERE page MATCH ? ORDER BY rank", (f'"{word}"',))
                yield [name for (name,) in found]


class Notes:
    """This program, as it comes."""

    needs: tuple[str, ...] = ()
    engine = "embedded"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "index"

    def add(self, pages: Sequence[Path]) -> None:
        options = ["--index", self.folder, "--sidecar-text", "ignore", "--engine", self.engine]
        run([sys.executable, "-m", "indexer", "index", *options, "--workers", str(WORKERS), *pages])

    def find(self, words: Sequence[str]) -> Iterator[list[str]]:
        with indexer.open_archive(self.folder) as archive:
            for word in words:
                hits = archive.search(word, SearchOptions(limit=None)).hits
                yield list(dict.fromkeys(hit.line.path.name for hit in hits))


class Kraken(Notes):
    """Lines found by kraken, all else as ours: an engine of a plugin file."""

    engine = "kraken-lines"


WAYS: dict[str, tuple[str, type[Recoll] | type[Fts5] | type[Notes]]] = {
    "recoll": ("OCRmyPDF (Tesseract), Recoll", Recoll),
    "fts5": ("Tesseract, SQLite FTS5", Fts5),
    "notes": ("notes", Notes),
    "kraken": ("kraken's lines, our reader and search", Kraken),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of a way: seconds of the processor, and shares by group of pages."""

    a_page: float
    new_page: float
    a_query: float
    size: float
    groups: tuple[tuple[float, float, float], ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--apart", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--only", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--kraken", type=Path, metavar="PYTHON")
    given = parser.parse_args()
    if given.kraken:
        os.environ["KRAKEN_PYTHON"] = str(given.kraken)
        os.environ["NOTES_PLUGIN_PATH"] = str(Path(__file__).with_name("kraken_lines.py"))
        ONE_THREAD.update(os.environ, OMP_THREAD_LIMIT="1", OMP_NUM_THREADS="1")
    words = words_of(given.folder, given.pages)
    groups = grouped(words, given.folder, given.apart)
    counts = ", ".join(f"{len(group)} {name}" for name, group in groups)
    print(f"{date.today()}, {platform.machine()}, {len(words)} pages: {counts}\n")
    shares = " | ".join(f"mAP, right, found ({name})" for name, _ in groups)
    print(f"| | {shares} | seconds a page | new page | a query | MB |")
    print("|---" * (5 + len(groups)) + "|")
    for name in given.only:
        title, way = WAYS[name]
        missing = [program for program in way.needs if shutil.which(program) is None]
        if missing or (name == "kraken" and not given.kraken):
            print(f"{title} is left out: {', '.join(missing) or 'name its Python with --kraken'}", file=sys.stderr)
            continue
        row = measured(way, words, [group for _, group in groups])
        shares = " | ".join(", ".join(f"{share:.2f}" for share in each) for each in row.groups)
        times = f"{row.a_page:.1f} | {row.new_page:.1f} s | {1000 * row.a_query:.1f} ms"
        print(f"| {title} | {shares} | {times} | {row.size:.1f} |", flush=True)


def words_of(folder: Path, most: int) -> dict[Path, set[str]]:
    """The words of pages with ground truth, taken evenly."""
    words = {}
    for each in with_truth([folder], load_registry(Path("none"), {})):
        if isinstance(each, WithTruth):
            lines = [line.text for page in each.pages for line in page.lines]
            words[each.file] = {word for line in lines for word in search_words(line) if len(word) >= LEAST}
    files, number = sorted(words), min(most, len(words))
    return {file: words[file] for file in (files[at * len(files) // number] for at in range(number))}


def grouped(words: dict[Path, set[str]], folder: Path, apart: Sequence[str]) -> list[tuple[str, set[str]]]:
    """The names of the pages of collections that are counted by themselves, and of the others."""
    strange = {file.name for file in words if file.relative_to(folder).parts[0] in apart}
    groups = [("other hands" if strange else "all", {file.name for file in words} - strange)]
    return [*groups, ("hands never seen", strange)] if strange else groups


def measured(way: type[Recoll] | type[Fts5] | type[Notes], words: dict[Path, set[str]], groups: list[set[str]]) -> Row:
    pages = list(words)
    with tempfile.TemporaryDirectory() as name:
        running = way(Path(name))
        reading = spent(lambda: running.add(pages[:-1]))
        a_word = next(iter(words[pages[-1]]))
        new_page = spent(lambda: (running.add(pages[-1:]), list(running.find([a_word]))))
        asked = chosen_words(words)
        found: list[list[str]] = []
        asking = spent(lambda: found.extend(running.find(asked)))
        size = sum(file.stat().st_size for file in Path(name).rglob("*") if file.is_file())
    on = {page.name: said for page, said in words.items()}
    shares = tuple(judged(zip(asked, found, strict=True), on, group) for group in groups)
    return Row(reading / (len(pages) - 1), new_page, asking / len(asked), size / SIZED, shares)


def chosen_words(words: dict[Path, set[str]]) -> list[str]:
    """Words of the ground truth, drawn by chance."""
    every = sorted({word for page in words.values() for word in page if word.isalpha()})
    return sorted(random.Random(1).sample(every, min(QUERIES, len(every))))


def judged(
    answers: Iterator[tuple[str, list[str]]], on: dict[str, set[str]], group: set[str]
) -> tuple[float, float, float]:
    """Mean average precision, the share of the pages found that are right, and that of the right ones that are found,
    of the words that stand on a page of the group."""
    precisions, right, shown, there = [], 0, 0, 0
    for word, pages in answers:
        relevant = {name for name in group if word in on[name]}
        ranked = [name for name in pages if name in group]
        hits = [name in relevant for name in ranked]
        right, shown, there = right + sum(hits), shown + len(hits), there + len(relevant)
        if relevant:
            at = [rank for rank, hit in enumerate(hits, start=1) if hit]
            precisions.append(sum(number / rank for number, rank in enumerate(at, start=1)) / len(relevant))
    return sum(precisions) / max(1, len(precisions)), right / max(1, shown), right / max(1, there)


def in_turn(work: Callable[[Path], Done], pages: Sequence[Path]) -> list[Done]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, pages))


def run(command: Sequence[str | Path]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, env=ONE_THREAD)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout.decode(errors="replace")


def spent(work: Callable[[], object]) -> float:
    """The seconds of the processor that work takes, in this process and those that it began."""
    began = _processor()
    work()
    return _processor() - began


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main()
