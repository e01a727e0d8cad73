"""The server in trouble: what is in its way for a moment, what changes below it, and who interrupts it."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from indexer.catalog import Catalog
from indexer.values.errors import IndexFolderError


def total(server, query: str) -> int:
    answer = server.client.get("/api/v1/search", params={"q": query})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


def test_searches_work_while_something_is_in_the_way_of_the_index_and_at_once_after_it(indexed, serve) -> None:
    server = serve(indexed)
    search, away = indexed.index / "search", indexed.index / "away"
    assert total(server, "alpha") == 1
    for _ in range(2):
        search.rename(away)
        search.write_text("in the way")
        said = {"kind": "correct", "text": "something new"}
        assert server.client.put("/api/v1/lines/1/verdict", json=said).status_code == 200
        assert [total(server, "alpha") for _ in range(8)] == [1] * 8  # what was indexed before
        search.unlink()
        away.rename(search)
        assert [total(server, "something") for _ in range(8)] == [1] * 8
        assert server.client.delete("/api/v1/lines/1/verdict").status_code == 204
        assert [total(server, "something") for _ in range(8)] == [0] * 8


def test_many_search_while_lines_are_settled_and_each_finds_what_they_just_said(notes, make_page, serve) -> None:
    notes.fake_engine()
    for width in range(200, 212):
        make_page(notes.home / "in" / f"{width}.png", width)
    notes.run("index", "in")
    server = serve(notes)
    over, met = threading.Event(), []

    def search() -> None:
        while not over.is_set():
            met.append(server.client.get("/api/v1/search", params={"q": "alpha doubtful* OR page20*", "limit": 50}))

    people = [threading.Thread(target=search) for _ in range(6)]
    try:
        for each in people:
            each.start()
        for number in range(12):
            said = {"kind": "correct", "text": f"word{number}q stands here"}
            assert server.client.put(f"/api/v1/lines/{2 * number + 1}/verdict", json=said).status_code == 200
            assert total(server, f"word{number}q") == 1
        over.set()
        for each in people:
            each.join()
        assert {answer.status_code for answer in met} == {200}
    finally:
        over.set()
        server.close()


def test_what_another_process_reads_is_found_at_once(notes, make_page, serve) -> None:
    notes.fake_engine()
    server = serve(notes)
    for width in (200, 230):
        make_page(notes.home / "in" / f"{width}.png", width)
        notes.run("index", "in")
        assert total(server, f"page{width}") == 1


def test_only_damage_is_called_damage(tmp_path) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        assert catalog.revision == 0
    with pytest.raises(IndexFolderError) as closed:
        _ = catalog.revision
    assert "damaged" not in closed.value.message
    assert "backup" not in closed.value.hint
    with sqlite3.connect(tmp_path / "catalog.sqlite") as other:
        other.execute("DROP TABLE failures")
    other.close()
    with Catalog(tmp_path) as catalog, pytest.raises(IndexFolderError) as lacking:
        catalog.failures()
    assert "damaged" not in lacking.value.message
    (tmp_path / "catalog.sqlite").write_bytes(b"no database at all" * 500)
    for file in tmp_path.glob("catalog.sqlite-*"):
        file.unlink()
    with pytest.raises(IndexFolderError, match="damaged"):
        Catalog(tmp_path)


def test_a_page_is_shown_although_nothing_can_be_searched_and_searching_says_when_to_come_back(indexed, serve) -> None:
    (indexed.index / "search").rename(indexed.index / "away")
    (indexed.index / "search").write_text("in the way")
    server = serve(indexed)
    shown = server.client.get("/documents/1/1", params={"q": "alpha"})
    assert shown.status_code == 200
    assert "alpha page300" in shown.text
    for path in ("/", "/api/v1/search"):
        refused = server.client.get(path, params={"q": "alpha"})
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert "damaged" not in refused.text
    (indexed.index / "search").unlink()
    (indexed.index / "away").rename(indexed.index / "search")
    assert total(server, "alpha") == 1
    assert server.client.get("/api/v1/search", params={"q": "alpha"}).json()["whole"] is True


def test_a_lock_that_another_process_holds_delays_what_is_kept_and_nothing_else(indexed, serve) -> None:
    server = serve(indexed)
    line = server.client.get("/api/v1/search", params={"q": "alpha"}).json()["hits"][0]["id"]
    said = {"kind": "correct", "text": "settled all the same", "sure": True}
    kept: list = []
    person = threading.Thread(target=lambda: kept.append(server.client.put(f"/api/v1/lines/{line}/verdict", json=said)))
    other = sqlite3.connect(indexed.index / "catalog.sqlite", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        person.start()
        paths = ("/", "/?q=alpha", "/documents", "/documents/1/1?q=alpha", "/review", "/add", "/failures")
        for path in (*paths, "/api/v1/status", "/api/v1/reading", "/api/v1/jobs", "/api/v1/documents/1/pages/1"):
            assert server.client.get(path).status_code == 200, path
        assert not kept
        other.execute("ROLLBACK")
        person.join(20)
        assert [answer.status_code for answer in kept] == [200]
        assert total(server, "settled") == 1
    finally:
        other.close()
        server.close()
