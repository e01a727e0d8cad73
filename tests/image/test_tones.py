"""Pictures whose numbers have to be understood before there is ink on paper: alpha, depth, tone, and turned pages."""

from __future__ import annotations

import io
import shutil
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from indexer.image.decoding import FORMATS, SUFFIXES, decode_image
from indexer.image.tones import legible
from indexer.plugins.embedded import page_pixels
from indexer.values import SourceOptions

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
OPTIONS = SourceOptions()


def strip() -> Image.Image:
    """Four lines by hand; the first says «Ceci est mon testament»."""
    with Image.open(ARCHIVE / "poilus" / "poilus-06.jpg") as image:
        return image.convert("RGB").crop((0, 60, 1532, 720))


def raw_tiff(body: bytes, size: tuple[int, int], samples: int, bits: int, photometric: int, *more: tuple) -> bytes:
    """An uncompressed TIFF of one frame, its tags written by hand: (tag, value)."""
    width, height = size
    tags = {256: width, 257: height, 259: 1, 262: photometric, 273: 8, 277: samples, 278: height, 279: len(body)}
    tags.update(dict(more))
    at = 8 + len(body)
    behind = struct.pack(f"<{samples}H", *[bits] * samples) if samples > 2 else b""
    rows = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()) if tag < 258]
    if behind:
        rows.append(struct.pack("<HHII", 258, 3, samples, at + 2 + 12 * (len(tags) + 1) + 4))
    else:
        rows.append(struct.pack("<HHIHH", 258, 3, samples, bits, bits if samples == 2 else 0))
    rows += [struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()) if tag > 258]
    return b"II*\0" + struct.pack("<I", at) + body + struct.pack("<H", len(rows)) + b"".join(rows) + bytes(4) + behind


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def ramp(width: int = 60, height: int = 40) -> np.ndarray:
    return np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))


def greys(data: bytes) -> np.ndarray:
    return np.asarray(decode_image(data, OPTIONS).convert("L")).astype(int)


def test_every_suffix_of_what_can_be_decoded_is_read() -> None:
    Image.init()
    registered = Image.registered_extensions()
    for suffix, kind in registered.items():
        if kind in FORMATS and kind in Image.OPEN:
            assert suffix in SUFFIXES, kind
    assert ".jfif" in SUFFIXES
    assert not {".eps", ".ps", ".wmf", ".emf"} & set(SUFFIXES)


@pytest.mark.parametrize("extra", [1, 2])
def test_an_alpha_of_zeros_hides_nothing(extra: int) -> None:
    grey = ramp()
    pixels = np.dstack([grey, grey, grey, np.zeros_like(grey)])
    assert np.array_equal(greys(raw_tiff(pixels.tobytes(), (60, 40), 4, 8, 2, (338, extra))), grey)
    assert np.array_equal(greys(encoded(Image.fromarray(pixels))), grey)


def test_premultiplied_ink_is_laid_on_paper_as_it_is() -> None:
    ink = np.zeros((40, 60, 4), np.uint8)
    ink[10:20, 10:30] = (60, 60, 60, 120)  # half transparent, stored multiplied
    found = greys(raw_tiff(ink.tobytes(), (60, 40), 4, 8, 2, (338, 1)))
    assert found[0, 0] == 255
    assert abs(found[15, 15] - (60 + 255 - 120)) <= 1


def test_white_ink_on_a_clear_sheet_is_seen() -> None:
    sheet = Image.new("RGBA", (60, 40), (255, 255, 255, 0))
    sheet.paste((255, 255, 255, 255), (10, 10, 30, 20))
    found = greys(encoded(sheet))
    assert abs(found[15, 15] - found[0, 0]) == 255


def test_zero_may_be_white_in_16_bits() -> None:
    grey = ramp().astype("<u2") * 257
    assert np.abs(greys(raw_tiff((65535 - grey).tobytes(), (60, 40), 1, 16, 0)) - ramp()).max() <= 1


def test_a_stray_value_is_no_paper() -> None:
    deep = (ramp(600, 400).astype(np.uint16)) * 16
    deep[3, 3] = 65535
    found = greys(encoded(Image.fromarray(deep)))
    assert np.median(found) > 100


def test_a_negative_is_inverted_and_nothing_else() -> None:
    page = strip()
    assert np.asarray(legible(page)).tobytes() == np.asarray(page).tobytes()
    negative = Image.fromarray(255 - np.asarray(page))
    assert np.abs(np.asarray(legible(negative)).astype(int) - np.asarray(page)).max() <= 1
    table = Image.new("RGB", (3000, 2000), (25, 20, 18))  # a letter on a dark table
    table.paste(page, (700, 600))
    assert np.asarray(legible(table)).tobytes() == np.asarray(table).tobytes()
    white = Image.new("L", (300, 200), 255)
    assert legible(white) is white


@pytest.mark.parametrize("path", sorted(ARCHIVE.rglob("*.jpg")), ids=lambda path: path.stem)
def test_real_pages_are_read_as_they_are(path: Path) -> None:
    page = decode_image(path, OPTIONS)
    assert legible(page) is page


def test_a_page_that_is_nearly_black_is_stretched() -> None:
    dark = strip().point([value // 16 for value in range(256)] * 3)
    assert np.ptp(np.asarray(legible(dark).convert("L"))) > 200


def test_a_page_in_black_and_white_is_read_in_greys(notes) -> None:
    scan = ARCHIVE / "poilus" / "poilus-06.jpg"
    box = notes.home / "box"
    box.mkdir()
    grey = cv2.imread(str(scan), cv2.IMREAD_GRAYSCALE)
    hard = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    Image.fromarray(hard).convert("1").save(box / "fax.png")
    shutil.copy(scan.with_suffix(".xml"), box / "fax.xml")
    assert notes.json("evaluate", box)["reading"]["cer_folded"] < 0.08, ".095 in black and white"


@pytest.mark.parametrize("path", sorted(ARCHIVE.rglob("*.jpg")), ids=lambda path: path.stem)
def test_the_greys_of_real_pages_stay(path: Path) -> None:
    page = decode_image(path, OPTIONS)
    size = (round(page.width * (side := min(1.0, 2000 / max(page.size)))), round(page.height * side))
    plain = cv2.cvtColor(np.asarray(page.convert("RGB").resize(size, reducing_gap=2.0)), cv2.COLOR_RGB2BGR)
    assert np.array_equal(page_pixels(page)[0], plain)


@pytest.fixture(scope="module")
def odd_pages(notes_factory, tmp_path_factory) -> tuple:
    """Pages that were laid, photographed or stored in odd ways, read with the real engine."""
    notes = notes_factory(tmp_path_factory.mktemp("odd"))
    box = notes.home / "box"
    box.mkdir()
    page = strip()
    page.rotate(180).save(box / "head.png")
    page.rotate(90, expand=True).save(box / "side.png")
    page.rotate(-90, expand=True).save(box / "other-side.png")
    Image.fromarray(255 - np.asarray(page)).save(box / "negative.png")
    Image.new("L", (600, 400), 255).save(box / "white.png")
    return notes, notes.json("index", "box"), box


@pytest.mark.parametrize("name", ["head.png", "side.png", "other-side.png", "negative.png"])
def test_a_page_is_read_whichever_way_it_was_laid(odd_pages, name: str) -> None:
    notes, _, box = odd_pages
    lines = notes.json("show", box / name)["lines"]
    assert "testament" in lines[0]["text"], lines  # the first line is the first, whichever way is up


@pytest.mark.parametrize(("name", "turned"), [("head.png", 180), ("side.png", 90), ("other-side.png", 270)])
def test_the_ink_of_a_turned_page_is_where_it_is_shown(odd_pages, name: str, turned: int) -> None:
    notes, report, box = odd_pages
    assert {"path": str(box / name), "page": 1} in report["pages_turned"]
    page = notes.json("show", box / name)
    assert page["turned"] == turned
    _, y, width, height = page["lines"][0]["box"]
    assert y < strip().height / 2  # the first line is the highest
    assert width > 4 * height
    notes.run("show", box / name, "--crop", f"{name}.crop.png")
    with Image.open(notes.home / f"{name}.crop.png") as shown:
        assert shown.size == strip().size
        assert np.abs(np.asarray(shown.convert("L"), int) - np.asarray(strip().convert("L"), int)).max() <= 1


def test_a_page_on_which_nothing_was_read_is_counted_and_named(odd_pages) -> None:
    notes, report, box = odd_pages
    assert report["pages_without_text"] == [{"path": str(box / "white.png"), "page": 1}]
    assert notes.json("status")["pages_without_text"] == report["pages_without_text"]
    assert "white.png, page 1: nothing was read" in notes.run("status").stdout
