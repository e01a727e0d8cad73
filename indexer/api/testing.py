"""Contract tests for the authors of plugins: call these in your own tests.

>>> from indexer.api.testing import check_source
>>> from pathlib import Path
>>> check_source(my_source, Path("tests/sample.cbz"))  # doctest: +SKIP
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.api.models import load, with_network, write_card
from indexer.system.originals import source_file
from indexer.values import Box, EngineOptions, Line, Packed, Page, SourceOptions, Word
from indexer.values.engine import lines_of
from indexer.values.errors import PluginError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from torch import Tensor, nn

    from indexer.values import Engine, LineShape, Recogniser, Source, TextLayer, Trainable

_ORIENTATION = 0x0112
"""The EXIF tag with the orientation of a picture."""
_KEPT = 0.1
"""By how much a logarithm of a probability may differ when the weights were kept in 16 bits."""


def check_source(source: Source, sample: Path, options: SourceOptions | None = None) -> None:
    """Raise ``AssertionError`` with the part of a source's contract that does not hold.

    ``sample`` is a file that the source can read. It is read twice; then copies are read that are cut short, emptied
    and blotted.
    """
    options = options or SourceOptions()
    _is(bool(source.name), "a source needs a name")
    _is(bool(source.suffixes), "a source needs at least one suffix")
    for suffix in source.suffixes:
        _is(suffix.startswith(".") and suffix == suffix.lower(), f"suffix {suffix!r}: lower case with the dot")
    _is(sample.name.lower().endswith(source.suffixes), f"{sample.name} has none of the suffixes of {source.name}")
    before = _fingerprint(sample)
    if source.contents is not None:
        _check_contents(source, sample, options)
    seen = _counted(source, sample, options)
    if source.contents is not None:
        _is(not seen, "a container has no pages of its own: other sources give those of its files")
        _is(_fingerprint(sample) == before, "the sample was changed: a source never writes to what it reads")
        _check_damaged(source, sample, options)
        return
    _is(bool(seen), "the sample has no pages")
    numbers = [number for number, _ in seen]
    _is(numbers == list(range(1, len(numbers) + 1)), f"pages are numbered 1, 2, 3, ..., not {numbers}")
    again = []
    for page in source.pages(source_file(sample, None), options):
        again.append((page.number, page.label))
        _check_page(page)
    _is(again == seen, f"a second look at the file gave other pages: first {seen}, then {again}")
    _is(_fingerprint(sample) == before, "the sample was changed: a source never writes to what it reads")
    _check_damaged(source, sample, options)


def _check_contents(source: Source, sample: Path, options: SourceOptions) -> None:
    """The files in a container are the same each time, and can be had or not without harm to the others."""
    several = [_contents(source, sample, options, opened=opened) for opened in (False, True, True)]
    _is(bool(several[0]), "the sample holds no files")
    _is(several[1] == several[2], "a second look at the container gave other files")
    _is([name for name, _ in several[0]] == [name for name, _ in several[1]], "opening a file changed what follows")


def _contents(source: Source, sample: Path, options: SourceOptions, *, opened: bool) -> list[tuple[str, bytes | None]]:
    """The names in a container, with the content of those that can be had."""
    found: list[tuple[str, bytes | None]] = []
    for packed in source.contents(source_file(sample, None), options) if source.contents else ():
        _is(isinstance(packed, Packed), f"a container yields Packed, not {packed!r}")
        data = None
        with suppress(PluginError):
            if opened:
                with packed.open() as stream:
                    data = stream.read()
        found.append((packed.name, data))
    return found


def _counted(source: Source, sample: Path, options: SourceOptions) -> list[tuple[int, str | None]]:
    """Numbers and labels of the pages, counted without decoding any."""
    found = []
    for page in source.pages(source_file(sample, None), options):
        _is(isinstance(page, Page), f"a source yields Page, not {page!r}")
        found.append((page.number, page.label))
    return found


def check_engine(engine: Engine, image: Image | None = None, options: EngineOptions | None = None) -> None:
    """Raise ``AssertionError`` with the part of an engine's contract that does not hold.

    ``image`` is an upright page with writing. A white page is tried too, and the engine is opened twice.
    """
    from PIL import Image as Images

    _is(bool(engine.name) and bool(engine.summary), "an engine needs a name and a summary")
    for language in engine.languages:
        _is(len(language) in (2, 3) and language.islower(), f"{language!r} is no ISO 639 code")
    pages = [Images.new("L", (640, 480), 255), Images.new("RGB", (1, 1), "white")]
    for time in ("opened", "opened again"):
        with ExitStack() as stack:
            recogniser = _opened(engine, options or EngineOptions(), stack, time)
            for page in [*pages, *([image] if image else [])]:
                _check_reading(recogniser, page)


def _opened(engine: Engine, options: EngineOptions, stack: ExitStack, time: str) -> Recogniser:
    try:
        return stack.enter_context(engine.open(options))
    except Exception as error:
        raise AssertionError(f"the engine cannot be {time}: {type(error).__name__}: {error}") from error


def _check_reading(recogniser: Recogniser, page: Image) -> None:
    size = f"{page.width} x {page.height}"
    before = page.tobytes()
    try:
        read = recogniser.read(page)
    except Exception as error:
        kind = type(error).__name__
        raise AssertionError(f"a page of {size} has to be read without {kind}: {error}") from error
    lines = lines_of(read)
    _is(isinstance(lines, Sequence) and not isinstance(lines, str), f"read gives a list of lines, not {lines!r}")
    _is(page.tobytes() == before, "the page was changed: an engine never draws on what it reads")
    for line in lines:
        _check_line(line, page.width, page.height)


def check_training(engine: Engine, image: Image) -> None:
    """Raise ``AssertionError`` with the part of a trainable engine's contract that does not hold.

    ``image`` is an upright page with writing. Needs PyTorch.
    """
    _is(engine.training is not None, "an engine that can be trained has training")
    _is(engine.model is not None, "an engine that can be trained has the model to begin from")
    if engine.training is None or engine.model is None:
        return
    trained, base = engine.training(), load(engine.model(None))
    _is(base.engine == engine.name, f"the card of {base.name} names the engine {base.engine}")
    shape = trained.shape
    _is(shape.height > 0 and shape.frame > 0 and shape.room >= 0 and shape.stretch > 0, f"no line is like {shape}")
    _is(0 <= shape.cut[0] < shape.cut[1] <= 1, f"cut is a part of the height from top to bottom, not {shape.cut}")
    lines = _check_lines(trained, image)
    network, characters = trained.network(base.folder)
    _is(characters[:1] == ("",) and all(characters[1:]), "characters are texts, the blank of CTC first as an empty one")
    before = _check_network(network, len(characters), shape)
    with tempfile.TemporaryDirectory() as name:
        made = replace(base, folder=Path(name))
        trained.write_language(made.folder, base.folder, [[1]], characters)
        trained.write(made.folder, network, characters, lines)
        write_card(with_network(made))
        again, known = trained.network(made.folder)
        _is(known == characters, "a network that was written is read with other characters")
        change = float((_check_network(again, len(characters), shape) - before).abs().max())
        _is(change < _KEPT, f"a network that was written and read gives other logarithms, by up to {change:.2g}")
        for word, confidence in (word for line in lines for word in trained.recogniser(made.folder)(line)):
            _is(bool(word.strip()) and 0 <= confidence <= 1, f"a word and its confidence, not {(word, confidence)}")


def _check_lines(trained: Trainable, image: Image) -> list[NDArray[np.uint8]]:
    """The lines of a page in grey."""
    pixels, factor = trained.pixels(image)
    _is(pixels.ndim == 3 and pixels.shape[2] == 3 and str(pixels.dtype) == "uint8", "pixels are BGR in uint8")
    _is(abs(pixels.shape[1] * factor - image.width) <= factor, f"the page is not {factor} times as wide as its pixels")
    found = trained.find(pixels)
    _is(len(found) > 0, "no line was found on the page")
    for corners in found:
        _is(corners.shape == (4, 2), f"a line has four corners, not {corners!r}")
        _is(trained.cut(pixels, corners).ndim == 3, "a line cut out of pixels in colour is in colour")
    grey = pixels.min(axis=2)
    lines = [trained.cut(grey, corners) for corners in found]
    _is(all(line.ndim == 2 and line.size for line in lines), "a line cut out of grey pixels is grey")
    return lines


def _check_network(network: nn.Module, classes: int, shape: LineShape) -> Tensor:
    """What the network makes of lines of chance."""
    import torch

    width, random = 40 * shape.frame, torch.Generator().manual_seed(1)
    lines = torch.randint(0, 256, (2, shape.height, width), dtype=torch.uint8, generator=random)
    with torch.no_grad():
        found: Tensor = network.eval()(lines)
    _is(tuple(found.shape) == (2, 40, classes), f"2 lines of 40 frames and {classes} classes became {found.shape}")
    _is(bool((found.exp().sum(2) - 1).abs().max() < 1e-3), "a frame's probabilities do not add up to 1")
    return found


def _check_page(page: Page) -> None:
    from PIL import Image as Images

    image = page.image()
    _is(isinstance(image, Images.Image), f"page {page.number}: a Pillow image, not {image!r}")
    _is(image.mode in ("L", "RGB"), f"page {page.number}: mode L or RGB, not {image.mode}")
    _is(image.width > 0 and image.height > 0, f"page {page.number} is empty")
    _is(image.getexif().get(_ORIENTATION, 1) == 1, f"page {page.number} is not upright: its orientation is not applied")
    for stroke in page.strokes() if page.strokes else ():
        _is(
            all(math.isfinite(each) for point in stroke for each in point), f"page {page.number}: a stroke lies nowhere"
        )
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
    _check_text(line, width, height)
    for word in line.words:
        _is(isinstance(word, Word), f"{word!r} is no Word")
        _check_text(word, width, height)
    for name, points in (("polygon", line.polygon), ("baseline", line.baseline)):
        for x, y in points:
            inside = -2 <= x <= width + 2 and -2 <= y <= height + 2
            _is(inside, f"the {name} of {line.text!r} leaves the page at {(x, y)}")
    _is(len(line.baseline) != 1, f"the baseline of {line.text!r} is a single point")
    _is(
        line.posteriorgram is None or isinstance(line.posteriorgram, bytes),
        f"the posteriorgram of {line.text!r} is not bytes",
    )


def _check_text(part: Line | Word, width: int, height: int) -> None:
    _is(isinstance(part.text, str), f"text is a str, not {part.text!r}")
    sure = part.confidence
    _is(
        sure is None or 0 <= sure <= 1,
        f"the confidence of {part.text!r} is a fraction from 0 to 1 or None, not {sure!r}",
    )
    box = part.box
    _is(isinstance(box, Box), f"the box of {part.text!r} is no Box: {box!r}")
    inside = box.x >= 0 and box.y >= 0 and box.x + box.width <= width + 2 and box.y + box.height <= height + 2
    _is(inside, f"the box of {part.text!r} lies outside the page: {box} on {width} x {height}")
    _is(box.width > 0 and box.height > 0, f"the box of {part.text!r} is empty: {box}")


def _check_damaged(source: Source, sample: Path, options: SourceOptions) -> None:
    """A damaged file may give any pages; whatever it cannot give has to be a PluginError."""
    data = sample.read_bytes()
    middle = len(data) // 2
    blotted = data[:middle] + bytes(min(64, len(data) - middle)) + data[middle + 64 :]
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("cut short", data[:middle]), ("empty", b""), ("blotted", blotted)):
            damaged = Path(folder) / f"{name}{sample.suffix}"
            damaged.write_bytes(part)
            try:
                _read_what_is_left(source, damaged, options)
            except Exception as error:
                kind = type(error).__name__
                raise AssertionError(f"a file {name} has to raise PluginError, not {kind}: {error}") from error


def _read_what_is_left(source: Source, damaged: Path, options: SourceOptions) -> None:
    if source.contents is not None:
        with suppress(PluginError):
            for packed in source.contents(source_file(damaged, None), options):
                with suppress(Exception), packed.open() as stream:  # notes says what is wrong with a file
                    stream.read()
    with suppress(PluginError):
        for page in source.pages(source_file(damaged, None), options):
            with suppress(PluginError):
                page.image()
            with suppress(PluginError):
                _ = page.text() if page.text else None


def _fingerprint(path: Path) -> tuple[str, float]:
    return hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime


def _is(true: bool, message: str) -> None:
    if not true:
        raise AssertionError(message)
