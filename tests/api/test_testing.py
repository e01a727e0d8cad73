"""The contract tests for authors of plugins: what keeps the contract passes, each breach is named."""

from __future__ import annotations

import importlib.util
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pymupdf
import pytest
from PIL import Image

from indexer.api.testing import check_engine, check_source
from indexer.plugins import images, pdf
from indexer.values import Box, Engine, Line, Page, Source, SourceFile, SourceOptions, TextLayer, Word
from indexer.values.errors import PluginError

HERE = Path(__file__).parents[1]


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.x"
    path.write_bytes(b"x" * 100)
    return path


def source(pages: Callable[..., Iterator[Any]], suffixes: tuple[str, ...] = (".x",), name: str = "x") -> Source:
    return Source(name, suffixes, pages)


def page(number: int = 1, mode: str = "L", **more: Any) -> Page:
    return Page(number, lambda: Image.new(mode, (60, 40)), **more)


def engine(lines: object, **more: Any) -> Engine:
    """An engine that reads these lines from each page, or raises them."""

    class Recogniser:
        def read(self, image: Image.Image) -> Any:
            if isinstance(lines, Exception):
                raise lines
            return lines(image) if callable(lines) else lines

    @contextmanager
    def opened(options: object) -> Iterator[Any]:
        yield Recogniser()

    return Engine(**{"name": "e", "summary": "an engine", "open": opened, **more})


# ── what ships, and what others wrote ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".gif", ".webp", ".tif", ".heic"])
def test_images_keep_the_contract(tmp_path: Path, suffix: str) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[274] = 6
    frames = {"save_all": True, "append_images": [Image.new("L", (30, 20))]} if suffix == ".tif" else {}
    options = {} if suffix in (".bmp", ".gif") else {"exif": exif}
    Image.effect_noise((80, 60), 90).save(tmp_path / f"a{suffix}", **options, **frames)
    (built_in,) = images.notes_sources()
    check_source(built_in, tmp_path / f"a{suffix}")


def test_pdf_keeps_the_contract(tmp_path: Path) -> None:
    made = pymupdf.open()
    for text in ("The minutes were read and confirmed.", "", "The council rose at nine, and dined."):
        made.new_page().insert_text((500, 100), text)  # beyond the edge
    made.save(tmp_path / "a.pdf")
    (built_in,) = pdf.notes_sources()
    check_source(built_in, tmp_path / "a.pdf", SourceOptions(max_pixels=500_000))


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_third_party_source_keeps_the_contract(tmp_path: Path, packing: int) -> None:
    Image.effect_noise((80, 60), 90).save(tmp_path / "page.png")
    with zipfile.ZipFile(tmp_path / "a.cbz", "w", packing) as archive:
        for name in ("ch 1/02.png", "ch 1/01.png", "info.txt"):
            archive.write(tmp_path / "page.png", name)
    (cbz,) = module(HERE / "plugins" / "cbz" / "notes_cbz.py").notes_sources()
    check_source(cbz, tmp_path / "a.cbz")
    with zipfile.ZipFile(tmp_path / "none.cbz", "w") as archive:
        archive.writestr("info.txt", "no page")
    with pytest.raises(PluginError) as caught:
        list(cbz.pages(SourceFile(tmp_path / "none.cbz", "", 0, 0.0), SourceOptions()))
    assert caught.value.kind == "empty"


def test_the_template_keeps_the_contract(tmp_path: Path) -> None:
    shutil.copy(HERE.parent / "plugins" / "_template.py", tmp_path / "mine.py")
    mine = module(tmp_path / "mine.py")
    Image.effect_noise((80, 60), 90).save(tmp_path / "page.png")
    (tmp_path / "a.list").write_text("page.png\npage.png\n")
    (lists,), (blank,) = mine.notes_sources(), mine.notes_engines()
    check_source(lists, tmp_path / "a.list")
    check_engine(blank)


# ── sources that break it ───────────────────────────────────────────────────────────────────────────────────────────


def needs_x(file: SourceFile) -> None:
    if file.path.read_bytes() != b"x" * 100:
        raise PluginError("it is damaged")


def yielding(*pages: Any) -> Callable[..., Iterator[Any]]:
    def each(file: SourceFile, options: SourceOptions) -> Iterator[Any]:
        needs_x(file)
        yield from pages

    return each


def layer(*lines: Line, width: int = 60) -> Page:
    return page(text=lambda: TextLayer(width, 40, lines))


def turned() -> Image.Image:
    image = Image.new("L", (60, 40))
    image.getexif()[274] = 6
    return image


LINE = Line("x", None, Box(1, 1, 5, 5))


def test_a_source_that_keeps_the_contract(sample: Path) -> None:
    check_source(source(yielding(page(1), page(2, "RGB"), Page(3, layer(LINE).image, layer(LINE).text))), sample)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (source(yielding(page()), name=""), "name"),
        (source(yielding(page()), suffixes=()), "suffix"),
        (source(yielding(page()), suffixes=("x",)), "lower case with the dot"),
        (source(yielding(page()), suffixes=(".X",)), "lower case with the dot"),
        (source(yielding(page()), suffixes=(".y",)), "none of the suffixes"),
        (source(yielding()), "no pages"),
        (source(yielding("page")), "yields Page"),
        (source(yielding(page(0), page(1))), "numbered 1, 2, 3"),
        (source(yielding(page(1), page(3))), "numbered 1, 2, 3"),
        (source(yielding(page(1, "RGBA"))), "mode L or RGB, not RGBA"),
        (source(yielding(Page(1, lambda: b"ink"))), "a Pillow image"),
        (source(yielding(Page(1, turned))), "not upright"),
        (source(yielding(layer(LINE, width=90))), "the text layer is 90 x 40"),
        (source(yielding(layer(Line("x", None, Box(50, 1, 20, 5))))), "outside the page"),
        (source(yielding(layer(Line("x", None, Box(1, 1, 0, 5))))), "is empty"),
        (source(yielding(layer("a line"))), "is no Line"),
    ],
)
def test_each_breach_of_a_source_is_named(sample: Path, broken: Source, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_source(broken, sample)


def test_a_source_that_can_be_read_only_once(sample: Path) -> None:
    pages = iter([page(1)])
    with pytest.raises(AssertionError, match="second look"):
        check_source(source(lambda file, options: pages), sample)


def test_a_source_that_writes_to_its_file(sample: Path) -> None:
    def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
        with file.path.open("ab") as stream:
            stream.write(b"!")
        yield page()

    with pytest.raises(AssertionError, match="never writes"):
        check_source(source(pages), sample)


@pytest.mark.parametrize("when", ["opening", "reading"])
def test_a_source_that_lets_other_errors_through(sample: Path, when: str) -> None:
    def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
        def image() -> Image.Image:
            if file.size != 100:
                raise KeyError("header")
            return Image.new("L", (6, 4))

        if when == "opening":
            image()
        yield Page(1, image)

    with pytest.raises(AssertionError, match="cut short has to raise PluginError, not KeyError"):
        check_source(source(pages), sample)


# ── engines that break it ───────────────────────────────────────────────────────────────────────────────────────────


def doubtful(confidence: Any) -> Word:
    return Word("x", confidence, Box(0, 0, 1, 1))


def test_an_engine_that_keeps_the_contract() -> None:
    check_engine(engine([]))
    check_engine(engine([Line("", 0.0, Box(0, 0, 1, 1), words=(doubtful(1.0),))]), Image.new("L", (30, 30)))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (engine([], name=""), "name and a summary"),
        (engine([], languages=frozenset({"English"})), "ISO 639"),
        (engine(ZeroDivisionError("no ink")), "without ZeroDivisionError: no ink"),
        (engine(None), "a list of lines, not None"),
        (engine("text"), "a list of lines, not 'text'"),
        (engine(["text"]), "is no Line"),
        (engine([Line(b"x", 0.5, Box(0, 0, 1, 1))]), "text is a str"),
        (engine([Line("x", 0.5, (0, 0, 1, 1))]), "is no Box"),
        (engine([Line("x", 0.5, Box(-1, 0, 1, 1))]), "outside the page"),
        (engine([Line("x", 0.5, Box(0, 0, 1, 0))]), "is empty"),
        (engine([Line("x", 0.5, Box(0, 0, 1, 1), polygon=((0, 0), (5000, 0), (0, 1)))]), "polygon"),
        (engine([Line("x", 0.5, Box(0, 0, 1, 1), posteriorgram="p")]), "not bytes"),
        (engine([Line("x", 0.5, Box(0, 0, 1, 1), words=("x",))]), "is no Word"),
        (engine([Line("x", 0.5, Box(0, 0, 1, 1), words=(doubtful(80),))]), "fraction from 0 to 1"),
        (engine(lambda image: image.putpixel((0, 0), 0) or []), "never draws"),
    ],
)
def test_each_breach_of_an_engine_is_named(broken: Engine, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_engine(broken)


def test_an_engine_that_opens_only_once() -> None:
    once = engine([]).open(None)
    with pytest.raises(AssertionError, match="opened again"):
        check_engine(engine([], open=lambda options: once))
