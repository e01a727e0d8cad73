"""Many people who look at the same page: they hear of what changes, as long as they may."""

from __future__ import annotations

import http.client
import json
import signal
from collections.abc import Callable, Iterator

import pytest

from indexer.catalog import Catalog


@pytest.fixture
def listening() -> Iterator[Callable[..., http.client.HTTPResponse]]:
    """Opens what tells of changes of the first page."""
    opened: list[http.client.HTTPConnection | http.client.HTTPResponse] = []

    def listen(server, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        address = server.client.base_url
        listener = http.client.HTTPConnection(address.host, address.port, timeout=30)
        listener.request("GET", "/documents/1/1/changes", headers=headers or {})
        answer = listener.getresponse()
        opened.extend((answer, listener))
        return answer

    yield listen
    for each in opened:
        each.close()


def heard(answer: http.client.HTTPResponse) -> int | None:
    """The revision that is told next; ``None`` where nothing more is told."""
    while line := answer.readline():
        if line.startswith(b"data: "):
            return int(json.loads(line.removeprefix(b"data: "))["revision"])
    return None


def test_more_people_than_threads_hear_of_a_change_and_hold_up_neither_others_nor_the_end(
    indexed, serve, listening
) -> None:
    server = serve(indexed)
    many = [listening(server) for _ in range(60)]  # the server has 40 threads
    (before,) = {heard(each) for each in many}
    assert server.client.get("/documents").status_code == 200
    said = {"kind": "correct", "text": "said meanwhile", "sure": True}
    assert server.client.put("/api/v1/lines/1/verdict", json=said).status_code == 200
    (after,) = {heard(each) for each in many}
    assert after != before
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(15)
    assert {heard(each) for each in many} == {None}
    server.close()


def test_who_is_signed_out_or_may_see_something_else_hears_nothing_more(indexed, serve, listening) -> None:
    with Catalog(indexed.index) as catalog:
        for name in ("anna", "bo", "eva"):
            catalog.add_user(name, "review")
        cookies = {name: {"cookie": f"notes={catalog.begin_session(name, 60)}"} for name in ("anna", "bo", "eva")}
    server = serve(indexed)
    listeners = {name: listening(server, kept) for name, kept in cookies.items()}
    assert len({heard(each) for each in listeners.values()}) == 1
    assert server.client.post("/sign-out", headers=cookies["anna"]).status_code == 303
    with Catalog(indexed.index) as catalog:
        catalog.set_role("bo", "read")
    said = {"kind": "correct", "text": "said meanwhile", "sure": True}
    assert server.client.put("/api/v1/lines/1/verdict", json=said, headers=cookies["eva"]).status_code == 200
    assert heard(listeners["eva"]) is not None
    assert (heard(listeners["anna"]), heard(listeners["bo"])) == (None, None)
    assert listening(server, cookies["anna"]).status == 303
    assert heard(listening(server, cookies["bo"])) is not None


def test_a_page_that_is_forgotten_tells_nothing_more(indexed, serve, listening) -> None:
    server = serve(indexed)
    listener = listening(server)
    assert heard(listener) is not None
    assert server.client.post("/documents/1/forget").status_code == 303
    assert heard(listener) is None
    assert listening(server).status == 404
