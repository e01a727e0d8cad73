"""Turning a page in the browser and by the API: it is read again in the background, and shown so then."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def page(notes: Any, make_page: Callable[..., Any], serve: Callable[..., Any], until: Callable[..., None]) -> Any:
    """A served page of a file that was not added in the browser; ``stands`` waits until it stands so."""
    notes.fake_engine()
    (notes.home / "box").mkdir()
    make_page(notes.home / "box" / "a.png", 200)
    notes.run("index", "box")
    server = serve(notes)

    def now() -> dict[str, Any]:
        return dict(server.client.get("/api/v1/documents/1/pages/1").json())

    server.now, server.stands = now, lambda turned: until(lambda: now()["turned"] == turned)
    return server


def buttons(server: Any) -> dict[str, str]:
    shown = server.client.get("/documents/1/1", params={"q": "word"}).text
    found = re.findall(r'<button name="turned" value="(\d+)"[^>]*>(.*?)</button>', shown)
    return {name: degrees for degrees, name in found}


def press(server: Any, name: str, **more: Any) -> Any:
    return server.client.post("/documents/1/1/turn?q=word", data={"turned": buttons(server)[name]}, **more)


def test_a_button_turns_a_page_and_the_other_one_turns_it_back(page: Any) -> None:
    before = page.now()
    answer = press(page, "Turn right")
    assert (answer.status_code, answer.headers["location"]) == (303, "/documents/1/1?q=word")
    page.stands(90)
    assert (page.now()["width"], page.now()["height"]) == (before["height"], before["width"])
    shown = page.client.get("/documents/1/1").text
    assert "turned=90" in shown
    assert "data-turning" not in shown
    assert press(page, "Turn left").status_code == 303
    page.stands(0)
    assert [page.now()[side] for side in ("width", "height")] == [before["width"], before["height"]]
    assert [line["text"] for line in page.now()["lines"]] == [line["text"] for line in before["lines"]]


def test_a_page_that_waits_to_be_read_again_says_so_and_can_be_left(page: Any, notes: Any) -> None:
    notes.fake_engine(seconds=60)
    assert press(page, "Turn right").status_code == 303
    assert list(buttons(page)) == ["Leave it as it is"]
    assert "The page is being read again, turned." in page.client.get("/documents/1/1").text
    assert press(page, "Leave it as it is").status_code == 303
    assert list(buttons(page)) == ["Turn left", "Turn right"]


def test_the_api_says_how_a_page_is_to_stand(page: Any) -> None:
    place = "/api/v1/documents/1/pages/1/turned"
    answer = page.client.put(place, json={"turned": 180})
    assert (answer.status_code, answer.json()["turned"]) == (202, 0)
    page.stands(180)
    assert page.client.put(place, json={"turned": 45}).status_code == 422
    assert page.client.put(place.replace("pages/1", "pages/2"), json={"turned": 90}).status_code == 404


def test_other_sites_turn_nothing_and_a_page_without_its_file_cannot_be_turned(page: Any, notes: Any) -> None:
    assert press(page, "Turn right", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert (
        page.client.put(
            "/api/v1/documents/1/pages/1/turned", json={"turned": 90}, headers={"origin": "http://x"}
        ).status_code
        == 403
    )
    assert page.client.post("/documents/1/1/turn", data={"turned": "45"}).status_code == 422
    (notes.home / "box" / "a.png").unlink()
    refused = press(page, "Turn right")
    assert (refused.status_code, "cannot be opened" in refused.text) == (404, True)
    assert list(buttons(page)) == ["Turn left", "Turn right"]
