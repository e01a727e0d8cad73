"""Reviewing in the browser: what comes first, what else the ink may say, and the same change elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.text import search_words
from indexer.web.alike import changed_word, rewritten

ARCHIVE = Path(__file__).parent / "data" / "archive"
INDEXED = ("stanford", "poilus")


def shown(served, **asked: object) -> dict[str, str]:
    text = served.client.get("/review", params=asked).text
    line = re.search(r'action="/review/(\d+)"', text)
    seen = re.search(r'name="seen" value="(\d+)"', text)
    assert line
    assert seen
    return {"line": line[1], "seen": seen[1], "text": text}


def test_lines_that_may_have_what_was_asked_for_come_first(notes, served_factory) -> None:
    notes.run("index", ARCHIVE / "stanford")
    server = served_factory(notes)
    doubtful = [
        hit
        for hit in server.client.get("/api/v1/search", params={"q": "crothers", "reach": "high", "all": 1}).json()[
            "hits"
        ]
        if hit["status"] == "review" and hit["relevance"] > 0.05
    ]
    assert doubtful
    server.client.get("/", params={"q": "crothers"})
    server.close()  # what was asked for is remembered
    server = served_factory(notes)
    assert shown(server)["line"] in {str(hit["id"]) for hit in doubtful}
    server.close()


def test_the_queue_can_be_in_the_order_of_confidence_and_lines_skipped(served) -> None:
    def sure(**asked: object) -> float:
        line = served.client.get(f"/api/v1/lines/{shown(served, order='confidence', **asked)['line']}").json()
        return line["confidence"]

    assert sure() <= sure(skip=1) <= sure(skip=5)
    assert shown(served)["line"] != shown(served, skip=1)["line"]
    assert "expected to set" in shown(served)["text"]


def test_words_of_the_archive_that_fit_the_ink_are_offered(served) -> None:
    offered = []
    for skip in range(40):
        offered += re.findall(r'data-near="([^"]+)" data-was="([^"]+)"', shown(served, skip=skip)["text"])
    assert offered
    for near, was in offered:
        assert search_words(near) != search_words(was)
        if near[0].isupper() != was[0].isupper():  # a name, which is always written with a capital
            asked = {"q": f'"{near}"', "reach": "low", "all": 1}
            read = " ".join(hit["text"] for hit in served.client.get("/api/v1/search", params=asked).json()["hits"])
            assert near[0].isupper()
            assert near.strip(".,").lower() not in read.split()


def test_a_correction_of_a_word_is_offered_for_lines_that_were_read_alike_and_made_where_ticked(served) -> None:
    hits = served.client.get("/api/v1/search", params={"q": "the", "reach": "low"}).json()["hits"]
    assert len(hits) > 2
    first, *others = (hit for hit in hits if hit["text"].split().count("the") == 1)
    corrected = first["text"].replace(" the ", " thee ")
    said = {"kind": "correct", "text": corrected, "seen": "0"}
    done = served.client.post(f"/review/{first['id']}", data=said)
    assert "/alike?was=the&now=thee" in done.headers["location"]
    page = served.client.get(done.headers["location"]).text
    ticks = dict(re.findall(r'name="ticked" value="(\d+):(\d+)"', page))
    assert {str(hit["id"]) for hit in others} <= ticks.keys()
    assert str(first["id"]) not in ticks
    one, two = str(others[0]["id"]), str(others[1]["id"])
    served.client.put(f"/api/v1/lines/{two}/verdict", json={"kind": "correct", "text": "somebody was here"})
    chosen = {"was": "the", "now": "thee", "ticked": [f"{one}:{ticks[one]}", f"{two}:{ticks[two]}"]}
    assert served.client.post(f"/review/{first['id']}/alike", data=chosen).status_code == 303
    assert " thee" in served.client.get(f"/api/v1/lines/{one}").json()["text"]
    assert served.client.get(f"/api/v1/lines/{two}").json()["text"] == "somebody was here"
    left = [line for line in ticks if line not in (one, two)]
    assert all("thee" not in served.client.get(f"/api/v1/lines/{line}").json()["text"] for line in left)


def test_a_line_that_somebody_settled_meanwhile_is_not_settled_again(served) -> None:
    line = shown(served)
    said = {"kind": "correct", "text": "the first to be here", "seen": line["seen"]}
    assert served.client.post(f"/review/{line['line']}", data=said).status_code == 303
    second = served.client.post(f"/review/{line['line']}", data={**said, "text": "the second"})
    assert second.status_code == 409
    assert "somebody else" in second.text.casefold()
    assert served.client.get(f"/api/v1/lines/{line['line']}").json()["text"] == "the first to be here"


def test_a_correction_that_the_ink_speaks_against_is_kept_with_a_word_of_doubt(served) -> None:
    for text, doubted in (("wholly something else, and longer", True), ("", False)):
        line = shown(served)
        read = served.client.get(f"/api/v1/lines/{line['line']}").json()["text"]
        said = {"kind": "correct", "seen": line["seen"], "text": text or f"{read}."}
        onward = served.client.post(f"/review/{line['line']}", data=said).headers["location"]
        assert ("does not look like" in served.client.get(onward).text) is doubted
        assert served.client.get(f"/api/v1/lines/{line['line']}").json()["text"] == said["text"]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("My dear Grothere, I", "My dear Crothers, I", ("Grothere", "Crothers")),
        ("one two three", "one two three", None),
        ("one two three", "one 2 four", None),
        ("one two", "one two three", None),
        ("Été", "ete", None),
        ("a — b", "a – b", None),
    ],
)
def test_only_the_change_of_one_word_is_offered_elsewhere(before, after, change) -> None:
    assert changed_word(before, after) == change


@given(st.text("ab ,.é'", max_size=30), st.sampled_from(["a", "ab", "é"]), st.sampled_from(["x", "yz"]))
def test_a_word_is_replaced_wherever_it_is_read_and_nothing_else(text: str, was: str, now: str) -> None:
    made = rewritten(text, was, now)
    (wanted,) = search_words(was)
    assert search_words(made) == [now if word == wanted else word for word in search_words(text)]
