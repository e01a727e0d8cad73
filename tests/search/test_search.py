"""Queries and the search index, through the catalogue that people have."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.archive.searching import in_words
from indexer.catalog import Catalog
from indexer.posteriors.posteriorgram import PosteriorgramPacker, unpack
from indexer.search import Finder, SearchIndex, find
from indexer.search.query import parse
from indexer.search.summary import remark
from indexer.values import SearchOptions
from indexer.values.errors import UsageError

LINES = (
    ("L’œuvre du Comité de Straſsburg", 0.9),
    ("the house of my fa-", 0.8),
    ("ther and the old garden house", 0.95),
    ("a letter to the gardener in 1914-1918", 0.9),
    ("dim words of a garden", 0.3),
)


@pytest.fixture
def place(tmp_path: Path, put):
    with Catalog(tmp_path, create=True) as catalog:
        put(catalog, "a.png", LINES)
        index = SearchIndex(tmp_path / "search")
        index.sync(catalog)
        yield catalog, index


def test_near_readings_are_words_of_the_archive_as_it_writes_them(place, put) -> None:
    catalog, index = place
    put(catalog, "b.png", [("la poésie fine", 0.9), ("Poésie et vers", 0.9), ("sa poésie.", 0.8), ("posie", 0.2)])
    index.sync(catalog)
    letters = ["", *"abcdefghijklmnopqrstuvwxyz", " "]
    table = np.full((12, len(letters)), 0.002, np.float32)
    for at, letter in enumerate("poisie"):
        table[2 * at, letters.index(letter)] = table[2 * at + 1, 0] = 0.9
    table[4, letters.index("e")] = 0.4  # where an i was read
    with Finder(index, catalog) as finder:
        assert finder.fitting("Poisie,", unpack(PosteriorgramPacker(letters).pack(table, 12.0)), 3) == ["poésie"]


def texts(place, query: str, **options) -> list[str]:
    catalog, index = place
    return [hit.line.text for hit in find(index, catalog, query, SearchOptions(**options)).hits]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("house", {1, 2}),
        ("old house", {2}),
        ('"garden house"', {2}),
        ('"house garden"', set()),
        ("garden*", {2, 3}),
        ("gardin~", {2}),
        ("gard_n", {2}),
        ("*arden", {2}),
        ("*arde*", {2, 3}),
        ("ga*en", {2}),
        ("ga*en*", {2, 3}),
        ("gard[ai]n", set()),
        ("gard[ei]n", {2}),
        ("g[..]den,", {2}),
        ("gar[?]", {2, 3}),
        ("f_ther", {1}),
        ("19_4", {3}),
        ('"old g_rden h*se"', {2}),
        ('"*ld garden"', {2}),
        ("/g.rd[ei]n/", {2}),
        ("/ga.+n(er)?/", {2, 3}),
        ("/^(old|new)$/ /hou?se/", {2}),
        ("/fat{1,2}her/ OR /Stra(ss|ß)burg/", {0, 1}),
        ("(/g.rden/)", {2}),
        ("house -/gard.*/", {1}),
        ('"my f[ao]th*"', {1}),
        ("gaxdin~2", {2}),
        ("house NOT garden", {1}),
        ('"house of my father and"', {1}),
        ('"my father"', {1}),
        ('"fa ther"', {1}),
        ('"my fath*"', {1}),
        ('"garden house a lettr~"', {2}),
        ('"house a"', {2}),
        ('"1918 dim"', set()),
        ('"of my ther"', set()),
        ("house -garden", {1}),
        ("letter OR father", {1, 3}),
        ("father", {1}),
        ("(letter OR house) the", {1, 2, 3}),
        ("OEUVRE", {0}),
        ("l'oeuvre", {0}),
        ("strassburg", {0}),
        ("comité", {0}),
        ("1914-1918", {3}),
        ("1918-1914", set()),
        ('"the gard*"', {3}),
        ('"old gardin~"', {2}),
        ("«garden house»", {2}),
        ("＂garden house＂", {2}),
        ("hous＊", {1, 2}),
    ],
)
def test_what_a_query_finds(place, query: str, numbers: set[int]) -> None:
    assert {LINES.index((t, s)) for t, s in LINES if t in texts(place, query)} == numbers


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("letter NEAR/3 gardener", {3}),
        ("gardener NEAR/2 letter", {3}),
        ("gardener NEAR/1 letter", set()),
        ("gardener NEAR letter", {3}),
        ("house NEAR/4 letter", {2}),
        ("letter NEAR/1 house", {2}),
        ("old NEAR/1 letter", set()),
        ("old NEAR/3 letter", {2}),
        ("house NEAR/1 letter", {2}),
        ('"old garden" NEAR/2 lett*', {2}),
        ("ho[ux]se NEAR/1 gardin~", {2}),
        ("house NOT (house NEAR/3 old)", {1}),
        ("1918 NEAR/9 letter father", set()),
        ("(1918 NEAR/9 letter) OR father", {1, 3}),
        ("house NEAR/1 house", set()),
    ],
)
def test_words_are_near_each_other_also_over_a_line_end(place, query: str, numbers: set[int]) -> None:
    assert {LINES.index((t, s)) for t, s in LINES if t in texts(place, query, within="line")} == numbers


def test_both_sides_are_marked_where_a_line_ends_between_them(place) -> None:
    catalog, index = place
    (hit,) = find(index, catalog, "letter NEAR/1 house", SearchOptions()).hits
    assert [[place.text for place in part.places] for part in hit.parts] == [["house"], ["letter"]]
    (hit,) = find(index, catalog, "letter NEAR/1 house father", SearchOptions()).hits
    assert hit.within == "page"
    assert [place.text for part in hit.parts for place in part.places] == ["fa", "ther", "house", "letter"]


@pytest.mark.parametrize("query", ["NEAR a", "a NEAR", "a NEAR NOT b", "a NEAR (b c)", "a NEAR/0 b", "a NEAR/51 b"])
def test_nothing_is_near_to_nothing(query: str) -> None:
    with pytest.raises(UsageError, match="NEAR") as raised:
        parse(query)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cooper", "C[..]per"),
        ("cowper", "C[..]per"),
        ("copper", "C[..]per"),
        ("caliper", None),
        ("c__per", "C[..]per"),
        ("coop*", None),
        ("gardener", "Gard[?]"),
        ("garden", "Gard[?]"),
        ("elisabeth", "[.]lisabeth"),
        ('"mr cooper the gardener"', "C[..]per"),
        ('"mr cooper the lion"', None),
        ("ner", None),
        ("per", None),
        ("lost", "lost"),
    ],
)
def test_letters_that_a_person_could_not_read_are_found_by_what_fits(place, put, query: str, found: str | None) -> None:
    catalog, index = place
    put(catalog, "b.png", [("Mr C[..]per the Gard[?] of [.]lisabeth lost [?]", 0.9)])
    index.sync(catalog)
    hits = find(index, catalog, query, SearchOptions(all_states=True, within="line")).hits
    marked = [place.text for hit in hits if "per the" in hit.line.text for place in hit.places]
    assert (found in marked) if found else not marked


def test_a_word_of_which_more_is_known_is_more_probable(place, put) -> None:
    catalog, index = place
    put(catalog, "b.png", [("Stil[.]man", 0.9), ("St[....]an", 0.9), ("Stillman", 0.9)])
    index.sync(catalog)
    hits = find(index, catalog, "stillman", SearchOptions(reach="high")).hits
    assert [hit.line.text for hit in hits] == ["Stillman", "Stil[.]man", "St[....]an"]
    assert hits[0].relevance > hits[1].relevance > hits[2].relevance > 0
    with Finder(index, catalog) as finder:
        assert [each.word for each in finder.completions("stil", 5)] == ["Stillman"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("doc:a.png house", {1, 2}),
        ("doc:/box house", {1, 2}),
        ('doc:"b.*" house', set()),
        ("house OR (letter doc:b.*)", {1, 2}),
        ("house -doc:a.png", set()),
        ("letter date:1914", {3}),
        ("letter DATE:1917..", {3}),
        ("letter date:1919..", set()),
        ("letter NOT date:1914..1916", set()),
        ("letter NOT date:..1913", {3}),
    ],
)
def test_fields_say_where_to_look(place, query: str, numbers: set[int]) -> None:
    assert {LINES.index((t, s)) for t, s in LINES if t in texts(place, query, within="line")} == numbers


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("house doc:a.pgn", "not found; no file that was read matches 'a.pgn' (a.png is there)"),
        ("house doc:bax/a.png", "not found; no file that was read matches 'bax/a.png' (box/a.png is there)"),
        ("house -doc:/bux/*", "found; no file that was read matches '/bux/*' (box is there)"),
        ("house doc:zzz*", "not found; no file that was read matches 'zzz*'"),
        ("house doc:a.png", "2 found"),
    ],
)
def test_a_document_that_there_is_not_is_named_with_those_that_look_like_it(place, query: str, said: str) -> None:
    catalog, index = place
    asked = SearchOptions(reach=None, all_states=True, within="line")
    words = in_words(find(index, catalog, query, asked), asked, catalog)
    assert words.endswith(said)


def test_a_date_is_together_with_the_words_of_its_page_and_marked(place, put) -> None:
    catalog, index = place
    put(catalog, "letter.png", [("Paris, le 12 8bre 1794", 0.9), ("mon cher Lefevre", 0.9)])
    index.sync(catalog)
    (hit,) = find(index, catalog, "lefevre date:1794-10", SearchOptions()).hits
    assert (hit.within, [place.text for part in hit.parts for place in part.places]) == (
        "page",
        ["12 8bre 1794", "Lefevre"],
    )
    assert hit.relevance == pytest.approx(0.9 * 0.9)
    assert find(index, catalog, "lefevre date:1794-11", SearchOptions()).total == 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("doc: word", "nothing behind doc:"),
        ("doc:a.png", "where to look"),
        ("date: word", "nothing behind date:"),
        ("date:.. word", "no time"),
        ("date:19 word", "19 is no year"),
        ("date:1914-13 word", "1914-13 is no year"),
        ("date:1914-02-30 word", "no day"),
        ("date:1918..1914 word", "ends before it begins"),
        ("person: word", "nothing behind person:"),
        ("person:emma OR word", "OR stands between"),
        ("author:word", "no such field"),
    ],
)
def test_a_field_that_makes_no_sense_gets_a_sentence(query: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        parse(query)
    assert raised.value.hint


def test_a_phrase_goes_on_in_a_line_of_one_word_that_is_cut(place, put) -> None:
    catalog, index = place
    put(catalog, "cut.png", [("he came to his", 0.9), ("grand-", 0.9), ("father in spring", 0.9)])
    index.sync(catalog)
    assert texts(place, '"his grandfather in"') == texts(place, '"his grandfather"') == ["he came to his"]


def test_words_with_unread_letters_are_marked(place) -> None:
    catalog, index = place
    (hit,) = find(index, catalog, "ga*en *o_se", SearchOptions()).hits
    assert [place.text for place in hit.places] == ["garden", "house"]


def test_review_lines_are_counted_and_found_on_request(place) -> None:
    catalog, index = place
    result = find(index, catalog, "garden", SearchOptions())
    assert (result.total, result.more_in_review) == (1, 1)
    assert len(texts(place, "garden", all_states=True)) == 2
    assert texts(place, "garden", all_states=True, min_confidence=0.31) == ["ther and the old garden house"]


def test_a_phrase_waits_for_review_as_long_as_one_of_its_lines_does(place) -> None:
    catalog, index = place
    result = find(index, catalog, '"1914-1918 dim words"', SearchOptions())
    assert (result.total, result.more_in_review) == (0, 1)
    (hit,) = find(index, catalog, '"1914-1918 dim words"', SearchOptions(all_states=True)).hits
    assert hit.relevance == pytest.approx(0.3)
    assert remark(hit) == "waits for review"
    assert [part.line.text for part in hit.parts] == [LINES[3][0], LINES[4][0]]


def test_matches_are_marked_in_the_original_text(place) -> None:
    catalog, index = place

    def marked(query: str) -> list[str]:
        (hit,) = find(index, catalog, query, SearchOptions()).hits
        return [place.text for place in hit.places]

    assert marked("oeuvre strassburg") == ["œuvre", "Straſsburg"]
    assert marked("father") == ["fa"]
    ((further,),) = [each.further for each in find(index, catalog, "father", SearchOptions()).hits]
    assert [place.text for place in further.places] == ["ther"]
    assert marked('"old garden"') == ["old", "garden"]
    assert marked("gardener NOT house") == ["gardener"]


def test_filters_sorting_and_paging(place, put) -> None:
    catalog, index = place
    put(catalog, "b/c.png", [("house of glass", 0.99), ("garden house", 0.76)], modified=1000.0)
    index.sync(catalog)
    assert len(texts(place, "house", glob="b")) == 2
    assert len(texts(place, "house", glob="*.png", since=1.0)) == 2
    assert len(texts(place, "house", until=1000.0)) == 2
    assert texts(place, "house", sort="confidence")[0] == "house of glass"
    assert texts(place, "house", sort="page") == [
        *("the house of my fa-", "ther and the old garden house", "house of glass", "garden house"),
    ]
    everything = texts(place, "house")
    assert texts(place, "house", limit=2) + texts(place, "house", offset=2) == everything


def test_suggestions_for_what_is_not_there(place) -> None:
    catalog, index = place
    assert find(index, catalog, "gardn", SearchOptions()).suggestions[0] == "garden"
    assert find(index, catalog, "old gardn", SearchOptions()).suggestions[0] == "old garden"
    assert find(index, catalog, "xyzzy", SearchOptions()).suggestions == ()


def test_an_older_or_damaged_or_foreign_index_is_made_good(place, tmp_path: Path, put) -> None:
    catalog, index = place
    shutil.copytree(index.folder, tmp_path / "older")
    put(catalog, "b.png", [("a new word", 0.9)])
    index.sync(catalog)
    assert texts(place, "new") == ["a new word"]
    shutil.rmtree(index.folder)
    shutil.copytree(tmp_path / "older", index.folder)
    assert not index.agrees(catalog)
    index.sync(catalog)
    assert texts(place, "new") == ["a new word"]
    for file in filter(Path.is_file, list(index.folder.rglob("*"))):
        file.write_bytes(b"junk")
    index.sync(catalog)
    assert texts(place, "new") == ["a new word"]
    with Catalog(tmp_path / "other", create=True) as other:
        put(other, "z.png", [("stranger", 0.9)])
        index.sync(other)
        assert [h.line.text for h in find(index, other, "stranger", SearchOptions()).hits] == ["stranger"]
    index.sync(catalog)
    assert texts(place, "stranger") == []


def test_forgotten_files_are_not_found(place) -> None:
    catalog, index = place
    catalog.forget([Path("/box/a.png")])
    index.sync(catalog)
    assert texts(place, "house", all_states=True) == []


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ('a "b', 2), ("(a b", 0), ("a) b", 1), ("a OR", 2), ("OR a", 0), ("NOT", 0), ("a *", 2), ("-a", 0), ("...", 0),
        ("", 0), ("a OR NOT b", 0),
    ],
)  # fmt: skip
def test_malformed_queries_show_where(query: str, at: int) -> None:
    with pytest.raises(UsageError) as caught:
        parse(query)
    assert caught.value.message.splitlines()[-1] == "  " + " " * at + "^"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("word**", 5), ("*", 0), ("_____", 0), ("*a_", 0), ("te*st-ment", 2), ("te[m", 2), ("te[]t", 2),
        ("[a-z]*", 0), ("[ab]*", 0), ("[abc]~", 5),
        ("a[b-d]cd", 1),        ("te*t~", 4), ("t[abcdef][abcdef][abcdef]t", 0), ("t[abcdefghijklm]t", 1),
        ("test?ment", 4), ("?estament", 0), ("word?", 4),
        ("t~", 0), ("ab~1", 0), ("t~2", 0), ("abc~2", 0),
        ("word~3", 4), ("wo~rd", 2), ("~word", 0), ("word~~", 4), ('"a b"~3', 5), ('"a b"*', 5), ('"te?t a"', 3),
        ("a^2", 1), ("^word", 0), ("author:word", 6), ("word+other", 4), ("a|b", 1), ("a || b", 2),
        ("!word", 0), ("--word", 0), ("–word", 0), ("te{2}", 2), ("/te.t/i", 0), ("te\\w", 2),
        ("te%t", 2), ("test$", 4), ("«word", 0), ("北＊京", 2),
    ],
)  # fmt: skip
def test_signs_of_other_programs_are_refused_and_never_mean_something_else(query: str, at: int) -> None:
    with pytest.raises(UsageError) as caught:
        parse(f"old {query}")
    assert caught.value.message.splitlines()[-1] == "  " + " " * (4 + at) + "^"
    assert caught.value.hint


@pytest.mark.parametrize(
    "query",
    [
        "qui est là ?",
        '"qui est là ?"',
        "12:30",
        "Monsieur:",
        "[sic]",
        "Smith & Sons",
        "50 %",
        "50%",
        "C++",
        "N°5",
        "5$",
    ],
)
def test_signs_of_writing_are_no_part_of_a_query(query: str) -> None:
    parse(query)


@given(st.text(alphabet='ab é"()*~2-|OR NT\n?^:+«»＊') | st.text())
def test_any_text_is_a_query_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        parse(text)


def test_a_word_cut_by_a_line_end_is_as_probable_as_the_less_sure_of_its_lines(place) -> None:
    catalog, index = place
    (hit,) = find(index, catalog, "father", SearchOptions()).hits
    assert (hit.line.text, round(hit.relevance, 3), hit.read) == ("the house of my fa-", 0.8, True)
