"""Memory of a worker: its peak on a page of 50 megapixels, and whether it stays flat over 300 pages. Linux.

    python tests/benchmarks/memory.py [PAGES]

The pages are those of tests/data/archive, again and again, read by one worker as ``notes index`` starts it.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

from PIL import Image

from indexer.recognition.messages import Read, Setup, Task
from indexer.recognition.pool import Pool
from indexer.system.originals import source_file
from indexer.values import EngineOptions, SourceOptions

ARCHIVE = Path(__file__).parent.parent / "data" / "archive"
MEBI = 1024


def kibibytes(field: str) -> int:
    """A line of the only worker's /proc status: VmRSS now, VmHWM at its highest."""
    (worker,) = multiprocessing.active_children()
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def read(pool: Pool, path: Path) -> None:
    pool.submit(Task(source_file(path, None), (1,)))
    done = [said for said in pool.messages(lambda: False) if said and isinstance(said[1], Read)]
    assert done, f"{path} was not read"


def main(number: int) -> None:
    pages = sorted(ARCHIVE.glob("*/*.jpg"))
    setup = Setup(Path("none"), (("embedded", EngineOptions(threads=1)),), SourceOptions())
    with tempfile.TemporaryDirectory() as name, Pool(setup, 1, 600) as pool:
        resident = []
        for path in islice(cycle(pages), number):
            read(pool, path)
            resident.append(kibibytes("VmRSS"))
        third = max(1, number // 3)
        for start in range(0, number, third):
            part = resident[start : start + third]
            print(f"pages {start + 1}-{start + len(part)}: at most {max(part) / MEBI:.0f} MiB")
        large = Path(name) / "large.png"
        Image.open(pages[0]).convert("RGB").resize((7072, 7072)).save(large, compress_level=1)
        read(pool, large)
        print(f"after a page of 50 megapixels: the peak is {kibibytes('VmHWM') / MEBI:.0f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
