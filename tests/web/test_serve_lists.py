"""Lists of whatever length: given a part at a time, with how many there are."""

from __future__ import annotations

import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.api.registry import load_registry
from indexer.catalog import Catalog
from indexer.search import Finder
from indexer.system.machine import cores
from indexer.system.settings import load
from indexer.values import Box, Failure, Line, Origin, PageReading, Reading, SearchOptions, SourceFile
from indexer.web.running import Ending
from indexer.web.service import ServedArchive

FILES, PAGES = 230, 120


@pytest.fixture(scope="module")
def listed(notes_factory, served_factory, tmp_path_factory):
    """A server on an index of many documents, one of them of many pages, and of many failures."""
    notes = notes_factory(tmp_path_factory.mktemp("listed"))
    with Catalog(notes.index, create=True) as catalog:
        read = []
        for number in range(FILES):
            file = SourceFile(notes.home / f"{number:03}.png", f"{number:064x}", 1, 0.0)
            catalog.place(file)
            catalog.counted(file.sha256, PAGES if number == 7 else 2 if number == 8 else 1)
            for page in range(1, (PAGES if number == 7 else 1) + 1):
                lines = () if number == 9 else ((Reading(Line(f"line {number}", 0.5, Box(1, 1, 50, 9)), Origin("e")),),)
                read.append((file, PageReading(page, 100, 100, lines, 1), "{}"))
        catalog.store(read)
        catalog.set_failures(notes.home / "008.png", [Failure(notes.home / "008.png", 2, "broken", "it is torn")])
        for number in range(FILES):
            path = notes.home / "gone" / f"{number:03}.jpg"
            catalog.set_failures(path, [Failure(path, None, "empty", f"reason {number}")])
    server = served_factory(notes)
    yield server
    server.close()
    shutil.rmtree(notes.index)


@pytest.fixture(scope="module")
def several(notes_factory, served_factory, tmp_path_factory):
    """A server on a content that lies in three places, in the first of which there is nothing any more."""
    notes = notes_factory(tmp_path_factory.mktemp("several"))
    with Catalog(notes.index, create=True) as catalog:
        for folder in ("first", "second", "third"):
            file = SourceFile(notes.home / folder / f"{folder}.png", "0" * 64, 1, 0.0)
            catalog.place(file)
            if folder != "first":
                file.path.parent.mkdir()
                file.path.touch()
        catalog.counted(file.sha256, 1)
        line = (Reading(Line("Dear aunt Emma", 0.5, Box(1, 1, 50, 9)), Origin("e")),)
        catalog.store([(file, PageReading(1, 100, 100, (line,), 1), "{}")])
    server = served_factory(notes)
    yield notes, server
    server.close()


def test_the_browser_names_a_document_in_several_places_as_the_command_line_does(several) -> None:
    notes, server = several
    with Catalog(notes.index) as catalog:
        assert [line.path.name for line in catalog.waiting(None)[1]] == ["second.png"]
    (document,) = server.client.get("/api/v1/documents").json()
    assert document["name"] == "second.png"
    listed = server.client.get("/documents").text
    assert f'">second.png</a><br><a class="quiet" href="/documents?in={notes.home / "second"}">' in listed
    for other in ("first", "third"):
        assert f"also {notes.home / other / other}.png<" in listed
    assert "<h1>second.png</h1>" in server.client.get(f"/documents/{document['id']}/1").text
    for order in ("value", "confidence"):
        assert ">second.png, page 1, line 1</a>" in server.client.get(f"/review?order={order}").text


def test_a_document_is_found_in_each_of_its_places_and_named_by_that(several) -> None:
    _, server = several
    for place in ("first", "second", "third"):
        found = server.client.get("/", params={"q": "emma", "in": place, "all": 1}).text
        assert f">{place}.png, page 1</a>" in found, place
    assert ">second.png, page 1</a>" in server.client.get("/", params={"q": "emma", "all": 1}).text


@pytest.mark.parametrize(
    ("path", "total"), [("documents", FILES), ("failures", FILES + 1), ("documents/8/pages", PAGES), ("jobs", 0)]
)
def test_the_api_gives_lists_a_part_at_a_time(listed, path: str, total: int) -> None:
    def part(**asked: int) -> list[dict]:
        answer = listed.client.get(f"/api/v1/{path}", params=asked)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        told = body["total"] if isinstance(body, dict) else int(answer.headers["x-total-count"])
        assert told == total
        return body["jobs"] if isinstance(body, dict) else body

    assert len(part()) == min(100, total)
    parts = [part(limit=50, offset=at) for at in range(0, total, 50)]
    assert [each for some in parts for each in some] == part(limit=1000)
    assert part(offset=total) == []
    assert part(offset=2**53) == []
    for wrong in ({"limit": 0}, {"limit": 1001}, {"offset": -1}, {"limit": "x"}):
        assert listed.client.get(f"/api/v1/{path}", params=wrong).status_code == 422


@pytest.mark.parametrize(("path", "row"), [("/documents", r"\d{3}\.png</a>"), ("/failures", r"reason \d+|it is torn")])
def test_pages_give_lists_a_part_at_a_time_and_lead_on(listed, path: str, row: str) -> None:
    seen, at = [], path
    for _ in range(5):
        shown = listed.client.get(at)
        assert shown.status_code == 200
        found = re.findall(row, shown.text.split("Could not be read</h2>")[0])
        assert len(found) <= 100
        seen += found
        onward = re.search(r'rel="next" href="([^"]+)"', shown.text)
        if onward is None:
            break
        at = onward[1]
    assert len(seen) == len(set(seen)) == (FILES if path == "/documents" else FILES + 1)
    assert listed.client.get(path, params={"p": 1_000_000}).status_code == 200


def test_a_document_says_what_is_missing_of_it(listed) -> None:
    shown = listed.client.get("/documents").text
    row = re.search(r">008\.png</a>.*?</tr>", shown, re.DOTALL)
    assert row
    assert "page 2: it is torn" in row[0]
    assert "1 of 2" in row[0]
    empty = re.search(r">009\.png</a>.*?</tr>", shown, re.DOTALL)
    assert empty
    assert "without text" in empty[0]
    assert 'href="/failures"' in shown


def test_a_page_leads_to_those_beside_it(listed) -> None:
    def around(number: int) -> list[str]:
        return re.findall(
            r'rel="(?:prev|next)" href="/documents/8/(\d+)"', listed.client.get(f"/documents/8/{number}").text
        )

    assert around(1) == ["2"]
    assert around(60) == ["59", "61"]
    assert around(PAGES) == [str(PAGES - 1)]
    assert f"page 60 of {PAGES}" in listed.client.get("/documents/8/60").text


def test_a_word_is_completed_while_all_searches_still_run(tmp_path, put, monkeypatch) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        put(catalog, "a.png", [("Cooper came", 0.9)])
    go_on, looking = threading.Event(), Finder.find

    def slow(self: Finder, text: str, options: SearchOptions):
        assert go_on.wait(60)
        return looking(self, text, options)

    monkeypatch.setattr(Finder, "find", slow)
    settings = load({"index": tmp_path})
    archive = ServedArchive(settings, load_registry(settings.plugin_folder), Ending())
    many = 2 * cores() + 2
    with ThreadPoolExecutor(many + 1) as people:
        asked = [people.submit(archive.search, "cooper", SearchOptions()) for _ in range(many)]
        try:
            completed = people.submit(archive.completions, "coo", 3).result(30)
            assert [each.word for each in completed] == ["Cooper"]
        finally:
            go_on.set()
        assert [each.result().total for each in asked] == [1] * many
    archive.close()
