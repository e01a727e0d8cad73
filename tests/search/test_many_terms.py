"""Many terms looked for at once, such as the spellings of a name: what is found is what each finds alone."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from indexer.api import PosteriorgramPacker
from indexer.posteriors.posteriorgram import Posteriorgram, unpack
from indexer.search.spotting import Spotter, Term
from indexer.search.spotting.any_term import Wanted
from indexer.search.spotting.many_terms import relevances
from indexer.search.spotting.segment import Segment, SegmentLine, packed
from indexer.search.spotting.single_words import Able, able_lines
from indexer.search.spotting.word_tree import WordTree
from indexer.search.time_limit import TimeLimit

LETTERS = ["", *"abcdefghijklmnopqrstuvwxyz", " ", "-"]
PACKER = PosteriorgramPacker(LETTERS)
GIVEN, FAMILY = ("william", "willm", "wm", "guilielmus"), ("cooper", "cowper", "couper")
NAMES = [Term(f"{one} {two}") for one, two in product(GIVEN, FAMILY)]
TERMS = [*NAMES, *(Term(" ".join(reversed(name.text.split()))) for name in NAMES), Term("guilielmus")]
PAGE = [
    "the late willm cowper esq",
    "and then wm",
    "couper came in",
    "of guiliel-",
    "mus cooper",
    "cooper william here",
    "guilielmus alone",
    "cooper",
    "william far from a cooper",
]
LINES = 400


def inked(text: str, chance: np.random.Generator) -> Posteriorgram:
    """Frames in which a text stands, most letters the likeliest and some not."""
    table = np.full((2 * len(text), len(LETTERS)), 0.002, np.float32)
    for at, letter in enumerate(text):
        sure = chance.uniform(0.3, 0.95)
        table[2 * at, LETTERS.index(letter)] = sure
        table[2 * at, chance.integers(1, 27)] += 0.95 - sure
        table[2 * at + 1, 0] = 0.95
    made = unpack(PACKER.pack(table / table.sum(axis=1, keepdims=True), 2.0 * len(text)))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def segments() -> list[Segment]:
    chance, words = np.random.default_rng(1), random.Random(1)
    syllables = [a + b for a in "bcdfghlmnprstw" for b in "aeiou"]
    others = [
        " ".join("".join(words.choices(syllables, k=words.randint(1, 3))) for _ in range(4)) for _ in range(LINES)
    ]
    texts = [*PAGE, *others]
    lines = [
        SegmentLine(
            number,
            1,
            0.9,
            True,
            inked(text, chance),
            next=number + 1 if number < len(PAGE) else 0,
            cut=text.endswith("-"),
        )
        for number, text in enumerate(texts, 1)
    ]
    return [packed(part) for part in (lines[: LINES // 2], lines[LINES // 2 :])]


@pytest.fixture
def page(segments) -> Spotter:
    return Spotter([(segment, np.ones(len(segment), bool)) for segment in segments])


def found(ink: Spotter, terms: list[Term], among: np.ndarray | None = None, floor: float = 0.5) -> np.ndarray:
    """The relevances of each term, by the ids of the lines."""
    table = np.zeros((len(terms), len(PAGE) + LINES + 1), np.float32)
    for row, hits in zip(table, relevances(ink, terms, among, floor, TimeLimit()), strict=True):
        assert (np.diff(hits.numbers) > 0).all()
        row[ink.lines[hits.numbers]] = hits.relevances
    return table


def test_many_terms_find_what_each_finds_alone(page: Spotter) -> None:
    every = found(page, TERMS)
    for row, term in zip(every, TERMS, strict=True):
        alone = np.zeros_like(row)
        alone[page.lines] = page.relevance(term)
        assert (row < alone + 0.05).all(), term
        assert np.abs(row - alone)[alone > 0.5].max(initial=0) < 0.05, term  # dearer ones are not looked for further on
    best = every.max(axis=0)
    assert (best[[1, 2, 4, 6, 7, 8]] > 0.5).all()  # within lines, behind a word, and where a word is divided
    assert (best[[5, 9]] < 0.1).all()


@pytest.mark.parametrize("terms", [TERMS, [Term("guilielmus"), Term("william"), Term("willm")]])
def test_in_a_large_archive_few_lines_are_aligned_and_none_is_missed(segments, monkeypatch, terms) -> None:
    aligned, alone, before, before_alone = [], [], Spotter.tree_costs, Spotter.aligned

    def counted(ink, tree, numbers, limit):
        aligned.append(len(numbers))
        return before(ink, tree, numbers, limit)

    def counted_alone(ink, words, limit):
        alone.append(sum(len(lines) for _, lines in words))
        return before_alone(ink, words, limit)

    monkeypatch.setattr(Spotter, "tree_costs", counted)
    monkeypatch.setattr(Spotter, "aligned", counted_alone)
    monkeypatch.setattr("indexer.search.spotting.gathering._YARDSTICK", 20)
    page = Spotter([(segment, np.ones(len(segment), bool)) for segment in segments])
    whole = found(page, terms)
    assert max(aligned) == len(page)
    assert not alone
    aligned.clear()
    for name, value in {"ALL": 4, "_FEW": 60, "_SHARE": 0.01, "_USUAL": 1, "_MOST": 0.5}.items():
        monkeypatch.setattr(f"indexer.search.spotting.how_many.{name}", value)
    few = found(page, terms)
    assert np.abs(few - whole)[whole > 0.3].max() < 0.05
    assert (few[whole < 0.25] < 0.3).all()
    assert max(aligned) < len(page) / 3
    single = sum(" " not in term.text for term in terms)
    assert 0 < sum(alone) < 0.1 * single * len(page)


def test_more_pairs_of_a_word_and_a_line_are_aligned_only_while_the_last_ones_yield(segments, monkeypatch) -> None:
    """A first pair of one of two words shows that there are more."""
    alone, before = [], Spotter.aligned

    def counted(ink, words, limit):
        alone.append(sum(len(lines) for _, lines in words))
        return before(ink, words, limit)

    monkeypatch.setattr(Spotter, "aligned", counted)
    page = Spotter([(segment, np.ones(len(segment), bool)) for segment in segments])
    terms = [Term("cooper"), Term("alone")]
    whole = found(page, terms)
    for name, value in {"ALL": 4, "_PAIRS": 2 / len(page)}.items():
        monkeypatch.setattr(f"indexer.search.spotting.how_many.{name}", value)
    few = found(page, terms)
    assert alone[0] == 2
    assert len(alone) > 1
    assert ((few >= 0.5) == (whole >= 0.5)).all()
    assert (whole >= 0.5).sum() >= 4
    alone.clear()
    found(page, [Term("zzyzx")])
    assert len(alone) == 1


def test_on_some_lines_only_these_are_looked_at(page: Spotter) -> None:
    among = page.numbers(np.array([1, 2, 3, 4]))
    some = found(page, TERMS, np.sort(among))
    assert set(np.flatnonzero(some.max(axis=0) > 0.3).tolist()) == {1, 2, 4}


def test_words_that_terms_share_are_looked_at_once_and_cost_no_more_than_the_term(page: Spotter) -> None:
    tree = WordTree.of(NAMES)
    assert {word.text for word in tree.words} == {*GIVEN, *FAMILY}
    lines, limit = np.arange(len(page)), TimeLimit()
    from indexer.posteriors.trie import Trie

    words, terms = (page.tree_costs(Trie.of(each), lines, limit) for each in (tree.words, tree.terms))
    assert (tree.sums(words, range(len(NAMES))) <= terms).all()


def test_after_the_time_limit_nothing_is_looked_at(page: Spotter) -> None:
    over = list(relevances(page, TERMS, None, 0.5, TimeLimit(0.0)))
    assert len(over) == len(TERMS)
    assert not any(len(hits.numbers) for hits in over)


def test_pairs_that_are_not_looked_at_are_not_picked_out(page: Spotter, monkeypatch: pytest.MonkeyPatch) -> None:
    picked, kept, best = [], [], Able.best

    def counted(able: Able, most: int) -> Able:
        picked.append(len(able.odds))
        kept.append(best(able, most))
        return kept[-1]

    monkeypatch.setattr(Able, "best", counted)
    monkeypatch.setattr("indexer.search.spotting.single_words._SOME", 2)
    wanted = Wanted.of(WordTree.of([Term(f"{a}a{b}e") for a in "bcdfghlm" for b in "nprst"]), 1_000_000, -60.0)
    rows = page.parted(between_words=False)[1][0]
    able_lines(wanted, 2.0, rows, TimeLimit())
    monkeypatch.setattr("indexer.search.spotting.single_words._SPARE", 10**9)
    able_lines(wanted, 2.0, rows, TimeLimit())
    assert picked[0] < picked[1] / 2
    assert np.array_equal(np.sort(kept[0].odds), np.sort(kept[1].odds))
