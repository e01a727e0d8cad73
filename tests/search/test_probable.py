"""How probable a word is in a line: by its readings, by its posteriorgram, and in scripts without blanks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from indexer.catalog import Catalog
from indexer.posteriors.posteriorgram import PosteriorgramPacker
from indexer.search import Finder, SearchIndex, find
from indexer.search.marks import Written, places
from indexer.search.query import parse
from indexer.search.summary import summary, unsearched
from indexer.values import Box, Line, Origin, PageReading, Reading, SearchOptions, SourceFile, Status, StoredLine, Word
from indexer.values.errors import UsageError


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


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("Иван", "read in Cyrillic letters"),
        ("Иван OR 北京", "read in Chinese and Cyrillic letters"),
        ("/Ив[ао]н/", "read in Cyrillic letters"),
        ("name:Иван", "read in Cyrillic letters"),
        ("spelling:old Иван", "read in Cyrillic letters"),
        ("qq", None),
        ("hopkins Иван", "read in Cyrillic letters"),
        ("hopkins OR Иван", None),
    ],
)
def test_a_script_in_which_nothing_was_read_is_said(place_of_lines, query: str, said: str | None) -> None:
    catalog, index = place_of_lines
    words = summary(find(index, catalog, query, SearchOptions(reach="high")))
    assert (said in words) if said else ("letters" not in words)


def test_words_near_each_other_are_as_probable_as_both_and_found_in_the_ink(place_of_lines) -> None:
    one, other = (dict(likely(place_of_lines, word)) for word in ("hopkins", "senate"))
    ((text, relevance),) = likely(place_of_lines, "hopkins NEAR/2 senate", within="line")
    assert text == "nupkins left"
    assert relevance == pytest.approx(one[text] * other["the penatr"], abs=1e-5)
    assert likely(place_of_lines, "senate NEAR/1 hopkins", within="line") == []
    catalog, index = place_of_lines
    (hit,) = find(index, catalog, "hopkins NEAR/2 senate", SearchOptions(reach="high", within="line")).hits
    assert [(part.line.text, len(part.places)) for part in hit.parts] == [("nupkins left", 1), ("the penatr", 1)]
    assert not hit.read


def test_words_of_a_page_are_as_probable_as_their_lines_make_them(place_of_lines) -> None:
    alone = {word: dict(likely(place_of_lines, word)) for word in ("hopkins", "senate")}
    assert sorted(len(lines) for lines in alone.values()) == [1, 2]
    none = [np.prod([1 - relevance for relevance in lines.values()]) for lines in alone.values()]
    ((_, relevance),) = likely(place_of_lines, "hopkins senate", within="page")
    assert relevance == pytest.approx(np.prod([1 - each for each in none]), abs=1e-5)
    assert likely(place_of_lines, "hopkins senate", within="line") == []
    catalog, index = place_of_lines
    narrow, wide = (
        find(index, catalog, "hopkins senate", SearchOptions(reach="low", within=within)) for within in ("line", "page")
    )
    assert (narrow.missed, narrow.doubtful_groups) == (pytest.approx(0, abs=0.02), 0)
    assert (wide.total, wide.missed, wide.doubtful_groups) == (0, pytest.approx(relevance, abs=0.02), 1)
    assert wide.best == pytest.approx(relevance, abs=0.02)


@pytest.fixture
def place_of_lines(empty, put):
    """A page with a name that was nearly read twice, and another word once."""
    catalog, index = empty
    lines = [("nupkins came", "hopkins came"), ("nupkins left", "hopkins left"), ("the penatr", "the senate")]
    put(catalog, "a.png", [(said, 0.3, inked(said, there, 0.001)) for said, there in lines])
    index.sync(catalog)
    return catalog, index


def likely(place, query: str, **options) -> list[tuple[str, float]]:
    catalog, index = place
    hits = find(index, catalog, query, SearchOptions(reach="high", **options)).hits
    return [(hit.line.text, hit.relevance) for hit in hits if hit.relevance > 0.1]


@pytest.mark.parametrize(
    "asked", ["hopkans~", "hopkns~", "hoppkins~2", "opkins~", "hopkinsy~", "hupkans~2", "hoppkyns~2"]
)
def test_a_word_with_a_letter_wrong_is_found_where_it_was_nearly_read(empty, put, asked: str) -> None:
    lines = [("nupkins came", "hopkins came"), ("the penatr left", "the senate left"), ("for the rest", "for the rest")]
    put(empty[0], "a.png", [(said, 0.3, inked(said, there, 0.05)) for said, there in lines])
    empty[1].sync(empty[0])
    ((text, relevance),) = likely(empty, asked)
    assert text == lines[0][0]
    without = dict(likely(empty, asked.split("~")[0])).get(text, 0.0)
    assert without + 0.1 < relevance < dict(likely(empty, "hopkins"))[text]
    (hit, *_), (whole, *_) = (
        find(empty[1], empty[0], each, SearchOptions(reach="high")).hits for each in (asked, "hopkins")
    )
    assert hit.places[0].box.x == pytest.approx(whole.places[0].box.x, abs=45)


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
def test_writing_without_blanks_is_found_by_any_part_of_it(
    empty, query: str, number: int, marked: list[str], put
) -> None:
    catalog, index = empty
    put(catalog, "a.png", UNSPACED)
    index.sync(catalog)
    (hit,) = find(index, catalog, query, SearchOptions()).hits
    assert hit.line.text == UNSPACED[number][0]
    assert [place.text for place in hit.places] == marked


@pytest.mark.parametrize("query", ["京北", "ष", "प", "tokyo", "日語"])
def test_what_does_not_stand_side_by_side_is_not_found(empty, query: str, put) -> None:
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
def test_a_word_that_a_wider_reach_shows_is_not_said_to_be_nowhere(empty, share: float, put) -> None:
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


def test_nothing_is_said_to_be_nowhere_where_nobody_can_tell(empty, put) -> None:
    catalog, _ = empty
    assert said(empty, "word") == "nothing was read yet"
    put(catalog, "a.png", [("A LINE OF CAPITALS", None), ("a dim line", 0.3)])
    assert said(empty, "word") == "not found; 2 lines could not be read well enough to tell"
    assert said(empty, "word", glob="nosuch").startswith("no file that was read matches 'nosuch'")
    assert said(empty, "word", since=1e9) == "no file that was read is dated so"
    assert said(empty, "word", min_confidence=0.9) == "no line is so sure"


def test_what_is_suggested_is_no_misreading_of_the_archive(empty, put) -> None:
    catalog, index = empty
    put(catalog, "a.png", [("to decaion", 0.3), ("to decant", 0.9)])
    index.sync(catalog)
    assert find(index, catalog, "decain", SearchOptions()).suggestions == ("decant",)


def test_a_part_of_what_was_read_as_one_word_is_marked_where_it_stands() -> None:
    text = "我的祖父在北京大学"
    line = StoredLine(1, Path("a"), 1, 1, text, 0.9, Status.ACCEPTED, Origin("e"), Box(100, 10, 900, 60))
    words = [Word(text, 0.9, Box(100, 10, 900, 60))]
    ((place,),) = places(parse("北京"), [Written(line, words, {})])
    assert (place.text, place.box) == ("北京", Box(600, 10, 200, 60))
    ((place,),) = places(parse(text), [Written(line, words, {})])
    assert place.box == Box(100, 10, 900, 60)


def test_a_search_whose_time_is_over_gives_what_was_read_says_so_and_goes_on_when_asked_again(empty, put) -> None:
    catalog, index = empty
    put(catalog, "a.png", [("kind regards", 0.9, inked("kind regards")), ("kins", 0.9, inked("kins", "kind", 0.4))])
    index.sync(catalog)
    with Finder(index, catalog) as finder:
        short = finder.find("kind", SearchOptions(reach="high", seconds=0.0))
        whole = finder.find("kind", SearchOptions(reach="high", seconds=60.0))
        nothing = finder.find("kinf", SearchOptions(seconds=0.0))
    assert [(hit.line.text, hit.read) for hit in short.hits] == [("kind regards", True)]
    assert {hit.line.text for hit in whole.hits} == {"kind regards", "kins"}
    assert (short.stopped_after, whole.stopped_after) == (0.0, None)
    assert summary(short).endswith("stopped after 0 s, not all of the ink was looked at (search_timeout)")
    assert summary(nothing) == "not found; stopped after 0 s, not all of the ink was looked at (search_timeout)"


def test_the_setting_limits_the_time_of_a_search_of_a_person(notes, put) -> None:
    with Catalog(notes.index, create=True) as catalog:
        put(catalog, "a.png", [("kind regards", 0.9, inked("kind regards"))])
    assert "stopped" not in notes.run("search", "kind").stderr
    notes.environ["NOTES_SEARCH_TIMEOUT"] = "0.000001"
    assert "stopped after 1e-06 s" in notes.run("search", "kind").stderr
    assert notes.json("search", "kind")["stopped_after"] == 1e-06


def test_no_relevance_tells_what_pages_say_that_somebody_may_not_see(tmp_path, put) -> None:
    """A relevance grows smaller the more lines there are and the more of them look like what is asked for."""
    near = [("kins", 0.9, inked("kins", "kind", 0.4)), ("other words", 0.9, inked("other words"))]
    far = [(text, 0.9, inked(text)) for text in ("kind", "kinds", "a kind", "mankind", "unkind", "kindly")]
    told = []
    for name, others in (("alone", []), ("beside", far)):
        with Catalog(tmp_path / name, create=True) as catalog:
            put(catalog, "a.png", near)
            seen = frozenset(catalog.page_order())
            for at, line in enumerate(others):
                put(catalog, f"{at}.png", [line])
            index = SearchIndex(tmp_path / name / "search")
            index.sync(catalog)
            for pages in (seen, None):
                with Finder(index, catalog, None, pages) as finder:
                    options = SearchOptions(reach="high", all_states=True, pages=seen)
                    results = [finder.find(query, options) for query in ("kind", "name:kind", "kin*", "kind other")]
                told.append([(each.missed, each.best, [hit.relevance for hit in each.hits]) for each in results])
    alone, _, beside, of_all = told
    assert beside == alone != of_all
