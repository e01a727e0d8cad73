"""A backup holds what cannot be made again, comes back whole or not at all, and writes nothing outside the index."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indexer.archive.backup import restore
from indexer.catalog import Catalog
from indexer.values.errors import IndexFolderError, NotesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Notes, Served

LIST = "notes-backup.json"


@pytest.fixture
def indexed(notes: Notes, make_page: Callable[..., Path]) -> Notes:
    notes.fake_engine()
    make_page(notes.home / "in" / "a.png", 300)
    notes.run("index", "in")
    notes.run("review", "correct", 1, "Ceci est mon xylophone")
    (notes.index / "models" / "emma").mkdir(parents=True)
    (notes.index / "models" / "emma" / "model.json").write_text("{}")
    (notes.index / "searches.txt").write_text("xylophone\n")
    (notes.index / "token.json").write_text("{}")
    return notes


def test_a_backup_made_while_a_server_runs_has_everything(
    indexed: Notes, make_page: Callable[..., Path], serve: Callable[..., Served]
) -> None:
    data = make_page(indexed.home / "photo.png", 310).read_bytes()
    served = serve(indexed)
    served.client.get("/api/v1/search?q=alpha")
    served.client.post("/api/v1/documents", files={"files": ("photo.png", data)})
    served.wait()
    assert served.client.put("/api/v1/lines/1/verdict", json={"kind": "correct", "text": "zymurgy"}).status_code == 200
    report = indexed.json("backup", "notes.zip")
    served.close()
    assert (report["documents"], report["models"]) == (1, 1)
    assert "there already" in indexed.run("backup", "notes.zip", rc=2).stderr
    new = indexed.home / "new"
    indexed.run("restore", "notes.zip", "--index", new)
    assert indexed.json("search", "zymurgy", "--index", new)["total"] == 1
    assert indexed.json("search", "page310", "--index", new)["total"] == 1
    assert (new / "models" / "emma" / "model.json").is_file()
    assert (new / "searches.txt").read_text().startswith("xylophone")
    assert not (new / "token.json").exists()
    assert not [path for path in new.iterdir() if path.name.startswith(".")]
    line = indexed.json("search", "page310", "--index", new)["hits"][0]["id"]
    indexed.run("show", line, "--crop", "ink.png", "--index", new)


def test_an_index_is_only_replaced_when_told_and_a_server_sees_it_whole(
    indexed: Notes, serve: Callable[..., Served]
) -> None:
    indexed.run("backup", "notes.zip")
    indexed.run("review", "correct", 1, "something else")
    assert "--replace" in indexed.run("restore", "notes.zip", rc=2).stderr
    served = serve(indexed)
    assert served.client.get("/api/v1/search?q=something").json()["total"] == 1
    indexed.run("restore", "notes.zip", "--replace")
    assert served.client.get("/api/v1/search?q=xylophone").json()["total"] == 1
    assert served.client.get("/api/v1/search?q=something").json()["total"] == 0
    assert served.client.put("/api/v1/lines/1/verdict", json={"kind": "correct", "text": "zymurgy"}).status_code == 200
    served.close()
    assert indexed.json("search", "zymurgy")["total"] == 1


def rewritten(source: Path, target: Path, change: Callable[[dict[str, bytes]], None], relist: bool = True) -> Path:
    """A backup with other files in it, and, with ``relist``, a list that says so."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if relist:
        listed = json.loads(files.pop(LIST))
        listed["files"] = {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()
        }
        files[LIST] = json.dumps(listed).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target


EVIL = (
    *("../evil.txt", "/tmp/evil-notes.txt", "documents/../../evil.txt", "models/emma/../../../evil.txt"),
    *("documents/evil.png", "notes.toml", "plugins/evil.py", "models/emma/.hidden", "C:/evil.txt"),
    *("documents\\..\\..\\evil.txt", "models/emma/a/b", "search/x", "catalog.sqlite-wal", "models/../evil.txt"),
)


def test_what_a_kill_left_of_an_earlier_restoring_goes(indexed: Notes) -> None:
    indexed.run("backup", "notes.zip")
    left = indexed.index / ".restoring-1"
    left.mkdir()
    (left / "catalog.sqlite").write_text("half")
    indexed.run("restore", "notes.zip", "--replace")
    assert not list(indexed.index.glob(".restoring-*"))
    indexed.run("search", "xylophone")


def test_nothing_is_ever_written_outside_of_what_a_backup_holds(indexed: Notes) -> None:
    indexed.run("backup", "notes.zip")
    evil, new = indexed.home / "evil.zip", indexed.home / "far" / "new"
    for name in EVIL:
        rewritten(indexed.home / "notes.zip", evil, lambda files, name=name: files.update({name: b"evil"}))
        with pytest.raises(UsageError, match="belongs to no index"):
            restore(evil, new)
        assert not list(indexed.home.rglob("*evil.t*"))
        assert not (new / "catalog.sqlite").exists()


def test_a_link_in_a_backup_is_refused(indexed: Notes) -> None:
    indexed.run("backup", "notes.zip")
    link = zipfile.ZipInfo("searches.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(indexed.home / "notes.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name != "searches.txt"}
    with zipfile.ZipFile(indexed.home / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        for name, data in files.items():
            archive.writestr(name, data)
    with pytest.raises(UsageError, match="belongs to no index"):
        restore(indexed.home / "link.zip", indexed.home / "new")


def _flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def test_a_damaged_backup_changes_nothing(indexed: Notes) -> None:
    indexed.run("backup", "notes.zip")
    whole = (indexed.home / "notes.zip").read_bytes()
    broken = indexed.home / "broken.zip"

    def refused(error: type[NotesError] = UsageError, why: str = "no whole backup") -> None:
        with pytest.raises(error, match=why):
            restore(broken, indexed.index, replace=True)
        with Catalog(indexed.index) as catalog:
            assert catalog.line(1).text == "Ceci est mon xylophone"

    for data in (b"", b"no zip at all", whole[: len(whole) // 2], _flip(whole)):
        broken.write_bytes(data)
        refused()
    for change in (
        lambda files: files.pop("searches.txt"),
        lambda files: files.update({"searches.txt": b"other\n"}),
        lambda files: files.update({LIST: b"[]"}),
        lambda files: files.update({LIST: b"{"}),
        lambda files: files.pop(LIST),
    ):
        rewritten(indexed.home / "notes.zip", broken, change, relist=False)
        refused()
    rewritten(indexed.home / "notes.zip", broken, lambda files: files.update({"catalog.sqlite": b"none" * 5000}))
    refused(IndexFolderError, "damaged")
    assert "no whole backup" in indexed.run("restore", "notes.toml", "--replace", rc=2).stderr
    assert "no backup" in indexed.run("restore", "nowhere.zip", "--replace", rc=2).stderr
    indexed.run("backup", "other.zip", "--index", "nowhere", rc=5)
    indexed.run("backup", "no/folder/other.zip", rc=5)
