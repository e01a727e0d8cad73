"""Somebody who may see some folders alone: nothing of the others comes to them, on no way."""

from __future__ import annotations

import sqlite3

import pytest

from indexer.catalog import Catalog, rights, schema

FAR = "page310"
"""A word that is read in the other folder alone: the fake engine reads the width of a page."""
ANSWERS = (
    *("/", "/documents", "/documents?sort=date", "/failures", "/review", "/review/done", "/review/orphans"),
    *("/documents?tag=letters", "/documents?tag=secret", "/documents?person=Smith", "/?q=alpha+OR+doubtful310&all=1"),
    *(f"/?q={FAR}", "/?q=alpha&sort=page", "/?q=tag:secret", "/?q=alpha+person:Smith", "/?q=page31*&all=1"),
    *("/?q=alpha&sort=date", "/?q=alpha+doubtful310&all=1", "/?q=pgae310", "/?q=alpha&in=*310*"),
    *(f"/api/v1/search?q={FAR}", "/api/v1/search?q=alpha&all=1&sort=page", "/api/v1/completions?q=page3"),
    *("/api/v1/completions?q=doub", "/api/v1/status", "/api/v1/documents", "/api/v1/failures", "/api/v1/orphans"),
    *("/export.zip?as=text", "/export.zip?as=jsonl", f"/export.zip?as=text&hits={FAR}", "/api/v1/export?as=lines"),
    *("/api/v1/openapi.json", "/sign-in"),
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory, notes_factory, make_page, served_factory):
    """A server for somebody who may see ``near`` alone; the other folder has the same number of pages."""
    notes = notes_factory(tmp_path_factory.mktemp("rights"))
    notes.fake_engine()
    make_page(notes.home / "box" / "near" / "300.png", 300)
    make_page(notes.home / "box" / "far" / "310.png", 310)
    (notes.home / "box" / "far" / "broken310.png").write_bytes(b"no picture")
    notes.run("index", "box", rc=3)
    notes.run("describe", "300.png", "--tag", "letters", "--person", "Smith")
    notes.run("describe", "310.png", "--tag", "secret", "--person", "Smith")
    waiting = {each["path"].rpartition("/")[2]: each["id"] for each in notes.json("review")["lines"]}
    notes.run("review", "accept", waiting["310.png"], "--sure")
    notes.lines = waiting
    notes.run("user", "add", "anna")
    notes.run("user", "folders", "anna", "box/near")
    notes.run("user", "add", "boss", "--role", "manage")
    notes.token = notes.run("user", "token", "anna").stdout.strip()
    notes.boss = notes.run("user", "token", "boss").stdout.strip()
    with Catalog(notes.index) as catalog:
        notes.documents = {each.name: each for each in catalog.documents()}
    server = served_factory(notes)
    notes.client = server.client
    yield notes
    server.close()


def asked(parts, path: str, method: str = "GET", *, token: str = "", **more: object):
    head = {"authorization": f"Bearer {token or parts.token}"}
    return parts.client.request(method, path, headers=head, **more)


@pytest.mark.parametrize("path", ANSWERS)
def test_no_list_count_search_or_export_tells_of_another_folder(parts, path: str) -> None:
    answer = asked(parts, path)
    assert answer.status_code in (200, 404), answer.text
    text = answer.content.decode("utf-8", "replace").replace(path, "").replace(path.partition("q=")[2], "")
    query = path.partition("q=")[2].partition("&")[0].replace("+", " ")
    for told in ("310.png", "doubtful310 word", f"alpha {FAR}", "broken310", "/far"):
        assert told not in text.replace(query, ""), path
    text = text.replace("tag:secret", "").replace("tag=secret", "").replace("tag%3Asecret", "")
    assert "secret" not in text.replace('value="secret"', "").replace("</span>secret <", ""), (
        "but for what was asked for"
    )


def test_what_may_be_seen_is_found_and_counted(parts) -> None:
    assert len(asked(parts, "/api/v1/search?q=alpha").json()["hits"]) == 1
    assert asked(parts, "/api/v1/search?q=alpha").json()["searched_lines"] == 2
    status = asked(parts, "/api/v1/status").json()
    assert (status["files"], status["pages"], status["verdicts"], status["failures"]) == (1, 1, 0, 0)
    assert sum(status["lines"].values()) == 2
    whole = asked(parts, "/api/v1/status", token=parts.boss).json()
    assert (whole["files"], whole["verdicts"], whole["failures"]) == (2, 1, 1)
    with Catalog(parts.index) as catalog:
        key = catalog.user("anna").folders
        counted = catalog.counts()
    with Catalog(parts.index, folders=(b"/",)) as all_of_it:
        assert all_of_it.counts() == counted, "who may see everything counts what the triggers count"
    assert key is not None


def test_nothing_of_another_folder_is_opened_by_its_number_or_content(parts) -> None:
    far, line = parts.documents["310.png"], parts.lines["310.png"]
    for path in (
        *(
            f"/documents/{far.id}",
            f"/documents/{far.id}/1",
            f"/documents/{far.id}/1/text",
            f"/documents/{far.id}/1/write",
            f"/documents/{far.id}/1/changes",
        ),
        *(
            f"/documents/{far.id}/describe",
            f"/documents/{far.id}/1/line",
            f"/documents/{far.id}/1/order",
            f"/scan/{far.sha256}/1/320.jpg",
        ),
        *(f"/ink/{far.sha256}/1/0,0,9,9.jpg", f"/documents/{far.id}/1/like?left=1&top=1&width=90&height=90"),
        *(f"/api/v1/documents/{far.id}", f"/api/v1/documents/{far.id}/pages", f"/api/v1/documents/{far.id}/pages/1"),
        *(f"/api/v1/documents/{far.id}/description", f"/api/v1/documents/by-content/{far.sha256}"),
        *(f"/api/v1/lines/{line}", f"/api/v1/lines/{line}.png", f"/api/v1/lines/{line}/near", f"/review?line={line}"),
        *(f"/iiif/image/{far.sha256}-1-0/info.json", f"/iiif/image/{far.sha256}-1-0/full/max/0/default.jpg"),
        *(f"/iiif/{far.id}/manifest", f"/iiif/{far.id}/canvas/1/lines", f"/iiif/{far.id}/search?q=alpha"),
        *(f"/iiif/{far.id}/search1?q=alpha", f"/export.zip?as=text&document={far.id}", "/documents?in=/box/far"),
    ):
        assert asked(parts, path).status_code in (404, 422), path
    same = asked(parts, f"/api/v1/lines/{10**9}").text
    assert asked(parts, f"/api/v1/lines/{line}").text.replace(str(line), "") == same.replace(str(10**9), "")
    found = asked(parts, f"/api/v1/search?q=like:{line}:1-99%25")
    assert found.status_code == 400
    assert "there is no line" in found.text.casefold()


def test_nothing_is_said_of_another_folder(parts) -> None:
    far, line = parts.documents["310.png"], parts.lines["310.png"]
    before = asked(parts, f"/api/v1/lines/{line}", token=parts.boss).json()
    tries = (
        ("PUT", f"/api/v1/lines/{line}/verdict", {"json": {"kind": "correct", "text": "ours", "sure": True}}),
        ("DELETE", f"/api/v1/lines/{line}/verdict", {}),
        ("POST", f"/review/{line}/undo", {}),
        ("POST", f"/review/{line}", {"data": {"kind": "reject", "seen": before["revision"]}}),
        ("PUT", f"/api/v1/documents/{far.id}/description", {"json": {"title": "ours"}}),
        ("DELETE", f"/api/v1/documents/{far.id}/description", {}),
        ("POST", f"/documents/{far.id}/describe", {"data": {"title": "ours", "seen": "1"}}),
        ("POST", f"/documents/{far.id}/1/turn", {"data": {"turned": "90"}}),
        ("PUT", f"/api/v1/documents/{far.id}/pages/1/turned", {"json": {"turned": 90}}),
        ("PUT", f"/api/v1/orphans/{line}", {"json": {"line": line}}),
        ("DELETE", f"/api/v1/documents/{far.id}/pages/1/order", {}),
        (
            "POST",
            f"/documents/{parts.documents['300.png'].id}/1/write",
            {"data": {"line": line, "seen": before["revision"], "text": "ours"}},
        ),
    )
    for method, path, more in tries:
        answer = asked(parts, path, method, **more)
        assert answer.status_code in (404, 409, 400), (path, answer.status_code)
        assert before["text"] not in answer.text
    assert asked(parts, f"/api/v1/lines/{line}", token=parts.boss).json() == before
    said = {"kind": "accept", "text": "doubtful300 word"}
    near = asked(parts, f"/api/v1/lines/{parts.lines['300.png']}/verdict", "PUT", json=said)
    assert near.json()["person"] == "anna"


def test_what_tells_of_the_whole_archive_is_refused(parts) -> None:
    for path in ("/events", "/api/v1/reading", "/add", "/api/v1/jobs", "/forgotten", "/review/words"):
        assert asked(parts, path).status_code == 403, path


def test_who_manages_sees_everything_and_folders_have_to_be_there(parts) -> None:
    assert "sees all of it" in parts.run("user", "folders", "boss", "box/near", rc=2).stderr
    assert "sees all of it" in parts.run("user", "role", "anna", "manage", rc=2).stderr
    assert "no document lies" in parts.run("user", "folders", "anna", "box/nea", rc=2).stderr
    assert parts.json("user", "list")["users"][0]["folders"] == [str(parts.home / "box" / "near")]


def test_every_table_and_view_is_hidden_and_nothing_can_be_written(tmp_path) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        catalog.add_user("anna", "read")
    db = schema.connect(tmp_path, create=False)
    kept = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    rights.see_only(db, [])
    hidden = {row["name"] for row in db.execute("SELECT name FROM sqlite_temp_master")}
    assert set(kept) - hidden == rights.OF_ALL & set(kept)
    assert db.execute("SELECT count(*) FROM users").fetchone()[0] == 0
    with pytest.raises(sqlite3.OperationalError, match="view"):
        db.execute("DELETE FROM places")
    db.close()
