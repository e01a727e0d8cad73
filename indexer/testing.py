"""Contract tests for the authors of plugins: call these in your own tests.

>>> from indexer.testing import check_source
>>> from pathlib import Path
>>> check_source(my_source, Path("tests/sample.cbz"))  # doctest: +SKIP
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import PluginError
from indexer.model import EngineOptions, Line, Page, SourceOptions
from indexer.walk import source_file

if TYPE_CHECKING:
    from PIL.Image import Image

    from indexer.model import Engine, Source, TextLayer


def check_source(source: Source, sample: Path, options: SourceOptions | None = None) -> None:
    """Raise ``AssertionError`` saying what of the contract of a source does not hold.

    ``sample`` is a file the source can read. It is read twice, then a copy cut short and an empty one are tried.
    """
    options = options or SourceOptions()
    _is(bool(source.name), "a source needs a name")
    _is(bool(source.suffixes), "a source needs at least one suffix")
    for suffix in source.suffixes:
        _is(suffix.startswith(".") and suffix == suffix.lower(), f"suffix {suffix!r}: lower case with the dot")
    _is(sample.suffix.lower() in source.suffixes, f"{sample.name} has none of the suffixes of {source.name}")
    before = _fingerprint(sample)
    numbers = [page.number for page in source.pages(source_file(sample, None), options)]
    _is(bool(numbers), "the sample has no pages")
    _is(numbers == list(range(1, len(numbers) + 1)), f"pages are numbered 1, 2, 3, ..., not {numbers}")
    again = []
    for page in source.pages(source_file(sample, None), options):
        again.append(page.number)
        _check_page(page)
    _is(again == numbers, "a second look at the file gave other pages")
    _is(_fingerprint(sample) == before, "the sample was changed: a source never writes to what it reads")
    _check_damaged(source, sample, options)


def check_engine(engine: Engine, image: Image | None = None, options: EngineOptions | None = None) -> None:
    """Raise ``AssertionError`` saying what of the contract of an engine does not hold.

    ``image`` is an upright page with writing; a white one is tried besides, and the engine is opened twice.
    """
    from PIL import Image as Images

    _is(bool(engine.name) and bool(engine.summary), "an engine needs a name and a summary")
    for language in engine.languages:
        _is(len(language) in (2, 3) and language.islower(), f"{language!r} is no ISO 639 code")
    pages = [Images.new("L", (640, 480), 255), Images.new("RGB", (1, 1), "white")]
    for _ in range(2):
        with engine.open(options or EngineOptions()) as reader:
            for page in [*pages, *([image] if image else [])]:
                for line in reader.read(page):
                    _check_line(line, page.width, page.height)


def _check_page(page: Page) -> None:
    image = page.image()
    _is(image.mode in ("L", "RGB"), f"page {page.number}: mode L or RGB, not {image.mode}")
    _is(image.width > 0 and image.height > 0, f"page {page.number} is empty")
    layer: TextLayer | None = page.text() if page.text else None
    if layer is not None:
        _is(
            abs(layer.width - image.width) <= 2 and abs(layer.height - image.height) <= 2,
            f"page {page.number}: the text layer is {layer.width} x {layer.height}, the image {image.size}",
        )
        for line in layer.lines:
            _check_line(line, layer.width, layer.height)


def _check_line(line: Line, width: int, height: int) -> None:
    _is(isinstance(line, Line), f"{line!r} is no Line")
    _is(isinstance(line.text, str), f"the text of a line is a str, not {line.text!r}")
    box = line.box
    inside = box.x >= 0 and box.y >= 0 and box.x + box.width <= width + 2 and box.y + box.height <= height + 2
    _is(inside, f"the box of {line.text!r} lies outside the page: {box} on {width} x {height}")
    _is(box.width > 0 and box.height > 0, f"the box of {line.text!r} is empty: {box}")


def _check_damaged(source: Source, sample: Path, options: SourceOptions) -> None:
    """Of a damaged file any page may be had; what cannot be had is a PluginError and nothing else."""
    data = sample.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("cut", data[: len(data) // 2]), ("empty", b"")):
            damaged = Path(folder) / f"{name}{sample.suffix}"
            damaged.write_bytes(part)
            try:
                for page in source.pages(source_file(damaged, None), options):
                    page.image()
            except PluginError:
                pass
            except Exception as error:
                kind = type(error).__name__
                raise AssertionError(f"a file cut short has to raise PluginError, not {kind}: {error}") from error


def _fingerprint(path: Path) -> tuple[str, float]:
    return hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime


def _is(true: bool, message: str) -> None:
    if not true:
        raise AssertionError(message)
