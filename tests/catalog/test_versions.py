"""Catalogues of earlier versions: what people said in them is kept, and what may be unknown is read as that."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from indexer.catalog import Catalog, schema, totals
from indexer.values import Box, Line, Origin, PageReading, Reading, SourceFile

FILE = SourceFile(Path("/archive/a.png"), "aa", 10, 1000.0)


def texts(catalog: Catalog) -> set[str]:
    return {line.text for line in catalog.page_lines(FILE.path, 1)}


def of_version(folder: Path, version: int, monkeypatch) -> sqlite3.Connection:
    """A new catalogue as an earlier version made it."""
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
        schema._own_parts.cache_clear()
        db = schema.connect(folder, create=True)
        schema._own_parts.cache_clear()
    return db


COUNTS = (29, "2389e73aa0e7")
"""The newest version and the digest of the script that counts. Whoever changes the script adds a step, even an empty
one: without a step an index that is there keeps its old triggers, and is refused for them."""


def test_a_change_of_what_is_counted_is_a_step_of_the_catalogue() -> None:
    assert (len(schema.MIGRATIONS), hashlib.sha256(totals.SCRIPT.encode()).hexdigest()[:12]) == COUNTS


VERSIONS = (1, 4, 5, 9, 12, len(schema.MIGRATIONS))
SAY = """INSERT INTO verdicts (id, sha256, page, x, y, width, height, kind, text, seen, line_id, made_at)
    VALUES (?, 'aa', 1, 10, ?, 400, 40, 'correct', ?, 'read', ?, 'then')"""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_verdict_of_no_line_is_kept(tmp_path: Path, monkeypatch, version: int) -> None:
    db = of_version(tmp_path, version, monkeypatch)
    for number, (y, text) in enumerate(((100, "erst"), (200, "ander"), (100, "zuletzt")), 1):
        db.execute(SAY, (number, y, text, None))
    db.close()
    with Catalog(tmp_path) as catalog:
        assert sorted(each.text for each in catalog.orphans()) == ["ander", "zuletzt"]
        assert catalog.counts().orphans == 2
        catalog.place(FILE)
        line = Reading(Line("read", 0.4, Box(10, 100, 400, 40)), Origin("engine"))
        catalog.store([(FILE, PageReading(1, 1800, 1200, ((line,),), 1.0), "{}")])
        assert {"ander", "zuletzt"} <= {each.text for each in catalog.orphans()} | texts(catalog)
        assert catalog.counts().orphans == len(catalog.orphans())


@pytest.mark.parametrize("version", VERSIONS)
def test_whatever_may_be_unknown_in_a_catalogue_is_read_as_that(tmp_path: Path, monkeypatch, version: int) -> None:
    db = of_version(tmp_path, version, monkeypatch)
    db.execute("INSERT INTO files VALUES (1, 'aa', 1, 1)")
    db.execute("INSERT INTO places VALUES (?, 1, 0)", (b"/archive/a.png",))
    db.execute(
        """INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)
        VALUES (1, 1, 1, 1800, 1200, '{}', 1.0, 'then', 1)"""
    )
    origins, origin = ("readers", "reader_id") if version < 13 else ("origins", "origin_id")
    db.execute(f"INSERT INTO {origins} (id, engine, version, settings) VALUES (1, 'engine', '1', '{{}}')")
    db.execute(
        """INSERT INTO lines (id, page_id, number, x, y, width, height, polygon, status)
        VALUES (1, 1, 1, 10, 100, 400, 40, '[]', 'review')"""
    )
    db.execute(
        f"""INSERT INTO readings (id, line_id, {origin}, text, confidence, words, chosen)
        VALUES (1, 1, 1, 'read', .4, '[]', 1)"""
    )
    db.execute("INSERT INTO failures VALUES (?, 1, 'broken', 'it is')", (b"/archive/a.png",))
    db.execute(SAY, (1, 100, "eins", 1))
    for (table,) in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    ).fetchall():
        for column in db.execute(f"PRAGMA table_info({table})").fetchall():
            if not column["notnull"] and not column["pk"]:
                db.execute(f"UPDATE {table} SET {column['name']} = NULL")
    db.close()
    with Catalog(tmp_path) as catalog:
        assert "eins" in {each.text for each in catalog.orphans()} | texts(catalog)
        assert [each.pages for each in catalog.documents()] == [None]
        assert catalog.counts().orphans == len(catalog.orphans())
        catalog.forget([FILE.path])
        assert [each.text for each in catalog.orphans()] == ["eins"]


def test_a_line_that_shows_the_ink_of_a_verdict_goes_back_to_its_own(tmp_path: Path, monkeypatch) -> None:
    """The version before kept no baseline of the place where such a line was read."""
    db = of_version(tmp_path, 16, monkeypatch)
    db.executescript(
        """INSERT INTO files VALUES (1, 'aa', 1, 1);
        INSERT INTO places VALUES (CAST('/archive/a.png' AS BLOB), 1, 0);
        INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)
            VALUES (1, 1, 1, 1800, 1200, '{}', 1.0, 'then', 1);
        INSERT INTO origins (id, engine, version, settings) VALUES (1, 'engine', '1', '{}');
        INSERT INTO lines (id, page_id, number, x, y, width, height, polygon, as_read, status)
            VALUES (1, 1, 1, 10, 100, 400, 40, '[]', '[12, 103, 410, 44, "[[12, 103], [422, 103], [422, 147]]"]',
            'accepted');
        INSERT INTO readings (id, line_id, origin_id, text, confidence, words, chosen)
            VALUES (1, 1, 1, 'read', .4, '[]', 1);"""
    )
    db.execute(SAY, (1, 100, "eins", 1))
    db.close()
    with Catalog(tmp_path) as catalog:
        back = catalog.take_back(1)
        assert back is not None
        assert (back.text, back.box, back.baseline) == ("read", Box(12, 103, 410, 44), ())
        assert back.polygon == ((12, 103), (422, 103), (422, 147))


def test_rulings_are_kept_with_a_page_and_unknown_of_one_that_was_read_before(tmp_path: Path, monkeypatch) -> None:
    db = of_version(tmp_path, 18, monkeypatch)
    db.execute("INSERT INTO files (id, sha256, size, pages) VALUES (1, 'aa', 10, 1)")
    db.execute(
        """INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)
        VALUES (7, 1, 1, 500, 800, '{}', 1.0, 'then', 1)"""
    )
    db.execute("INSERT INTO places (path, file_id, modified) VALUES (?, 1, 1000.0)", (b"/archive/a.png",))
    db.close()
    with Catalog(tmp_path) as catalog:
        assert catalog.rulings([7]) == {}
        assert [page.id for page in catalog.pages_at([7])] == [7]
        ruled = (((10.2, 0.0), (12.0, 700.0)), ((5.0, 40.0), (450.0, 41.6)))
        line = Reading(Line("read", 0.9, Box(20, 60, 100, 30)), Origin("engine"))
        catalog.store([(FILE, PageReading(1, 500, 800, ((line,),), 1.0, rulings=ruled), "{}")])
        assert catalog.rulings([7]) == {7: (((10, 0), (12, 700)), ((5, 40), (450, 42)))}
        catalog.store([(FILE, PageReading(1, 500, 800, ((line,),), 1.0), "{}")])
        assert catalog.rulings([7]) == {7: ()}
