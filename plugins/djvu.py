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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.api import Check, CheckResult, Page, PluginError, Source, decode_image, hookimpl

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
    """The pages, counted without rendering any."""
    said = _said("djvused", "-e", "n", str(file.path)).strip()
    if not said.isdecimal() or int(said) < 1:
        raise PluginError("it has no pages", kind="empty")
    for number in range(1, int(said) + 1):
        yield Page(number, partial(_rendered, file.path, number, options))


def _rendered(path: Path, number: int, options: SourceOptions) -> Image:
    size = re.search(r"width=(\d+)\s+height=(\d+)", _said("djvused", "-e", f"select {number}; size", str(path)))
    if size is None:
        raise PluginError("the page is damaged")
    pixels, most = int(size[1]) * int(size[2]), max(1, min(options.max_pixels, _MOST_PIXELS))
    smaller = max(1, math.ceil(math.sqrt(pixels / most)))
    if smaller > _SMALLEST:
        raise PluginError(f"the page is too large: {size[1]} x {size[2]} pixels", kind="too-large")
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
