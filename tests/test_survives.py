"""What people said and gave is on the disk before anything says so: a power cut takes only what was not synced."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

import indexer
from indexer.archive.backup import backup, restore
from indexer.catalog import Catalog, schema
from indexer.catalog.folder import resting_state
from indexer.system.lock import indexing
from indexer.system.originals import source_file
from indexer.values.errors import Exit, IndexFolderError, UnwritableError
from indexer.web import runs
from indexer.web.child import Child
from indexer.web.running import Ending

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks up the names of open files")


@pytest.fixture(scope="module")
def once(notes_factory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a page that was added, with a correction."""
    notes = notes_factory(tmp_path_factory.mktemp("once"))
    notes.fake_engine()
    Image.new("L", (200, 100), 255).save(notes.home / "a.png")
    added = notes.index / "documents" / f"{source_file(notes.home / 'a.png').sha256}.png"
    added.parent.mkdir(parents=True)
    (notes.home / "a.png").rename(added)
    notes.run("index", added)
    with indexer.open_archive(notes.index) as archive:
        line = archive.line(archive.waiting(1)[0].id)
        archive.say([line.said("correct", "what was said")], sure=True)
    return notes.index


@pytest.fixture
def index(once: Path, tmp_path: Path) -> Path:
    shutil.copytree(once, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """The files and folders that are synced, by their names at that time."""
    names: set[Path] = set()
    plain = os.fsync

    def sync(file: int) -> None:
        names.add(Path(f"/proc/self/fd/{file}").readlink())
        plain(file)

    monkeypatch.setattr(os, "fsync", sync)
    return names


def test_what_is_forgotten_is_set_aside_for_certain_and_comes_back(index: Path, synced: set[Path]) -> None:
    with indexer.open_archive(index) as archive:
        archive.forget(list(archive.documents()))
        aside = index / "forgotten" / "1"
        assert {index, aside.parent, aside, aside / "documents", index / "documents"} <= synced
        synced.clear()
        archive.bring_back(archive.forgotten())
        assert {aside / "documents", index / "documents"} <= synced
        assert "what was said" in [line.text for page in archive.documents() for line in lines(archive, page)]


def lines(archive: indexer.Archive, document: object) -> list:
    return [line for page in archive.pages(document) for line in archive.catalog.page_lines(page.path, page.number)]


def test_a_backup_and_what_it_brings_back_are_on_the_disk(index: Path, tmp_path: Path, synced: set[Path]) -> None:
    backup(index, tmp_path / "backup.zip")
    assert {tmp_path / "backup.zip.partial", tmp_path} <= synced
    synced.clear()
    restore(tmp_path / "backup.zip", tmp_path / "new" / "index")
    new = tmp_path / "new" / "index"
    assert {tmp_path, tmp_path / "new", new, new / "documents"} <= synced
    added = next((new / "documents").iterdir())
    assert added.name in {name.name for name in synced}


def test_what_is_searched_is_on_the_disk_before_it_counts(index: Path, synced: set[Path]) -> None:
    shutil.rmtree(index / "search")
    with indexer.open_archive(index) as archive:
        assert archive.search("said").hits
    made = {each.name.removesuffix(".partial") for each in synced}
    counts = [each.name for each in (index / "search").rglob("*") if each.suffix in (".seg", ".words", ".ink")]
    assert len(counts) == 3
    assert set(counts) <= made


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network drive without locks."""
    import fcntl

    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    monkeypatch.setattr(fcntl, "lockf", refused)


def test_on_a_drive_without_locks_nothing_is_written_and_all_is_found(index: Path, without_locks: None) -> None:
    with indexer.open_archive(index) as archive:
        assert archive.search("said").hits
        line = archive.line(archive.search("said").hits[0].line.id)
        with pytest.raises(UnwritableError, match="has no locks"):
            archive.say([line.said("reject")])
    with pytest.raises(UnwritableError, match="has no locks"), indexing(index):
        pass


def test_machines_that_share_a_drive_keep_what_each_of_them_said(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "is_remote", lambda _: True)
    with Catalog(index) as one, Catalog(index) as other:
        first, second = sorted(line.id for line in one.not_rejected())
        one.say(first, "correct", "of one machine")
        assert other.line(first).text == "of one machine"
        other.say(second, "correct", "of the other")
        assert [one.line(each).text for each in (first, second)] == ["of one machine", "of the other"]
        assert {file.name for file in index.glob("catalog.sqlite*")} == {"catalog.sqlite"}  # no memory is shared


def test_a_catalogue_in_the_middle_of_a_change_is_not_read_without_a_lock(index: Path) -> None:
    assert resting_state(index) is not None
    (index / "catalog.sqlite-journal").write_bytes(b"what was there before")
    assert resting_state(index) is None


def test_what_is_written_after_the_index_was_moved_is_not_taken_for_kept(index: Path) -> None:
    with Catalog(index) as catalog:
        line = next(iter(catalog.not_rejected()))
        index.rename(index.with_name("moved"))
        with pytest.raises(IndexFolderError, match="was moved"):
            catalog.say(line.id, "correct", "nobody would find it")
        shutil.copytree(index.with_name("moved"), index)  # as a program that synchronises folders does
        with pytest.raises(IndexFolderError, match="was moved, deleted or replaced"):
            catalog.say(line.id, "correct", "nobody would find it")
    with Catalog(index) as catalog:
        assert catalog.say(line.id, "correct", "said now").text == "said now"


def test_a_server_makes_no_new_index_where_the_one_that_it_had_was_moved_away(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = runs.ReadingInBackground(index, index / "documents", Ending())
    index.rename(index.with_name("moved"))
    told = threading.Event()
    monkeypatch.setattr(runs._log, "warning", lambda *_: told.set())
    reading.begin()
    try:
        assert told.wait(20)
    finally:
        reading.close()
    assert not (index / "catalog.sqlite").exists()


def test_watching_waits_for_an_index_that_was_moved_away(notes) -> None:
    notes.fake_engine()
    box, moved = notes.home / "box", notes.home / "moved"
    box.mkdir()
    Image.new("L", (200, 100), 255).save(box / "a.png")
    with notes.begin("watch", box, stderr=subprocess.PIPE) as watch:
        while "1 file read" not in (line := watch.stderr.readline()):
            assert line
        notes.index.rename(moved)
        Image.new("L", (201, 100), 255).save(box / "b.png")
        while "no index in" not in (line := watch.stderr.readline()):
            assert line
        assert not (notes.index / "catalog.sqlite").exists()
        shutil.rmtree(notes.index, ignore_errors=True)
        moved.rename(notes.index)
        while "1 file read" not in (line := watch.stderr.readline()):
            assert line
        watch.terminate()
    with Catalog(notes.index) as catalog:
        assert sorted(each.path.name for each in catalog.documents()) == ["a.png", "b.png"]


def test_reading_goes_on_when_the_clock_goes_back_to_1970(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, again = iter([time.time()]), threading.Event()
    tries: list[object] = []

    def run(*words: object, **_more: object) -> tuple[int, str]:
        tries.append(words)
        if len(tries) == 1:
            raise OSError("no room")
        again.set()
        return Exit.DONE, ""

    monkeypatch.setattr(runs, "time", SimpleNamespace(time=lambda: next(told, 0.0), monotonic=time.monotonic))
    monkeypatch.setattr(runs, "_AGAIN", 0.01)
    monkeypatch.setattr(Child, "run", run)
    reading = runs.ReadingInBackground(index, index / "documents", Ending())
    reading.begin()
    try:
        assert again.wait(20)
    finally:
        reading.close()
