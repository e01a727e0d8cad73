"""The browser in other languages: which one it gets, and what stays as it is."""

from __future__ import annotations

import re

import pytest

INDEXED = ("stanford/stanford-04.jpg",)


@pytest.fixture(autouse=True)
def anew(served):
    """Nobody has chosen a language yet."""
    served.client.cookies.clear()


def spoken(served, path: str = "/", **headers: str) -> str:
    page = served.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()}).text
    return re.search('<html lang="(.*?)">', page)[1]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("nl;q=0.9, sv-FI;q=0.4, fr;q=0.7", "fr"),
        ("nl,pl", "en"),
        (";q=;,,x;q=nan", "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_likes_best(served, asked: str, answered: str) -> None:
    assert spoken(served, accept_language=asked) == answered


def test_what_a_person_chose_goes_before_what_the_browser_asks_for(served) -> None:
    before = str(served.client.base_url.join("/documents?sort=date"))
    chosen = served.client.post("/language", data={"chosen": "sv"}, headers={"referer": before}, follow_redirects=False)
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/documents?sort=date")
    assert spoken(served, accept_language="de") == "sv"
    served.client.post("/language", data={"chosen": "en"})
    assert spoken(served, accept_language="de") == "en"


def test_what_is_wrong_is_answered_in_the_language_too(served) -> None:
    assert spoken(served, "/documents/99999999", accept_language="fr") == "fr"
    assert spoken(served, "/nowhere", accept_language="fr") == "fr"


def test_programs_get_the_same_in_every_language(served) -> None:
    for path in ("/api/v1/status", "/api/v1/documents", "/api/v1/search?q=stanford", "/api/v1/openapi.json"):
        one, other = (served.client.get(path, headers={"accept-language": each}).json() for each in ("en", "de"))
        assert {**one, "seconds": 0} == {**other, "seconds": 0} if isinstance(one, dict) else one == other
