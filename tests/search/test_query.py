"""What queries find, against the plain meaning of their words; and what odd queries get."""

from __future__ import annotations

import random
import re
import time
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from indexer.search import Finder, SearchIndex
from indexer.search.nodes import And, Not, Or, Phrase, Word, leaves
from indexer.search.query import parse
from indexer.search.query_error import QueryError
from indexer.search.regular import words_of
from indexer.text.folding import search_words
from indexer.text.hyphenation import followed, wholes
from indexer.text.unread import ONE, SOME, expression
from indexer.values import Box, IndexLine, IndexPage, Origin, SearchOptions, Status, StoredLine
from indexer.values.errors import UsageError

VOCABULARY = ["alt", "altes", "alter", "haus", "hause", "maus", "baum", "baeume", "ab", "abc", "b", "c", "aa"]
STATES = (Status.ACCEPTED, Status.REVIEW, Status.UNKNOWN, Status.REJECTED)
EVERYTHING = SearchOptions(all_states=True, within="line", limit=None)


class Shelf(dict):
    """A catalogue in memory: page id -> IndexPage."""

    uuid = "one"
    revision = 0

    def __init__(self) -> None:
        self.removed: list[tuple[int, int]] = []
        self.last_line = 0

    def put(self, page: int, lines: list[tuple[str, float | None, Status]]) -> None:
        self.revision += 1
        made = tuple(IndexLine(self.last_line + n, *line) for n, line in enumerate(lines, 1))
        self.last_line += len(lines)
        self[page] = IndexPage(page, self.revision, made)

    def said_of_word(self, word: str) -> dict[int, bool]:
        return {}

    def drop(self, page: int) -> None:
        self.revision += 1
        if self.pop(page, None):
            self.removed.append((self.revision, page))

    def changed_pages(self, since: int):
        return iter(sorted((p for p in self.values() if p.revision > since), key=lambda p: p.revision))

    def removed_pages(self, since: int):
        return (page for revision, page in self.removed if revision > since)

    def lines(self, ids):
        return {
            line.id: StoredLine(
                line.id,
                Path(f"/{page.id}"),
                1,
                n,
                line.text,
                line.confidence,
                line.status,
                Origin("e"),
                Box(0, 0, 1, 1),
            )
            for page in self.values()
            for n, line in enumerate(page.lines, 1)
            if line.id in set(ids)
        }

    def lines_at(self, ids, glob, since, until):
        return self.lines(ids)

    def words(self, ids):
        return {}

    def page_ids(self, glob, since, until):
        return frozenset(self)

    def documents_saying(self, words, field=None, *, beginning=False):
        return frozenset()  # nobody said what these documents are

    def documents_saying_in_a_row(self, words):
        return frozenset()

    def documents_of_pages(self):
        return {page: page % 5 for page in self}

    def page_order(self):
        return sorted(self)

    def in_page_order(self, ids):
        return sorted(ids)


@pytest.fixture(scope="module")
def boxed(tmp_path_factory):
    """Forty pages changed, dropped and added over sixty commits: many segments, merged ones too."""
    chance, box = random.Random(5), Shelf()
    index = SearchIndex(tmp_path_factory.mktemp("search") / "index")
    for _ in range(60):
        page = chance.randint(1, 40)
        if chance.random() < 0.15:
            box.drop(page)
        else:
            box.put(page, [line(chance) for _ in range(chance.randint(0, 12))])
        index.sync(box)
    with Finder(index, box) as finder:
        yield box, index, finder


def line(chance: random.Random) -> tuple[str, float | None, Status]:
    words = chance.choices(VOCABULARY, k=chance.randint(1, 6))
    return (" ".join(words) + chance.choice(["", "-"]), chance.choice([None, 0.1, 0.9]), chance.choice(STATES))


word = st.sampled_from(VOCABULARY)
fuzzy = st.sampled_from([f"{each}~{edits}" for each in VOCABULARY for edits in (1, 2) if len(each) - edits >= 2])
leaf = (
    word
    | st.builds("{}*".format, word)
    | fuzzy
    | st.builds('"{} {}"'.format, word, word)
    | st.builds("{}-{}{}".format, word, word, st.sampled_from(["", "*"]))
    | st.builds("{}-{}".format, word, fuzzy)
)
query = st.recursive(
    leaf,
    lambda part: (
        st.builds("{} {}".format, part, part)
        | st.builds("({} OR {})".format, part, part)
        | st.builds("{} NOT ({})".format, part, part)
        | st.builds("{} (NOT {} NOT ({}))".format, part, leaf, part)
    ),
    max_leaves=6,
)


@settings(max_examples=80)
@given(query)
def test_a_query_finds_exactly_the_lines_it_describes(boxed, text: str) -> None:
    box, _, finder = boxed
    node = parse(text)
    expected = {at for at, places in indexed(box) if holds(node, places)}
    assert {hit.line.id for hit in finder.find(text, EVERYTHING).hits} == expected


@settings(max_examples=30)
@given(st.builds("{} {}".format, query, query))
def test_pages_and_documents_follow_that_have_all_words_together(boxed, text: str) -> None:
    box, _, finder = boxed
    node = parse(text)
    lines, readings = {}, dict(indexed(box))
    for page in box.values():
        lines[page.id] = [readings[line.id] for line in page.lines if line.id in readings]
    documents = {page: box.documents_of_pages()[page] for page in box}
    alone = {page for page, rows in lines.items() if any(holds(node, row) for row in rows)}
    pages = {page for page, rows in lines.items() if has(node, rows)} - alone
    together = {
        document
        for document in set(documents.values())
        if has(node, [row for page, of in documents.items() if of == document for row in lines[page]])
        and not {page for page, of in documents.items() if of == document} & (alone | pages)
    }
    result = finder.find(text, SearchOptions(reach=None, all_states=True, limit=None))
    several = isinstance(node, And)
    assert (result.pages, result.documents) == (len(pages), len(together)) if several else (0, 0)
    order = ["line", "page", "document"]
    assert [hit.within for hit in result.hits] == sorted((hit.within for hit in result.hits), key=order.index)
    assert {int(hit.line.path.name) for hit in result.hits if hit.within == "page"} == pages
    for hit in result.hits:
        if hit.within != "line":
            assert len({part.line.id for part in hit.parts}) == len(hit.parts)
            assert len(hit.parts) > 1 or text.count("NOT") > 1, "what must be there within a NOT of a NOT is not shown"
            assert all(part.places for part in hit.parts)


def has(node, rows) -> bool:
    """Whether some lines have together what is asked for."""
    if isinstance(node, Not):
        return not has(node.part, rows)
    if isinstance(node, And | Or):
        return (all if isinstance(node, And) else any)(has(part, rows) for part in node.parts)
    return any(holds(node, row) for row in rows)


def indexed(box: Shelf):
    """The lines with all that a phrase may be in: the line, with its last word joined, and with the lines after it."""
    for page in box.values():
        kept = [each for each in page.lines if each.status is not Status.REJECTED]
        texts, blocks = [each.text for each in kept], [each.block for each in kept]
        whole, follow = wholes(texts, blocks), followed(texts, blocks)
        for at, each in enumerate(kept):
            yield each.id, list(rows(texts, whole, follow, at))


def rows(texts: list[str], whole: list[list[str] | None], follow: list[bool], at: int, skip: int = 0):
    """The words of a line and those that follow, with every choice of joined words; how many words are its own."""
    for words in (search_words(texts[at]), whole[at]):
        if words is not None:
            own, joined = words[skip:], words is whole[at]
            yield own, len(own)
            if follow[at]:
                for more, _ in rows(texts, whole, follow, at + 1, int(joined)):
                    yield own + more, len(own)


def holds(node, readings: list[tuple[list[str], int]]) -> bool:
    if isinstance(node, Word):
        return any(is_word(node, word) for words, own in readings for word in words[:own])
    if isinstance(node, Phrase):
        return any(
            all(is_word(each, word) for each, word in zip(node.words, words[at:], strict=False))
            for words, own in readings
            for at in range(min(own, len(words) - len(node.words) + 1))
        )
    if isinstance(node, Not):
        return not holds(node.part, readings)
    assert isinstance(node, And | Or)
    return (all if isinstance(node, And) else any)(holds(part, readings) for part in node.parts)


def is_word(wanted: Word, word: str) -> bool:
    if wanted.prefix:
        return word.startswith(wanted.text)
    return Levenshtein.distance(wanted.text, word) <= wanted.edits


def test_many_commits_leave_few_segments_and_what_one_commit_would(boxed, tmp_path: Path) -> None:
    box, index, finder = boxed
    assert len({file.name.split(".")[0] for file in index.folder.glob("MAIN_*.*")}) <= 24
    fresh = SearchIndex(tmp_path / "fresh")
    fresh.sync(box)
    with Finder(fresh, box) as other:
        for text in VOCABULARY:
            ids = [sorted(hit.line.id for hit in each.find(text, EVERYTHING).hits) for each in (finder, other)]
            assert ids[0] == ids[1]


def test_the_short_beginning_of_very_many_words_also_in_a_phrase(tmp_path: Path) -> None:
    box = Shelf()
    box.put(1, [(f"l'a{number:04} x", 0.9, Status.ACCEPTED) for number in range(400)])
    index = SearchIndex(tmp_path / "index")
    index.sync(box)
    with Finder(index, box) as finder:
        assert [finder.find(text, SearchOptions()).total for text in ("a*", "l'a*", "x'a*")] == [400, 400, 0]


@pytest.mark.parametrize(("text", "same"), [("a -(b c)", "a NOT (b c)"), ('a -"b c"', 'a NOT "b c"')])
def test_a_minus_negates_parentheses_and_phrases_too(text: str, same: str) -> None:
    assert parse(text) == parse(same)


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "ab " * 33_000, "a* OR " * 101 + "b", '"' + "a b " * 51 + '"', "a-" * 900]
)
def test_what_would_take_forever_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text)
    assert "too long" in str(raised.value)
    assert len(str(raised.value)) < 200
    assert "at most" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/.*/", "almost every line"),
        ("/a.+/", "almost every line"),
        ("/(ab)?/", "the empty word"),
        ("/te|/", "the empty word"),
        ("/" + "(" * 900 + "ab" + ")" * 900 + "/", "nested too deeply"),
        ("/" + "(" * 5 + "ab/", "is not closed"),
        ("/[ab/", "is not closed"),
        ("/ab)/", "no opening one"),
        ("/(a|b|c|d){10}/", "more than a thousand words"),
        ("/(ab?){0,40}/", "more than a thousand words"),
        (r"/18\d\d/", "stands for 100 words"),
        ("/(ab|cd)+[a-m]/", "words"),
        ("/ab{40}c/", "so long"),
        ("/a**b/", "one sign"),
        ("/[^a]bc/", "brackets hold"),
        (r"/ab\b/", "unknown"),
        ("/a,b/", "letters of one word"),
        ("/日本/", "between blanks"),
    ],
)
def test_a_regular_expression_that_cannot_be_looked_for_is_refused_with_a_sentence(text: str, said: str) -> None:
    begin = time.process_time()
    with pytest.raises(UsageError, match=re.escape(said)) as raised:
        parse(text)
    assert time.process_time() - begin < 0.5
    assert raised.value.hint


fields = st.sampled_from(["doc:", "doc:a*", "date:1914..", "place:", "date:", "in:names", " NEAR/3 "])
letters = fields | st.text("abc.[]()|?*+{}12,\\d/-^$ ~_\"':!é日ß", max_size=30)


@settings(max_examples=150)
@given(letters | letters.map("/{}/".format) | st.text(max_size=20) | st.lists(leaf | letters, max_size=5).map(" ".join))
def test_whatever_is_typed_is_a_query_or_gets_a_sentence(text: str) -> None:
    begin = time.process_time()
    with suppress(UsageError):
        parse(text)
    assert time.process_time() - begin < 0.5


@settings(max_examples=200)
@given(st.text("ab(|)?+*[].", min_size=3, max_size=9))
def test_a_regular_expression_stands_for_the_words_that_python_says(text: str) -> None:
    try:
        words = words_of(text)
        python = re.compile(text)
    except (QueryError, re.error):
        return
    for word in map("".join, product("ab", repeat=4)):
        if python.fullmatch(word):
            assert any(re.fullmatch(expression(each), word) for each in words)
    for each in words:
        assert python.fullmatch(each.replace(ONE, "a").replace(SOME, ""))


def test_a_sentence_is_not_too_long() -> None:
    assert len(leaves(parse("word " * 100))) == 100


@pytest.mark.parametrize("text", ["(" * 900 + "a" + ")" * 900, "NOT " * 900 + "a", "a " + "-(" * 900, "a”"])
def test_deep_nesting_and_stray_quotes_are_usage_errors(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


def test_the_caret_stands_under_its_place_whatever_the_letters() -> None:
    with pytest.raises(UsageError) as caught:
        parse("日本\x1b e\u0301 OR")
    shown, caret = caught.value.message.splitlines()[-2:]
    assert "\x1b" not in shown
    assert len(caret) == len("  ") + 4 + 1 + 1 + 1 + 1 + len("^")


def test_an_index_far_behind_catches_up_in_several_commits(tmp_path: Path) -> None:
    box, index = Shelf(), SearchIndex(tmp_path / "index")
    for page in range(1, 1102):
        box.put(page, [(f"seite{page} haus", 0.9, Status.ACCEPTED)])
    index.sync(box)
    box.drop(7)
    box.put(8, [("maus", 0.9, Status.ACCEPTED)])
    index.sync(box)
    assert index.agrees(box)
    with Finder(index, box) as finder:
        found = {text: finder.find(text, SearchOptions()).total for text in ("haus", "seite7", "seite8", "maus")}
    assert found == {"haus": 1099, "seite7": 0, "seite8": 0, "maus": 1}


def test_what_stands_on_a_page_is_the_same_when_only_it_is_looked_at(boxed) -> None:
    box, index, _ = boxed
    with Finder(index, box) as finder, Finder(index, box) as alone:
        for query in ("alter", "c OR baeume", "al*"):
            whole = finder.find(query, SearchOptions(limit=None))
            for page in list(box)[:5]:
                only = SearchOptions(pages=frozenset([page]), limit=None)
                ids = {line.id for line in box[page].lines}
                expected = {hit.line.id for hit in whole.hits} & ids
                assert {hit.line.id for hit in finder.find(query, only).hits} == expected  # what was kept is used
                assert {hit.line.id for hit in alone.find(query, only).hits} == expected
