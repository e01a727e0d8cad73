"""Pages per second and error rate against Tesseract 5 on the same pages, taking turns in one run.

    python tests/benchmarks/reading.py [FOLDER] [--rounds 2]

Both get two processes of one thread each. Pages need ground truth beside them; Tesseract reads English and French
(Debian: tesseract-ocr, tesseract-ocr-fra). Its lines come from its TSV, measured by the same code as ours.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from indexer.groundtruth import truth_for
from indexer.metrics import MeasuredPage, measured_page, reading
from indexer.model import Box, EngineOptions, Origin, SourceOptions, Status, StoredLine
from indexer.pool import Pool
from indexer.registry import load_registry
from indexer.walk import find_files, source_file
from indexer.worker import Read, Setup, Task

ARCHIVE = Path(__file__).parent.parent / "data" / "archive"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ARCHIVE)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    registry = load_registry(Path("none"), {})
    with tempfile.TemporaryDirectory() as name:
        # Both read the same upright PNGs: what is compared is reading, not decoding.
        pages = []
        for file in find_files([arguments.folder], lambda path: registry.source_for(path) is not None):
            truth = truth_for(file) if isinstance(file, Path) else None
            source = registry.source_for(file) if isinstance(file, Path) else None
            if truth is None or source is None:
                continue
            for page in source.pages(source_file(file, None), SourceOptions(pdf_text="ignore")):
                target = Path(name) / f"{len(pages):03}.png"
                page.image().save(target, compress_level=1)
                pages.append((target, truth[page.number - 1]))
        setup = Setup(Path("none"), (("embedded", EngineOptions(threads=1)),), SourceOptions())
        ours = theirs = 0.0
        read: dict[str, list[MeasuredPage]] = {}
        with Pool(setup, 2, 600) as pool:
            ours_read(pool, [path for path, _ in pages[:2]])  # start both workers
            for _ in range(arguments.rounds):
                began = time.perf_counter()
                found = ours_read(pool, [path for path, _ in pages])
                ours += time.perf_counter() - began
                began = time.perf_counter()
                with ThreadPoolExecutor(2) as threads:
                    other = list(threads.map(tesseract, [path for path, _ in pages]))
                theirs += time.perf_counter() - began
                read = {
                    "notes": [measured_page("all", truth, found[path], 0) for path, truth in pages],
                    "tesseract": [
                        measured_page("all", truth, lines, 0) for (_, truth), lines in zip(pages, other, strict=True)
                    ],
                }
    errors = {name: reading(measured)["cer_folded"] for name, measured in read.items()}
    print(f"{len(pages)} pages, {arguments.rounds} rounds")
    print(f"pages per second: {theirs / ours:.2f} x Tesseract's")
    print(f"cer_folded: {errors['notes']:.3f} against {errors['tesseract']:.3f}, "
          f"{errors['notes'] / errors['tesseract']:.2f} x Tesseract's")  # fmt: skip


def ours_read(pool: Pool, paths: list[Path]) -> dict[Path, list[StoredLine]]:
    for path in paths:
        pool.submit(Task(source_file(path, None), (1,)))
    found: dict[Path, list[StoredLine]] = {}
    for said in pool.messages(lambda: False):
        if said and isinstance(said[1], Read):
            found[said[0].file.path] = [
                stored(number, read.line.text, read.line.box)
                for number, (read, *_) in enumerate(said[1].reading.lines, 1)
            ]
    return found


def tesseract(path: Path) -> list[StoredLine]:
    command = ["tesseract", str(path), "-", "-l", "eng+fra", "tsv"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"}
    )
    lines: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(done.stdout), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == "5" and row["text"].strip():
            lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append(row)
    made = []
    for number, words in enumerate(lines.values(), 1):
        left, top = min(int(w["left"]) for w in words), min(int(w["top"]) for w in words)
        right = max(int(w["left"]) + int(w["width"]) for w in words)
        bottom = max(int(w["top"]) + int(w["height"]) for w in words)
        made.append(stored(number, " ".join(w["text"] for w in words), Box(left, top, right - left, bottom - top)))
    return made


def stored(number: int, text: str, box: Box) -> StoredLine:
    return StoredLine(number, Path("page"), 1, number, text, None, Status.UNKNOWN, Origin("any"), box)


if __name__ == "__main__":
    main()
