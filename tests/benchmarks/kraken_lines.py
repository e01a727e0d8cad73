"""Lines found by kraken and read by the embedded engine, for comparison: a plugin file like anybody's.

    export KRAKEN_PYTHON=kraken/bin/python NOTES_PLUGIN_PATH=tests/benchmarks/kraken_lines.py
    notes index FOLDER --engine kraken-lines

kraken needs other versions of libraries than we do. So it is installed in an environment of its own, and works in a
process that is given paths of pages and answers with the corners of their lines.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL.Image import Image

from indexer.api import Engine, EngineOptions, PageLines, PluginError, hookimpl
from indexer.api.registry import load_registry
from indexer.values import LineReader

FINDER = """
import sys, json, logging, warnings
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
from PIL import Image
from kraken import blla
for path in sys.stdin:
    lines = blla.segment(Image.open(path.strip()).convert("RGB")).lines
    print(json.dumps([line.boundary for line in lines if line.boundary]), flush=True)
"""


class Recogniser:
    def __init__(self, finder: subprocess.Popen[str], reader: LineReader) -> None:
        self.finder, self.reader = finder, reader

    def read(self, image: Image) -> PageLines:
        assert self.finder.stdin is not None
        assert self.finder.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.png"
            image.convert("RGB").save(path, compress_level=1)
            self.finder.stdin.write(f"{path}\n")
            self.finder.stdin.flush()
            answer = self.finder.stdout.readline()
        if not answer:
            raise PluginError("kraken has stopped")
        return self.reader.reread(image, [corners(outline) for outline in json.loads(answer)])


def corners(outline: list[list[float]]) -> list[tuple[float, float]]:
    """The smallest rectangle around an outline, turned as the line is, from its upper left corner on."""
    import cv2
    import numpy as np

    points = cv2.boxPoints(cv2.minAreaRect(np.array(outline, np.float32)))
    ordered = sorted(points.tolist())
    left, right = sorted(ordered[:2], key=lambda point: point[1]), sorted(ordered[2:], key=lambda point: point[1])
    return [tuple(left[0]), tuple(right[0]), tuple(right[1]), tuple(left[1])]


@contextmanager
def opened(options: EngineOptions) -> Iterator[Recogniser]:
    python = os.environ.get("KRAKEN_PYTHON", sys.executable)
    ours = load_registry(Path("none"), {}).engine("embedded")
    with (
        ours.open(options) as reader,
        subprocess.Popen([python, "-c", FINDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as finder,
    ):
        assert isinstance(reader, LineReader)
        try:
            yield Recogniser(finder, reader)
        finally:
            assert finder.stdin is not None
            finder.stdin.close()


@hookimpl
def notes_engines() -> Iterator[Engine]:
    yield Engine("kraken-lines", "lines found by kraken", opened, version="1")
