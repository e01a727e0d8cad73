"""How fast pages are exported in each format and read again, and how large searchable PDFs are.

``python tests/benchmarks/exports.py`` writes pages of made lines (40 lines of 8 words, each read in four ways) in each
format, one reading a line, or all with ``--readings``.
``python tests/benchmarks/exports.py --index INDEX`` writes searchable PDFs of an index, and weighs them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import indexer
from indexer.archive.exporting import FORMATS
from indexer.archive.page_files import PageFile
from indexer.catalog import Catalog
from indexer.formats.reading import read_document
from indexer.values import Block, Box, Line, Origin, PageReading, Reading, SourceFile, Word

LINES, WORDS, WIDE = 40, 8, 150
ENGINE = Origin("engine", "1")


def made_index(folder: Path, pages: int) -> None:
    """An index of pages with told lines; their pictures are nowhere."""
    numbers = count()
    with Catalog(folder, create=True) as catalog:
        for number in range(pages):
            file = SourceFile(folder / f"{number:04}.jpg", f"{number:064x}", 10, 1000.0)
            catalog.place(file)
            lines = tuple(readings(line(at, next(numbers))) for at in range(LINES))
            catalog.store([(file, PageReading(1, 1400, 2000, lines, 1.0), "{}")])


def readings(first: Line) -> tuple[Reading, ...]:
    """Readings of a line, of which the first counts."""
    others = (replace(first, text=f"{first.text}{sign}", confidence=0.3) for sign in "xyz")
    return (Reading(first, ENGINE), *(Reading(each, Origin("other", "1")) for each in others))


def text_of(seed: int) -> str:
    return " ".join(f"word{seed}{'abcdefgh'[place]}" for place in range(WORDS))


def line(at: int, seed: int) -> Line:
    top = 40 + 45 * at
    texts = text_of(seed).split()
    words = tuple(Word(text, 0.8, Box(60 + WIDE * place, top, WIDE - 20, 36)) for place, text in enumerate(texts))
    outline = (
        (60.0, top),
        (700.0, top + 2.0),
        (1260.0, top),
        (1260.0, top + 36.0),
        (700.0, top + 38.0),
        (60.0, top + 36.0),
    )
    stands = ((60.0, top + 27.0), (700.0, top + 29.0), (1260.0, top + 27.0))
    block = Block(1 + at // 20, "main", Box(40, 40 + 900 * (at // 20), 1300, 900))
    return Line(" ".join(texts), 0.8, Box(60, top, 1200, 38), outline, words, block=block, baseline=stands)


def speeds(pages: int, *, several: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made_index(Path(folder) / "index", pages)
        with indexer.open_archive(Path(folder) / "index") as archive:
            for name, form in FORMATS.items():
                if form.pictured or form.beside == "pictures" or (several and not form.several):
                    continue
                began, out = time.process_time(), Path(folder) / name
                plan = archive.exports.plan("", name, readings=several)
                if form.scope == "all":
                    out.mkdir()
                    (out / f"all.{form.suffix}").write_bytes(b"".join(data for data, _ in archive.exports.rows(plan)))
                else:
                    list(archive.exports.files(plan, out))
                written = time.process_time() - began
                began = time.process_time()
                found = [read_document(path) for path in out.rglob(f"*.{form.suffix}")]
                reading = time.process_time() - began
                told = sorted(line.text for document in found for page in document.pages for line in page.lines)
                assert told == sorted(text_of(at) for at in range(pages * LINES)), name
                print(f"{name:9} {pages / written:6.0f} pages a second written, {pages / reading:6.0f} read")


def sizes(index: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, indexer.open_archive(index) as archive:
        for name in ("pdf", "pdfa"):
            began = time.process_time()
            made = [each for each in archive.export_pages("", name, Path(folder) / name) if isinstance(each, PageFile)]
            seconds = time.process_time() - began
            originals = sum(path.stat().st_size for path in {each.page.path for each in made})
            written = sum(each.path.stat().st_size for each in made)
            share, rate = written / originals, len(made) / seconds
            print(f"{name:5} {len(made)} pages, {share:.2f} times the originals, {rate:.1f} a second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--readings", action="store_true", help="with all four readings of lines")
    given = parser.parse_args()
    if given.index:
        sizes(given.index)
    else:
        speeds(given.pages, several=given.readings)


if __name__ == "__main__":
    main()
