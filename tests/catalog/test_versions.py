"""Catalogues of earlier versions: what people said in them is kept, and what may be unknown is read as that."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from indexer.catalog import Catalog, PageOrder, SaidWord, revision_of, schema, totals
from indexer.catalog.damage import damaged
from indexer.values import Box, Line, Origin, PageReading, Reading, SourceFile

FILE = SourceFile(Path("/archive/a.png"), "aa", 10, 1000.0)


def texts(catalog: Catalog) -> set[str]:
    return {line.text for line in catalog.page_lines(FILE.path, 1)}


def of_version(folder: Path, version: int) -> sqlite3.Connection:
    """A new catalogue as an earlier version made it."""
    all_steps = schema.MIGRATIONS
    schema.MIGRATIONS = all_steps[:version]
    schema._own_parts.cache_clear()
    try:
        return schema.connect(folder, create=True)
    finally:
        schema.MIGRATIONS = all_steps
        schema._own_parts.cache_clear()


def make_older(folder: Path, version: int) -> None:
    """Make of a catalogue what an earlier version would have kept of it: in each table that it had the columns that it
    had. What it counts it counts anew."""
    now = folder / "now.sqlite"
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as db:
        db.execute("VACUUM INTO ?", (str(now),))
    for file in folder.glob("catalog.sqlite*"):
        file.unlink()
    with closing(of_version(folder, version)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.create_function("made_older", 3, lambda table, name, value: _older(folder, version, (table, name), value))
        db.execute("ATTACH ? AS now", (str(now),))
        named = "SELECT name FROM {}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        tables, there = ({row[0] for row in db.execute(named.format(each))} for each in ("main", "now"))
        for table in sorted(tables - COUNTED - (tables - there - {"readers"})):
            _copy(db, table)
        db.execute("DELETE FROM main.sqlite_sequence")
        db.execute(
            "INSERT INTO main.sqlite_sequence SELECT * FROM now.sqlite_sequence WHERE name IN "
            "(SELECT name FROM main.sqlite_master WHERE sql LIKE '%AUTOINCREMENT%')"
        )
        db.execute("DETACH now")
    now.unlink()


COUNTED = {"said", "totals", "document_totals", "waiting"}
FORMER = {"readers": "origins", "reader_id": "origin_id"}


def _copy(db: sqlite3.Connection, table: str) -> None:
    start = FORMER.get(table, table)
    had, has = ({row["name"] for row in db.execute(f"PRAGMA {each}")} for each in (f"main.table_info({table})",
                f"now.table_info({start})"))  # fmt: skip
    columns = sorted(each for each in had if FORMER.get(each, each) in has)
    values = ", ".join(f"made_older('{table}', '{each}', {FORMER.get(each, each)})" for each in columns)
    db.execute(f"INSERT OR REPLACE INTO main.{table} ({', '.join(columns)}) SELECT {values} FROM now.{start}")


def _older(folder: Path, version: int, column: tuple[str, str], value: object) -> object:
    """A value as an earlier version kept it."""
    if column[1] == "path" and version < 8 and isinstance(value, bytes):
        return os.path.normpath(os.path.join(os.fsencode(folder), value))  # noqa: PTH118 - paths were absolute
    if column == ("readings", "posteriorgram") and version < 23:
        return None  # they are packed otherwise
    if column == ("lines", "as_read") and version < 18 and isinstance(value, str):
        return json.dumps(json.loads(value)[:5])
    return value


COUNTS = (33, "3e6281fb255c")
"""The newest version and the digest of the script that counts. Whoever changes the script adds a step, even an empty
one: without a step an index that is there keeps its old triggers, and is refused for them."""


def test_a_change_of_what_is_counted_is_a_step_of_the_catalogue() -> None:
    assert (len(schema.MIGRATIONS), hashlib.sha256(totals.SCRIPT.encode()).hexdigest()[:12]) == COUNTS


VERSIONS = (1, 4, 5, 9, 12, len(schema.MIGRATIONS))
SAY = """INSERT INTO verdicts (id, sha256, page, x, y, width, height, kind, text, seen, line_id, made_at)
    VALUES (?, 'aa', 1, 10, ?, 400, 40, 'correct', ?, 'read', ?, 'then')"""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_verdict_of_no_line_is_kept(tmp_path: Path, version: int) -> None:
    db = of_version(tmp_path, version)
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
def test_whatever_may_be_unknown_in_a_catalogue_is_read_as_that(tmp_path: Path, version: int) -> None:
    db = of_version(tmp_path, version)
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


def test_a_line_that_shows_the_ink_of_a_verdict_goes_back_to_its_own(tmp_path: Path) -> None:
    """The version before kept no baseline of the place where such a line was read."""
    db = of_version(tmp_path, 16)
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


def test_rulings_are_kept_with_a_page_and_unknown_of_one_that_was_read_before(tmp_path: Path) -> None:
    db = of_version(tmp_path, 18)
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


FILES = [SourceFile(Path(f"/archive/{name}.png"), name * 2, 10, 1000.0) for name in "abcd"]


def text_of(catalog: Catalog, file: SourceFile) -> list[str]:
    return [line.text for line in catalog.page_lines(file.path, 1)]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pages of which people said all that can be said; one is forgotten and one is gone."""
    folder = tmp_path_factory.mktemp("full")
    with Catalog(folder, create=True) as catalog:
        for file in FILES:
            lines = [Line(text, 0.4, Box(10, y, 400, 40)) for text, y in (("one", 100), ("two", 200), ("three", 300))]
            read = tuple((Reading(line, Origin("engine", "1")),) for line in lines)
            catalog.place(file)
            catalog.counted(file.sha256, 1)
            catalog.store([(file, PageReading(1, 1800, 1200, read, 1.0), "{}")])
        a, b, c, d = (catalog.page_lines(file.path, 1) for file in FILES)
        for lines, text in ((a, "said of a"), (c, "said of c"), (d, "said of d")):
            catalog.say(lines[0].id, "correct", text)
        catalog.say(a[1].id, "reject")
        catalog.forget([FILES[3].path])
        for file, (one, _, three) in ((FILES[1], b), (FILES[2], c)):
            document = catalog.document_of(file.sha256)
            assert document
            catalog.order(catalog.document_page(document.id, 1), PageOrder((three.id, one.id)))
            seen = revision_of(three.text, catalog.verdict_on(three.id))
            catalog.say_words("tree", [SaidWord(three.id, three.box, True, seen, 0.5)])
        document = catalog.document_of(FILES[2].sha256)
        assert document
        catalog.set_aside([document])
        catalog.add_user("anna", "review")
    return folder


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_all_that_people_said_in_every_earlier_version_is_kept(full: Path, tmp_path: Path, version: int) -> None:
    folder = tmp_path / "index"
    shutil.copytree(full, folder)
    make_older(folder, version)
    has_forgotten = version >= 22
    if has_forgotten:
        make_older(folder / "forgotten" / "1", version)
    with Catalog(folder) as catalog:
        assert text_of(catalog, FILES[0])[0] == "said of a"
        assert [line.status.value for line in catalog.page_lines(FILES[0].path, 1)][1] == "rejected"
        assert [each.text for each in catalog.orphans()] == ["said of d"]
        forgotten = catalog.forgotten()
        assert len(forgotten) == has_forgotten
        for each in forgotten:
            catalog.bring_back(each, catalog.thresholds)
            assert text_of(catalog, FILES[2]) == ["tree", "said of c", "two"]
        if version >= 27:
            assert text_of(catalog, FILES[1]) == ["tree", "one", "two"]
            assert [each.right for each in catalog.word_batches(9)] == [1, 1]
        assert [each.name for each in catalog.users()] == ["anna"] * (version >= 25)
        catalog.place(FILES[3])
        line = Reading(Line("one", 0.4, Box(10, 100, 400, 40)), Origin("engine", "1"))
        catalog.store([(FILES[3], PageReading(1, 1800, 1200, ((line,),), 1.0), "{}")])
        assert text_of(catalog, FILES[3]) == ["said of d"]
    assert damaged(folder) is None
    assert (folder / "catalog.sqlite.before").exists() == (version < len(schema.MIGRATIONS))
