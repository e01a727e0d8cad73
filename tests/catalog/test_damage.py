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
from indexer.catalog.json_columns import JSON_COLUMNS
from indexer.catalog.records import Said
from indexer.values import Box, Change
from indexer.values.errors import IndexFolderError, NotesError

ODD = ("'two'", "x'ff00'", "'[1,'", "3.5")
OTHERWISE = ("""'{"a": 1}'""", """'[["a", "b", 3, 4, 5, 6]]'""")
"""JSON that notes writes into no column, but for one of them."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, notes_factory, make_page) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    notes = notes_factory(folder)
    notes.fake_engine()
    make_page(folder / "a.png")
    notes.run("index", folder / "a.png")
    return notes.index


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, notes_factory, make_page) -> Path:
    """An index with something in every column of JSON."""
    folder = tmp_path_factory.mktemp("full")
    notes = notes_factory(folder)
    notes.fake_engine()
    notes.run("index", make_page(folder / "a.png"), make_page(folder / "b.png", 240))
    with indexer.open_archive(notes.index) as archive:
        kept, gone = archive.documents()
        archive.describe([kept], Change("person", ("Emma Stillman",)))
        for document in (kept, gone):
            (page,) = archive.pages(document)
            moved = archive.catalog.page_lines(page.path, 1)[0]
            archive.draw(page, Box(20, 20, 90, 30), "alpha", [archive.line(moved.id)])
            archive.order(page, [line.id for line in reversed(archive.lines(page))])
        archive.catalog.forget([gone.path])
    with closing(sqlite3.connect(notes.index / "catalog.sqlite")) as db:
        db.execute("INSERT OR REPLACE INTO rulings SELECT id, '[[1, 2, 3, 4]]' FROM pages")
        db.execute("""INSERT OR REPLACE INTO meta VALUES ('thresholds', '{"default": 0.75, "engines": {}}')""")
        db.commit()
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


def used_in_earnest(folder: Path) -> None:
    """What reads the columns with JSON, and what writes them anew."""
    with indexer.open_archive(folder) as archive:
        (document,) = archive.documents()
        (page,) = archive.pages(document)
        lines = archive.catalog.page_lines(page.path, 1)
        for line in lines:
            assert line.origin.languages is not None
            assert archive.line(line.id).words() is not None
        archive.catalog.rulings([page.id])
        archive.catalog.as_read(page.sha256, 1)
        assert archive.catalog.thresholds.of("fake")
        archive.export(page, "page")
        archive.statements(document)
        archive.describe([document], Change("person", ("Lydia",), "add"))
        archive.undo_description([document])
        archive.say([Said(line.id, "accept", line.text) for line in lines], sure=True)
        archive.undo(lines[0].id)


@pytest.mark.parametrize(("table", "column"), [*JSON_COLUMNS, ("meta", "thresholds")])
def test_json_of_another_kind_is_damage(full: Path, tmp_path: Path, table: str, column: str) -> None:
    """It names the column and the next step, wherever it is noticed."""
    used_in_earnest(shutil.copytree(full, tmp_path / "full"))
    named = 0
    for number, odd in enumerate(OTHERWISE):
        where = ("value", f"{odd} WHERE key = '{column}'") if table == "meta" else (column, odd)
        folder = forged(full, tmp_path / str(number), table, *where)
        found = damaged(folder)
        try:
            used_in_earnest(folder)
        except NotesError:
            assert found
        except Exception as error:
            raise AssertionError(f"{table}.{column} = {odd}") from error
        assert found is None or column in found
        named += found is not None
    assert named >= len(OTHERWISE) - 1


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


def test_damage_in_what_was_said_of_a_document_is_said(full: Path, tmp_path: Path, notes_factory) -> None:
    folder = forged(full, tmp_path / "index", "descriptions", "said", "'[1,'")
    said = notes_factory(tmp_path).run("describe", "a.png", "--history", "--index", folder, rc=5).stderr
    assert f"{folder / 'catalog.sqlite'} is damaged: column said of descriptions" in said
    assert "backup" in said


def test_the_doctor_a_backup_and_an_unforeseen_error_see_the_same_damage(sound: Path, tmp_path: Path) -> None:
    folder = forged(sound, tmp_path / "index", "lines", "polygon", "'[1,'")
    with Catalog(folder) as catalog:
        assert catalog.check() == damaged(folder) == "column polygon of lines holds something that notes did not write"
    with pytest.raises(IndexFolderError, match="column polygon of lines"):
        backup(folder, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()
    with Catalog(sound) as catalog:
        assert catalog.check() is None
        assert catalog.counts().pages == 1
