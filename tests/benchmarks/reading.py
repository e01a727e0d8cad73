"""Pages per second and error rate against Tesseract 5 on the same pages, taking turns in one run.

    python tests/benchmarks/reading.py [FOLDER] [--rounds 2]

Both get two processes of one thread each. Pages need ground truth beside them; Tesseract is the plugin file beside this
one, and what both read is measured by the same code.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from indexer.api.registry import load_registry
from indexer.evaluation.metrics import MeasuredPage, measured_page, reading
from indexer.formats.groundtruth import truth_for
from indexer.recognition.discovery import find_files
from indexer.recognition.messages import Read, Setup, Task
from indexer.recognition.pool import Pool
from indexer.system.originals import source_file
from indexer.values import Box, EngineOptions, Origin, SourceOptions, Status, StoredLine

ARCHIVE = Path(__file__).parent.parent / "data" / "archive"
ENGINES = ("embedded", "tesseract")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ARCHIVE)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    os.environ["NOTES_PLUGIN_PATH"] = str(Path(__file__).with_name("tesseract.py"))
    read: dict[str, list[MeasuredPage]] = {}
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
        files = [path for path, _ in pages]
        seconds = dict.fromkeys(ENGINES, 0.0)
        with ExitStack() as stack:
            pools = {name: stack.enter_context(Pool(setup(name), 2, 600)) for name in ENGINES}
            for pool in pools.values():
                lines_of(pool, files[:2])  # start both workers
            for _ in range(arguments.rounds):
                for name, pool in pools.items():
                    began = time.perf_counter()
                    found = lines_of(pool, files)
                    seconds[name] += time.perf_counter() - began
                    read[name] = [measured_page("all", truth, found[path], 0) for path, truth in pages]
    errors = {name: reading(measured)["cer_folded"] for name, measured in read.items()}
    print(f"{len(pages)} pages, {arguments.rounds} rounds")
    ours, theirs = ENGINES
    print(f"pages per second: {seconds[theirs] / seconds[ours]:.2f} x Tesseract's")
    ratio = errors[ours] / errors[theirs]
    print(f"cer_folded: {errors[ours]:.3f} against {errors[theirs]:.3f}, {ratio:.2f} x Tesseract's")


def setup(engine: str) -> Setup:
    return Setup(Path("none"), ((engine, EngineOptions(threads=1)),), SourceOptions())


def lines_of(pool: Pool, paths: list[Path]) -> dict[Path, list[StoredLine]]:
    for path in paths:
        pool.submit(Task(source_file(path, None), (1,)))
    found: dict[Path, list[StoredLine]] = {}
    for said in pool.messages(lambda: False):
        if said and isinstance(said[1], Read):
            found[said[0].file.path] = [
                stored(number, each.line.text, each.line.box)
                for number, (each, *_) in enumerate(said[1].reading.lines, 1)
            ]
    return found


def stored(number: int, text: str, box: Box) -> StoredLine:
    return StoredLine(number, Path("page"), 1, number, text, None, Status.UNKNOWN, Origin("any"), box)


if __name__ == "__main__":
    main()
