"""Frame probabilities kept small, and words found in them; against an independent count of every path."""

from __future__ import annotations

import math
import re
import threading
import time
import tracemalloc
import zlib
from dataclasses import fields
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from indexer.posteriors import alignment, letters_wrong
from indexer.posteriors.posteriorgram import (
    ABSENT,
    SPACE,
    STEPS,
    Posteriorgram,
    PosteriorgramPacker,
    folded_classes,
    readable,
    unpack,
)
from indexer.posteriors.relevance import HOPELESS
from indexer.search.spotting import Spotter, Term, bounds
from indexer.search.spotting.merging import merged
from indexer.search.spotting.outlook import Outlook, Parting
from indexer.search.spotting.segment import SegmentLine, load, packed, save
from indexer.search.time_limit import TimeLimit
from indexer.text.folding import word_spans
from indexer.text.unread import ONE, SOME, expression

CHARACTERS = ["", "a", "A", "à", "b", "c", " ", ",", "œ"]
PACKER = PosteriorgramPacker(CHARACTERS)


def probabilities(rows: list[list[float]]) -> np.ndarray:
    table = np.array(rows, np.float32) + 1e-4
    return table / table.sum(axis=1, keepdims=True)


tables = st.integers(1, 6).flatmap(
    lambda length: st.lists(
        st.lists(st.floats(0, 1), min_size=len(CHARACTERS), max_size=len(CHARACTERS)),
        min_size=length,
        max_size=length,
    )
).map(probabilities)  # fmt: skip


def dense(posteriorgram: Posteriorgram) -> dict[str, list[float]]:
    """Cost of each symbol at each frame."""
    costs = {symbol: [ABSENT] * posteriorgram.length for symbol in ("", " ", "a", "b", "c")}
    for at, symbol, cost in zip(posteriorgram.frame, posteriorgram.symbol, posteriorgram.cost, strict=True):
        costs[posteriorgram.symbols[symbol]][at] = float(cost) / STEPS
    return costs


def cheapest(word: str, posteriorgram: Posteriorgram) -> float:
    """The cost of a word by trying every sequence of symbols in every stretch of the line."""
    costs, length = dense(posteriorgram), posteriorgram.length
    best = math.inf
    for start in range(length):
        for end in range(start + 1, length + 1):
            for path in product({"", *word}, repeat=end - start):
                spelt = "".join(s for n, s in enumerate(path) if s and (n == 0 or path[n - 1] != s))
                if spelt != word or not path[-1]:
                    continue
                cost = sum(costs[symbol][start + n] for n, symbol in enumerate(path))
                best = min(best, cost + boundary(costs, range(start - 1, -1, -1)) + boundary(costs, range(end, length)))
    return best


def boundary(costs: dict[str, list[float]], outwards: range) -> float:
    """Blanks up to a space, or up to the end of the line."""
    passed, best = 0.0, math.inf
    for frame in outwards:
        best = min(best, passed + costs[" "][frame])
        passed += costs[""][frame]
    return min(best, passed)


def spotter(lines: list[Posteriorgram]) -> Spotter:
    segment = packed([SegmentLine(number, 1, 0.9, True, posteriorgram) for number, posteriorgram in enumerate(lines)])
    return Spotter([(segment, np.ones(len(segment), bool))])


def costs(lines: list[Posteriorgram], word: str, *, begins: bool = False, ends: bool = False) -> np.ndarray:
    finder = spotter(lines)
    return finder.costs(Term(word, begins, ends), np.arange(len(lines)))[np.argsort(finder.lines)]


@settings(max_examples=60, deadline=None)
@given(tables, st.sampled_from(["a", "ab", "aa", "abc", "a b"]))
def test_the_cost_is_that_of_the_cheapest_path_of_all(table, word) -> None:
    posteriorgram = unpack(PACKER.pack(table, 5.0))
    (cost,) = costs([posteriorgram], word)
    expected = cheapest(word, posteriorgram)
    if expected > HOPELESS * len(word.replace(" ", "")):
        assert cost == np.inf
    else:
        assert cost == pytest.approx(expected, abs=1e-4)


@given(tables)
def test_what_is_kept_is_what_was_given_folded_and_rounded(table) -> None:
    posteriorgram = unpack(PACKER.pack(table, 2.5))
    assert (posteriorgram.length, posteriorgram.width) == (len(table), 2.5)
    assert posteriorgram.path_probability[1] == pytest.approx(table.max(axis=1).mean(), abs=1 / 255)
    symbols, columns = folded_classes(CHARACTERS)
    assert dict(zip(symbols, columns, strict=True)) == {"": [0], "a": [1, 2, 3], "b": [4], "c": [5], " ": [6, 7]}
    folded = np.stack([table[:, classes].sum(axis=1) for classes in columns], axis=1)
    for at, symbol, cost in zip(posteriorgram.frame, posteriorgram.symbol, posteriorgram.cost, strict=True):
        true = math.log(folded[at].max() / folded[at, symbols.index(posteriorgram.symbols[symbol])])
        assert cost / STEPS == pytest.approx(true, abs=1 / 32 + 1e-3)
    assert set(posteriorgram.frame) == set(range(len(table)))


def test_frames_are_kept_compressed_and_what_was_kept_before_is_read() -> None:
    chance = np.random.default_rng(1)
    data = PACKER.pack(chance.dirichlet([0.05] * len(CHARACTERS), 300).astype(np.float32), 2.5)
    one = unpack(data)
    head = data[: 11 + int.from_bytes(data[3:5], "little")]
    counts = np.bincount(one.frame, minlength=one.length).astype(np.uint8)
    before = b"\2" + head[1:] + counts.tobytes() + one.symbol.astype("<u2").tobytes() + one.cost.tobytes()
    assert len(data) - len(head) < 0.6 * (len(before) - len(head))
    for name in (field.name for field in fields(Posteriorgram)):
        assert np.array_equal(getattr(unpack(before), name), getattr(one, name))


def test_damaged_frames_are_none_and_take_no_room() -> None:
    whole = PACKER.pack(probabilities([[0, 1, 0, 0, 0, 0, 0, 0, 0]] * 20), 2.5)
    head = whole[: 11 + int.from_bytes(whole[3:5], "little")]
    bomb = zlib.compressobj(wbits=-15)
    huge = head + bomb.compress(bytes(50_000_000)) + bomb.flush()
    none_named = head[:3] + b"\0\0" + head[5:11] + whole[len(head) :]
    tracemalloc.start()
    for data in (b"", b"\3", whole[:9], whole[: len(head) + 3], head, head + b"no", none_named, b"\x07" + whole[1:]):
        assert readable(data) is None
    assert readable(huge).length == 20
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def spelt(text: str, sure: float = 0.9) -> Posteriorgram:
    """A line that reads this text, a frame a letter and blanks between them."""
    rows = []
    for character in text:
        for symbol in (character, ""):
            row = [(1 - sure) / len(CHARACTERS)] * len(CHARACTERS)
            row[CHARACTERS.index(symbol)] = sure
            rows.append(row)
    return unpack(PACKER.pack(probabilities(rows), len(rows)))


def test_a_word_that_was_read_costs_nothing_and_a_part_of_a_word_is_no_word() -> None:
    lines = [spelt("ab c"), spelt("abc"), spelt("c,ab"), spelt("c Ab b"), spelt("cab")]
    assert [bool(cost == 0) for cost in costs(lines, "ab")] == [True, False, True, True, False]
    assert [bool(cost == 0) for cost in costs(lines, "ab", begins=True)] == [True, True, True, True, False]
    assert [bool(cost == 0) for cost in costs(lines, "ab c")] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        (f"a{ONE}", ["ab", "ac"]),
        (f"{ONE}b", ["ab", "bb"]),
        (f"a{ONE}{ONE}b", ["abcb"]),
        (f"a{SOME}b", ["ab", "abcb"]),
        (f"a{SOME}bcb", ["abcb"]),
        (f"b{SOME}b", ["bb", "bab"]),
        (f"a{SOME} c", ["abcb c"]),
    ],
)
def test_a_word_with_unread_letters_costs_nothing_where_one_that_fits_was_read(word: str, found: list[str]) -> None:
    lines = ["ab", "ac", "a b", "abcb", "abcb c", "b", "bb", "bab", "ba c"]
    fits = [any(each == line or f" {each} " in f" {line} " for each in found) for line in lines]
    assert [bool(cost == 0) for cost in costs([spelt(line) for line in lines], word)] == fits


def test_the_end_of_a_word_is_found_within_it_and_marked_there() -> None:
    lines = [spelt("abc"), spelt("bca"), spelt("a bc"), spelt("abcb")]
    assert [bool(cost == 0) for cost in costs(lines, "bc", ends=True)] == [True, False, True, False]
    ((spot,),) = spotter([spelt("acabc ba")]).places(Term("bc", loose=True), np.array([0]), TimeLimit())
    assert (spot.start * 16, spot.end * 16) == (pytest.approx(6, abs=1.01), pytest.approx(10, abs=1.01))
    ((spot,),) = spotter([spelt("cb acb ab")]).places(Term(f"a{SOME}b"), np.array([0]), TimeLimit())
    assert spot.start * 18 == pytest.approx(6, abs=1.01)


@given(tables, st.sampled_from(["abc", "aab", "abab", "cc"]), st.sampled_from([1, 2]))
@settings(max_examples=60, deadline=None)
def test_a_word_with_letters_wrong_costs_what_the_cheapest_such_word_costs(table, word: str, wrong: int) -> None:
    def cost(text: str) -> int:
        return int(letters_wrong.costs(Term(text), alignment.Batch.of([line], set(text)))[0, 0])

    line = unpack(PACKER.pack(table, float(len(table))))

    def near(words: set[str]) -> set[str]:
        places = {(each, at) for each in words for at in range(len(each) + 1)}
        any_letter = alignment.LIKELIEST  # it may have several frames here
        found = {each[:at] + any_letter + each[at + kept :] for each, at in places for kept in (0, 1)}
        return found | {each[:at] + each[at + 1 :] for each, at in places}

    term = Term(word, wrong=wrong)
    *fewer, found = letters_wrong.costs(term, alignment.Batch.of([line], term.signs))[:, 0]
    for letters, each in enumerate(fewer):
        few = Term(word, wrong=letters)
        assert each == letters_wrong.costs(few, alignment.Batch.of([line], few.signs))[-1, 0]
    more, words, least, most = letters_wrong.WRONG, {word}, cost(word), cost(word)
    for number in range(1, wrong + 1):
        words |= near(words)
        least = min(least, number * more + min(map(cost, words)))
        most = min(most, number * more + min(cost(each) for each in words if alignment.LIKELIEST not in each))
    assert least <= found <= most
    start, end = (int(each[0]) for each in letters_wrong.spans(term, alignment.Batch.of([line], term.signs)))
    assert 0 <= start <= end <= len(table)


def test_what_a_word_costs_with_fewer_letters_wrong_is_told_with_most(monkeypatch: pytest.MonkeyPatch) -> None:
    aligned: list[int] = []

    def counted(term: Term, batch: alignment.Batch) -> np.ndarray:
        aligned.append(len(batch.lengths))
        return letters_wrong.nats(term, batch)

    monkeypatch.setattr("indexer.search.spotting.candidates.nats", counted)
    lines = [spelt(text) for text in ("abcabc", "abab", "aabb cab", "cc")]
    finder = spotter(lines)
    terms = [Term("abcabc", wrong=wrong) for wrong in (2, 1, 0)]
    found = [finder.costs(term, np.arange(4)) for term in terms]
    assert sum(aligned) == 4, "each line once, not once for each number"
    for term, cost in zip(terms, found, strict=True):
        assert np.array_equal(cost, spotter(lines).costs(term, np.arange(4)))


def test_one_thread_looks_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)

    def busy(_part: int) -> int:
        time.sleep(0.001)
        return threading.get_ident()

    assert len(set(spotter([spelt("ab")]).each(busy, range(30)))) == 1


@pytest.mark.parametrize("stands", ["abcab", "ab ab", "acbab c", "abb", "b aab", "bab", "aab", "ccab", "cabbba", "bbb"])
def test_a_word_that_was_read_with_letters_wrong_costs_as_much_as_the_letters(stands: str) -> None:
    line, nearest = spelt(stands, 0.97), min(Levenshtein.distance(word, "abab") for word in stands.split())
    for wrong in (1, 2):
        term = Term("abab", wrong=wrong)
        (cost,) = letters_wrong.costs(term, alignment.Batch.of([line], term.signs))[-1]
        assert (cost == nearest * letters_wrong.WRONG) == (nearest <= wrong)


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from([f"a{ONE}", f"a{SOME}b", f"{ONE}bc"]))
def test_unread_letters_cost_no_more_than_the_best_word_that_fits(table, word: str) -> None:
    posteriorgram = unpack(PACKER.pack(table, 5.0))
    (cost,) = alignment.costs(Term(word), alignment.Batch.of([posteriorgram], Term(word).signs)) / STEPS
    fitting = ("ab", "ac", "abb", "acb", "aab", "abc", "cbc", "bbc")
    fits = [each for each in fitting if re.fullmatch(expression(word), each)]
    assert cost <= min(cheapest(each, posteriorgram) for each in fits) + 1e-4


@given(st.lists(st.sampled_from(["a", "b", "c", "ab", "ba", "abc", "cab", "bb"]), min_size=1, max_size=6))
def test_a_word_is_found_where_it_stands(words: list[str]) -> None:
    line = spelt(" ".join(words))
    at = 0
    for number, word in enumerate(words):
        if words.count(word) == 1:
            ((spot,),) = spotter([line]).places(Term(word), np.array([0]), TimeLimit())
            start, end = spot.start, spot.end
            assert start * line.width == pytest.approx(2 * at, abs=1.01), (words, number)
            assert end * line.width == pytest.approx(2 * (at + len(word)), abs=1.01)
        at += len(word) + 1


@given(st.lists(st.sampled_from(["a", "b", "c", "ab", "ba", "abc", "cab", "bb"]), min_size=1, max_size=6))
def test_a_piece_of_a_line_says_what_stands_there_and_nothing_else(words: list[str]) -> None:
    text = " ".join(words)
    line = spelt(text)
    at = 0
    for word in words:
        piece = line.between(at / len(text), (at + len(word)) / len(text))
        assert costs([piece], word)[0] == 0
        assert all(costs([piece], other)[0] > 0 for other in set(words) - {word})
        at += len(word) + 1


LINES = [spelt(text, sure) for text in ("a", "ab ab", "cc a b", "abc abc abc", "b") for sure in (0.5, 0.9)]


def test_lines_of_any_length_are_scored_together_as_alone() -> None:
    alone = [costs([line], "abc")[0] for line in LINES]
    assert costs(LINES, "abc") == pytest.approx(alone)


def test_a_segment_is_the_same_from_its_file_and_put_together_from_parts(tmp_path: Path) -> None:
    whole = packed([SegmentLine(number, number % 3, None, False, each) for number, each in enumerate(LINES)])
    save([whole], tmp_path / "whole.ink")
    parts = []
    for first in (0, 4):
        lines = [SegmentLine(n, n % 3, None, False, each) for n, each in enumerate(LINES)][first : first + 6]
        parts.append((packed(lines), np.array([line.id < 4 or first == 4 for line in lines])))
    for other in (*load(tmp_path / "whole.ink"), merged(parts)):
        finder = Spotter([(other, np.ones(len(other), bool))])
        assert sorted(finder.lines.tolist()) == list(range(len(LINES)))
        for word in ("ab", "abc", "b"):
            same = [each.relevance(Term(word))[np.argsort(each.lines)] for each in (finder, spotter(LINES))]
            assert same[0] == pytest.approx(same[1])


def test_putting_segments_together_takes_little_memory_beside_what_it_makes() -> None:
    chance = np.random.default_rng(5)
    letters = ["", *"abcdefghijklmnopqrstuvwxyz", " "]
    packer = PosteriorgramPacker(letters)
    table = chance.dirichlet(np.full(len(letters), 0.15), 60).astype(np.float32)
    lines = [unpack(packer.pack(np.roll(table, at, axis=0), 60)) for at in range(60)]
    parts = [packed([SegmentLine(n, n, 0.9, True, lines[n % 60]) for n in range(k, 900, 3)]) for k in range(3)]
    tracemalloc.start()
    made = merged([(each, np.ones(len(each), bool)) for each in parts])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = sum(getattr(made, each.name).nbytes for each in fields(made) if each.name != "symbols")
    assert most < 4 * size
    whole = packed([SegmentLine(n, n, 0.9, True, lines[n % 60]) for k in range(3) for n in range(k, 900, 3)])
    assert [
        each.name for each in fields(made) if not np.array_equal(getattr(made, each.name), getattr(whole, each.name))
    ] == []


def test_what_is_no_segment_is_refused(tmp_path: Path) -> None:
    (tmp_path / "junk.ink").write_bytes(b"junk")
    with pytest.raises(ValueError, match="no segment"):
        load(tmp_path / "junk.ink")


def test_candidates_of_a_large_archive_are_the_lines_that_have_the_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.search.spotting.how_many.ALL", 20)
    monkeypatch.setattr("indexer.search.spotting.how_many._MOST", 0.3)
    monkeypatch.setattr("indexer.search.spotting.gathering._YARDSTICK", 10)
    lines = [spelt(text, 0.8) for text in ("ab c", "ba cc", "c b a", "bb ca", "a c b") for _ in range(40)]
    finder = spotter(lines)
    chosen, everything = finder.relevance(Term("ab")), finder.relevance(Term("ab"), exhaustive=True)
    assert (chosen > 0).sum() < (everything > 0).sum()
    assert sorted(finder.lines[chosen > 0.9 * chosen.max()]) == list(range(40))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(
        ["a", "ab", "aa", "abcab", "ab a", "bca cab", "cccaabb", f"ab{ONE}a", f"ab{SOME}ca", f"{ONE}b{SOME} ca"]
    ),
    st.sampled_from([0.02, 0.1, 1.0]),
    st.booleans(),
)
def test_no_word_costs_less_than_is_told_without_aligning_it(seed: int, word: str, evenness: float, begins) -> None:
    """Lines of a few frames and of more stretches than a number has bits, read surely and hardly at all."""
    chance = np.random.default_rng(seed)
    lines = []
    for length in [*chance.integers(1, 30, 12).tolist(), 100, 180]:
        table = chance.dirichlet([evenness] * len(CHARACTERS), length).astype(np.float32)
        table[1::2, 0] += chance.uniform(0, 9)
        lines.append(unpack(PACKER.pack(probabilities(table.tolist()), float(length))))
    segment = packed([SegmentLine(number, 1, 0.9, True, posteriorgram) for number, posteriorgram in enumerate(lines)])
    term = Term(word, begins)
    cost = alignment.costs(term, alignment.Batch.of(lines, term.signs))[segment.lines]
    by_pairs = bounds.of_pairs(bounds.pair_costs(term, segment))
    by_places = bounds.of_places(term, segment, np.arange(len(segment)), 9) * bounds.UNIT
    assert (by_pairs <= cost).all()
    assert (by_places <= cost).all()
    if term.letters > 2 and not begins and not {SPACE, ONE, SOME} & set(word):
        for number in (1, 2):
            wrong = Term(word, wrong=number)
            cost = letters_wrong.costs(wrong, alignment.Batch.of(lines, wrong.signs))[-1, segment.lines]
            assert (bounds.of_pairs(bounds.pair_costs(wrong, segment), number) <= cost).all()
            assert (bounds.of_places(wrong, segment, np.arange(len(segment)), 9) * bounds.UNIT <= cost).all()


def test_every_line_from_a_floor_on_is_found_in_a_large_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few are aligned at first, however frequent the word is, and where a line end cuts it in two."""
    chance = np.random.default_rng(3)
    texts = ["".join(chance.choice([*"aabbcc "], 12)).strip() or "a" for _ in range(300)] + ["c ab ca"] * 60
    made = [
        SegmentLine(
            *(at + 1, 1, 0.9, True, spelt(text, float(chance.uniform(0.5, 0.95)))),
            next=at + 2 if at % 3 == 0 else 0,
            cut=at % 9 == 0,
        )
        for at, text in enumerate(texts)
    ]
    finder = Spotter([(packed(made), np.ones(len(made), bool))])
    words = ("ab", "abcb", "cab", "ab ca", "bbac", "ac ab ca", f"ab{ONE}b", f"ab{SOME}ca")
    every = {word: finder.relevance(Term(word)) for word in words}
    monkeypatch.setattr("indexer.search.spotting.how_many.ALL", 4)
    monkeypatch.setattr("indexer.search.spotting.how_many._FEW", 20)
    monkeypatch.setattr("indexer.search.spotting.how_many._SHARE", 0.01)
    monkeypatch.setattr("indexer.search.spotting.how_many._USUAL", 1)
    monkeypatch.setattr("indexer.search.spotting.how_many._STILL", 0.1)
    monkeypatch.setattr("indexer.search.spotting.how_many._MOST", 0.9)
    monkeypatch.setattr("indexer.search.spotting.gathering._YARDSTICK", len(made))
    weighed = []
    for word, expected in every.items():
        found = finder.relevance(Term(word), floor=0.1)
        hits = expected >= 0.15
        assert np.abs(found - expected)[hits].max(initial=0) < 0.05
        weighed.append((found > 0).sum())
    assert min(weighed) < 0.3 * len(made)
    for phrase in ("dd eee", "dd ee", "d ee d"):
        assert not finder.relevance(Term(phrase), floor=0.1).any(), phrase
    assert sum((expected >= 0.15).any() for expected in every.values()) >= 3


def test_no_more_lines_are_aligned_where_the_last_ones_hold_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever single line among them is not quite impossible. The hits stay the same."""
    chance = np.random.default_rng(3)
    texts = ["ab cab"] * 60 + ["".join(chance.choice([*"aabbcc "], 12)).strip() or "a" for _ in range(600)]
    lines = [spelt(text, float(chance.uniform(0.6, 0.95))) for text in texts]
    monkeypatch.setattr("indexer.search.spotting.gathering._YARDSTICK", 100)
    for name, value in {"ALL": 4, "_FEW": 100, "_SHARE": 0.01, "_USUAL": 1, "_MOST": 0.9}.items():
        monkeypatch.setattr(f"indexer.search.spotting.how_many.{name}", value)
    few, every = spotter(lines).relevance(Term("ab"), floor=0.5), spotter(lines).relevance(Term("ab"))
    assert (few > 0).sum() < 0.5 * len(lines) < (every > 0).sum()
    assert (few >= 0.5).sum() == (every >= 0.5).sum() > 60


def test_a_line_of_any_number_of_letters_can_be_kept() -> None:
    characters = ["", *map(chr, range(0x4E00, 0x4E00 + 700)), " "]
    table = np.full((300, len(characters)), 1e-4, np.float32)
    table[np.arange(300), np.arange(1, 301)] = 0.9
    posteriorgram = unpack(PosteriorgramPacker(characters).pack(table, 300.0))
    assert set(posteriorgram.symbols) == set(characters[1:301])
    assert costs([posteriorgram], "".join(characters[1:301]))[0] == 0


def test_another_format_is_refused_and_nothing_is_scored_in_an_empty_index() -> None:
    with pytest.raises(ValueError, match="format 9"):
        unpack(b"\x09" + PACKER.pack(probabilities([[1.0] * len(CHARACTERS)]), 1.0)[1:])
    assert len(Spotter([]).relevance(Term("a"))) == 0


def inked(text: str, other: str, characters: list[str]) -> Posteriorgram:
    """A line in which this text stands, and was read as the other."""
    table = np.full((2 * len(text), len(characters)), 1e-3, np.float32)
    for at, (letter, instead) in enumerate(zip(text, other, strict=True)):
        table[2 * at, characters.index(letter)] = 0.3
        table[2 * at, characters.index(instead)] = 0.6
        table[2 * at + 1, 0] = 0.9
    return unpack(PosteriorgramPacker(characters).pack(table / table.sum(axis=1, keepdims=True), len(table)))


@pytest.mark.parametrize("text", ["我在北京大学", "去東京tokyo年", "ภาษาไทยดี", "हिन्दी पत्र"])
def test_a_part_of_a_line_without_blanks_is_found_in_its_ink_where_it_stands(text: str) -> None:
    line = inked(text, text, ["", *sorted({*text, "夂"} - {" "}), " "])
    spans = list(word_spans(text))
    for at in range(len(spans)):
        for to in range(at + 1, len(spans) + 1):
            start, end = spans[at][0], spans[to - 1][1]
            part = text[start:end]
            assert costs([line], part)[0] == 0, part
            if text.count(part) == 1:
                ((spot,),) = spotter([line]).places(Term(part), np.array([0]), TimeLimit())
                assert spot.start * line.width == pytest.approx(2 * start, abs=1.01)
                assert spot.end * line.width == pytest.approx(2 * end, abs=1.01)
    assert costs([line], "夂")[0] == np.inf


def test_what_was_nearly_read_in_writing_without_blanks_is_probable_in_its_ink() -> None:
    characters = ["", *"我在北京大学亰夂天文字", " "]
    lines = [inked("我在北京大学", "我在北亰大学", characters)]
    lines += [inked("大学文字我在", "天学文字我在", characters) for _ in range(40)]
    finder = spotter(lines)
    relevance = finder.relevance(Term("北京"))[np.argsort(finder.lines)]
    assert relevance[0] > 0.3
    assert relevance[1:].max() < 0.05


def test_a_sign_is_a_letter_of_its_own_and_an_accent_alone_is_passed_over() -> None:
    symbols, classes = folded_classes(["", "\u0940", "\u0301", "é", "-", " ", "\u3000"])
    assert dict(zip(symbols, classes, strict=True)) == {"": [0, 2], "\u0940": [1], "e": [3], " ": [4, 5, 6]}


def test_segments_put_together_keep_the_bounds_of_words_among_other_writing() -> None:
    characters = ["", *"東京tokyab", " "]
    lines = [inked("東京toky東", "東京toky東", characters), inked("atokyb京", "atokyb京", characters)]
    parts = [packed([SegmentLine(number, 1, 0.9, True, line)]) for number, line in enumerate(lines)]
    finder = Spotter([(merged([(part, np.ones(1, bool)) for part in parts]), np.ones(2, bool))])
    cost = finder.costs(Term("toky"), np.arange(2))[np.argsort(finder.lines)]
    assert cost[0] == 0
    assert cost[1] > 0


LATIN = ["", *"abcdefghijklmnopqrstuvwxyz-", " "]


def pair_of_lines(head: str, tail: str, read: str, *, goes_on: bool = True) -> Spotter:
    """A line and the one it goes on in, among others, read as something else of the same length."""
    texts = [(head, read[: len(head)]), (tail, read[len(head) :])]
    return page_of([*texts, *[("an other quiet line", "an other quiet line")] * 30], 1 if goes_on else 0)


def page_of(texts: list[tuple[str, str]], followed: int) -> Spotter:
    """Lines of which the first ones are followed by the next in their block: what stands there, and what was read."""
    lines = [inked(text, other, LATIN) for text, other in texts]
    made = [
        SegmentLine(at + 1, 1, 0.9, True, each, next=at + 2 if at < followed else 0, cut=at < followed)
        for at, each in enumerate(lines)
    ]
    return Spotter([(packed(made), np.ones(len(made), bool))])


@pytest.mark.parametrize(("head", "tail"), [("of my facul-", "ty here"), ("of my facul", "ty"), ("ar-", "rangements")])
def test_a_word_that_a_line_end_cuts_in_two_is_found_in_the_ink_of_both_lines(head: str, tail: str) -> None:
    word = (head.split()[-1] + tail.split()[0]).replace("-", "")
    finder = pair_of_lines(head, tail, head + tail)
    (number,) = finder.numbers(np.array([1]))
    relevance = finder.relevance(Term(word))
    assert relevance[number] > 0.8
    assert np.delete(relevance, number).max() < 0.1
    assert finder.fits(Term(word), np.array([number]), TimeLimit())[0] > 0.8
    (first, second), letters = marked(finder, word)[0], head.split()[-1].rstrip("-")
    at = head.rindex(letters)
    assert first == (1, pytest.approx(at, abs=0.8), pytest.approx(at + len(letters), abs=0.8))
    assert second == (2, pytest.approx(0, abs=0.8), pytest.approx(len(word) - len(letters), abs=0.8))
    alone = pair_of_lines(head, tail, head + tail, goes_on=False)
    assert alone.relevance(Term(word)).max() < 0.1


def marked(finder: Spotter, text: str) -> list[list[tuple[int, float, float]]]:
    """Where a term stands that begins in the first line: the ids of lines, and places in letters."""
    (number,) = finder.numbers(np.array([1]))
    return [
        [
            (
                int(finder.lines[each.number]),
                each.start * (finder._widths[each.number] / 2),
                each.end * (finder._widths[each.number] / 2),
            )
            for each in spots
        ]
        for spots in finder.places(Term(text), np.array([number]), TimeLimit())
    ]


def test_a_cut_word_that_was_nearly_read_is_probable_and_one_that_was_not_is_none() -> None:
    finder = pair_of_lines("of my facul-", "ty here", "of my tacul-ly here")
    (number,) = finder.numbers(np.array([1]))
    assert finder.relevance(Term("faculty"))[number] > 0.5
    for word in ("myty", "quality", "fakultat", "difficulty"):
        assert finder.relevance(Term(word))[number] < 0.1


FIVE = [
    ("we saw late mrs", "we saw lale mrs"),
    ("jane lath-", "jane lath-"),
    ("rop", "rcp"),
    ("stanford there", "stanford there"),
]


@pytest.mark.parametrize(
    ("phrase", "lines"),
    [
        ("mrs jane", [1, 2]),
        ("late mrs jane", [1, 2]),
        ("mrs jane lathrop", [1, 2, 3]),
        ("mrs jane lathrop stanford", [1, 2, 3, 4]),
        ("late mrs jane lathrop stanford there", [1, 2, 3, 4]),
    ],
)
def test_a_phrase_is_found_in_the_ink_of_all_the_lines_that_it_runs_over(phrase: str, lines: list[int]) -> None:
    """Also where letters were misread, where a word is cut, and over lines that have nothing else."""
    others = [("an other quiet line", "an other quiet line")] * 30
    finder = page_of([*FIVE, *others], 3)
    (number,) = finder.numbers(np.array([1]))
    relevance = finder.relevance(Term(phrase))
    assert relevance[number] > 0.5
    assert np.delete(relevance, number).max() < 0.1
    (spots,) = marked(finder, phrase)
    assert [line for line, *_ in spots] == lines
    assert spots[0][1] == pytest.approx(FIVE[0][0].index(phrase.split()[0]), abs=0.8)
    assert spots[0][2] == pytest.approx(len(FIVE[0][0]), abs=0.8)
    assert spots[1][1] == pytest.approx(0, abs=0.8)
    apart = page_of([*FIVE, *others], 0)
    assert apart.relevance(Term(phrase)).max() < 0.1


@pytest.mark.parametrize("phrase", ["mrs lathrop", "jane mrs", "late jane", "mrs jane there", "saw mrs jane"])
def test_words_of_two_lines_that_do_not_follow_each_other_are_no_phrase(phrase: str) -> None:
    finder = page_of([*FIVE, *[("an other quiet line", "an other quiet line")] * 30], 3)
    assert finder.relevance(Term(phrase)).max() < 0.1


@given(st.integers(0, 10_000), st.sampled_from(["abcd efgh", "ab cd ef", "abcdefgh", "ab"]))
@settings(max_examples=40, deadline=None)
def test_the_bound_of_what_goes_on_over_a_line_end_is_the_same_for_some_lines_as_for_all(seed: int, text: str) -> None:
    chance, lines = np.random.default_rng(seed), 60
    here = np.arange(lines - 1)
    some = {"cut": chance.random(lines) < 0.4, "lengths": chance.integers(1, 300, lines)}
    parting = Parting.of(here, here + 1, some["cut"], np.ones((lines, 2), np.float32), some["lengths"])
    pairs = chance.integers(0, 80, (len(text) + 1, lines)).astype(np.uint8)
    rows = np.flatnonzero(chance.random(lines - 1) < 0.15)
    assert parting.bound(Term(text), pairs, rows).tolist() == parting.bound(Term(text), pairs)[rows].tolist()
    outlook = Outlook(Term(text), -np.arange(4000, dtype=np.float32), 1.0)
    for least in (-500.0, -150.0, -50.0, np.inf):
        odds = outlook.odds(parting.bound(Term(text), pairs), parting.known)
        assert parting.worth(outlook, pairs, least, lines).tolist() == np.flatnonzero(odds >= least).tolist()


def test_the_costs_of_frequent_and_of_rare_pairs_are_kept_and_joined(tmp_path: Path) -> None:
    """A pair that many lines have is kept in another way than one that few have: each costs what it costs alone."""
    texts = ["ab", "ab", "ab", "ba", "cb", "ab", "b", "ab a", "ca"]
    lines = [SegmentLine(number, 1, 0.9, True, spelt(text)) for number, text in enumerate(texts)]
    alone = {each.id: packed([each]) for each in lines}
    one = packed(lines)
    two = merged([(packed(part), np.ones(len(part), np.bool_)) for part in (lines[:4], lines[4:])])
    save([one, two], tmp_path / "kept.ink")
    assert len(one.frequent)
    assert len(one.bigram)
    for segment in load(tmp_path / "kept.ink"):
        for pair in product("abc ", repeat=2):
            held = dict(zip(segment.lines.tolist(), bounds.one_pair(segment, *pair).tolist(), strict=True))
            assert held == {number: int(bounds.one_pair(each, *pair)[0]) for number, each in alone.items()}, pair
