"""Typing through a page without a script, and the list of what was done."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def page(indexed, serve):
    """A server on a page of two lines, and the address at which it is typed through."""
    server = serve(indexed)
    (document,) = server.client.get("/api/v1/documents").json()
    return server, f"/documents/{document['id']}/1"


def form(server, address: str) -> dict[str, list[str]]:
    """The fields of the form, in the order of the lines."""
    shown = server.client.get(f"{address}/write").text
    return {
        name: re.findall(rf'name="{name}" value="([^"]*)"', shown) for name in ("text", "line", "seen", "sure")
    }  # fmt: skip


def lines(server, address: str) -> list[tuple[str, str, str]]:
    answer = server.client.get(f"/api/v1{address.rpartition('/')[0]}/pages/1").json()
    return [(each["text"], each["status"], each["origin"]) for each in answer["lines"]]


def test_a_page_is_typed_through_and_accepted_as_a_whole(page) -> None:
    server, address = page
    shown = server.client.get(address).text
    assert f'href="{address}/write"' in shown
    assert f'href="{address}/write#text-1">correct' in shown
    assert f'href="{address}/write#text-2">review' in shown
    sent = form(server, address)
    assert sent["text"] == ["alpha page300", "doubtful300 word"]
    kept = server.client.post(f"{address}/write", data={**sent, "text": ["Dear Mother", sent["text"][1]]})
    assert (kept.status_code, kept.headers["location"]) == (303, address)
    assert lines(server, address) == [("Dear Mother", "accepted", "human"), ("doubtful300 word", "review", "fake")]
    again = server.client.post(f"{address}/write", data={**sent, "text": ["Dear Father", sent["text"][1]]})
    assert again.status_code == 409
    assert "somebody else has settled" in again.text.lower()
    assert 'value="Dear Father"' in again.text
    sent = form(server, address)
    assert server.client.post(f"{address}/write", data={**sent, "deed": "all"}).status_code == 303
    assert [each[1:] for each in lines(server, address)] == [("accepted", "human")] * 2
    sent = form(server, address)
    server.client.post(f"{address}/write", data={**sent, "text": ["", sent["text"][1]]})
    assert lines(server, address)[0][1] == "rejected"
    assert server.client.post(f"{address}/write", data={**sent, "text": ["one"]}).status_code == 400


def test_what_was_typed_of_lines_that_changed_or_went_meanwhile_is_shown_again(page, indexed) -> None:
    server, address = page
    sent = form(server, address)
    first, second = sent["line"]
    indexed.run("review", "reject", first)
    again = server.client.post(f"{address}/write", data={**sent, "text": ["Dear Mother", sent["text"][1]]})
    assert again.status_code == 409
    assert "<li>Dear Mother</li>" in again.text
    indexed.run("review", "correct", second, "by another")
    assert server.client.post(f"{address}/write", data=sent).status_code == 303  # nothing was typed
    again = server.client.post(f"{address}/write", data={**sent, "deed": "all"})
    assert again.status_code == 409
    assert 'value="by another"' in again.text  # what was not typed does not stand there as if it were
    gone = {**sent, "line": ["77", second], "text": ["Dear Father", "my own"]}
    again = server.client.post(f"{address}/write", data=gone)
    assert again.status_code == 409
    assert "<li>Dear Father</li>" in again.text
    assert 'value="my own"' in again.text


def test_all_that_was_done_is_listed_and_taken_back_in_any_order(page) -> None:
    server, address = page
    assert "Nothing was said of a line yet" in server.client.get("/review/done").text
    sent = form(server, address)
    server.client.post(f"{address}/write", data={**sent, "text": ["Dear Mother", "doubtful words"]})
    sent = form(server, address)
    server.client.post(f"{address}/write", data={**sent, "text": ["Dear Father", "doubtful words"]})
    done = server.client.get("/review/done").text
    said = re.findall(r"<b>([^<]+)</b>, instead of “([^”]+)”", done)
    assert said == [("Dear Father", "Dear Mother"), ("doubtful words", "doubtful300 word")]
    back = [(line, verdict) for line, verdict in re.findall(r'/review/(\d+)/undo.*?name="verdict" value="(\d+)"', done)]
    line, verdict = back[1]  # the earlier one first
    taken = server.client.post(f"/review/{line}/undo", data={"verdict": verdict, "back": "done"})
    assert taken.headers["location"] == "/review/done"
    assert [each[0] for each in lines(server, address)] == ["Dear Father", "doubtful300 word"]
    for text in ("Dear Mother", "alpha page300"):
        done = server.client.get("/review/done").text
        (found,) = re.findall(r'/review/(\d+)/undo.*?name="verdict" value="(\d+)"', done)
        server.client.post(f"/review/{found[0]}/undo", data={"verdict": found[1], "back": "done"})
        assert lines(server, address)[0][0] == text
