"""The catalogue through its door: readings, verdicts, moving and forgetting files."""

from __future__ import annotations

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from indexer.catalog import Catalog, database, runs, schema, spare, trouble
from indexer.values import Box, Failure, Line, Origin, PageReading, Reading, SourceFile, Status
from indexer.values.errors import IndexFolderError, UnavailableError, UsageError
from indexer.values.thresholds import Thresholds

ENGINE = Origin("engine", "1")
OTHER = Origin("other", "1")


def file(name: str = "/archive/a.png", sha: str = "aa") -> SourceFile:
    return SourceFile(Path(name), sha, 10, 1000.0)


def reading(*lines: tuple[str, float | None, int], origin: Origin = ENGINE, number: int = 1) -> PageReading:
    """A page whose lines are (text, confidence, y)."""
    made = tuple(Line(text, confidence, Box(10, y, 400, 30)) for text, confidence, y in lines)
    return PageReading(number, 500, 800, tuple((Reading(line, origin),) for line in made), 1.0)


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog(tmp_path, create=True) as catalog:
        catalog.place(file())
        yield catalog


def put(catalog: Catalog, *readings: PageReading, source: SourceFile | None = None) -> None:
    catalog.store([(source or file(), each, "{}") for each in readings])


def texts(catalog: Catalog) -> list[tuple[str, Status]]:
    return [(line.text, line.status) for line in catalog.page_lines(file().path, 1)]


def test_lines_are_judged_by_confidence_and_origin(catalog: Catalog) -> None:
    put(catalog, reading(("sure", 0.75, 0), ("doubtful", 0.749, 40), ("unknown", None, 80)))
    assert texts(catalog) == [
        ("sure", Status.ACCEPTED),
        ("doubtful", Status.REVIEW),
        ("unknown", Status.UNKNOWN),
    ]
    put(catalog, reading(("typed", None, 0), origin=Origin("text-layer")))
    assert texts(catalog) == [("typed", Status.ACCEPTED)]


def test_a_correction_outlives_rereading_and_forgetting_and_can_be_taken_back(catalog: Catalog) -> None:
    put(catalog, reading(("helo", 0.4, 0), ("world", 0.9, 40)))
    line = catalog.page_lines(file().path, 1)[0]
    assert catalog.say(line.id, "correct", "hello").text == "hello"
    put(catalog, reading(("hullo", 0.95, 3), ("world", 0.9, 40), origin=OTHER))
    assert texts(catalog) == [("hello", Status.ACCEPTED), ("world", Status.ACCEPTED)]
    catalog.forget([file().path])
    assert catalog.counts().pages == 0
    catalog.place(file())
    put(catalog, reading(("world", 0.9, 40)))
    assert texts(catalog) == [("hello", Status.ACCEPTED), ("world", Status.ACCEPTED)]
    first = catalog.page_lines(file().path, 1)[0]
    assert catalog.take_back(first.id) is None
    assert texts(catalog) == [("world", Status.ACCEPTED)]


def test_the_newest_verdict_counts_and_undo_goes_one_step_back(catalog: Catalog) -> None:
    put(catalog, reading(("helo", 0.4, 0)))
    line = catalog.page_lines(file().path, 1)[0]
    catalog.say(line.id, "correct", "hello")
    catalog.say(line.id, "reject")
    assert catalog.line(line.id).status is Status.REJECTED
    assert catalog.line(line.id).text == "helo"
    back = catalog.take_back(line.id)
    assert back is not None
    assert (back.text, back.status) == ("hello", Status.ACCEPTED)
    back = catalog.take_back(line.id)
    assert back is not None
    assert (back.text, back.status, back.confidence) == ("helo", Status.REVIEW, 0.4)
    with pytest.raises(UsageError):
        catalog.take_back(line.id)


def test_a_line_keeps_its_id_when_read_again_in_the_same_place(catalog: Catalog) -> None:
    put(catalog, reading(("one", 0.9, 0), ("two", 0.9, 40)))
    before = {line.text: line.id for line in catalog.page_lines(file().path, 1)}
    put(catalog, reading(("new", 0.9, 200), ("TWO", 0.9, 42), origin=OTHER))
    after = {line.text: line.id for line in catalog.page_lines(file().path, 1)}
    assert after["TWO"] == before["two"]
    assert after["new"] not in before.values()


def test_moved_content_is_known_and_replaced_content_forgotten(catalog: Catalog) -> None:
    put(catalog, reading(("old", 0.9, 0)))
    moved = file("/archive/b.png")
    catalog.place(moved)
    catalog.forget([file().path])
    assert catalog.page_lines(moved.path, 1)[0].text == "old"
    revision = catalog.revision
    catalog.place(file("/archive/b.png", "bb"))
    assert catalog.known("aa") is None
    assert len(list(catalog.removed_pages(revision))) == 1


def test_new_thresholds_judge_what_was_read_before(catalog: Catalog) -> None:
    put(catalog, reading(("word", 0.6, 0)), reading(("sure", 0.99, 0), number=2))
    revision = catalog.revision
    catalog.set_thresholds(Thresholds(0.75, {"engine": 0.5}))
    assert texts(catalog) == [("word", Status.ACCEPTED)]
    assert [len(page.lines) for page in catalog.changed_pages(revision)] == [1]


def test_a_newer_catalogue_is_refused_and_a_damaged_one_named(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="no index"):
        Catalog(tmp_path)
    Catalog(tmp_path, create=True).__exit__(None, None, None)
    db = sqlite3.connect(tmp_path / "catalog.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(IndexFolderError, match="newer"):
        Catalog(tmp_path)
    for rest in tmp_path.glob("catalog.sqlite-*"):
        rest.unlink()
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(IndexFolderError, match="damaged"):
        Catalog(tmp_path)


def test_a_catalogue_of_an_earlier_version_is_brought_forward_with_all_it_has(tmp_path: Path, monkeypatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        db = schema.connect(tmp_path, create=True)
    db.execute("INSERT INTO files VALUES (1, 'aa', 1, 1)")
    db.execute("INSERT INTO places VALUES (?, 1, 0)", (b"/archive/a.png",))
    db.execute("INSERT INTO pages VALUES (1, 1, 1, NULL, 500, 800, '{}', 1.0, 'then', 1)")
    db.close()
    with Catalog(tmp_path) as catalog:
        assert (catalog.counts().pages, catalog.counts().incomplete) == (1, {})
        half = PageReading(1, 500, 800, (), 1.0, incomplete="only the beginning was read")
        put(catalog, half)
        assert catalog.counts().incomplete == {"only the beginning was read": 1}
        put(catalog, reading(("whole", 0.9, 0)))
        assert catalog.counts().incomplete == {}


def earlier_index(folder: Path, monkeypatch: pytest.MonkeyPatch, version: int, title: str) -> None:
    """An index that an earlier version made, with a title that tells it from others."""
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
        db = schema.connect(folder, create=True)
    db.execute("INSERT INTO titles VALUES ('aa', ?)", (title,))
    db.close()


def kept_title(folder: Path) -> tuple[int, str]:
    """The version of the copy that was kept, and the title in it."""
    with closing(sqlite3.connect(folder / "catalog.sqlite.before")) as copy:
        return copy.execute("PRAGMA user_version").fetchone()[0], copy.execute("SELECT title FROM titles").fetchone()[0]


def test_before_a_catalogue_is_brought_forward_a_copy_is_kept_until_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier_index(tmp_path, monkeypatch, 3, "as it was")
    for _ in range(2):
        with Catalog(tmp_path) as catalog:
            catalog.entitle("bb", "newer")
    assert kept_title(tmp_path) == (3, "as it was")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "UPDATE titles SET title = 'newest';"))
    schema.connect(tmp_path, create=False).close()
    assert kept_title(tmp_path) == (len(schema.MIGRATIONS) - 1, "as it was")
    assert sorted(path.name for path in tmp_path.iterdir() if "before" in path.name) == ["catalog.sqlite.before"]


def test_a_new_catalogue_and_one_of_this_version_need_no_copy(tmp_path: Path) -> None:
    for _ in range(2):
        Catalog(tmp_path, create=True).__exit__(None, None, None)
    assert not (tmp_path / "catalog.sqlite.before").exists()


def test_without_room_for_the_copy_nothing_is_brought_forward_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier_index(tmp_path, monkeypatch, 3, "as it was")
    with monkeypatch.context() as full:
        full.setattr(spare.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
        with pytest.raises(IndexFolderError, match="there is no room for them"):
            Catalog(tmp_path)
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 3
    with Catalog(tmp_path):
        assert kept_title(tmp_path) == (3, "as it was")


def test_several_that_open_an_earlier_catalogue_at_once_keep_one_copy_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier_index(tmp_path, monkeypatch, 3, "as it was")

    def opened(_: int) -> int:
        with Catalog(tmp_path) as catalog:
            return catalog.counts().pages

    with ThreadPoolExecutor(4) as several:
        assert list(several.map(opened, range(4))) == [0] * 4
    assert kept_title(tmp_path) == (3, "as it was")


def test_what_cannot_be_brought_forward_whole_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier_index(tmp_path, monkeypatch, 3, "as it was")
    with monkeypatch.context() as broken:
        broken.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "INSERT INTO nowhere VALUES (1);"))
        with pytest.raises(IndexFolderError):
            Catalog(tmp_path)
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 3
    Catalog(tmp_path).__exit__(None, None, None)


@pytest.fixture
def for_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a folder that belongs to somebody else; root, who runs the tests in places, may write everywhere."""
    for module in (schema, database):
        monkeypatch.setattr(module, "writable", lambda _folder: False)


def test_an_earlier_catalogue_that_cannot_be_brought_forward_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        db = schema.connect(tmp_path, create=True)
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    monkeypatch.setattr(schema, "writable", lambda _folder: False)
    with pytest.raises(IndexFolderError, match="earlier notes") as told:
        schema.connect(tmp_path, create=False)
    assert "has to open it once" in told.value.hint


def test_who_may_only_read_sees_what_is_written_meanwhile(tmp_path: Path, for_reading: None) -> None:
    with Catalog(tmp_path, create=True) as writing:
        writing.place(file())
        put(writing, reading(("one", 0.9, 0)))
    with Catalog(tmp_path) as readable:  # nobody has it open: no lock is needed, and none can be made
        assert [line.text for line in readable.page_lines(file().path, 1)] == ["one"]
        with Catalog(tmp_path, create=True) as writing:
            put(writing, reading(("two", 0.9, 0)))
            assert [line.text for line in readable.page_lines(file().path, 1)] == ["two"]
        assert [line.text for line in readable.page_lines(file().path, 1)] == ["two"]


def test_an_sqlite_that_is_too_old_is_named_and_none_newer_is_asked_for() -> None:
    assert trouble.check_sqlite()
    assert trouble.check_sqlite((3, 34, 1)) == "3.34.1"
    with pytest.raises(UnavailableError, match=r"SQLite 3\.7\.17.* 3\.25"):
        trouble.check_sqlite((3, 7, 17))
    statements = [path for path in Path(schema.__file__).parent.rglob("*.*") if path.suffix in (".py", ".sql")]
    assert len(statements) > len(schema.MIGRATIONS)
    for path in statements:
        if path.parent.name == "postgres":
            continue
        assert not re.search(r"\bRETURNING\b|DROP COLUMN|MATERIALIZED|\bSTRICT\b", path.read_text(encoding="utf-8"))


def test_the_steps_between_versions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (Path(schema.__file__).parent / "migrations").glob("*.sql"))
    assert [int(name[:2]) for name in names] == list(range(1, len(schema.MIGRATIONS) + 1))


@pytest.mark.sqlite_alone
def test_the_catalogue_and_the_program_mean_the_same_by_a_status(catalog: Catalog) -> None:
    db = sqlite3.connect(catalog.folder / "catalog.sqlite")
    rows = db.execute("SELECT status, accepted, waits, rejected FROM statuses").fetchall()
    db.close()
    meant = [(each, each is Status.ACCEPTED, each.waits, each is Status.REJECTED) for each in Status]
    assert sorted(rows) == sorted((each.value, *map(int, flags)) for each, *flags in meant)


def test_an_earlier_catalogue_loses_the_frames_of_readings_that_were_replaced(tmp_path: Path, monkeypatch) -> None:
    with monkeypatch.context() as earlier:
        before = next(n for n, script in enumerate(schema.MIGRATIONS) if "replaced INTEGER" in script)
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:before])
        db = schema.connect(tmp_path, create=True)
    db.execute("INSERT INTO files VALUES (1, 'aa', 1, 1)")
    db.execute("INSERT INTO places VALUES (?, 1, 0)", (b"/archive/a.png",))
    recipe = '{"engine": "one+two", "pdf_text": "ignore", "settings": "{}+{}", "version": "3+1"}'
    db.execute("INSERT INTO pages VALUES (1, 1, 1, NULL, 500, 800, ?, 1.0, 'then', 1, NULL)", (recipe,))
    db.execute("INSERT INTO lines VALUES (1, 1, 1, 0, 0, 9, 9, '[]', 'accepted', NULL)")
    origins = [("one", "1"), ("one", "2"), ("gone", "1"), ("text-layer", ""), ("two", "1"), ("one", "3")]
    for number, origin in enumerate(origins, 1):
        db.execute("INSERT INTO readers VALUES (?, ?, ?, '{}')", (number, *origin))
        values = (number, number, f"word{number}", number == len(origins))
        db.execute("INSERT INTO readings VALUES (?, 1, ?, ?, 0.9, '[]', x'00', ?)", values)
    db.close()
    with Catalog(tmp_path) as catalog:
        kept = [(each.line.text, each.replaced) for each in catalog.readings(1)]
        ((line,),) = [page.lines for page in catalog.changed_pages(0)]
        db = sqlite3.connect(tmp_path / "catalog.sqlite")
        assert db.execute("SELECT count(posteriorgram) FROM readings").fetchone() == (2,)
        db.close()
    assert kept == [("word6", False), ("word5", False), ("word4", True), ("word3", True), ("word2", True)]
    assert (line.text, [other.text for other in line.others]) == ("word6", ["word5"])


@pytest.mark.sqlite_alone
def test_every_reading_of_a_line_is_kept_and_the_first_counts(catalog: Catalog) -> None:
    box = Box(0, 0, 400, 20)
    readings = (
        Reading(Line("house", 0.9, box), Origin("sure", "1")),
        Reading(Line("HORSE", None, box), Origin("silent", "2")),
    )
    put(catalog, PageReading(1, 500, 800, (readings,), 1.0))
    assert texts(catalog) == [("house", Status.ACCEPTED)]
    kept = "SELECT text, engine, chosen FROM readings JOIN origins ON origins.id = origin_id ORDER BY engine"
    db = sqlite3.connect(catalog.folder / "catalog.sqlite")
    assert db.execute(kept).fetchall() == [("HORSE", "silent", 0), ("house", "sure", 1)]
    db.close()
    (line,) = catalog.page_lines(file().path, 1)
    catalog.say(line.id, "correct", "mouse")
    assert texts(catalog) == [("mouse", Status.ACCEPTED)]
    catalog.take_back(line.id)
    assert texts(catalog) == [("house", Status.ACCEPTED)]


def test_names_that_are_not_utf8_come_back_as_they_were(catalog: Catalog) -> None:
    import os

    odd = Path(os.fsdecode(b"/archive/\xff\n\xe9.png"))
    catalog.place(file(str(odd), "cc"))
    assert odd in catalog.places()
    catalog.set_failures(odd, [Failure(odd, None, "empty", "nothing in it")])
    assert catalog.failures()[0].path == odd


def test_files_are_chosen_by_pattern_folder_and_date(catalog: Catalog) -> None:
    put(catalog, reading(("one", 0.9, 0)))
    assert len(catalog.page_ids("archive", None, None)) == 1
    assert len(catalog.page_ids("*.png", None, None)) == 1
    assert len(catalog.page_ids("*.pdf", None, None)) == 0
    assert len(catalog.page_ids(None, 999.0, 1001.0)) == 1
    assert len(catalog.page_ids(None, 1001.0, None)) == 0


def test_a_job_says_what_became_of_what_was_added(catalog: Catalog) -> None:
    catalog.keep_jobs([("aa", "aa.png"), ("bb", "bb.png")])
    catalog.place(file("/archive/aa.png", "aa"))
    catalog.counted("aa", 1)
    put(catalog, reading(("whole", 0.9, 0)))
    catalog.settle_jobs([Failure(Path("/archive/bb.png"), None, "broken", "it is no picture")], whole=True)
    states = {job.sha256: (job.state, job.error) for job in catalog.jobs(("waiting", "reading", "read", "failed"), 9)}
    assert states == {"aa": ("read", None), "bb": ("failed", "it is no picture")}


@pytest.mark.sqlite_alone
def test_runs_do_not_make_the_catalogue_grow(catalog: Catalog, monkeypatch) -> None:
    monkeypatch.setattr(runs, "MOST_NOTED", 3)
    for _ in range(5):
        catalog.run_finished(catalog.run_started("engine"), 1, 0)
    with closing(sqlite3.connect(catalog.folder / "catalog.sqlite")) as db:
        assert [row[0] for row in db.execute("SELECT id FROM runs")] == [3, 4, 5]
