"""TIFFs of many frames: found in one pass, each opened by itself, and no chain followed for ever."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
from PIL import Image

from indexer.image import tiff
from indexer.plugins import images
from indexer.system.originals import source_file
from indexer.values import SourceOptions
from indexer.values.errors import PluginError

OPTIONS = SourceOptions()


def chain(frames: int, *, large: bool = False, back_to: int | None = None, order: str = "<") -> bytes:
    """A TIFF of grey frames, each of one row, each a little wider than the one before; the last one may point back."""
    count, entry, word = ("Q", "HHQQ", "Q") if large else ("H", "HHLL", "L")
    head = 16 if large else 8
    size = (
        struct.calcsize(f"{order}{count}") + 8 * struct.calcsize(f"{order}{entry}") + struct.calcsize(f"{order}{word}")
    )
    starts = [head + number * size for number in range(frames)]
    pixels = head + frames * size
    mark = b"II" if order == "<" else b"MM"
    parts = [mark, struct.pack(f"{order}HHHQ", 43, 8, 0, head) if large else struct.pack(f"{order}HL", 42, head)]
    for number in range(frames):
        after = starts[number + 1] if number + 1 < frames else 0 if back_to is None else starts[back_to]
        width = number % 20 + 101
        tags = {256: width, 257: 1, 258: 8, 259: 1, 262: 1, 273: pixels, 278: 1, 279: width}
        rows = b"".join(struct.pack(f"{order}{entry}", tag, 4, 1, value) for tag, value in tags.items())
        parts += [struct.pack(f"{order}{count}", len(tags)), rows, struct.pack(f"{order}{word}", after)]
    return b"".join((*parts, bytes(200)))


def pages(path: Path) -> list[images.Page]:
    return list(images.pages(source_file(path, None), OPTIONS))


def test_twenty_thousand_frames_are_counted_and_the_last_one_is_opened_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(chain(20_000))
    began = time.process_time()
    found = pages(tmp_path / "a.tif")
    assert [found[at].image().width for at in (-1, -2, 0)] == [120, 119, 101]
    assert len(found) == 20_000
    assert time.process_time() - began < 10  # it was more than 45


@pytest.mark.parametrize(("order", "large"), [("<", False), (">", False), ("<", True)])
def test_every_kind_of_tiff_has_its_frames(tmp_path: Path, order: str, large: bool) -> None:
    (tmp_path / "a.tif").write_bytes(chain(5, large=large, order=order))
    assert [page.image().width for page in pages(tmp_path / "a.tif")] == [101, 102, 103, 104, 105]
    with Image.open(tmp_path / "a.tif") as image:
        assert image.n_frames == 5


@pytest.mark.parametrize("back_to", [0, 2, 4])
def test_a_chain_that_leads_back_ends(tmp_path: Path, back_to: int) -> None:
    (tmp_path / "a.tif").write_bytes(chain(5, back_to=back_to))
    assert [page.image().width for page in pages(tmp_path / "a.tif")] == [101, 102, 103, 104, 105]


def test_more_frames_than_are_looked_for_are_a_failure_of_the_last_page(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tiff, "MOST_FRAMES", 3)
    (tmp_path / "a.tif").write_bytes(chain(5))
    found = pages(tmp_path / "a.tif")
    assert [page.image().width for page in found[:3]] == [101, 102, 103]
    with pytest.raises(PluginError, match="more than 3 frames"):
        found[3].image()
    assert len(found) == 4


def test_frames_of_other_sizes_are_compared_with_those_near_them_alone(tmp_path: Path, monkeypatch) -> None:
    decoded: list[object] = []
    plain = tiff.decode_image
    monkeypatch.setattr(tiff, "decode_image", lambda *given: decoded.append(given) or plain(*given))
    sheets = [Image.new("L", (80, 60) if at % 2 else (160, 120), at) for at in range(60)]
    sheets[0].save(tmp_path / "a.tif", save_all=True, append_images=sheets[1:])
    pages(tmp_path / "a.tif")
    assert len(decoded) <= 60
