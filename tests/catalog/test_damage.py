"""A catalogue from anybody may hold any value in any column: it is called damaged, and is no bug of ours."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

import indexer
from indexer.archive.backup import backup
from indexer.catalog import Catalog
from indexer.catalog.damage import damaged
from indexer.values.errors import IndexFolderError, NotesError

ODD = ("'two'", "x'ff00'", "'[1,'", "3.5")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, notes_factory, make_page) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    notes = notes_factory(folder)
    notes.fake_engine()
    make_page(folder / "a.png")
    notes.run("index", folder / "a.png")
    return notes.index


def columns(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [(table, row[1]) for table in tables for row in db.execute(f"PRAGMA table_info({table})")]


def forged(sound: Path, copy: Path, table: str, column: str, value: str) -> Path:
    shutil.copytree(sound, copy)
    with closing(sqlite3.connect(copy / "catalog.sqlite")) as db, suppress(sqlite3.Error):
        db.execute("PRAGMA ignore_check_constraints = 1")
        db.execute(f"UPDATE OR IGNORE {table} SET {column} = {value}")
        db.commit()
    return copy


def used(folder: Path) -> None:
    with indexer.open_archive(folder) as archive:
        archive.counts()
        archive.failures()
        for document in archive.documents():
            list(archive.pages(document))
        for hit in archive.search("alpha").hits:
            archive.line(hit.line.id)
        for line in archive.waiting():
            _ = archive.line(line.id).readings
        archive.orphans()


@pytest.mark.parametrize("odd", ODD)
def test_whatever_a_column_holds_is_no_bug(sound: Path, tmp_path: Path, odd: str) -> None:
    for number, (table, column) in enumerate(columns(sound)):
        folder = forged(sound, tmp_path / str(number), table, column, odd)
        try:
            used(folder)
        except NotesError:
            pass
        except Exception as error:
            raise AssertionError(f"{table}.{column} = {odd}") from error
        shutil.rmtree(folder)


def test_a_sound_catalogue_is_not_blamed(sound: Path) -> None:
    assert damaged(sound) is None
    with pytest.raises(ZeroDivisionError), indexer.open_archive(sound):
        raise ZeroDivisionError


def test_a_catalogue_that_cannot_be_opened_now_is_not_blamed(sound: Path, tmp_path: Path) -> None:
    assert damaged(tmp_path) is None
    with closing(sqlite3.connect(sound / "catalog.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        assert damaged(sound) is None
        db.execute("ROLLBACK")


def test_what_is_damaged_is_named(sound: Path, tmp_path: Path, notes_factory) -> None:
    folder = forged(sound, tmp_path / "index", "lines", "polygon", "'[1,'")
    with pytest.raises(IndexFolderError, match="column polygon of lines"):
        used(folder)
    notes = notes_factory(tmp_path)
    said = notes.run("review", "--index", folder, rc=5).stderr
    assert "is damaged: column polygon of lines" in said
    assert "backup" in said


def test_the_doctor_a_backup_and_an_unforeseen_error_see_the_same_damage(sound: Path, tmp_path: Path) -> None:
    folder = forged(sound, tmp_path / "index", "lines", "polygon", "'[1,'")
    with Catalog(folder) as catalog:
        assert catalog.check() == damaged(folder) == "column polygon of lines holds something else than lists"
    with pytest.raises(IndexFolderError, match="column polygon of lines"):
        backup(folder, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()
    with Catalog(sound) as catalog:
        assert catalog.check() is None
        assert catalog.counts().pages == 1
