"""Image files as pages: what is odd is read, what is damaged or too large is refused in words, alone."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from indexer.image.decoding import FORMATS, decode_image
from indexer.plugins import images
from indexer.system.originals import source_file
from indexer.values import Page, SourceFile, SourceOptions
from indexer.values.errors import PluginError

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
OPTIONS = SourceOptions()
pillow_heif.register_heif_opener()


def pages(path: Path, options: SourceOptions = OPTIONS) -> list[Page]:
    return list(images.pages(source_file(path, None), options))


def refusal(data: bytes | Path, options: SourceOptions = OPTIONS) -> PluginError:
    with pytest.raises(PluginError) as caught:
        decode_image(data, options)
    return caught.value


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def noise(width: int = 80, height: int = 60) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 255, (height, width, 3))
    return Image.fromarray(values.astype(np.uint8))


def tiff(frames: list[Image.Image], **options: object) -> bytes:
    return encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:], **options)


# ── what a picture may be given as ──────────────────────────────────────────────────────────────────────────────────


def test_a_picture_comes_from_bytes_a_path_or_a_stream(tmp_path: Path) -> None:
    data = encoded(noise(), "PNG")
    (tmp_path / "a.png").write_bytes(data)
    with (tmp_path / "a.png").open("rb") as stream:
        found = [decode_image(given, OPTIONS).tobytes() for given in (data, tmp_path / "a.png", stream)]
    assert found == [noise().tobytes()] * 3


def test_a_frame_is_chosen_by_number() -> None:
    data = tiff([Image.new("L", (30 + n, 20)) for n in range(3)])
    assert [decode_image(data, OPTIONS, frame).width for frame in range(3)] == [30, 31, 32]
    with pytest.raises(PluginError):
        decode_image(data, OPTIONS, 3)


def test_one_pixel_is_a_page() -> None:
    assert decode_image(encoded(Image.new("L", (1, 1), 7), "PNG"), OPTIONS).getpixel((0, 0)) == 7


def test_the_page_outlives_its_file(tmp_path: Path) -> None:
    Image.init()
    for kind, suffix in ((kind, suffix) for kind, suffixes in FORMATS.items() for suffix in suffixes):
        if kind not in Image.SAVE or kind in ("BLP", "ICNS", "ICO", "IM", "MSP", "SPIDER", "XBM"):  # not of any picture
            continue
        path = tmp_path / f"a{suffix}"
        noise().save(path, kind)
        (page,) = pages(path)
        image = page.image()
        path.unlink()
        assert image.mode in ("L", "RGB")
        assert image.resize((8, 6)).size == (8, 6)


# ── greys, colours, transparency ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("brightest", [100, 255, 1023, 4095, 65535])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_greys_are_stretched_and_not_clipped(kind: str, brightest: int) -> None:
    ramp = np.linspace(0, brightest, 2000 * 3).reshape(2000, 3).round().astype(np.uint16)  # several strips high
    page = decode_image(encoded(Image.fromarray(ramp), kind), OPTIONS)
    assert page.mode == "L"
    assert np.abs(np.asarray(page) - ramp * (255 / brightest)).max() <= 0.51


def test_a_picture_of_fractions_is_stretched() -> None:
    values = np.array([[0.0, 0.25, 0.5, np.nan, np.inf, -1.0]], np.float32)
    page = decode_image(encoded(Image.fromarray(values), "TIFF"), OPTIONS)
    assert np.asarray(page).tolist() == [[0, 128, 255, 0, 0, 0]]


def test_black_in_16_bits_stays_black() -> None:
    page = decode_image(encoded(Image.fromarray(np.zeros((4, 4), np.uint16)), "PNG"), OPTIONS)
    assert page.getextrema() == (0, 0)


@pytest.mark.parametrize(("mode", "clear"), [("RGB", (255, 0, 0)), ("L", 9), ("P", 3), ("1", 0)])
def test_a_transparent_colour_becomes_paper(mode: str, clear: object) -> None:
    image = Image.new(mode, (6, 700), clear)
    if mode == "P":
        image.putpalette([0, 0, 0] * 8)
    page = decode_image(encoded(image, "PNG", transparency=clear), OPTIONS)
    assert page.convert("L").getextrema() == (255, 255)


def test_half_transparent_ink_is_half_as_dark() -> None:
    assert (
        decode_image(encoded(Image.new("RGBA", (5, 5), (0, 0, 0, 128)), "PNG"), OPTIONS).getpixel((2, 2)) == (127,) * 3
    )
    assert decode_image(encoded(Image.new("LA", (5, 5), (0, 128)), "PNG"), OPTIONS).getpixel((2, 2)) == 127


def test_colours_for_the_press_become_colours_for_the_screen() -> None:
    page = decode_image(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95), OPTIONS)
    red, green, blue = page.getpixel((8, 8))
    assert (page.mode, red > 240, green < 15, blue < 15) == ("RGB", True, True, True)


# ── orientation ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_frame_has_an_orientation_of_its_own(tmp_path: Path) -> None:
    turned = Image.new("L", (40, 20))
    tags = ImageFileDirectory_v2()
    tags[274] = 6
    turned.encoderinfo = {"tiffinfo": tags}
    (tmp_path / "a.tif").write_bytes(tiff([Image.new("L", (30, 10)), turned, Image.new("L", (32, 10))]))
    assert [page.image().size for page in pages(tmp_path / "a.tif")] == [(30, 10), (20, 40), (32, 10)]


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_a_tiff_lying_on_its_side_is_turned_whole(tmp_path: Path, mode: str, compression: str | None) -> None:
    values = np.asarray(noise(40, 20).convert("L")).copy()
    values[0, 0] = 255  # so that 16 bits are stretched by a whole factor
    image = Image.fromarray(values.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(values).convert(mode)
    exif = Image.Exif()
    exif[274] = 6
    image.save(tmp_path / "a.tif", exif=exif, compression=compression)
    (page,) = pages(tmp_path / "a.tif")
    assert np.array_equal(np.asarray(page.image().convert("L")), np.rot90(values, -1))


def test_a_heic_photo_held_upright_is_upright() -> None:
    photo = Image.new("RGB", (80, 40), "white")
    photo.paste("black", (0, 0, 40, 40))  # what lies left was on top
    exif = Image.Exif()
    exif[274] = 6
    photo.info["exif"] = exif.tobytes()
    page = decode_image(encoded(photo, "HEIF", quality=95), OPTIONS)
    assert page.size == (40, 80)
    assert page.convert("L").getpixel((20, 10)) < 60
    assert page.convert("L").getpixel((20, 70)) > 200


# ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_three_hundred_frames_are_three_hundred_pages(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff([Image.new("L", (100 + n, 20), 255) for n in range(300)]))
    found = pages(tmp_path / "a.tif")
    assert [page.number for page in found] == list(range(1, 301))
    assert [found[n].image().width for n in (0, 150, 299)] == [100, 250, 399]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("suffix", ["own", ".tif"])
def test_of_a_moving_picture_only_the_first_is_a_page(tmp_path: Path, kind: str, suffix: str) -> None:
    frames = [Image.new("L", (30, 20), n * 60) for n in range(4)]
    path = tmp_path / f"a{f'.{kind.lower()}' if suffix == 'own' else suffix}"
    path.write_bytes(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    (page,) = pages(path)
    assert page.image().convert("L").getextrema()[1] < 10


def test_frames_after_the_cut_are_lost_and_said_to_be(tmp_path: Path) -> None:
    whole = tiff([noise(60 + n, 40) for n in range(10)])
    (tmp_path / "a.tif").write_bytes(whole[: len(whole) // 2])
    fates = []
    for page in pages(tmp_path / "a.tif"):
        try:
            fates.append(page.image().width)
        except PluginError as error:
            fates.append(error.kind)
    good = [fate for fate in fates if isinstance(fate, int)]
    assert good == list(range(60, 60 + len(good)))
    assert 3 <= len(good) <= 6
    assert 1 <= len(fates) - len(good) <= 2
    assert set(fates[len(good) :]) <= {"truncated", "broken"}


def test_a_damaged_frame_fails_alone(tmp_path: Path) -> None:
    plain = [Image.new("L", (60, 40), 255)] * 3
    data = bytearray(tiff(plain, compression="tiff_adobe_deflate"))
    streams = [at for at in range(len(data)) if data[at : at + 2] == b"\x78\x9c"]
    assert len(streams) == 3
    data[streams[1] : streams[1] + 6] = b"\xff" * 6
    (tmp_path / "a.tif").write_bytes(data)
    first, second, third = pages(tmp_path / "a.tif")
    assert first.image().size == third.image().size == (60, 40)
    with pytest.raises(PluginError):
        second.image()


def test_a_frame_too_large_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff([Image.new("L", (400, 400)), Image.new("L", (30, 20))]))
    first, second = pages(tmp_path / "a.tif", SourceOptions(max_pixels=1000))
    assert second.image().size == (30, 20)
    with pytest.raises(PluginError, match="400 x 400") as caught:
        first.image()
    assert caught.value.kind == "too-large"


# ── too large ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_bomb_is_refused_from_its_header(bomb) -> None:
    error = refusal(bomb)
    assert error.kind == "too-large"
    assert "30000 x 30000" in error.message
    assert "max_pixels" in error.hint
    assert Image.MAX_IMAGE_PIXELS is not None  # what others rely on is left as it was


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kB on Linux only")
@pytest.mark.parametrize("kind", ["bomb", "turned", "clear", "deep"])
def test_memory_is_bounded(tmp_path: Path, bomb: bytes, kind: str) -> None:
    side = 5000
    path = tmp_path / "a.png"
    if kind == "bomb":
        path.write_bytes(bomb)
    elif kind == "turned":
        exif = Image.Exif()
        exif[274] = 6
        Image.new("RGB", (side, side)).save(path, "JPEG", exif=exif)
    elif kind == "clear":
        Image.new("RGBA", (side, side)).save(path, compress_level=1)
    else:
        Image.fromarray(np.full((side, side), 4000, np.uint16)).save(path, compress_level=1)
    # The peak of a process starts at that of the one it was forked from: VmHWM does not.
    code = (
        "import sys; from pathlib import Path; from indexer.image.decoding import decode_image\n"
        "from indexer.values import SourceOptions; from indexer.values.errors import PluginError\n"
        "import numpy, pillow_heif\n"
        "def peak(): return int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
        "before = peak()\n"
        "try: decode_image(Path(sys.argv[1]), SourceOptions())\n"
        "except PluginError: pass\n"
        "print((peak() - before) * 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    most = (
        1 if kind == "bomb" else 10
    )  # bytes a pixel: Pillow keeps a colour pixel in 4, and turning takes two pictures
    assert int(done.stdout) < most * side * side


# ── no picture, or not all of it ────────────────────────────────────────────────────────────────────────────────────


def test_what_is_no_image_is_called_so() -> None:
    assert refusal(b"").kind == "not-an-image"
    assert refusal(b"just some text").kind == "not-an-image"
    pdf = refusal(b"%PDF-1.7 and so on")
    assert pdf.kind == "not-an-image"
    assert "PDF" in pdf.message
    assert ".pdf" in pdf.hint


def test_postscript_is_never_run() -> None:
    assert (
        refusal(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n%%EndComments\nshowpage\n").kind == "not-an-image"
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "HEIF"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_what_is_cut_short_is_called_so(kind: str, part: float) -> None:
    data = encoded(noise(), kind)
    assert refusal(data[: int(len(data) * part)]).kind == "truncated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "HEIF"])
def test_damage_is_a_plugin_error_and_nothing_else(kind: str) -> None:
    data, chance = encoded(noise(), kind), random.Random(3)
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 3, 10))):
            damaged[chance.randrange(min(len(data), chance.choice((60, 400, len(data)))))] = chance.randrange(256)
        try:
            image = decode_image(bytes(damaged), SourceOptions(max_pixels=1_000_000))
        except PluginError:
            continue
        assert image.mode in ("L", "RGB")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for name in ("folder.png", "gone.png"):
        with pytest.raises(PluginError) as caught:
            list(images.pages(SourceFile(tmp_path / name, "", 0, 0.0), OPTIONS))
        assert caught.value.kind == "unreadable"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything may be read here")
def test_no_permission_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(noise(), "PNG"))
    path.chmod(0)
    assert refusal(path).kind == "unreadable"


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
@pytest.mark.parametrize("name", [b"two words.png", b"new\nline.png", b"\xff\xe9.tif"])
def test_odd_names(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(encoded(noise(), "PNG"))
    (page,) = pages(path)
    assert page.image().size == (80, 60)


def frames_by_hand(*frames: tuple[Image.Image, dict[int, int]]) -> bytes:
    """A TIFF of grey frames with further tags, written without the help of a library that would set its own."""
    made, heads = bytearray(b"II*\0\0\0\0\0"), []
    for picture, more in frames:
        data = picture.convert("L").tobytes()
        heads.append((len(made), picture.size, len(data), more))
        made += data + b"\0" * (len(data) & 1)
    tables, at = b"", len(made)
    for number, (start, (width, height), length, more) in enumerate(heads):
        tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: start, 277: 1, 278: height, 279: length, **more}
        at += 2 + 12 * len(tags) + 4
        rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
        tables += struct.pack("<H", len(tags)) + rows + struct.pack("<I", at if number + 1 < len(heads) else 0)
    return bytes(made[:4] + struct.pack("<I", len(made)) + made[8:] + tables)


def written(tmp_path: Path, data: bytes) -> Path:
    (tmp_path / "a.tif").write_bytes(data)
    return tmp_path / "a.tif"


@pytest.mark.parametrize("mark", [{254: 1}, {254: 4}, {255: 2}, {262: 4}, {254: 3}])
def test_frames_that_say_that_they_are_no_pages_are_none(tmp_path: Path, mark: dict[int, int]) -> None:
    page = noise(200, 150)
    data = frames_by_hand((page, {254: 2}), (page.resize((100, 75)), mark), (noise(210, 140), {254: 2}))
    assert [each.image().width for each in pages(written(tmp_path, data))] == [200, 210]


def test_a_smaller_copy_is_no_page_though_nothing_says_so(tmp_path: Path) -> None:
    with Image.open(ARCHIVE / "stanford" / "stanford-09.jpg") as opened:
        page = opened.convert("L").resize((801, 1037))
    pyramid = [(page.resize((801 // part, 1037 // part)), {}) for part in (1, 2, 4, 8)]
    assert len(pages(written(tmp_path, frames_by_hand(*pyramid)))) == 1
    thumbnail_first = [pyramid[3], pyramid[0]]
    assert [each.image().width for each in pages(written(tmp_path, frames_by_hand(*thumbnail_first)))] == [801]
    other = page.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((400, 518))  # half as large, and another page
    assert len(pages(written(tmp_path, frames_by_hand((page, {}), (other, {}))))) == 2


def test_a_healthy_file_of_an_unknown_kind_is_not_called_damaged(tmp_path: Path) -> None:
    two = {258: 16, 277: 2, 338: 2, 279: 40 * 30 * 4}
    data = frames_by_hand((Image.new("L", (160, 30)), {256: 40, **two}))
    said = refusal(data)
    assert said.kind == "unsupported"
    assert "2 samples" in said.message
    assert "backup" not in said.hint
