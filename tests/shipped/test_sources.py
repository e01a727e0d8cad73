"""Images of every kind come out upright, in 8 bits, on white paper; text layers where the ink is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pillow_heif
import pymupdf
import pytest
from PIL import Image

from indexer.api.registry import load_registry
from indexer.system.originals import source_file
from indexer.values import SourceOptions
from indexer.values.errors import PluginError

OPTIONS = SourceOptions()


def pages(path: Path, options: SourceOptions = OPTIONS) -> list[Image.Image]:
    source = load_registry(path.parent / "none", {}).source_for(path)
    assert source is not None
    return [page.image() for page in source.pages(source_file(path, None), options)]


def corner(width: int = 60, height: int = 40) -> Image.Image:
    """White with a black upper left quarter."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("black", (0, 0, width // 2, height // 2))
    return image


def is_upright(image: Image.Image, size: tuple[int, int] = (60, 40)) -> bool:
    grey = image.convert("L")
    width, height = size
    inks = [grey.getpixel((x * width // 4, y * height // 4)) < 100 for y in (1, 3) for x in (1, 3)]
    return image.size == size and image.mode in ("L", "RGB") and inks == [True, False, False, False]


TURNS = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".heic"])
def test_the_orientation_is_applied_once(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pillow_heif.register_heif_opener()
    path = tmp_path / f"a{suffix}"
    turned = corner().transpose(TURNS[orientation])
    turned.info["exif"] = exif.tobytes()  # from here the HEIC encoder makes a rotation of its own, as phones do
    turned.save(path, **({} if suffix == ".heic" else {"exif": exif}))
    (page,) = pages(path)
    assert is_upright(page)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "YCbCr", "I;16"])
def test_every_mode_comes_out_on_white_paper(tmp_path: Path, mode: str) -> None:
    image = corner()
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 16)  # 12 bits, as scanners write
    elif mode in ("RGBA", "LA"):
        image = image.convert(mode)
        image.putalpha(Image.eval(corner().convert("L"), lambda value: 255 - value))  # white is transparent
    else:
        image = image.convert(mode)
    path = tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.png")
    image.save(path)
    (page,) = pages(path)
    assert is_upright(page)
    assert page.convert("L").getextrema()[1] > 250


def test_a_small_copy_among_the_frames_is_no_page(tmp_path: Path) -> None:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    reduced = ImageFileDirectory_v2()
    reduced[254] = 1
    small = corner(30, 20)
    small.encoderinfo = {"tiffinfo": reduced}
    corner().save(tmp_path / "a.tif", save_all=True, append_images=[small, corner()])
    assert [page.size for page in pages(tmp_path / "a.tif")] == [(60, 40), (60, 40)]


def test_the_budget_is_checked_before_decoding(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000), 1).save(tmp_path / "a.png")  # above what Pillow itself allows
    with pytest.raises(PluginError, match="20000 x 10000") as caught:
        pages(tmp_path / "a.png")
    assert caught.value.kind == "too-large"
    (page,) = pages(tmp_path / "a.png", SourceOptions(max_pixels=200_000_000))
    assert page.width == 20_000


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_text_of_a_pdf_lies_on_its_ink(tmp_path: Path, rotation: int) -> None:
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    page.insert_text((40, 80), "The council met on the ninth of January", fontsize=14)
    page.set_rotation(rotation)
    document.save(tmp_path / "a.pdf")
    source = load_registry(tmp_path / "none", {}).sources["pdf"]
    document_pages = source.pages(source_file(tmp_path / "a.pdf", None), OPTIONS)
    page = next(document_pages)
    assert page.text is not None
    layer, image = page.text(), page.image().convert("L")
    assert layer is not None
    assert abs(layer.width - image.width) <= 1
    (line,) = layer.lines
    assert line.text == "The council met on the ninth of January"
    assert line.confidence is None
    assert len(line.words) == 8
    ink = np.argwhere(np.asarray(image) < 128)
    box = line.box
    assert ((ink[:, 1] >= box.x - 2) & (ink[:, 1] <= box.x + box.width + 2)).all()
    assert ((ink[:, 0] >= box.y - 2) & (ink[:, 0] <= box.y + box.height + 2)).all()
    ignoring = source.pages(source_file(tmp_path / "a.pdf", None), SourceOptions(pdf_text="ignore"))
    ignored = next(ignoring)
    assert ignored.text is None or ignored.text() is None


def test_what_is_passed_over_is_counted_by_kind(notes, make_page, tmp_path: Path) -> None:
    notes.fake_engine()
    box = tmp_path / "box"
    make_page(box / "good.png", width=300)
    for name in ("a.docx", "b.docx", "c.jpg_large", "nosuffix", "letter.jpg.part", ".hidden.jpg", ".a.jpg.icloud"):
        (box / name).write_bytes(b"x")
    for name in (".DS_Store", "Thumbs.db", "._good.png", "desktop.ini"):
        (box / name).write_bytes(b"x")
    (box / ".git").mkdir()
    expected = {
        ".docx": 2,
        "hidden": 2,
        ".jpg_large": 1,
        "without a suffix": 1,
        "unfinished (.part)": 1,
        "not downloaded yet": 1,
    }
    assert notes.json("index", "box", "--dry-run")["passed_over"] == expected
    report = notes.json("index", "box")
    assert report["passed_over"] == expected
    assert report["files"]["read"] == 1
    said = notes.run("index", "box").stderr
    assert "8 other files passed over: 2 .docx, 2 hidden, " in said
    assert "passed over" not in notes.run("index", box / "good.png").stderr
