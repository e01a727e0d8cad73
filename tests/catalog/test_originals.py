"""Only the ink that was read is ever shown for it, and no text stands under the hash of other ink."""

from __future__ import annotations

import io
import os
import shutil
from hashlib import sha256
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from indexer.system import originals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Notes, Served

RED = (255, 0, 0)


def red(path: Path, size: tuple[int, int] = (300, 100)) -> None:
    """Another picture in the place of the first, with its date."""
    date = path.stat().st_mtime_ns
    Image.new("RGB", size, RED).save(path)
    os.utime(path, ns=(date, date))


def is_red(data: bytes) -> bool:
    return Image.open(io.BytesIO(data)).convert("RGB").getpixel((20, 20))[1] < 60


def test_a_picture_that_was_replaced_is_shown_nowhere_for_the_one_that_was_read(
    notes: Notes, make_page: Callable[..., Path], serve: Callable[..., Served]
) -> None:
    notes.fake_engine()
    page = make_page(notes.home / "in" / "a.bmp", 300)
    digest = sha256(page.read_bytes()).hexdigest()
    notes.run("index", "in")
    red(page)
    served = serve(notes)
    for address in (
        f"/scan/{digest}/1/320.jpg",
        f"/ink/{digest}/1/5,5,290,20.jpg",
        "/api/v1/lines/1.png",
        "/documents/1/1/pdf",
    ):
        answer = served.client.get(address)
        assert answer.status_code == 404, address
        assert "another content" in answer.text
        assert "immutable" not in answer.headers.get("cache-control", "")
    served.close()
    assert "another content" in notes.run("show", 1, "--crop", "line.png", rc=2).stderr
    assert not (notes.home / "line.png").exists()


def test_a_copy_that_has_the_content_still_is_shown(notes: Notes, make_page: Callable[..., Path]) -> None:
    notes.fake_engine()
    page = make_page(notes.home / "in" / "a.bmp", 300)
    shutil.copy2(page, notes.home / "in" / "b.bmp")
    notes.run("index", "in")
    red(page)
    notes.run("show", 1, "--crop", "line.png")
    assert not is_red((notes.home / "line.png").read_bytes())


def test_rereading_looks_at_bytes_and_not_at_dates(notes: Notes, make_page: Callable[..., Path]) -> None:
    notes.fake_engine()
    page = make_page(notes.home / "in" / "a.bmp", 300)
    notes.run("index", "in")
    notes.run("review", "correct", 1, "what the old page says")
    size = page.stat().st_size
    Image.new("L", (300, 100), 90).save(notes.home / "b.bmp")
    assert (notes.home / "b.bmp").stat().st_size == size
    shutil.copystat(page, notes.home / "b.bmp")
    shutil.copy2(notes.home / "b.bmp", page)
    assert notes.json("index", "in")["files"]["skipped"] == 1
    assert notes.json("index", "--dry-run", "--reread", "in")["files"]["read"] == 1
    assert notes.json("index", "--reread", "in")["files"]["read"] == 1
    assert "old page" not in notes.run("show", "in/a.bmp").stdout
    notes.run("show", "in/a.bmp", "--crop", "page.png")


@pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch")
def test_training_leaves_out_lines_whose_picture_was_replaced(notes: Notes, make_page: Callable[..., Path]) -> None:
    from indexer.api.registry import load_registry
    from indexer.catalog import Catalog
    from indexer.recognition.page_drawer import PageDrawer
    from indexer.training.collecting import archive_lines
    from indexer.values import Failure, SourceOptions

    notes.fake_engine()
    page = make_page(notes.home / "in" / "a.bmp", 300)
    make_page(notes.home / "in" / "b.bmp", 310)
    notes.run("index", "in")
    red(page)
    with Catalog(notes.index) as catalog:
        registry = load_registry(notes.plugins)
        training = registry.engine("embedded").training
        assert training is not None
        with PageDrawer(notes.plugins, 300) as drawer:
            found = list(archive_lines(catalog, drawer, SourceOptions(), training()))
    (failure,) = [each for each in found if isinstance(each, Failure)]
    assert failure.path == page
    assert failure.message.startswith("1 line left out: ")
    assert len(found) == 2


SLOW_SOURCE = """
from pathlib import Path
from indexer.api import Page, Source, decode_image, hookimpl

def pages(file, options):
    def image():
        picture = decode_image(file.path, options)
        other = file.path.with_name("other.bin")
        if other.exists():
            other.replace(file.path)
        return picture
    yield Page(1, image)

@hookimpl
def notes_sources():
    yield Source("slow", (".slow",), pages)
"""


def test_a_file_that_changes_while_it_is_read_is_not_kept(notes: Notes, make_page: Callable[..., Path]) -> None:
    notes.fake_engine()
    (notes.plugins / "slow.py").write_text(SLOW_SOURCE)
    make_page(notes.home / "in" / "a.png", 300).rename(notes.home / "in" / "a.slow")
    make_page(notes.home / "in" / "b.png", 310).rename(notes.home / "in" / "other.bin")
    report = notes.json("index", "in/a.slow", rc=3)
    assert [failure["kind"] for failure in report["failures"]] == ["changed"]
    notes.json("search", "page300", rc=1)
    assert notes.json("index", "in/a.slow")["files"]["read"] == 1
    assert notes.json("search", "page310")["total"] == 1


def test_what_is_written_while_it_is_hashed_is_hashed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"half")
    digest, told = originals._digest, []

    def meanwhile(file: Path) -> str:
        found = digest(file)
        if len(told) < 1:
            told.append(found)
            file.write_bytes(b"half and the rest")
        return found

    monkeypatch.setattr(originals, "_digest", meanwhile)
    assert originals.source_file(path).sha256 == sha256(b"half and the rest").hexdigest()
