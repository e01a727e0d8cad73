"""How much there is: kept, never counted when somebody asks, and the same as a count would give at any time."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.catalog import Catalog, schema, totals
from indexer.values import Box, Failure, Line, Origin, PageReading, Reading, SourceFile, Status
from indexer.values.errors import MissingError
from indexer.values.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator

SURE = st.one_of(st.none(), st.floats(0, 1))
NUMBER = st.integers(0, 3)
STEP = st.one_of(
    st.tuples(st.just("place"), NUMBER, NUMBER),
    st.tuples(
        st.just("store"), NUMBER, st.integers(1, 2), st.lists(SURE, max_size=3), st.sampled_from("ab"), st.booleans()
    ),
    st.tuples(st.just("say"), st.integers(0, 20), st.sampled_from(["accept", "reject", "correct"])),
    st.tuples(st.just("take back"), st.integers(0, 20)),
    st.tuples(st.just("forget"), NUMBER),
    st.tuples(st.just("judge"), st.floats(0, 1)),
    st.tuples(st.just("fail"), NUMBER, NUMBER),
)


def file(place: int, content: int) -> SourceFile:
    return SourceFile(Path(f"/a/{place}.png"), f"{content:02}", 1, 0.0)


def reading(number: int, sures: list[float | None], engine: str, *, cut: bool = False) -> PageReading:
    lines = tuple(
        (Reading(Line(f"words of line {at}", sure, Box(0, 50 * at, 300, 40)), Origin(engine)),)
        for at, sure in enumerate(sures)
    )
    return PageReading(number, 500, 800, lines, 1.0, incomplete="cut" if cut else None)


def done(catalog: Catalog, step: tuple) -> None:
    what, *rest = step
    if what == "place":
        catalog.place(file(*rest))
    elif what == "store":
        content, number, sures, engine, cut = rest
        catalog.store([(file(0, content), reading(number, sures, engine, cut=cut), "{}")])
    elif what == "forget":
        catalog.forget([file(rest[0], 0).path])
    elif what == "judge":
        catalog.set_thresholds(Thresholds(rest[0]))
    elif what == "fail":
        path = file(rest[0], 0).path
        catalog.set_failures(path, [Failure(path, None, "odd", "it is odd")] * rest[1])
    else:
        try:
            text = "what it says" if rest[-1] == "correct" else None
            catalog.say(rest[0], rest[1], text) if what == "say" else catalog.take_back(rest[0])
        except MissingError:
            return


def counted(db: sqlite3.Connection) -> dict[str, list[tuple]]:
    """Everything that is kept, counted."""
    db.executescript(totals.SCRIPT)
    return kept(db)


def kept(db: sqlite3.Connection) -> dict[str, list[tuple]]:
    return {
        "totals": db.execute("SELECT * FROM totals WHERE number <> 0 ORDER BY 1, 2").fetchall(),
        "documents": db.execute("SELECT * FROM document_totals ORDER BY 1").fetchall(),
        "waiting": db.execute("SELECT * FROM waiting ORDER BY 1").fetchall(),
        "said": db.execute("SELECT * FROM said ORDER BY 1").fetchall(),
    }


@given(st.lists(STEP, min_size=1, max_size=15))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_kept_is_what_a_count_would_give_whatever_happens(tmp_path_factory, steps: list[tuple]) -> None:
    folder = tmp_path_factory.mktemp("archive")
    with Catalog(folder, create=True) as catalog:
        for step in (("place", 0, 0), ("store", 0, 1, [0.9, 0.5, None], "a", True), *steps):
            done(catalog, step)
    db = sqlite3.connect(folder / "catalog.sqlite")
    mine = kept(db)
    assert mine == counted(db)
    lines = dict(db.execute("SELECT status, count(*) FROM lines GROUP BY 1"))
    assert {name: number for kind, name, number in mine["totals"] if kind == "lines"} == lines
    waiting = db.execute("SELECT id FROM lines WHERE status IN ('review', 'unknown') ORDER BY id").fetchall()
    assert [(line,) for line, _ in mine["waiting"]] == waiting
    db.close()


def test_an_earlier_catalogue_is_counted_once_when_it_is_brought_forward(tmp_path: Path, monkeypatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:3])
        db = schema.connect(tmp_path, create=True)
    db.executescript(
        """INSERT INTO files VALUES (1, 'aa', 1, 2); INSERT INTO places VALUES (CAST('/a.png' AS BLOB), 1, 0);
        INSERT INTO readers VALUES (1, 'e', '', '{}');
        INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)
        VALUES (1, 1, 1, 9, 9, '', 1, '', 1), (2, 1, 2, 9, 9, '', 1, '', 2);
        INSERT INTO lines VALUES (1, 1, 1, 0, 0, 9, 9, '[]', 'accepted'), (2, 1, 2, 0, 0, 9, 9, '[]', 'unknown');
        INSERT INTO readings VALUES (1, 1, 1, 'two words', .8, '[]', NULL, 1), (2, 2, 1, 'one', NULL, '[]', NULL, 1);"""
    )
    db.close()
    with Catalog(tmp_path) as catalog:
        counts = catalog.counts()
        assert (counts.documents, counts.files, counts.pages, counts.empty, counts.waiting) == (1, 1, 2, 1, 1)
        assert counts.lines[Status.ACCEPTED] == 1
        assert counts.engines == {"e": 2}
        assert counts.languages == {}
        assert counts.right == pytest.approx(0.8)
        assert [line.id for line in catalog.waiting(5)[1]] == [2]


def test_documents_come_by_path_a_part_at_a_time(tmp_path: Path) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        for number in range(7):
            catalog.place(SourceFile(Path(f"/b/{number}.png"), f"{number:02}", 1, 0.0))
        catalog.place(SourceFile(Path("/a/copy.png"), "05", 1, 0.0))
        catalog.store([(file(0, 5), reading(1, [0.5, None, 0.9], "e"), "{}")])
        assert catalog.counts().documents == 7
        first, second = catalog.documents(4), catalog.documents(4, 4)
        assert [each.path.name for each in (*first, *second)] == ["copy.png", *(f"{n}.png" for n in (0, 1, 2, 3, 4, 6))]
        assert (first[0].read, first[0].waiting, first[0].sha256) == (1, 2, "05")
        assert catalog.documents() == [*first, *second]


def test_the_least_sure_lines_come_from_any_place_of_the_order(tmp_path: Path) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        catalog.place(file(0, 0))
        catalog.store([(file(0, 0), reading(1, [0.5, None, 0.1, 0.3, 0.9], "e"), "{}")])
        total, lines = catalog.waiting(None)
        assert (total, [line.confidence for line in lines]) == (4, [0.1, 0.3, 0.5, None])
        assert catalog.waiting(2, 1)[1] == lines[1:3]


def test_a_person_does_not_wait_while_an_archive_is_judged_again(tmp_path: Path) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        made = []
        for number in range(600):
            catalog.place(file(number, number))
            made.append((file(number, number), reading(1, [0.7] * 20, "e"), "{}"))
        catalog.store(made)
        line = catalog.waiting(1)[1][0].id

    def judge() -> None:
        with Catalog(tmp_path) as judging:
            judging.set_thresholds(Thresholds(0.6))

    thread = threading.Thread(target=judge)
    thread.start()
    waits = []
    with Catalog(tmp_path) as catalog:
        while thread.is_alive():
            began = time.perf_counter()
            catalog.say(line, "accept")
            waits.append(time.perf_counter() - began)
            thread.join(0.05)
        thread.join()
        assert catalog.counts().lines[Status.ACCEPTED] == 12_000
    assert len(waits) > 1, "it was one transaction"


def test_judging_goes_on_where_it_was_cut_off(tmp_path: Path, monkeypatch) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        for number in range(250):
            catalog.place(file(number, number))
        catalog.store([(file(n, n), reading(1, [0.7], "e"), "{}") for n in range(250)])
        with monkeypatch.context() as cut:
            cut.setattr("time.sleep", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                catalog.set_thresholds(Thresholds(0.6))
        assert 0 < catalog.counts().lines[Status.ACCEPTED] < 250
        catalog.set_thresholds(Thresholds(0.6))
        assert catalog.counts().lines[Status.ACCEPTED] == 250


def test_nothing_is_written_for_a_file_that_did_not_change(notes, make_page, monkeypatch) -> None:
    notes.fake_engine()
    pages = [make_page(notes.home / "in" / f"{width}.png", width) for width in range(100, 104)]
    notes.run("index", notes.home / "in")
    began: Counter[int] = Counter()

    @contextmanager
    def writing(catalog: Catalog, original=Catalog._writing) -> Iterator[sqlite3.Connection]:
        began[0] += 1
        with original(catalog) as db:
            yield db

    monkeypatch.setattr(Catalog, "_writing", writing)
    from indexer.api.registry import load_registry
    from indexer.archive.indexing import make_run_plan
    from indexer.recognition import pipeline
    from indexer.recognition.choice import decide
    from indexer.search import SearchIndex
    from indexer.system.settings import load

    for name, value in notes.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(notes.home)
    chosen = load({})
    registry = load_registry(chosen.plugin_folder)
    engines = decide(chosen, registry).engines
    writes = []
    for some in (pages[:1], pages):
        began.clear()
        with Catalog(chosen.index) as catalog:
            job = make_run_plan(chosen, engines, some)
            reports = list(pipeline.index(job, catalog, SearchIndex(chosen.index / "search"), registry))
        assert [report.state for report in reports] == ["skipped"] * len(some)
        writes.append(began[0])
    assert writes[0] == writes[1]


ENGINE = """
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, PageLines, hookimpl

class Opened:
    def read(self, image):
        languages = {"fr": 0.75, "de": 0.25} if image.width > 300 else {"fr": 1.0}
        return PageLines((Line("il dit ja", 0.9, Box(5, 5, 90, 20)),), languages)

@contextmanager
def opened(options):
    yield Opened()

@hookimpl
def notes_engines():
    yield Engine("polyglot", "reads in languages", opened, version="1")
"""


def test_status_and_show_say_in_which_languages_pages_were_read(notes, make_page) -> None:
    (notes.plugins / "polyglot.py").write_text(ENGINE)
    make_page(notes.home / "in" / "one.png")
    make_page(notes.home / "in" / "two.png", width=400, text="two")
    notes.run("index", notes.home / "in", "--engine", "polyglot")
    said = notes.json("status")
    assert said["languages"] == {"fr": pytest.approx(0.875), "de": pytest.approx(0.125)}
    assert "fr 88 %, de 12 %" in notes.run("status").stdout
    mixed = [hit["id"] for hit in notes.json("search", "dit")["hits"] if hit["path"].endswith("two.png")]
    assert "in fr 75 %, de 25 %" in notes.run("show", mixed[0]).stderr
    notes.run("review", "correct", mixed[0], "il dit ja, ja")
    assert notes.json("status")["languages"] == {"fr": 1.0}, "what a person typed is in no language"
