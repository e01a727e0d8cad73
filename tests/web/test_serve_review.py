"""Reviewing in the browser: what comes first, what else the ink may say, and the same change elsewhere."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from indexer.archive.lookalikes import changed_word, rewritten
from indexer.archive.review_order import in_order
from indexer.catalog import Catalog
from indexer.text.folding import search_words
from indexer.values import Box, Line, Origin, PageReading, Reading, SourceFile

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
INDEXED = ("stanford", "poilus")


def shown(served, **asked: object) -> dict[str, str]:
    text = served.client.get("/review", params=asked).text
    line = re.search(r'action="/review/(\d+)"', text)
    seen = re.search(r'name="seen" value="([\da-f-]+)"', text)
    assert line
    assert seen
    return {"line": line[1], "seen": seen[1], "text": text}


def test_lines_that_may_have_what_was_asked_for_come_first(notes, with_pages, serve, until) -> None:
    with_pages(notes, "stanford")
    server = serve(notes)

    def doubtful(word: str) -> list[dict]:
        found = server.client.get("/api/v1/search", params={"q": word, "reach": "high", "all": 1}).json()["hits"]
        return [hit for hit in found if hit["status"] == "review" and 0.2 < hit["relevance"] < 0.8]

    words = ("hodges", "murray", "jordan", "mcgilvray", "crooker", "babcock", "whittelaw", "pardee", "stanford")
    asked = next(word for word in words if doubtful(word))
    first = {str(hit["id"]) for hit in doubtful(asked)}
    server.client.get("/", params={"q": asked})
    server.close()  # what was asked for is remembered
    server = serve(notes)
    until(lambda: shown(server)["line"] in first)  # the order is made in the background
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
        page = served.client.get("/review", params={"skip": skip}).text
        offered += re.findall(r'data-near="([^"]+)" data-was="([^"]+)"', page)
    assert offered
    for near, was in offered:
        assert search_words(near) != search_words(was)
        assert min(sum(map(str.isalpha, each)) for each in (near, was)) >= 3
        if near[0].isupper() != was[0].isupper():  # a name, which is always written with a capital
            asked = {"q": f'"{near}"', "reach": "low", "all": 1}
            read = " ".join(hit["text"] for hit in served.client.get("/api/v1/search", params=asked).json()["hits"])
            assert near[0].isupper()
            assert near.strip(".,").lower() not in read.split()


def test_a_correction_of_a_word_is_offered_for_lines_that_were_read_alike_and_made_where_ticked(served) -> None:
    found = served.client.get("/api/v1/search", params={"q": "the", "reach": "low"}).json()["hits"]
    hits = [hit for hit in found if hit["confidence"] is not None]  # nobody has settled them
    assert len(hits) > 2
    first, *others = (hit for hit in hits if hit["text"].split().count("the") == 1)
    corrected = first["text"].replace(" the ", " thee ")
    said = {"kind": "correct", "text": corrected, "seen": "0"}
    done = served.client.post(f"/review/{first['id']}", data=said)
    assert "/alike?was=the&now=thee" in done.headers["location"]
    page = served.client.get(done.headers["location"]).text
    ticks = dict(re.findall(r'name="ticked" value="(\d+):([\da-f-]+)"', page))
    assert {str(hit["id"]) for hit in others} <= ticks.keys()
    assert str(first["id"]) not in ticks
    one, two = str(others[0]["id"]), str(others[1]["id"])
    served.client.put(
        f"/api/v1/lines/{two}/verdict", json={"kind": "correct", "text": "somebody was here", "sure": True}
    )
    chosen = {"was": "the", "now": "thee", "ticked": [f"{one}:{ticks[one]}", f"{two}:{ticks[two]}"]}
    made = served.client.post(f"/review/{first['id']}/alike", data=chosen)
    assert made.status_code == 303
    assert "1 of the lines was left as it is" in served.client.get(made.headers["location"]).text
    assert " thee" in served.client.get(f"/api/v1/lines/{one}").json()["text"]
    assert served.client.get(f"/api/v1/lines/{two}").json()["text"] == "somebody was here"
    assert served.client.get(f"/api/v1/lines/{one}").json()["confidence"] is not None, "of the rest nothing was said"
    assert ">thee</b> stands in 1 place" in served.client.get("/review/words").text
    left = [line for line in ticks if line not in (one, two)]
    assert all("thee" not in served.client.get(f"/api/v1/lines/{line}").json()["text"] for line in left)


def test_a_line_that_somebody_settled_meanwhile_is_not_settled_again(served) -> None:
    line = shown(served)
    said = {"kind": "correct", "text": "the first to be here", "seen": line["seen"], "sure": "the first to be here"}
    assert served.client.post(f"/review/{line['line']}", data=said).status_code == 303
    second = served.client.post(f"/review/{line['line']}", data={**said, "text": "the second", "sure": "the second"})
    assert second.status_code == 409
    assert "somebody else" in second.text.casefold()
    assert "You typed “the second”" in second.text
    assert served.client.get(f"/api/v1/lines/{line['line']}").json()["text"] == "the first to be here"


def test_a_correction_that_the_ink_speaks_against_is_asked_about_before_it_is_kept(served) -> None:
    line = shown(served)
    address = f"/review/{line['line']}"
    before = served.client.get(f"/api/v1/lines/{line['line']}").json()
    said = {"kind": "correct", "seen": line["seen"], "text": "wholly something else, and longer"}
    asked = served.client.post(address, data=said)
    assert asked.status_code == 200
    assert "does not look like &#39;wholly something else, and longer&#39;" in asked.text
    assert "Keep it all the same" in asked.text
    assert ">wholly something else, and longer</textarea>" in asked.text
    assert served.client.get(f"/api/v1/lines/{line['line']}").json() == before
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked.text.split(address)[1]))
    changed = {**fields, "kind": "correct", "text": "something else again, of which nobody was asked"}
    assert served.client.post(address, data=changed).status_code == 200
    assert served.client.post(address, data={**fields, "kind": "correct", "text": said["text"]}).status_code == 303
    assert served.client.get(f"/api/v1/lines/{line['line']}").json()["text"] == said["text"]
    line = shown(served)
    read = served.client.get(f"/api/v1/lines/{line['line']}").json()["text"]
    said = {"kind": "correct", "seen": line["seen"], "text": f"{read}."}
    assert served.client.post(f"/review/{line['line']}", data=said).status_code == 303


def test_a_program_says_that_it_is_sure_where_the_ink_speaks_against_a_correction(served) -> None:
    address = f"/api/v1/lines/{shown(served)['line']}"
    said = {"kind": "correct", "text": "qqq zzz www and nothing of the kind"}
    answer = served.client.put(f"{address}/verdict", json=said)
    assert answer.status_code == 409
    assert "does not look like" in answer.json()["detail"]
    assert served.client.get(address).json()["verdict"] == 0
    assert served.client.put(f"{address}/verdict", json={**said, "sure": True}).status_code == 200


def test_an_acceptance_says_which_text_is_accepted(served) -> None:
    address = f"/api/v1/lines/{shown(served)['line']}"
    line = served.client.get(address).json()
    for said, status in (
        ({}, 400),
        ({"seen": 0}, 400),
        ({"text": "what nobody saw"}, 409),
        ({"seen": "0-0123456789ab"}, 409),
        ({"text": line["text"], "seen": 77}, 409),
        ({"seen": line["revision"]}, 200),
        ({"text": line["text"], "seen": line["revision"]}, 409),  # it has been accepted since
        ({"text": line["text"]}, 200),
    ):
        answer = served.client.put(f"{address}/verdict", json={"kind": "accept", **said})
        assert answer.status_code == status, (said, answer.text)
    assert served.client.get(address).json()["text"] == line["text"]


def test_what_is_no_letter_is_refused_with_a_sentence_and_nothing_is_kept(served) -> None:
    line = shown(served)
    address = f"/api/v1/lines/{line['line']}"
    form = {"content-type": "application/x-www-form-urlencoded"}
    for text in (b"M%FCller", b"M%ED%A0%80ller"):
        body = b"kind=correct&seen=0&text=" + text
        answer = served.client.post(f"/review/{line['line']}", content=body, headers=form)
        assert answer.status_code == 400
        assert "no letter" in answer.text
    body = rb'{"kind": "correct", "text": "M\ud800ller"}'
    answer = served.client.put(f"{address}/verdict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert served.client.get(address).json()["verdict"] == 0


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "²", "x"])
def test_a_number_that_no_line_can_have_is_refused(served, number) -> None:
    for address in (f"/review/{number}", f"/review/{number}/undo", f"/review/{number}/alike"):
        said = {"kind": "reject", "seen": "0", "was": "a", "now": "b", "ticked": [f"{number}:0"]}
        assert served.client.post(address, data=said).status_code in (404, 422)
    said = {"was": "a", "now": "b", "ticked": [f"{number}:0"]}
    assert served.client.post("/review/1/alike", data=said).status_code in (303, 422)


def test_undo_takes_back_what_the_person_said_and_not_what_another_one_said_since(served) -> None:
    line = shown(served)
    address = f"/api/v1/lines/{line['line']}"
    read = served.client.get(address).json()["text"]
    said = {"kind": "correct", "seen": line["seen"], "text": f"{read}!"}
    onward = served.client.post(f"/review/{line['line']}", data=said).headers["location"]
    mine = re.search(r'name="verdict" value="(\d+)"', served.client.get(onward).text)
    assert mine
    assert served.client.put(f"{address}/verdict", json={"kind": "correct", "text": f"{read}?"}).status_code == 200
    undone = served.client.post(f"/review/{line['line']}/undo", data={"verdict": mine[1]})
    assert undone.status_code == 409
    assert served.client.get(address).json()["text"] == f"{read}?"
    assert served.client.delete(f"{address}/verdict", params={"verdict": mine[1]}).status_code == 409
    assert served.client.delete(f"{address}/verdict").status_code == 204
    assert served.client.post(f"/review/{line['line']}/undo", data={"verdict": mine[1]}).status_code == 303
    assert served.client.get(address).json()["text"] == read


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("My dear Grothere, I", "My dear Crothers, I", ("Grothere", "Crothers")),
        ("one two three", "one two three", None),
        ("one two three", "one 2 four", None),
        ("one two", "one two three", None),
        ("Été", "ete", None),
        ("a — b", "a – b", None),
        ("我在北亰大学", "我在北京大学", ("亰", "京")),
        ("我在北亰太学", "我在北京大学", ("亰太", "京大")),
        ("我在北京大学", "我在北京学", None),
    ],
)
def test_only_the_change_of_one_word_is_offered_elsewhere(before, after, change) -> None:
    assert changed_word(before, after) == change


@given(st.text("ab ,.é'", max_size=30), st.sampled_from(["a", "ab", "é"]), st.sampled_from(["x", "yz"]))
def test_a_word_is_replaced_wherever_it_is_read_and_nothing_else(text: str, was: str, now: str) -> None:
    assert rewritten("在北亰太学，北亰太", "亰太", "京大") == "在北京大学，北京大"
    made = rewritten(text, was, now)
    (wanted,) = search_words(was)
    assert search_words(made) == [now if word == wanted else word for word in search_words(text)]


def test_nobody_waits_for_the_order_and_skipping_goes_on_behind_it(notes, make_page, serve) -> None:
    notes.fake_engine()
    for width in range(200, 230):
        make_page(notes.home / "in" / f"{width}.png", width)
    notes.run("index", "in")
    (notes.index / "searches.txt").write_text("doubtful\n")
    shutil.rmtree(notes.index / "search")
    (notes.index / "search" / "ink").mkdir(parents=True)
    with FileLock(notes.index / "search" / "ink" / "lock"):  # the order is made by searching, which has to wait
        server = serve(notes)
        try:
            began = time.monotonic()
            lines = [shown(server, skip=skip)["line"] for skip in range(5)]
            assert time.monotonic() - began < 10
            assert len(set(lines)) == 5
        finally:
            server.close()


def test_lines_come_in_an_order_and_those_behind_it_after_it(tmp_path) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        file = SourceFile(tmp_path / "a.png", "0" * 64, 1, 0.0)
        catalog.place(file)
        lines = tuple(
            (Reading(Line(f"line {at}", at / 100, Box(1, 10 * at, 50, 9)), Origin("e")),) for at in range(1, 31)
        )
        catalog.store([(file, PageReading(1, 100, 400, lines, 1), "{}")])
        sure = [line.id for line in catalog.waiting(30)[1]]
        order = sure[:20][::-1]
        found, settled = in_order(catalog, "value", lambda: order, 0, 5)
        assert [line.id for line in found] == order[:5]
        assert not settled
        catalog.say(order[0], "accept")
        catalog.say(order[7], "reject")
        left = [each for each in order if each not in (order[0], order[7])] + sure[20:]
        assert [line.id for line in in_order(catalog, "value", lambda: order, 0, 40)[0]] == left
        for skip in range(0, 30, 3):
            found, settled = in_order(catalog, "value", lambda: order, skip, 7)
            assert [line.id for line in found] == left[skip : skip + 7]
            assert settled <= {order[0], order[7]}
