"""Lines that people draw: added, moved, joined and taken back. They outlive a new reading of the page."""

from __future__ import annotations

import re

import pytest

PLACE = {"x": 20, "y": 60, "width": 150, "height": 20}


@pytest.fixture
def page(indexed, serve):
    """A server on a page of two lines, its address in the API, and the address of the form for a drawn line."""
    server = serve(indexed)
    (document,) = server.client.get("/api/v1/documents").json()
    return server, f"/api/v1/documents/{document['id']}/pages/1", f"/documents/{document['id']}/1/line"


def lines(server, address: str) -> list[dict]:
    return [each for each in server.client.get(address).json()["lines"] if each["status"] != "rejected"]


def said(server, address: str) -> list[str]:
    return [each["text"] for each in lines(server, address)]


def ticks(server, form: str, where: str) -> list[tuple[str, bool]]:
    """The lines that the form offers to be replaced, and whether each is meant."""
    found = re.findall(r'name="ticked" value="([^"]+)"( checked)?', server.client.get(f"{form}?{where}").text)
    return [(line, bool(checked)) for line, checked in found]


def test_a_line_that_was_not_found_is_added_is_found_and_is_taken_back(page, indexed) -> None:
    server, address, form = page
    high = server.client.get(address).json()["height"]
    shown = server.client.get(f"{form}?left=10&top=60&width=75&height=20").text
    places = [int(each) for each in re.findall(r'type="number"[^>]*value="(\d+)"', shown)]
    assert places == [30, round(0.6 * high), 225, round(0.2 * high)]
    kept = server.client.post(form, data={**PLACE, "text": "Your loving brother"})
    number = int(re.findall(r"#line-(\d+)$", kept.headers["location"])[0])
    assert said(server, address) == ["alpha page300", "doubtful300 word", "Your loving brother"]
    (hit,) = server.hits("loving brother")
    assert (hit["line"], hit["box"]) == (number, list(PLACE.values()))
    indexed.run("index", "pages", "--reread")
    assert said(server, address)[-1] == "Your loving brother"
    assert server.client.delete(f"/api/v1/lines/{number}/verdict").status_code == 204
    assert said(server, address) == ["alpha page300", "doubtful300 word"]
    assert server.hits("loving brother") == []


def test_a_line_that_lies_wrong_is_moved_and_keeps_its_number(page, indexed) -> None:
    server, address, form = page
    first = lines(server, address)[0]
    (tick, meant), *others = ticks(server, form, "left=1&top=1&width=98&height=30")
    assert (tick.partition(":")[0], meant, others) == (str(first["id"]), True, [])
    moved = {"x": 0, "y": 0, "width": 300, "height": 30}
    assert server.client.post(form, data={**moved, "text": "alpha beta", "ticked": tick}).status_code == 303
    now = lines(server, address)[0]
    assert (now["id"], now["text"], now["box"]) == (first["id"], "alpha beta", [0, 0, 300, 30])
    indexed.run("index", "pages", "--reread")
    assert lines(server, address)[0]["box"] == [0, 0, 300, 30]
    server.client.delete(f"/api/v1/lines/{first['id']}/verdict")
    assert {name: lines(server, address)[0][name] for name in ("text", "box")} == {
        name: first[name] for name in ("text", "box")
    }


def test_lines_are_joined_and_a_joined_line_is_taken_apart_again(page) -> None:
    server, address, form = page
    both = [tick for tick, meant in ticks(server, form, "left=0&top=0&width=100&height=100") if meant]
    assert len(both) == 2
    whole = {"x": 0, "y": 0, "width": 300, "height": 60, "text": "one line after all", "ticked": both}
    assert server.client.post(form, data=whole).status_code == 303
    assert said(server, address) == ["one line after all"]
    for tick in both:
        server.client.delete(f"/api/v1/lines/{tick.partition(':')[0]}/verdict")
    assert said(server, address) == ["alpha page300", "doubtful300 word"]


def test_nothing_is_kept_of_a_drawn_line_that_cannot_be_kept(page, indexed) -> None:
    server, address, form = page
    ((tick, _),) = ticks(server, form, "left=1&top=1&width=98&height=30")
    indexed.run("review", "correct", tick.partition(":")[0], "by another")
    refused = server.client.post(form, data={**PLACE, "text": "my own", "ticked": tick})
    assert refused.status_code == 409
    assert ">my own</textarea>" in refused.text
    empty = server.client.post(form, data={**PLACE, "text": " "})
    assert (empty.status_code, "needs some text" in empty.text) == (400, True)
    beyond = server.client.post(form, data={**PLACE, "x": 900, "text": "nowhere"})
    assert (beyond.status_code, "no room for writing" in beyond.text) == (400, True)
    drawing = {"box": list(PLACE.values()), "text": "x", "instead": [{"line": 77, "seen": "0"}]}
    assert server.client.post(f"{address}/lines", json=drawing).status_code == 400
    assert said(server, address) == ["by another", "doubtful300 word"]


def test_programs_add_lines_and_hear_what_cannot_be_read(page) -> None:
    server, address, _ = page
    added = server.client.post(f"{address}/lines", json={"box": list(PLACE.values()), "text": "a new line"})
    assert (added.status_code, added.json()["text"], added.json()["verdict"] > 0) == (201, "a new line", True)
    answer = server.client.get(f"{address}/reading", params=PLACE)
    assert answer.status_code == 422
    assert "does not read a line whose place is known" in answer.json()["detail"]
