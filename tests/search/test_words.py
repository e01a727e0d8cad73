"""The words of the search index: found as Whoosh itself finds them, joined while others write, and shared."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from rapidfuzz.distance import OSA
from whoosh.query import Term

from indexer.search import SearchIndex
from indexer.search.query import parse
from indexer.search.words.lookup import read, similar
from indexer.values import IndexLine, Status
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import MemoryCatalogue

    from indexer.search.words.lookup import Readings, Searcher

WORDS = ("rat", "rate", "rathaus", "haus", "maus", "mauer", "bauer", "baum", "\u00fcber", "art")


def said(number: int, text: str) -> IndexLine:
    """A line of text without ink."""
    return IndexLine(number, text, 0.9, Status.ACCEPTED)


def lines_of(index: SearchIndex, query: str) -> set[int]:
    with index.searcher() as searcher:
        return set(read(searcher, parse(query)).line.tolist())


def wanted(box: MemoryCatalogue, query: str) -> set[int]:
    def matches(word: str) -> bool:
        if query.endswith("*"):
            return word.startswith(query[:-1])
        if "~" in query:
            text, edits = query.split("~")
            return OSA.distance(text, word) <= int(edits or 1)
        return word == query

    texts = ((line.id, line.text) for page in box.pages.values() for line in page.lines)
    folded = {"\u00fcber": "uber"}
    return {line for line, text in texts if any(matches(folded.get(word, word)) for word in text.split())}


QUERIES = ("rat", "ra*", "u*", "haus~1", "maus~2", "bauer~1", "nothing", "z*", "uber", "tar~1")


@pytest.fixture
def grown(tmp_path: Path, memory_catalogue) -> tuple[MemoryCatalogue, SearchIndex]:
    box, index = memory_catalogue(said), SearchIndex(tmp_path / "search")

    def lines(chance: random.Random) -> list[str]:
        return [" ".join(chance.choices(WORDS, k=3)) for _ in range(chance.randint(1, 6))]

    box.grow(index, 70, 40, lines)
    return box, index


def test_words_beginnings_and_words_with_letters_wrong_are_found_where_they_are(grown) -> None:
    box, index = grown
    for query in QUERIES:
        assert lines_of(index, query) == wanted(box, query), query
    phrase = {line.id for page in box.pages.values() for line in page.lines if " rat haus " in f" {line.text} "}
    assert lines_of(index, '"rat haus"') == phrase
    with index.searcher() as searcher:
        assert searcher.knows("rathaus")
        assert not searcher.knows("rath")
        assert set(similar(searcher, "maur")) == {"maus", "mauer"}


def test_phrases_are_found_where_they_are_among_many_lines_that_have_their_words(
    tmp_path: Path, memory_catalogue
) -> None:
    """Also after some of these lines changed, and where a word stands twice."""
    chance, box, index = random.Random(6), memory_catalogue(said), SearchIndex(tmp_path / "search")
    for page in range(1, 9):
        box.put(page, [" ".join(chance.choices(WORDS[:4], k=5)) for _ in range(120)])
    index.sync(box)
    box.put(3, ["rat haus", "haus rat"])
    box.put(99, ["die maus im haus"])
    box.drop(5)
    index.sync(box)
    texts = {
        line.id: [each.text.split() for each in page.lines[at:]]
        for page in box.pages.values()
        for at, line in enumerate(page.lines)
    }
    for phrase in (
        "rat haus",
        "rat rat",
        "rat rat rate",
        "haus rathaus rat haus",
        "im haus",
        "haus im",
        "rat nirgends",
        "haus haus rat die",
        "rat haus haus rat",
    ):
        expected = {line for line, (own, *rest) in texts.items() if begins_in(own, rest, phrase.split())}
        assert lines_of(index, f'"{phrase}"') == expected, phrase


def test_a_phrase_goes_on_in_the_next_line_of_its_block_and_nowhere_else(tmp_path: Path, memory_catalogue) -> None:
    def line(number: int, told: tuple[str, int, Status]) -> IndexLine:
        text, block, status = told
        return IndexLine(number, text, 0.9, status, block=block)

    box, index = memory_catalogue(line), SearchIndex(tmp_path / "search")
    yes, no = Status.ACCEPTED, Status.REJECTED
    box.put(1, [("rat haus", 1, yes), ("maus baum", 1, yes), ("bauer", 1, no), ("mauer", 1, yes), ("art", 2, yes)])
    box.put(2, [("rate rat", 1, yes)])
    index.sync(box)
    assert lines_of(index, '"haus maus"') == lines_of(index, '"rat haus maus baum mauer"') == {1}
    assert lines_of(index, '"baum mauer"') == {2}, "the rejected line is none"
    for phrase in ("baum bauer", "mauer art", "art rate", "haus baum", "maus haus"):
        assert lines_of(index, f'"{phrase}"') == set(), phrase


def begins_in(own: list[str], rest: list[list[str]], phrase: list[str]) -> bool:
    """Whether a phrase begins in a line, and ends there or in the lines after it."""
    words = [*own, *(word for line in rest for word in line)]
    return any(words[at : at + len(phrase)] == phrase for at in range(len(own)))


@pytest.mark.parametrize("lookup", ["words_in_a_row", "over_line_ends", "phrase"])
def test_a_phrase_of_which_a_part_was_taken_keeps_nobody_from_another(grown, lookup: str) -> None:
    def asked(searcher: Searcher, name: str) -> Iterator[Readings]:
        given = {"words_in_a_row": WORDS[:2], "over_line_ends": [WORDS[:1], WORDS[1:2]], "phrase": whoosh_query}
        return iter(getattr(searcher, name)(given[name]))

    def whoosh_query(field: str) -> object:
        return Term(field, WORDS[0])

    _, index = grown
    with index.searcher() as searcher, ThreadPoolExecutor(1) as another:
        begun = asked(searcher, lookup)
        try:
            next(begun)
            assert another.submit(lambda: list(asked(searcher, "words_in_a_row"))).result(timeout=9)
        finally:
            del begun  # a lock that it holds is free again


def test_a_new_opening_finds_what_an_old_one_does_not(grown) -> None:
    box, index = grown
    before = index.searcher()
    box.put(99, ["rat zebra"])
    index.sync(box)
    assert not len(read(before, parse("zebra")).line)
    assert lines_of(index, "zebra") == lines_of(SearchIndex(index.folder), "zebra") == wanted(box, "zebra")


@pytest.mark.parametrize("change", ["changed", "dropped", "made anew"])
def test_what_happens_while_segments_are_joined_is_kept(
    tmp_path: Path, monkeypatch, change: str, memory_catalogue
) -> None:
    from indexer.search.words import whoosh_index

    box, index = memory_catalogue(said), SearchIndex(tmp_path / "search")
    with monkeypatch.context() as apart:
        apart.setattr(whoosh_index, "to_merge", lambda sizes: [])
        for page in range(1, 10):
            box.put(page, ["haus maus", "baum rat"])
            index.sync(box)
        box.put(3, ["mauer"])
        index.sync(box)
    other = SearchIndex(index.folder)

    def meanwhile(made, folder, chosen, original=index._take_over) -> None:
        box.happens(change, ["bauer"])
        other.sync(box)
        original(made, folder, chosen)

    monkeypatch.setattr(index, "_take_over", meanwhile)
    index.tidy()
    assert index.agrees(box)
    for query in QUERIES:
        assert lines_of(index, query) == lines_of(SearchIndex(index.folder), query) == wanted(box, query), query


def test_the_files_are_few_and_a_page_that_changes_is_found_at_once(tmp_path: Path, memory_catalogue) -> None:
    box, index = memory_catalogue(said), SearchIndex(tmp_path / "search")
    for page in range(1, 121):
        box.put(page, ["rat haus maus"] * 5)
        index.sync(box)
        index.tidy()
    assert len(list(index.folder.glob("*.seg"))) <= 24
    took = []
    for page in range(5):
        box.put(page + 1, [f"zebra{page}"])
        began = time.perf_counter()
        index.sync(box)
        found = lines_of(index, f"zebra{page}")
        took.append(time.perf_counter() - began)
        assert len(found) == 1
    assert sorted(took)[2] < 1


def test_a_word_of_a_phrase_that_stands_for_too_many_is_refused_with_a_sentence(
    tmp_path: Path, memory_catalogue
) -> None:
    box, index = memory_catalogue(said), SearchIndex(tmp_path / "search")
    box.put(1, [f"a{number} haus" for number in range(500)])
    index.sync(box)
    assert len(lines_of(index, "a*")) == 500
    with pytest.raises(UsageError, match=r"a\* stands for more than 400 words"):
        lines_of(index, '"a* haus"')
    assert len(lines_of(index, '"a1* haus"')) == 111


@pytest.mark.parametrize("damage", ["gone", "junk"])
def test_words_that_are_damaged_are_made_again(grown, damage: str) -> None:
    box, index = grown
    (file, *_) = sorted(index.folder.glob("*.words"))
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(b"junk")
    fresh = SearchIndex(index.folder)
    assert not fresh.agrees(box)
    fresh.sync(box)
    assert lines_of(fresh, "rat") == wanted(box, "rat")
