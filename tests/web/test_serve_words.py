"""Words are settled in all their places at once: what stands there is found surely, and no line counts as checked."""

from __future__ import annotations

import re

import pytest

INDEXED = ("poilus", "timeus")


def wall(server, word: str, **more: str) -> dict:
    return server.client.get("/api/v1/words", params={"word": word, **more}).json()


def settle(server, word: str, wrong: tuple[str, ...] = (), **more: str):
    shown = [each["key"] for each in wall(server, word, **more)["places"]]
    return server.client.put(
        "/api/v1/words", params={"word": word, **more}, json={"shown": shown, "wrong": list(wrong)}
    )


def line_of(server, number: int) -> dict:
    return server.client.get(f"/api/v1/lines/{number}").json()


def test_a_word_that_is_accepted_does_not_claim_that_its_line_was_checked(indexed, serve) -> None:
    server = serve(indexed)
    (place,) = wall(server, "doubtful300", reach="high")["places"]
    before = line_of(server, place["line"])
    kept = settle(server, "doubtful300", reach="high").json()
    assert (kept["right"], kept["wrong"], kept["lines_accepted"], kept["left"]) == (1, 0, 0, 0)
    after = line_of(server, place["line"])
    assert {name: after[name] for name in ("text", "verdict", "status", "origin")} == {
        name: before[name] for name in ("text", "verdict", "status", "origin")
    }
    assert (before["confidence"], after["confidence"]) == (0.5, pytest.approx(0.745))  # one of two words is sure now
    assert server.client.get("/api/v1/status").json()["verdicts"] == 0
    assert server.hits("doubtful300")[0]["relevance"] == pytest.approx(0.99)
    assert wall(server, "doubtful300", reach="high")["places"] == []
    assert settle(server, "word", reach="high").json()["lines_accepted"] == 1  # each of its words was seen
    assert line_of(server, place["line"])["verdict"] == 0
    indexed.run("index", "pages", "--reread")
    assert line_of(server, place["line"])["confidence"] == pytest.approx(0.99)
    assert server.hits("word")[0]["relevance"] == pytest.approx(0.99)


def test_a_batch_is_taken_back_as_a_whole_and_only_once(indexed, serve) -> None:
    server = serve(indexed)
    number = settle(server, "doubtful300", reach="high").json()["batch"]
    assert server.client.delete(f"/api/v1/words/batches/{number}").status_code == 200
    assert server.client.delete(f"/api/v1/words/batches/{number}").status_code == 404
    (place,) = wall(server, "doubtful300", reach="high")["places"]
    assert line_of(server, place["line"])["confidence"] == 0.5


def test_a_line_that_has_changed_since_it_was_shown_is_left_as_it_is(indexed, serve) -> None:
    server = serve(indexed)
    shown = server.client.get("/review/word?word=doubtful300&reach=high").text
    keys = re.findall(r'name="shown" value="([^"]+)"', shown)
    line = int(keys[0].partition(":")[0])
    said = {"kind": "correct", "text": "doubtful300 indeed", "sure": True}
    assert server.client.put(f"/api/v1/lines/{line}/verdict", json=said).status_code == 200
    answer = server.client.post("/review/word?word=doubtful300&reach=high", data={"shown": keys})
    assert answer.status_code == 409
    assert "has changed since it was shown" in answer.text
    assert line_of(server, line)["text"] == "doubtful300 indeed"


def test_what_looks_like_a_word_is_corrected_and_what_is_no_such_word_is_found_no_more(served) -> None:
    """*Mont* stands for *mon*, and *son* was nearly *soit*: one is accepted, the other is ticked."""
    places = {each["read"]: each for each in wall(served, "mon")["places"]}
    kept = settle(served, "mon").json()
    line = line_of(served, places["Mont"]["line"])
    assert re.search(r"\bMon\b", line["text"])
    assert not re.search(r"\bMont\b", line["text"])
    assert line["verdict"] == 0
    assert all(each["relevance"] >= 0.98 for each in served.hits("mon"))
    assert served.client.delete(f"/api/v1/words/batches/{kept['batch']}").status_code == 200
    assert line_of(served, line["id"])["text"] == places["Mont"]["text"]

    nearly = next(each for each in wall(served, "soit")["places"] if each["read"] == "son")
    assert nearly["line"] in {each["id"] for each in served.hits("soit")}
    kept = settle(served, "soit", (nearly["key"],)).json()
    assert (kept["wrong"], kept["left"]) == (1, 0)
    assert nearly["line"] not in {each["id"] for each in served.hits("soit", reach="high")}
    assert line_of(served, nearly["line"])["text"] == nearly["text"]
    served.client.delete(f"/api/v1/words/batches/{kept['batch']}")


def test_a_word_is_settled_on_the_command_line(indexed) -> None:
    assert "doubtful300" in indexed.run("review", "word", "doubtful300", "--reach", "high").stdout
    refused = indexed.run("review", "word", "doubtful300", "--reach", "high", "--accept", "--wrong", "99", rc=2)
    assert "line 99 is not among the places" in refused.stderr
    kept = indexed.json("review", "word", "doubtful300", "--reach", "high", "--accept", "--sure")["batches"][0]
    assert (kept["word"], kept["right"]) == ("doubtful300", 1)
    assert indexed.json("review", "word")["batches"] == [kept]
    (indexed.home / "words.txt").write_text("word\n", "utf-8")
    assert indexed.json("review", "word", "--list", "words.txt")["words"][0]["word"] == "word"
    indexed.run("review", "word", "--undo", kept["batch"])
    assert indexed.json("review", "word")["batches"] == []
    indexed.run("review", "word", "two words", rc=2)


def test_what_was_said_of_words_is_set_aside_with_its_document_and_comes_back(indexed, serve) -> None:
    server = serve(indexed)
    settle(server, "doubtful300", reach="high")
    indexed.run("forget", "pages/a.png", "--yes")
    assert server.hits("doubtful300") == []
    indexed.run("forget", "--undo")
    assert server.hits("doubtful300")[0]["relevance"] == pytest.approx(0.99)


def test_what_was_said_of_words_goes_along_with_the_picture(indexed) -> None:
    indexed.run("review", "word", "doubtful300", "--reach", "high", "--accept", "--sure")
    (indexed.home / "pages" / "a.png").rename(indexed.home / "pages" / "b.png")
    with (indexed.home / "pages" / "b.png").open("ab") as file:
        file.write(b"metadata")
    indexed.run("index", "pages", "--prune")
    assert indexed.json("search", "doubtful300")["hits"][0]["relevance"] == pytest.approx(0.99)
