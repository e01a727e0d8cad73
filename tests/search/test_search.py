"""Queries and the search index, through the catalogue that people have."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.catalog import Catalog
from indexer.posteriors.posteriorgram import PosteriorgramPacker, unpack
from indexer.search import Finder, SearchIndex, find
from indexer.search.marks import places
from indexer.search.query import parse
from indexer.search.summary import summary, unsearched
from indexer.values import Box, Line, Origin, PageReading, Reading, SearchOptions, SourceFile, Status, StoredLine, Word
from indexer.values.errors import UsageError

LINES = (
    ("L’œuvre du Comité de Straſsburg", 0.9),
    ("the house of my fa-", 0.8),
    ("ther and the old garden house", 0.95),
    ("a letter to the gardener in 1914-1918", 0.9),
    ("dim words of a garden", 0.3),
)


@pytest.fixture
def place(tmp_path: Path):
    with Catalog(tmp_path, create=True) as catalog:
        put(catalog, "a.png", LINES)
        index = SearchIndex(tmp_path / "search")
        index.sync(catalog)
        yield catalog, index


def put(catalog: Catalog, name: str, lines, modified: float = 0.0) -> None:
    file = SourceFile(Path("/box") / name, name, 1, modified)
    catalog.place(file)
    read = tuple(
        Line(text, sure, Box(0, 50 * n, 500, 40), posteriorgram=next(iter(posteriorgram), None))
        for n, (text, sure, *posteriorgram) in enumerate(lines)
    )
    catalog.store(
        [(file, PageReading(1, 600, 800, tuple((Reading(line, Origin("engine")),) for line in read), 1.0), "{}")],
    )


def test_near_readings_are_words_of_the_archive_as_it_writes_them(place) -> None:
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
        ("gaxdin~2", {2}),
        ("house NOT garden", {1}),
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


def test_review_lines_are_counted_and_found_on_request(place) -> None:
    catalog, index = place
    result = find(index, catalog, "garden", SearchOptions())
    assert (result.total, result.more_in_review) == (1, 1)
    assert len(texts(place, "garden", all_states=True)) == 2
    assert texts(place, "garden", all_states=True, min_confidence=0.31) == ["ther and the old garden house"]


def test_matches_are_marked_in_the_original_text(place) -> None:
    catalog, index = place

    def marked(query: str) -> list[str]:
        (hit,) = find(index, catalog, query, SearchOptions()).hits
        return [place.text for place in hit.places]

    assert marked("oeuvre strassburg") == ["œuvre", "Straſsburg"]
    assert marked("father") == ["fa"]
    assert marked('"old garden"') == ["old", "garden"]
    assert marked("gardener NOT house") == ["gardener"]


def test_filters_sorting_and_paging(place) -> None:
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


def test_an_older_or_damaged_or_foreign_index_is_made_good(place, tmp_path: Path) -> None:
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
        ("te*ment", 2), ("*stament", 0), ("word**", 4), ("word*,", 4), ("test?ment", 4), ("?estament", 0), ("word?", 4),
        ("word~3", 4), ("wo~rd", 2), ("~word", 0), ("word~~", 4), ('"a b"~3', 5), ('"a b"*', 5), ('"te?t a"', 3),
        ('"te*t a"', 3), ("a^2", 1), ("^word", 0), ("title:word", 5), ("word+other", 4), ("a|b", 1), ("a || b", 2),
        ("!word", 0), ("--word", 0), ("–word", 0), ("te[ms]t", 2), ("te{2}", 2), ("/te.t/", 0), ("te\\w", 2),
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


def page_of(catalog: Catalog, readings: list[tuple[str, float | None, str, str, bytes | None]]) -> None:
    """Read a page of one line. A reading: text, confidence, engine, version, posteriorgram; the first one counts."""
    file = SourceFile(Path("/box/line.png"), "line", 1, 0.0)
    catalog.place(file)
    box = Box(0, 0, 500, 40)
    line = tuple(
        Reading(Line(text, sure, box, posteriorgram=posteriorgram), Origin(engine, version))
        for text, sure, engine, version, posteriorgram in readings
    )
    catalog.store([(file, PageReading(1, 600, 800, (line,), 1.0), "{}")])


def inked(text: str, nearly: str = "", share: float = 0.0) -> bytes:
    """Frames in which this text stands, a frame a letter and blanks between them; or nearly another one."""
    letters = ["", *"abcdefghijklmnopqrstuvwxyz", " "]
    table = np.full((2 * len(text), len(letters)), 0.002, np.float32)
    for at, (letter, other) in enumerate(zip(text, nearly or text, strict=True)):
        table[2 * at, letters.index(letter)] = 0.95 - share
        table[2 * at, letters.index(other)] += share
        table[2 * at + 1, 0] = 0.95
    return PosteriorgramPacker(letters).pack(table, 2.0 * len(text))


@pytest.fixture
def empty(tmp_path: Path):
    with Catalog(tmp_path, create=True) as catalog:
        yield catalog, SearchIndex(tmp_path / "search")


def found(place, query: str, **options) -> list[tuple[str, float, bool]]:
    catalog, index = place
    index.sync(catalog)
    hits = find(index, catalog, query, SearchOptions(**options)).hits
    return [(hit.line.text, hit.relevance, hit.read) for hit in hits]


@pytest.mark.parametrize("engines", [("one",), ("one", "another")])
def test_what_was_read_once_and_is_read_otherwise_now_is_neither_found_nor_kept_for_ever(empty, engines) -> None:
    catalog, _ = empty
    page_of(catalog, [("Mr Zwiebel came", 0.8, "one", "0", inked("mr zwiebel came"))])
    for version in range(10):
        engine = engines[version % len(engines)]
        page_of(catalog, [("Mr Hopkins came", 0.97, engine, str(version), inked("mr hopkins came"))])
    assert found(empty, "zwiebel", all_states=True, reach=None) == []
    assert all(relevance < 0.5 and not read for _, relevance, read in found(empty, "zwiebel", reach="high"))
    ((_, relevance, read),) = found(empty, "hopkins")
    assert relevance > 0.96
    assert read
    (line,) = catalog.page_lines(Path("/box/line.png"), 1)
    readings = catalog.readings(line.id)
    assert [each.replaced for each in readings] == [False] + [True] * len(engines)
    db = sqlite3.connect(catalog.folder / "catalog.sqlite")
    assert db.execute("SELECT count(*), count(posteriorgram) FROM readings").fetchone() == (1 + len(engines), 1)
    db.close()


def test_the_reading_that_another_engine_has_beside_is_as_probable_as_that_makes_it(empty) -> None:
    catalog, _ = empty
    page_of(catalog, [("Mr Hopkins came", 0.9, "one", "1", None), ("Mr Nopkins came", 0.6, "another", "1", None)])
    assert found(empty, "nopkins") == []
    ((text, relevance, read),) = found(empty, "nopkins", all_states=True)
    assert (text, read) == ("Mr Hopkins came", False)
    assert 0.05 < relevance < 0.4
    ((_, relevance, read),) = found(empty, "hopkins")
    assert (round(relevance, 3), read) == (0.9, True)


@pytest.mark.parametrize("others", [True, False])
def test_where_the_ink_rules_a_word_out_its_line_does_not_make_it_probable(empty, others: bool) -> None:
    catalog, _ = empty
    ink, silent = ("the old mouse", 0.9, "sure", "1", inked("the old mouse")), ("THE OLD ZEBRA", 0.85, "dry", "1", None)
    page_of(catalog, [ink, silent] if others else [silent, ink])
    assert found(empty, "zebra") == []
    ((_, relevance, read),) = found(empty, "zebra", all_states=True)
    assert relevance < 0.2
    assert read != others
    ((_, relevance, _),) = found(empty, "mouse", reach="high")
    assert relevance > 0.1
    assert len(found(empty, "old")) == 1


def test_what_was_read_is_at_least_as_probable_as_its_line_is_sure(empty) -> None:
    catalog, _ = empty
    page_of(catalog, [("du vieil œuvre", 0.9, "sure", "1", inked("du vieil uvre"))])  # the letter œ is in no frame
    ((_, relevance, read),) = found(empty, "oeuvre")
    assert relevance > 0.89
    assert read


def test_a_word_cut_by_a_line_end_is_as_probable_as_the_less_sure_of_its_lines(place) -> None:
    ((text, relevance, read),) = found(place, "father")
    assert (text, round(relevance, 3), read) == ("the house of my fa-", 0.8, True)


UNSPACED = (
    ("我的祖父在北京大学读书并写信", 0.95),
    ("私は東京Tokyo2024で日本語を", 0.95),
    ("ภาษาไทยง่ายมากและสนุก", 0.95),
    ("हिन्दी भाषा में पत्र लिखना", 0.95),
    ("שָׁלוֹם לעולם", 0.95),
)


@pytest.mark.parametrize(
    ("query", "number", "marked"),
    [
        ("北京", 0, ["北京"]), ("读书 北京", 0, ["北京", "读书"]), ("北*", 0, ["北"]), ('"北京大学"', 0, ["北京大学"]),
        ("東京", 1, ["東京"]), ("tokyo2024", 1, ["Tokyo2024"]), ("東京tokyo2024で", 1, ["東京Tokyo2024で"]),
        ("日本語", 1, ["日本語"]), ("ไทย", 2, ["ไทย"]), ("ง่าย", 2, ["ง่าย"]), ("पत्र", 3, ["पत्र"]),
        ("हिन*", 3, ["हिन्दी"]), ("שלום", 4, ["שָׁלוֹם"]),
    ],
)  # fmt: skip
def test_writing_without_blanks_is_found_by_any_part_of_it(empty, query: str, number: int, marked: list[str]) -> None:
    catalog, index = empty
    put(catalog, "a.png", UNSPACED)
    index.sync(catalog)
    (hit,) = find(index, catalog, query, SearchOptions()).hits
    assert hit.line.text == UNSPACED[number][0]
    assert [place.text for place in hit.places] == marked


@pytest.mark.parametrize("query", ["京北", "ष", "प", "tokyo", "日語"])
def test_what_does_not_stand_side_by_side_is_not_found(empty, query: str) -> None:
    catalog, _ = empty
    put(catalog, "a.png", UNSPACED)
    assert found(empty, query) == []


def test_letters_wrong_are_no_matter_of_writing_without_blanks() -> None:
    with pytest.raises(UsageError, match="between blanks"):
        parse("北京~")


def said(place, query: str, unread: int = 0, **options) -> str:
    """What is said of how much was found."""
    catalog, index = place
    index.sync(catalog)
    asked = SearchOptions(**options)
    result = find(index, catalog, query, asked)
    further = "" if asked.reach == "high" else " (wider)"
    return unsearched(result, asked, catalog) or summary(result, further=further, unread=unread)


@pytest.mark.parametrize("share", [0.08, 0.1, 0.15])
def test_a_word_that_a_wider_reach_shows_is_not_said_to_be_nowhere(empty, share: float) -> None:
    catalog, index = empty
    quiet = ("the quiet garden", 0.9, inked("the quiet garden"))
    read_as = ("received xyzuvwxy", 0.6, inked("received xyzuvwxy", "received decaisne", share))
    put(catalog, "a.png", [read_as, *[quiet] * 30])
    index.sync(catalog)
    ((_, best, _),) = found(empty, "decaisne", reach="high")
    told = said(empty, "decaisne")
    if best >= 0.05:
        assert told == f"not found; 1 weaker hit at {best * 100:.2g} % (wider)"
        assert find(index, catalog, "decaisne", SearchOptions()).suggestions == ()
    else:
        assert told.endswith(f"could hold it, the likeliest line at {best * 100:.2g} % (wider)")
    assert said(empty, "decaisne", reach="high") == "1 found"
    assert said(empty, "qqqqq") == "not found; little of this archive could hold it"
    assert said(empty, "qqqqq", unread=2) == "not found; 2 pages and files could not be read whole (see notes status)"


def test_nothing_is_said_to_be_nowhere_where_nobody_can_tell(empty) -> None:
    catalog, _ = empty
    assert said(empty, "word") == "nothing was read yet"
    put(catalog, "a.png", [("A LINE OF CAPITALS", None), ("a dim line", 0.3)])
    assert said(empty, "word") == "not found; 2 lines could not be read well enough to tell"
    assert said(empty, "word", glob="nosuch").startswith("no file that was read matches 'nosuch'")
    assert said(empty, "word", since=1e9) == "no file that was read is dated so"
    assert said(empty, "word", min_confidence=0.9) == "no line is so sure"


def test_what_is_suggested_is_no_misreading_of_the_archive(empty) -> None:
    catalog, index = empty
    put(catalog, "a.png", [("to decaion", 0.3), ("to decant", 0.9)])
    index.sync(catalog)
    assert find(index, catalog, "decain", SearchOptions()).suggestions == ("decant",)


def test_a_part_of_what_was_read_as_one_word_is_marked_where_it_stands() -> None:
    text = "我的祖父在北京大学"
    line = StoredLine(1, Path("a"), 1, 1, text, 0.9, Status.ACCEPTED, Origin("e"), Box(100, 10, 900, 60))
    words = [Word(text, 0.9, Box(100, 10, 900, 60))]
    (place,) = places(parse("北京"), line, words, {})
    assert (place.text, place.box) == ("北京", Box(600, 10, 200, 60))
    (place,) = places(parse(text), line, words, {})
    assert place.box == Box(100, 10, 900, 60)
