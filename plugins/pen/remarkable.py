"""Reads what was written on a reMarkable with software of version 3: single pages, and exported notebooks."""

from __future__ import annotations

import json
import logging
import zipfile
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

from indexer.api import Page, PluginError, whole_file

from .strokes import Stroke, drawn, placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zipfile import ZipFile

    from PIL.Image import Image

    from indexer.api import Point, SourceFile, SourceOptions

Made = TypeVar("Made")
_WIDTH, _HEIGHT = 1404.0, 1872.0
"""The page of a reMarkable in pixels of its screen. It may go on below, and beside."""
_HEAD, _NEW = b"reMarkable .lines file, version=", b"6"
_SCALE = 1.0
"""The screen has 226 dots an inch, about as many as a scan."""
_TENTHS = 4.0
"""The width of points is counted in quarters of a pixel."""
_NO_INK = ("HIGHLIGHTER", "ERASER", "SHADER")
_MOST_BYTES = 100_000_000
_MOST_PAGES = 10_000
_PAGE = "a page"


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The page of a ``.rm`` file, or those of a ``.rmdoc`` in order."""
    _scene()
    if file.path.suffix.lower() == ".rm":
        data = whole_file(file.path, _MOST_BYTES, _PAGE)
        yield Page(1, partial(_image, data, options), strokes=partial(_placed, data, options))
        return
    with _damage(), zipfile.ZipFile(file.path) as archive:
        order, background = _order(archive)
        for number, name in enumerate(order, 1):
            missing = "what lies below the ink was not read: index that file itself" if background else None
            image = partial(_packed, _image, archive, name, options)
            yield Page(number, image, missing=missing, strokes=partial(_packed, _placed, archive, name, options))


def _scene() -> Any:
    """The library, or what to do without it."""
    try:
        import rmscene
    except ImportError as error:
        message = "notebooks of a reMarkable are read with the library rmscene, which is not installed"
        raise PluginError(message, 'pip install ".[pen]"', kind="unavailable") from error
    logging.getLogger("rmscene").setLevel(logging.ERROR)
    return rmscene


def _order(archive: zipfile.ZipFile) -> tuple[list[str], bool]:
    """The names of the pages in order, and whether they are written over a document."""
    names = archive.namelist()
    content = next((name for name in names if name.endswith(".content")), None)
    if content is None:
        raise PluginError("it is no notebook of a reMarkable")
    about = json.loads(_unpacked(archive, content))
    found = about.get("cPages", {}).get("pages", []) if "cPages" in about else about.get("pages", [])
    order = [each.get("id", "") if isinstance(each, dict) else str(each) for each in found if not _is_deleted(each)]
    if not order:
        raise PluginError("the notebook has no pages", kind="empty")
    if len(order) > _MOST_PAGES:
        raise PluginError(f"it has more than {_MOST_PAGES:,} pages", kind="too-large")
    folder = content.removesuffix(".content")
    return [f"{folder}/{each}.rm" for each in order], any(name.endswith((".pdf", ".epub")) for name in names)


def _is_deleted(page: object) -> bool:
    deleted = page.get("deleted") if isinstance(page, dict) else None
    return bool(deleted.get("value") if isinstance(deleted, dict) else deleted)


def _packed(
    make: Callable[[bytes | None, SourceOptions], Made], archive: ZipFile, name: str, options: SourceOptions
) -> Made:
    """What is made of a page of a notebook; one on which nothing was written has no file."""
    with _damage():
        return make(_unpacked(archive, name) if name in archive.namelist() else None, options)


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise PluginError(f"{_PAGE} is larger than {_MOST_BYTES // 1_000_000} MB", kind="too-large")
    return data


def _image(data: bytes | None, options: SourceOptions) -> Image:
    size, strokes = _laid(_inked(data))
    return drawn(size, strokes, _SCALE, options)


def _placed(data: bytes | None, options: SourceOptions) -> list[tuple[Point, ...]]:
    """The strokes of a page in the order of time."""
    size, strokes = _laid(_inked(data))
    return placed(size, strokes, _SCALE, options)


def _inked(data: bytes | None) -> list[Stroke]:
    """The strokes of a page that leave ink; none of a page without a file."""
    if data is None:
        return []
    if not data.startswith(_HEAD):
        raise PluginError("it is no page of a reMarkable")
    if not data.startswith(_HEAD + _NEW):
        hint = "Open it on the tablet with its present software, and export it again."
        raise PluginError("it was written by software before version 3, which is not read", hint, kind="unsupported")
    rmscene = _scene()
    with _damage():
        lines = [each for each in rmscene.read_tree(BytesIO(data)).walk() if hasattr(each, "points")]
        return [_stroke(line) for line in lines if not any(word in line.tool.name for word in _NO_INK)]


def _stroke(line: Any) -> Stroke:
    widths = [point.width / _TENTHS for point in line.points] or [0.0]
    return Stroke([(point.x + _WIDTH / 2, point.y) for point in line.points], sum(widths) / len(widths))


def _laid(strokes: Sequence[Stroke]) -> tuple[tuple[float, float], list[Stroke]]:
    """The size of a page and its strokes on it: it grows to all sides, as far as it was written on."""
    points = [point for stroke in strokes for point in stroke.points]
    left, top = (min(0.0, *(point[axis] - 20 for point in points)) if points else 0.0 for axis in (0, 1))
    right = max(_WIDTH, *(x + 20 for x, _ in points)) if points else _WIDTH
    bottom = max(_HEIGHT, *(y + 20 for _, y in points)) if points else _HEIGHT
    return (right - left, bottom - top), [
        Stroke([(x - left, y - top) for x, y in each.points], each.width) for each in strokes
    ]


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except PluginError:
        raise
    except OSError as error:
        raise PluginError(f"it cannot be read: {error.strerror or error}", kind="unreadable") from error
    except Exception as error:  # the library raises whatever damage leads to
        raise PluginError(f"it is damaged ({str(error)[:200] or type(error).__name__})") from error
