"""Documents that are found by what they are, and lines that are looked for in them alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import indexer
from indexer import Change
from indexer.catalog import Catalog
from indexer.search import SearchIndex, find
from indexer.values import SearchOptions
from indexer.values.errors import UsageError

LETTERS = {
    "a.png": (
        ["wheat from kew", "written 3 March 1850"],
        {"title": "To Hooker", "date": "1843?", "person": "Hooker, J. D."},
    ),
    "b.png": (["wheat again", "in 1843"], {"date": "[1845..1850]", "tag": "post-war", "place": "Kew Gardens"}),
    "c.png": (["wheat", "le 3 mars 1846"], {"person": "Gray, Asa", "note": "Answers the letter\nto Hooker."}),
    "d.png": (["barley"], {}),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, put) -> Path:
    """Four letters, of which three are described; one has a date only in its text."""
    with Catalog(tmp_path, create=True) as catalog:
        for name, (lines, said) in LETTERS.items():
            put(catalog, name, [(text, 0.9) for text in lines])
            catalog.describe({name: [Change(field, (text,)) for field, text in said.items()]})
    return tmp_path


@pytest.fixture
def search(folder: Path):
    """Gives for a query the texts of lines and the names of documents that are found."""

    def found(query: str, **options) -> tuple[list[str], list[str]]:
        with Catalog(folder) as catalog:
            index = SearchIndex(folder / "search")
            index.sync(catalog)
            result = find(index, catalog, query, SearchOptions(**options))
            named = [catalog.document(each).name for each in result.described]
            return [hit.line.text for hit in result.hits], named

    return found


@pytest.mark.parametrize(
    ("query", "lines", "documents"),
    [
        ("wheat person:hooker", ["wheat from kew"], []),
        ("wheat -person:hooker", ["wheat", "wheat again"], []),
        ("wheat (person:gray OR tag:post-war)", ["wheat", "wheat again"], []),
        ("wheat date:1843", ["wheat from kew"], []),
        ("wheat date:1844..1846", ["wheat", "wheat again"], []),  # one beside a date in the text of its page
        ("wheat date:1840..1845", ["wheat again", "wheat from kew"], []),
        ("hooker", [], ["a.png", "c.png"]),
        ("kew", ["wheat from kew"], ["b.png"]),
        ('"to hooker"', [], ["a.png", "c.png"]),
        ("hook*", [], ["a.png", "c.png"]),
        ("hooker person:asa", [], ["c.png"]),
        ("person:Hooker", [], ["a.png"]),
        ("person:hook*", [], ["a.png"]),
        ('person:"j hooker"', [], ["a.png"]),
        ("person:hooker OR place:kew", [], ["a.png", "b.png"]),
        ("person:hooker doc:b.png", [], []),
        ("note:hooker -title:hooker", [], ["c.png"]),
        ("tag:war", [], []),
        ("tag:POST-WAR", [], ["b.png"]),
        ("tag:post*", [], ["b.png"]),
        ("title:hooker date:1843", [], ["a.png"]),
        ("title:hooker date:1844", [], []),
        ("date:1843", [], ["a.png"]),
        ("date:1846", ["le 3 mars 1846"], ["b.png"]),
        ("date:1850", [], ["b.png"]),
    ],
)
def test_lines_and_documents_are_found_by_what_documents_are(search, query, lines, documents) -> None:
    found, named = search(query)
    assert (sorted(found), named) == (lines, documents)


def test_lines_come_in_the_order_of_their_dates(search, folder: Path) -> None:
    assert search("wheat", sort="date")[0] == ["wheat from kew", "wheat again", "wheat"]
    with Catalog(folder) as catalog:
        catalog.describe({"c.png": [Change("date", ("1799",))]})
    assert search("wheat", sort="date")[0] == ["wheat", "wheat from kew", "wheat again"]
    assert search("wheat", sort="date", limit=1, offset=1)[0] == ["wheat from kew"]
    assert search("date:1700..1899")[1] == ["c.png", "a.png", "b.png"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("person:", "Write: person:word"),
        ("person:!!", "there is no word behind person:"),
        ("wheat OR tag:letters", "OR stands between words of lines"),
        ("-tag:letters", "it only says what must not be there"),
        ("author:hooker", "person:, place:, tag:"),
    ],
)
def test_what_makes_no_sense_is_said(search, query, told) -> None:
    with pytest.raises(UsageError) as wrong:
        search(query)
    assert told in f"{wrong.value.message} {wrong.value.hint}"


def test_the_command_line_shows_the_documents_above_the_lines(notes, folder: Path) -> None:
    notes.index = folder
    notes.environ["NOTES_INDEX"] = str(folder)
    shown = notes.run("search", "kew")
    assert "b.png\n    about" not in shown.stdout
    assert "b.png\n    between 1845 and 1850 · Kew Gardens · #post-war\n" in shown.stdout
    assert shown.stdout.index("Kew Gardens") < shown.stdout.index("wheat from")
    assert "1 document is described so; 1 found" in shown.stderr
    assert "no document is described so" in notes.run("search", "person:nobody", rc=1).stderr
    found = notes.json("search", "person:hooker")
    assert (found["total"], found["described_documents"], found["described"][0]["title"]) == (0, 1, "To Hooker")
    with indexer.open_archive(folder) as archive:
        ((document, description),) = archive.described(archive.search("tag:post-war"))
        assert (document.name, description.date) == ("b.png", "[1845..1850]")


def test_few_of_many_documents_are_looked_at(tmp_path: Path) -> None:
    """50,000 documents, of which 10 have a person, 40 a place, 100 a year: the steps of the database are counted."""
    with Catalog(tmp_path, create=True):
        pass
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as db, db:
        number = range(50_000)
        db.executemany("INSERT INTO files (id, sha256, size) VALUES (?, ?, 1)", [(each, str(each)) for each in number])
        rows = [(str(each), f"name{each % 5000}", f"at{each % 1250}") for each in number]
        said = "INSERT INTO described VALUES (?, ?, 0, ?, ?, 'person')"
        db.executemany(said, [(key, "person", person, person) for key, person, _ in rows])
        db.executemany(said, [(key, "place", place, place) for key, _, place in rows])
        db.executemany("INSERT INTO described_words VALUES (?, 'person', ?)", [(each, key) for key, each, _ in rows])
        db.executemany("INSERT INTO described_words VALUES (?, 'place', ?)", [(each, key) for key, _, each in rows])
        days = [(str(each), day, day) for each in number for day in [(1300 + each % 500) * 10_000 + 101]]
        db.executemany("INSERT INTO described_dates VALUES (?, ?, ?)", days)
    with Catalog(tmp_path) as catalog:
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        catalog._db.set_progress_handler(step, 100)
        assert len(catalog.documents_saying(("name17",), "person")) == 10
        assert len(catalog.documents_saying(("at17",))) == 40
        assert sum(number for _, number in catalog.facets(frozenset(range(10)), 5)["person"]) == 5
        assert steps < 50, "thousands of steps"
        assert len(catalog.documents_dated(15_000_101, 15_001_231)) == 100
        assert steps < 10_000, "one look at each date: 20 steps"


def test_all_documents_are_counted_in_the_order_of_an_index(folder: Path, put) -> None:
    """Nothing of what was said of all documents is sorted, nor looked up one by one: the plans of the database."""
    with Catalog(folder) as catalog:
        put(catalog, "e.png", [("barley", 0.9)])
        catalog.describe(
            {"e.png": [Change("place", ("kew  gardens",)), Change("tag", ("Post War",)), Change("date", ("1843",))]}
        )
        asked: list[str] = []
        catalog._db.set_trace_callback(asked.append)
        found = catalog.facets(None, 5)
        catalog._db.set_trace_callback(None)
        assert (found["date"], found["tag"]) == ([("184X", 3)], [("post-war", 2)])
        plans = [" ".join(row["detail"] for row in catalog._db.execute(f"EXPLAIN QUERY PLAN {each}")) for each in asked]
        (of_fields,) = (each for each in plans if "COVERING INDEX described_folded" in each)
        assert "TEMP B-TREE" not in of_fields
        assert not [each for each in plans if "SCAN files" in each]
        catalog.forget([each.path for each in catalog.documents() if each.name == "e.png"])
        assert catalog.facets(None, 5) == catalog.facets(catalog.documents_saying(("kew",)) | frozenset(range(9)), 5)
        assert catalog.facets(None, 5)["place"] == [("Kew Gardens", 1)]
