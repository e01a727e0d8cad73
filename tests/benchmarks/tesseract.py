"""Tesseract 5 as an engine, for comparison: a plugin file like anybody's (Debian: tesseract-ocr, tesseract-ocr-fra).

    NOTES_PLUGIN_PATH=tests/benchmarks/tesseract.py notes evaluate FOLDER --engine tesseract

It reads English and French in one thread; its confidences are those of its words, as it gives them.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL.Image import Image

from indexer.api import Box, Engine, EngineOptions, Line, PluginError, Word, hookimpl

LANGUAGES = "eng+fra"


class Recogniser:
    def read(self, image: Image) -> list[Line]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.ppm"
            image.convert("RGB").save(path)
            done = subprocess.run(
                ["tesseract", str(path), "-", "-l", LANGUAGES, "tsv"],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            )
        lines: dict[tuple[str, ...], list[dict[str, str]]] = {}
        for row in csv.DictReader(io.StringIO(done.stdout), delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["level"] == "5" and row["text"].strip():
                lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append(row)
        return [as_line(words) for words in lines.values()]


def as_line(rows: list[dict[str, str]]) -> Line:
    words = tuple(Word(row["text"], float(row["conf"]) / 100, box(row)) for row in rows)
    left, top = min(word.box.x for word in words), min(word.box.y for word in words)
    right = max(word.box.x + word.box.width for word in words)
    bottom = max(word.box.y + word.box.height for word in words)
    sure = sum(word.confidence or 0.0 for word in words) / len(words)
    text = " ".join(word.text for word in words)
    return Line(text, sure, Box(left, top, right - left, bottom - top), words=words)


def box(row: dict[str, str]) -> Box:
    return Box(*(int(row[name]) for name in ("left", "top", "width", "height")))


@contextmanager
def opened(options: EngineOptions) -> Iterator[Recogniser]:
    if shutil.which("tesseract") is None:
        raise PluginError("tesseract is not installed: on Debian, apt install tesseract-ocr tesseract-ocr-fra")
    yield Recogniser()


@hookimpl
def notes_engines() -> Iterator[Engine]:
    yield Engine("tesseract", "Tesseract 5", opened, version="5", languages=frozenset({"en", "fr"}))
