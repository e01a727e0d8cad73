"""Source plugin: DjVu, with the programs of DjVuLibre where the system has them.

It shows how a source uses a program: by its full path, without a shell, with a limit of time, and with a sentence where
the program is missing.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.api import (
    Box,
    Check,
    CheckResult,
    Line,
    Page,
    PluginError,
    Source,
    TextLayer,
    Word,
    decode_image,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

_PROGRAMS = ("ddjvu", "djvused")
_INSTALL = "Install DjVuLibre: apt-get install djvulibre-bin, or brew install djvulibre."
_SECONDS = 120
_MOST_PIXELS = 40_000_000
"""A page is rendered as it was scanned, or smaller so that it has at most so many pixels."""
_SMALLEST = 12
"""A page is made at most so many times as small; ``ddjvu`` knows no more."""
_SIDES = 4
_TOKEN = re.compile(r'(\()|(\))|"((?:[^"\\]|\\.)*)"|([^\s()"]+)', re.DOTALL)
"""A bracket that opens or closes, a text, a word or number."""


@hookimpl
def notes_sources() -> Iterable[Source]:
    """DjVu documents."""
    yield Source("djvu", (".djvu", ".djv"), pages)


@hookimpl
def notes_checks() -> Iterable[Check]:
    """Whether DjVu can be read."""
    yield Check("djvu", check)


def check() -> CheckResult:
    """Names the programs that are missing."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        return CheckResult("warning", f"{' and '.join(missing)} not found: DjVu files are not read", _INSTALL)
    return CheckResult("ok", "DjVuLibre is there")


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages with the text that lies behind them, counted without rendering any."""
    said = _said("djvused", "-e", "n", str(file.path)).strip()
    if not said.isdecimal() or int(said) < 1:
        raise PluginError("it has no pages", kind="empty")
    for number in range(1, int(said) + 1):
        text = partial(_text, file.path, number, options) if options.pdf_text != "ignore" else None
        yield Page(number, partial(_rendered, file.path, number, options), text)


def _text(path: Path, number: int, options: SourceOptions) -> TextLayer | None:
    """The text that lies behind a page: what a program read that made the file. The page does not show it."""
    width, height, smaller = _size(path, number, options)

    def box(zone: _Zone) -> Box:
        """A zone has its places from the lower left corner of the page on."""
        left, bottom, right, top = zone.place
        x, y = left // smaller, (height - top) // smaller
        return Box(x, y, -(-right // smaller) - x, -(-(height - bottom) // smaller) - y)

    try:
        said = _said("djvused", "-e", f"select {number}; print-txt", str(path))
    except PluginError:  # the ink can still be read
        return None
    lines = [
        Line(" ".join(word.text for word in line.words), None, box(line), words=words)
        for line in _lines(said)
        if (words := tuple(Word(word.text, None, box(word)) for word in line.words))
    ]
    return TextLayer(-(-width // smaller), -(-height // smaller), (), tuple(lines), complete=False) if lines else None


@dataclass(slots=True)
class _Zone:
    """A part of a page: its kind, its place (left, bottom, right, top), and its text or its words."""

    kind: str = ""
    place: list[int] = field(default_factory=list)
    text: str = ""
    words: list[_Zone] = field(default_factory=list)


def _lines(said: str) -> list[_Zone]:
    """The lines of text as ``djvused`` prints them, with their words; nothing if that makes no sense."""
    lines, above = list[_Zone](), [_Zone()]
    try:
        for opens, closes, text, atom in _TOKEN.findall(said):
            zone = above[-1]
            if opens:
                above.append(_Zone())
            elif closes:
                above.pop()
                if zone.kind == "char":
                    above[-1].text += zone.text
                elif zone.kind == "word" and zone.text.strip():
                    above[-1].words.append(zone)
                elif zone.kind == "line":
                    zone.words += [_Zone("word", zone.place, each) for each in zone.text.split()]
                    lines.append(zone)
                else:
                    lines += _rows(zone.words)
            elif atom and not zone.kind:
                zone.kind = atom
            elif atom:
                zone.place.append(int(atom))
            else:
                zone.text += _spoken(text)
    except (ValueError, IndexError):
        return []
    return [each for each in lines if all(len(zone.place) == _SIDES for zone in (each, *each.words))]


def _rows(words: list[_Zone]) -> list[_Zone]:
    """Lines of words that stand in none. One begins with a word that stands left of the word before, or beyond its
    height."""
    rows = list[list[_Zone]]()
    for word in words:
        before = rows[-1][-1].place if rows else [0] * _SIDES
        left, bottom, _, top = word.place
        if not rows or left < before[0] or not before[1] <= (bottom + top) / 2 <= before[3]:
            rows.append([])
        rows[-1].append(word)
    sides = [list(zip(*(word.place for word in row), strict=True)) for row in rows]
    return [
        _Zone("line", [min(left), min(bottom), max(right), max(top)], words=row)
        for row, (left, bottom, right, top) in zip(rows, sides, strict=True)
    ]


def _spoken(text: str) -> str:
    """A text of which ``djvused`` printed the bytes with the escapes of C."""
    signs = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}

    def one(found: re.Match[bytes]) -> bytes:
        said = found[1].decode("latin-1")
        return bytes([int(said, 8) & 0xFF if said.isdecimal() else signs.get(said, ord(said))])

    return re.sub(rb"\\([0-7]{1,3}|.)", one, text.encode()).decode(errors="replace")


def _size(path: Path, number: int, options: SourceOptions) -> tuple[int, int, int]:
    """Width and height of a page as it was scanned, and how many times smaller it is rendered."""
    size = re.search(r"width=(\d+)\s+height=(\d+)", _said("djvused", "-e", f"select {number}; size", str(path)))
    if size is None:
        raise PluginError("the page is damaged")
    pixels, most = int(size[1]) * int(size[2]), max(1, min(options.max_pixels, _MOST_PIXELS))
    smaller = max(1, math.ceil(math.sqrt(pixels / most)))
    if smaller > _SMALLEST:
        raise PluginError(f"the page is too large: {size[1]} x {size[2]} pixels", kind="too-large")
    return int(size[1]), int(size[2]), smaller


def _rendered(path: Path, number: int, options: SourceOptions) -> Image:
    *_, smaller = _size(path, number, options)
    with tempfile.TemporaryDirectory(prefix="notes-") as folder:
        image = Path(folder) / "page.pnm"
        _said("ddjvu", "-format=pnm", f"-page={number}", f"-subsample={smaller}", str(path), str(image))
        return decode_image(image, options)


def _said(program: str, *words: str) -> str:
    """What a program prints. Raises ``PluginError`` if it is not there, fails or takes too long."""
    found = shutil.which(program)
    if found is None:
        raise PluginError(f"DjVu is read with the program {program}, which is not there", _INSTALL, kind="unavailable")
    try:
        done = subprocess.run([found, *words], capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise PluginError(f"{program} took longer than {_SECONDS} s", kind="timeout") from error
    if done.returncode:
        raise PluginError("the DjVu file is damaged", "Restore it from a backup.")
    return done.stdout.decode(errors="replace")
