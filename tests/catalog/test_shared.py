"""A catalogue in PostgreSQL: moved there and back, used by several at once, and what may go wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from indexer.archive.sharing import join, moved
from indexer.catalog import Catalog, totals
from indexer.catalog.folder import address_in, confirm
from indexer.values import Box, Line, Origin, PageReading, Reading, SourceFile, Status, Word
from indexer.values.errors import IndexFolderError, UsageError

FILES = [SourceFile(Path(f"/archive/{at % 2}/{at}.png"), f"{at:02}", 10, 1000.0) for at in range(4)]
KEPT = ("totals", "document_totals", "waiting", "said")


@pytest.fixture
def folder(new_database: Callable[..., str], tmp_path: Path) -> Path:
    """An index whose catalogue is in PostgreSQL."""
    return shared(tmp_path / "shared", new_database(filled=True))


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def shared(folder: Path, address: str) -> Path:
    folder.mkdir()
    confirm(address)
    (folder / "catalog.url").write_text(address)
    return folder


def page(*texts: str, sure: float = 0.4) -> PageReading:
    lines = (
        Line(text, sure, Box(10, 40 * at, 400, 30), words=(Word(text, sure, Box(10, 40 * at, 90, 30)),))
        for at, text in enumerate(texts)
    )
    return PageReading(1, 500, 800, tuple((Reading(line, Origin("engine", "1")),) for line in lines), 1.0)


def fill(folder: Path) -> None:
    """Pages, verdicts, an orphan, and a document that is forgotten."""
    with Catalog(folder, create=True) as catalog:
        for file in FILES:
            catalog.place(file)
            catalog.store([(file, page("one", "two", "three"), "{}")])
        catalog.say(1, "correct", "ein Wort")
        catalog.say(2, "reject")
        catalog.say(5, "accept")
        catalog.add_user("Anna", "review")
        catalog.set_aside([next(each for each in catalog.documents() if each.sha256 == "03")])
        catalog.place(SourceFile(FILES[1].path, "changed", 11, 1001.0))


def all_of(folder: Path) -> dict[str, object]:
    with Catalog(folder) as catalog:
        lines = {line.id: line for line in catalog.lines(range(1, 30)).values()}
        told = [(each.document, each.text, each.kind) for each in catalog.deeds(9)]
        pages = [(each.id, each.lines) for each in catalog.changed_pages(0)]
        orphans = [each.line for each in catalog.orphans()]
        return {
            "lines": lines,
            "told": told,
            "pages": pages,
            "orphans": orphans,
            "counts": catalog.counts(),
            "users": [each.name for each in catalog.users()],
            "forgotten": [each.name for each in catalog.forgotten()],
        }


def test_a_catalogue_is_moved_there_and_back_and_goes_on_there(new_database, tmp_path: Path) -> None:
    fill(tmp_path / "own")
    address = new_database()
    arrived = moved(str(tmp_path / "own"), address)
    assert (arrived["files"][0], arrived["verdicts"][0]) == (3, 3)
    there = shared(tmp_path / "shared", address)
    (tmp_path / "own" / "forgotten").rename(there / "forgotten")
    assert all_of(there) == all_of(tmp_path / "own")
    assert moved(str(there), str(tmp_path / "back")) == arrived
    assert all_of(tmp_path / "back") == all_of(there)
    for place in (there, tmp_path / "back"):
        with Catalog(place) as catalog:
            catalog.place(FILES[3] if place == tmp_path / "back" else SourceFile(Path("/new.png"), "new", 1, 1.0))
            catalog.store([(SourceFile(Path("/new.png"), "new", 1, 1.0), page("new"), "{}")])
    with Catalog(there) as catalog:
        (forgotten,) = catalog.forgotten()
        catalog.bring_back(forgotten, catalog.thresholds)
        assert [line.text for line in catalog.page_lines(FILES[3].path, 1)] == ["one", "two", "three"]
        assert catalog.page_lines(Path("/new.png"), 1)[0].id == 13
    with pytest.raises(UsageError, match="there is a catalogue in the database"):
        moved(str(tmp_path / "own"), address)
    with pytest.raises(UsageError, match="there is a catalogue in"):
        moved(address, str(tmp_path / "own"))
    with pytest.raises(UsageError, match="neither"):
        moved(str(tmp_path / "own"), str(tmp_path / "other"))


def test_what_is_counted_is_what_a_count_gives(folder: Path) -> None:
    fill(folder)
    with Catalog(folder) as catalog:
        for each in catalog.forgotten():
            catalog.bring_back(each, catalog.thresholds)
        db = catalog._db

        def kept() -> dict[str, list[tuple]]:
            return {each: sorted(map(tuple, db.execute(f"SELECT * FROM {each}"))) for each in KEPT}

        mine = kept()
        with closing(sqlite3.connect(":memory:")) as own:
            catalog.copy_into(own)
            own.executescript(totals.SCRIPT)
            for table in KEPT:
                counted = sorted(own.execute(f"SELECT * FROM {table}"))
                assert [row for row in mine[table] if table != "totals" or row[2]] == [
                    row for row in counted if table != "totals" or row[2]
                ], table


def test_many_write_at_once_and_two_begin_one(new_database, tmp_path: Path) -> None:
    address = new_database()
    folders = [shared(tmp_path / str(at), address) for at in range(4)]

    def work(at: int) -> None:
        with Catalog(folders[at], create=True) as catalog:
            mine = [SourceFile(Path(f"/{at}/{number}.png"), f"{at}-{number}", 10, 1.0) for number in range(5)]
            for file in mine:
                catalog.place(file)
                catalog.store([(file, page("one", "two"), "{}")])
                (line, _) = catalog.page_lines(file.path, 1)
                catalog.say(line.id, "correct", f"said by {at}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with Catalog(folders[0]) as catalog:
        counts = catalog.counts()
        assert (counts.documents, counts.lines[Status.ACCEPTED], counts.waiting, counts.verdicts) == (20, 20, 20, 20)
        assert catalog.check() is None


def test_who_sees_some_folders_sees_these_alone(folder: Path) -> None:
    fill(folder)
    with Catalog(folder, folders=[b"/archive/0"]) as part:
        assert [each.sha256 for each in part.documents()] == ["00", "02"]
        assert {line.path.parent.name for line in part.lines(range(1, 30)).values()} == {"0"}
        assert (part.counts().documents, part.counts().verdicts) == (2, 2)
        with pytest.raises(IndexFolderError):
            part.say(3, "reject")
        with pytest.raises(IndexFolderError, match="cannot be written"):
            part._db.execute("DELETE FROM lines")
    with Catalog(folder) as whole:
        assert whole.counts().verdicts == 2


def test_a_connection_that_drops_costs_nothing_that_was_kept(folder: Path) -> None:
    fill(folder)
    with Catalog(folder) as catalog, Catalog(folder) as other:
        end = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""

        def dropped() -> None:
            with catalog._writing() as db:
                db.execute("DELETE FROM lines")
                other._db.execute(end).fetchall()
                db.execute("SELECT 1")

        other._db.execute(end).fetchall()
        assert catalog.counts().documents == 3
        with pytest.raises(IndexFolderError, match="does not answer"):
            dropped()
        assert catalog.say(3, "correct", "again").text == "again"
        assert catalog.counts().verdicts == 3


def test_a_step_of_the_catalogue_runs_on_both_databases(folder: Path, monkeypatch) -> None:
    fill(folder)
    step = """-- A remark; with a sign.
    ALTER TABLE files ADD COLUMN odd BLOB; UPDATE origins SET languages = 'one; 100%' WHERE engine = 'engine';
    CREATE TABLE odd (id INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL REFERENCES files ON DELETE CASCADE);
    INSERT INTO odd (file) SELECT id FROM files ORDER BY id;"""
    opening = import_module("indexer.catalog.postgres.opening")
    monkeypatch.setattr(opening, "MIGRATIONS", (*opening.MIGRATIONS, step))
    with Catalog(folder) as catalog:
        assert tuple(catalog._all("SELECT * FROM odd ORDER BY id")[0]) == (1, 1)
        assert catalog._all("SELECT languages FROM origins ORDER BY languages DESC")[0][0] == "one; 100%"
        assert catalog.counts().documents == 3
        with catalog._writing() as db:
            db.execute("DELETE FROM files")
        assert not catalog._all("SELECT * FROM odd")
        assert (catalog.counts().documents, catalog.counts().pages, catalog.counts().orphans) == (0, 0, 3)


def test_what_is_none_of_ours_is_left_alone(new_database, tmp_path: Path) -> None:
    psycopg = pytest.importorskip("psycopg")
    foreign, newer = new_database(), new_database(filled=True)
    with psycopg.connect(foreign) as db:
        db.execute("CREATE SCHEMA main")
        db.execute("CREATE TABLE main.meta (key text, value text)")
    with psycopg.connect(newer) as db:
        db.execute("UPDATE main.meta SET value = '999' WHERE key = 'version'")
    with pytest.raises(IndexFolderError, match="did not make"):
        join(tmp_path / "a", foreign)
    with pytest.raises(IndexFolderError, match="a newer notes"):
        join(tmp_path / "a", newer)
    with pytest.raises(IndexFolderError, match="no catalogue in the database"):
        moved(new_database(), str(tmp_path / "b"))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://anna:s3cret@localhost:1/letters",
        "postgresql://anna:s3cret@localhost:port/letters",
        "postgresql://localhost/letters?password=s3cret&connect_timeout=odd",
        "postgresql://anna:s3cret@local host/letters?s3cret",
    ],
)
def test_no_password_is_ever_shown(notes, address: str) -> None:
    pytest.importorskip("psycopg")
    done = notes.run("catalog", "use", address, rc=5)
    assert "does not answer" in done.stderr or "no address" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    assert not any("s3cret" in path.read_text() for path in notes.index.glob("*.log"))


def test_an_index_of_somebody_connects_to_no_database_of_theirs(notes) -> None:
    notes.index.mkdir(parents=True)
    (notes.index / "catalog.url").write_text("postgresql://anna:s3cret@localhost:1/letters")
    for command in (("search", "alpha"), ("status",), ("doctor",), ("index", ".")):
        done = notes.run(*command, rc={0, 4, 5})
        assert "you have not said so" in done.stdout + done.stderr
        assert "s3cret" not in done.stdout + done.stderr


def test_commands_use_it_like_any_other(notes, make_page, new_database, tmp_path: Path) -> None:
    notes.fake_engine()
    make_page(tmp_path / "a.png")
    address = new_database()
    assert "0 pages" in notes.run("catalog", "use", address).stderr
    assert (notes.index / "catalog.url").stat().st_mode & 0o777 == 0o600
    confirm(address)
    assert address_in(notes.index) == address
    notes.run("index", "a.png")
    assert notes.json("search", "--all", "alpha")["hits"]
    assert notes.json("doctor")["checks"][-1]["state"] == "ok"
    notes.run("backup", "all.zip")
    assert "shared" in notes.run("restore", "all.zip", "--replace", rc=2).stderr
    moved_to = notes.json("catalog", "move", str(notes.index), "own")
    assert moved_to["tables"]["pages"]["rows"] == 1
    own = {**notes.environ, "NOTES_INDEX": str(tmp_path / "own")}
    notes.environ.update(own)
    assert notes.json("search", "--all", "alpha")["hits"]
    assert "of its own" in notes.run("catalog", "use", address, rc=2).stderr
