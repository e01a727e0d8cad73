"""The order of the lines of a page: changed by a form without scripts, and by programs."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def page(indexed, serve):
    """A server on a page of two lines, its address in the API, and that of the form for the order."""
    server = serve(indexed)
    (document,) = server.client.get("/api/v1/documents").json()
    return server, f"/api/v1/documents/{document['id']}/pages/1/order", f"/documents/{document['id']}/1/order"


def shown(server, form: str) -> tuple[list[str], list[str]]:
    """The lines of the form, and the order that it shows."""
    text = server.client.get(form).text
    return re.findall(r'name="line" value="(\d+)"', text), re.findall(r'name="seen" value="(\d+)"', text)


def test_lines_are_put_in_order_by_their_numbers_and_put_back(page) -> None:
    server, address, form = page
    lines, (seen,) = shown(server, form)
    assert (lines, seen) == (["1", "2"], "0")
    kept = server.client.post(form, data={"line": lines, "place": ["1", "1"], "seen": seen})
    assert (kept.status_code, kept.headers["location"]) == (303, form.removesuffix("/order"))
    assert shown(server, form)[0] == ["2", "1"]
    text = server.client.get(form.removesuffix("/order")).text
    assert text.index("doubtful300") < text.index("alpha page300")
    late = server.client.post(form, data={"line": lines, "place": ["1", "0.5"], "seen": seen})
    assert (late.status_code, "somebody else has put this page" in late.text.lower()) == (409, True)
    other = server.client.post(
        form, data={"line": ["1"], "place": ["1"], "seen": server.client.get(address).json()["order"]}
    )
    assert (other.status_code, "Other lines are on this page" in other.text) == (409, True)
    assert server.client.post(form, data={"line": lines, "place": ["1"], "seen": "1"}).status_code == 400
    (order,) = re.findall(r'name="order" value="(\d+)"', server.client.get(form).text)
    assert server.client.post(f"{form}/undo", data={"order": order}).status_code == 303
    assert shown(server, form) == (["1", "2"], ["0"])
    assert server.client.post(f"{form}/undo", data={"order": order}).status_code == 404


def test_programs_put_lines_in_order_and_hear_when_somebody_else_did(page) -> None:
    server, address, _ = page
    assert server.client.get(address).json() == {"order": 0, "made_at": None, "lines": [1, 2]}
    put = server.client.put(address, json={"lines": [2], "before": 1, "seen": 0})
    assert (put.status_code, put.json()["lines"], put.json()["order"] > 0) == (200, [2, 1], True)
    assert [each["text"] for each in server.client.get(address.removesuffix("/order")).json()["lines"]] == [
        "doubtful300 word",
        "alpha page300",
    ]
    assert server.client.put(address, json={"lines": [1, 2], "seen": 0}).status_code == 409
    assert server.client.put(address, json={"lines": [1]}).status_code == 400
    assert server.client.put(address, json={"lines": [1, 77]}).status_code == 409
    assert server.client.delete(address, params={"last": 99}).status_code == 409
    assert server.client.delete(address).json()["lines"] == [1, 2]
    assert server.client.delete(address).status_code == 404


def test_orders_stand_among_what_was_done_and_are_taken_back_there(page, indexed) -> None:
    server, address, form = page
    assert "Nothing was said of a line yet" in server.client.get("/review/done").text
    server.client.put(address, json={"lines": [2], "before": 1})
    indexed.run("review", "accept", 1)
    listed = indexed.json("review", "--done")["done"]
    assert sorted((each["kind"], each["line"], each["page"]) for each in listed) == [("accept", 1, 1), ("order", 2, 1)]
    assert "the first line of another order" in indexed.run("review", "--done").stdout
    done = server.client.get("/review/done").text
    assert "<b>Another order</b>" in done
    (order,) = re.findall(r'name="order" value="(\d+)"', done)
    back = server.client.post(f"{form}/undo", data={"order": order, "back": "done"})
    assert (back.status_code, back.headers["location"]) == (303, "/review/done")
    assert server.client.get(address).json()["lines"] == [1, 2]
    assert [each["kind"] for each in indexed.json("review", "--done")["done"]] == ["accept"]
