"""All hits of a query, and of a list of queries, for other programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

GEDCOM = """0 HEAD
1 GEDC
2 VERS 5.5.1
1 CHAR UTF-8
0 @I1@ INDI
1 NAME Emma /Stillman/
1 NAME Stillman
0 @I2@ INDI
1 NAME ? /N. N./
0 TRLR
"""


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def letters(tmp_path_factory, notes_factory, with_pages):
    """Two letters, which are really read."""
    return with_pages(notes_factory(tmp_path_factory.mktemp("letters")), "stanford")


def test_all_hits_are_printed_as_csv_and_as_a_line_of_json_each(letters) -> None:
    told = letters.json("search", "the", "--limit", "1000")
    assert told["total"] > 1
    done = letters.run("search", "the", "--csv")
    found = rows(done.stdout)
    assert [int(row["id"]) for row in found] == [hit["id"] for hit in told["hits"]]
    assert [row["text"] for row in found] == [hit["text"] for hit in told["hits"]]
    assert {row["query"] for row in found} == {"the"}
    assert f"{told['total']} found" in done.stderr
    lines = [json.loads(line) for line in letters.run("search", "the", "--json-lines").stdout.splitlines()]
    assert [{**hit, "query": "the"} for hit in told["hits"]] == lines
    assert len(rows(letters.run("search", "the", "--csv", "--limit", "2").stdout)) == 2


def test_a_hit_of_several_lines_is_one_row(letters) -> None:
    (row,) = rows(letters.run("search", "Berkeley California", "--csv").stdout)
    assert (row["within"], row["found"], len(row["id"].split())) == ("page", "Berkeley California", 2)


def test_a_list_is_searched_line_by_line_and_a_bad_line_is_named(letters, tmp_path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\ufeffberkeley\n# a remark\n\nberkeley\n(bad\nxylographer\n")
    done = letters.run("search", "--list", names, "--csv", rc=3)
    assert [row["query"] for row in rows(done.stdout)] == ["berkeley"]
    assert "names.txt, line 5: the query cannot be understood" in done.stderr
    next_step = letters.run("search", "(bad", rc=2).stderr.splitlines()[-1]
    assert next_step in done.stderr
    assert "1 found by 1 of 3 queries; 1 of the queries made no sense" in done.stderr
    names.write_text("berkeley\nxylographer\n", encoding="utf-16")
    told = json.loads(letters.run("search", "--list", names, "--json").stdout)
    assert [(each["query"], each["total"]) for each in told["results"]] == [("berkeley", 1), ("xylographer", 0)]
    assert "berkeley: 1 found" in letters.run("search", "--list", names).stdout
    names.write_text("xylographer\n")
    letters.run("search", "--list", names, rc=1)


def test_it_is_said_how_many_queries_of_a_list_were_stopped(letters, tmp_path, monkeypatch) -> None:
    names = tmp_path / "names.txt"
    names.write_text("berkeley\nname:Stanford\n(bad\n")
    assert "stopped" not in letters.run("search", "--list", names, "--csv", rc=3).stderr
    monkeypatch.setitem(letters.environ, "NOTES_SEARCH_TIMEOUT", "0.000001")
    done = letters.run("search", "--list", names, "--csv", rc=3)
    assert "2 of the queries stopped before all of the ink was looked at (search_timeout)" in done.stderr
    assert "berkeley" in {row["query"] for row in rows(done.stdout)}


def test_the_names_of_a_gedcom_file_are_looked_for_in_all_their_spellings(letters, tmp_path) -> None:
    file = tmp_path / "family.ged"
    file.write_text(GEDCOM)
    lines = letters.run("search", "--list", file, "--json-lines", "--reach", "high", rc={0, 1}).stdout.splitlines()
    assert {json.loads(line)["query"] for line in lines} == {'name:"emma stillman"'}
    file.write_text(GEDCOM.replace("1 NAME Emma /Stillman/", "1 NAME Mrs. /Stanford/"))
    line, *_ = letters.run("search", "--list", file, "--json-lines").stdout.splitlines()
    assert "Mrs. Stanford" in json.loads(line)["text"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "nothing to search for"),
        (("a", "--list", "names.txt"), "a query and a list"),
        (("--list", "nowhere.txt"), "nowhere.txt cannot be read"),
        (("--list", "."), "cannot be read"),
        (("a", "--csv", "--json"), "in one way"),
    ],
)
def test_what_asks_for_nothing_or_for_two_things_is_refused(letters, args, said: str) -> None:
    assert said in letters.run("search", *args, rc=2).stderr


def test_an_empty_list_and_a_broken_gedcom_file_get_a_sentence(letters, tmp_path) -> None:
    file = tmp_path / "empty.txt"
    file.write_text("# nothing\n")
    assert "no query in" in letters.run("search", "--list", file, rc=2).stderr
    file.write_text("0 HEAD\n1 CHAR UTF-8\n0 @I1@ INDI\nnonsense\n0 TRLR\n")
    assert "empty.txt" in letters.run("search", "--list", file, rc=2).stderr
