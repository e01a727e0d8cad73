"""Links in an index folder from somebody else: nothing is written through one, and no document is read through one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from indexer.system.links import check_links

SAID = "what was there before\n"
FILES = (
    *("notes.log", "notes.log.lock", "indexing.txt", "indexing.lock", "searches.txt", "searches.txt.partial"),
    *("search/joining.lock", "search/MAIN_WRITELOCK", "search/stamp-2.json", "search/stamp-3.json"),
    *("search/_MAIN_2.part", "search/_MAIN_3.part", "search/ink/lock", "search/ink/joining.lock"),
    *("search/ink/manifest.json.partial", "search/ink/manifest.json", "token.json"),
)
FOLDERS = ("search", "search/ink", "search/joining")


@pytest.fixture
def gift(notes, make_page: Callable[..., Path]) -> Iterator[Any]:
    """An index of one page, and two more pages; in the end nothing outside has changed."""
    notes.fake_engine()
    for width in (300, 301, 302):
        make_page(notes.home / f"{width}.png", width)
    notes.run("index", "--workers", "1", "300.png")
    outside = notes.home / "outside"
    outside.mkdir()
    for name in ("kept.words", "stamp-1.json", "kept.ink"):
        (outside / name).write_text(SAID)
    yield notes
    assert sorted(path.name for path in outside.iterdir()) == ["kept.ink", "kept.words", "stamp-1.json"]
    assert {path.read_text() for path in outside.iterdir()} == {SAID}


def linked(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def test_no_file_is_written_through_a_link(gift, serve) -> None:
    target, missing = gift.home / "target.txt", gift.home / "missing.txt"
    target.write_text(SAID)
    for to in (target, missing):
        for name in FILES:
            linked(gift.index / name, to)
        gift.run("index", "--workers", "1", "301.png" if to is target else "302.png")
        for name in FILES:
            linked(gift.index / name, to)
        assert gift.json("search", "alpha")["total"] > 1
        gift.run("review", "correct", "2", "gamma", "--sure")
        linked(gift.index / "token.json", to)
        server = serve(gift, "--new-token")
        server.close()
        assert target.read_text() == SAID
        assert not missing.exists()
    assert (gift.index / "searches.txt").read_text() == "alpha\n"


@pytest.mark.parametrize("name", FOLDERS)
def test_no_folder_is_written_through_a_link(gift, name: str) -> None:
    linked(gift.index / name, gift.home / "outside")
    gift.run("index", "--workers", "1", "301.png")
    assert gift.json("search", "alpha")["total"] == 2
    assert not (gift.index / name).is_symlink()


@pytest.mark.parametrize("name", ["catalog.sqlite", "catalog.sqlite-wal", "documents", "models"])
def test_what_cannot_be_made_again_is_no_link(gift, name: str) -> None:
    linked(gift.index / name, gift.home / "outside" / ("kept.ink" if "." in name else ""))
    for command in (("index", "301.png"), ("search", "alpha"), ("status",), ("review", "accept", "1")):
        assert f"{name} is a link to another place" in gift.run(*command, rc=5).stderr


def test_an_index_folder_may_be_reached_through_a_link(gift) -> None:
    (gift.home / "here").symlink_to(gift.index)
    assert gift.json("search", "--index", "here", "alpha")["total"] == 1


def test_no_document_is_read_through_a_link(gift) -> None:
    """Neither read into the index, nor shown, nor put into a backup."""
    secret = gift.home / "secret.png"
    Image.new("L", (400, 100), 255).save(secret)
    documents = gift.index / "documents"
    documents.mkdir()
    (documents / f"{'a' * 64}.png").symlink_to(secret)
    said = gift.run("index", documents, rc=3).stderr
    assert "it is a link" in said
    assert gift.run("search", "page400", rc=1)
    assert f"{'a' * 64}.png" in gift.run("backup", gift.home / "kept.zip").stderr
    shutil.unpack_archive(gift.home / "kept.zip", gift.home / "unpacked")
    assert not list((gift.home / "unpacked").rglob("*.png"))


def test_an_original_that_became_a_link_is_not_shown(gift, serve) -> None:
    server = serve(gift)
    server.client.post("/api/v1/documents", files=[("files", ("b.png", (gift.home / "302.png").read_bytes()))])
    server.wait()
    hits = server.client.get("/api/v1/search", params={"q": "alpha"}).json()["hits"]
    assert len(hits) == 2
    pictures = [f"/api/v1/lines/{line}.png" for line in sorted(hit["id"] for hit in hits)]
    (document,) = (gift.index / "documents").glob("*.png")
    shutil.move(document, gift.home / "elsewhere.png")
    document.symlink_to(gift.home / "elsewhere.png")
    assert [server.client.get(each).status_code for each in pictures] == [200, 404]


def test_a_link_that_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "searches.txt").symlink_to(tmp_path / "x")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(Exception, match="cannot be removed: permission denied"):
        check_links(tmp_path)
