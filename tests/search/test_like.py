"""Find its like: places whose ink looks like a piece of a line, on real pages that were really read."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def read(notes_factory, with_pages, tmp_path_factory):
    """An index of real pages in several hands, and the number of a line with the word University."""
    notes = with_pages(notes_factory(tmp_path_factory.mktemp("like")), "stanford", "poilus")
    return notes, notes.json("search", "Academic Senate University")["hits"][0]["id"]


def test_a_word_is_found_again_by_its_ink(read) -> None:
    notes, line = read
    others = {hit["id"] for hit in notes.json("search", "university")["hits"]} - {line}
    assert len(others) >= 2
    found = notes.json("search", "--like", f"{line}:University")
    assert found["query"] == f"like:{line}:University"
    assert {line, *others} <= {hit["id"] for hit in found["hits"]}
    drawn = notes.json("search", f"like:{line}:0-100%", "--reach", "high")
    assert drawn["hits"][0]["id"] == line, "a whole line looks like itself"


def test_it_goes_with_the_rest_of_the_query(read) -> None:
    notes, line = read
    like = f"like:{line}:university"
    alone = notes.json("search", like)["total"]
    both = notes.json("search", "of", "--like", f"{line}:university", "--within", "line")["total"]
    without = notes.json("search", f"{like} NOT of", "--within", "line")["total"]
    assert both > 0
    assert without > 0
    assert both + without == alone


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("like:", "there is no piece of a line"),
        ("like:word", "there is no piece of a line"),
        ("like:1:", "there is no piece of a line"),
        ("like:99999999:mot", "there is no line 99999999"),
        ("like:LINE:absentword", "has no word absentword"),
        ("like:LINE:90-40%", "90-40% is no piece of a line"),
        ("like:LINE:10-200%", "10-200% is no piece of a line"),
    ],
)
def test_what_is_no_piece_of_a_line_is_explained(read, asked: str, said: str) -> None:
    notes, line = read
    assert said in notes.run("search", asked.replace("LINE", str(line)), rc=2).stderr


def test_a_line_without_probabilities_has_no_like(notes, make_page) -> None:
    notes.fake_engine()
    notes.run("index", make_page(notes.home / "box" / "100.png", 100))
    (hit,) = notes.json("search", "page100")["hits"]
    assert "no probabilities of its letters" in notes.run("search", f"like:{hit['id']}:page100", rc=2).stderr
