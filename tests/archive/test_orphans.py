"""Verdicts that lie on no line any more: listed, and said of another line, at the command line and in the browser."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def lost(indexed, make_page):
    """A corrected line and a rejected one of a file that is gone, and another file with a line that waits."""
    indexed.run("review", "correct", 2, "<b>Œuvre</b> posthume")
    indexed.run("review", "reject", 1)
    (indexed.home / "pages" / "a.png").unlink()
    make_page(indexed.home / "pages" / "b.png", 400)
    indexed.run("index", "--prune", "pages")
    return indexed, indexed.json("review")["lines"][0]["id"]


def test_the_command_line_lists_what_lies_on_no_line_and_says_it_of_another(lost) -> None:
    notes, line = lost
    assert (notes.json("status")["verdicts"], notes.json("status")["orphans"]) == (0, 2)
    assert "2 (notes review --orphans)" in notes.run("status").stdout
    listed = notes.run("review", "--orphans")
    assert "a.png  page 1  [2]" in listed.stdout
    assert "says: <b>Œuvre</b> posthume" in listed.stdout
    _, gone = notes.json("review", "--orphans")["orphans"]
    assert (gone["line"], gone["text"], gone["page_is_read"]) == (2, "<b>Œuvre</b> posthume", False)
    notes.run("review", "attach", 2, line, "--seen", "another text", rc=2)
    notes.run("review", "attach", 77, line, rc=2)
    assert "Œuvre" in notes.run("review", "attach", 2, line, "--seen", "doubtful400 word").stderr
    assert notes.json("search", "oeuvre")["hits"][0]["id"] == line
    notes.run("review", "--undo", 1)
    notes.run("review", "--orphans", rc=1)


def test_the_browser_and_programs_see_what_lies_on_no_line_and_say_it_of_another(lost, serve) -> None:
    notes, line = lost
    server = serve(notes)
    assert server.client.get("/api/v1/status").json()["orphans"] == 2
    assert "/review/orphans" in server.client.get("/review").text
    page = server.client.get("/review/orphans").text
    assert "&lt;b&gt;Œuvre&lt;/b&gt;" in page
    assert "a.png, page 1" in page
    assert [each["line"] for each in server.client.get("/api/v1/orphans").json()] == [1, 2]
    for orphan, to in ((2, 999), (999, line)):
        assert server.client.post(f"/review/orphans/{orphan}", data={"line": to}).status_code == 404
        assert server.client.put(f"/api/v1/orphans/{orphan}", json={"line": to}).status_code == 404
    assert server.client.put("/api/v1/orphans/2", json={"line": line, "seen": 77}).status_code == 409
    asked = f"/review/orphans?orphan=2&line={line}"
    for shown in (server.client.get(asked), server.client.post("/review/orphans/2", data={"line": line})):
        assert shown.status_code == 200  # nothing is said of a line whose ink was not shown
        (ink,) = re.findall(r'<img src="(/ink/[^"]+)" alt="Ink of line', shown.text)
        assert "which says “doubtful400 word”" in shown.text
        assert '<button class="first" autofocus>Give it to this line' in shown.text
    assert len(server.client.get("/api/v1/orphans").json()) == 2
    assert server.client.get(ink).headers["content-type"] == "image/jpeg"
    (seen,) = re.findall(r'name="seen" value="([^"]+)"', shown.text)
    old = server.client.post("/review/orphans/2", data={"line": line, "seen": seen[:-1] + "-"})
    assert old.status_code == 409  # it says something else by now
    done = server.client.post("/review/orphans/2", data={"line": line, "seen": seen})
    assert done.status_code == 303
    shown = server.client.get(done.headers["location"])
    assert "&lt;b&gt;Œuvre&lt;/b&gt; posthume</textarea>" in shown.text
    undone = server.client.post("/review/1/undo")
    assert undone.status_code == 303
    assert server.client.get(undone.headers["location"]).status_code == 200
    assert server.client.get("/api/v1/orphans").json() == []


def test_undoing_the_verdict_that_alone_kept_a_line_leads_to_a_page(indexed, serve) -> None:
    fake = indexed.plugins / "fake.py"
    indexed.run("review", "correct", 2, "kept by a person")
    one_line = re.sub(r'            Line\(f"doubtful.*\n', "", fake.read_text())
    fake.write_text(one_line.replace('version="1"', 'version="2"'))
    indexed.run("index", "--reread", "pages")
    server = serve(indexed)
    assert server.client.get("/api/v1/lines/2").json()["text"] == "kept by a person"
    undone = server.client.post("/review/2/undo")
    assert undone.status_code == 303
    assert server.client.get(undone.headers["location"]).status_code == 200
    assert server.client.get("/api/v1/lines/2").status_code == 404
