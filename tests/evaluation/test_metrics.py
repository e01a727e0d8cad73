"""The measures, against examples worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.evaluation.metrics import (
    Found,
    confidence,
    curves,
    measured_page,
    queries,
    replaced,
    replaced_words,
    report,
)
from indexer.evaluation.order_figures import agreement, neighbours, text_errors
from indexer.evaluation.ranking import average_precision, curve
from indexer.evaluation.search_figures import relevance
from indexer.formats.groundtruth import TruthLine, TruthPage, fitted, truth_for
from indexer.values import Block, Box, Origin, Status, StoredLine
from indexer.values.errors import UsageError

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"


def truth(*texts: str) -> TruthPage:
    """Lines of 100 x 20 pixels below each other."""
    return TruthPage(
        100,
        200,
        tuple(
            TruthLine(text, ((0, 20 * n), (100, 20 * n), (100, 20 * n + 20), (0, 20 * n + 20)))
            for n, text in enumerate(texts)
        ),
    )


def line(
    number: int, text: str, x: int, y: int, confidence: float | None = 0.9, status: Status = Status.ACCEPTED
) -> StoredLine:
    return StoredLine(number, Path("a"), 1, number, text, confidence, status, Origin("e"), Box(x, y, 20, 10))


def found(hits: dict[str, dict[int, float]], **missed: float) -> dict[str, Found]:
    return {query: Found(each, missed or None) for query, each in hits.items()}


def test_reading_by_hand() -> None:
    page = measured_page(
        "c",
        truth("Cher ami", "Adieu", "perdu"),
        [
            line(1, "ami", 60, 5, 0.8),  # the right half of the first line, read first
            line(2, "Cher", 10, 5, 0.6, Status.REVIEW),
            line(3, "adien", 10, 25),
            line(4, "tache", 10, 150, 0.2, Status.REVIEW),  # in no line
        ],
        2.0,
    )
    figures = report([page], {})
    reading = figures["reading"]
    # plain: 0 + 2 (A, u) + 5 deleted of 8 + 5 + 5; folded: the capital is no error
    assert reading["cer"] == pytest.approx(7 / 18)
    assert reading["cer_folded"] == pytest.approx(6 / 18)
    assert reading["spurious_lines"] == 1
    assert reading["word_recall"] == pytest.approx(2 / 4)  # cher, ami of cher, ami, adieu, perdu
    assert reading["word_precision"] == pytest.approx(2 / 4)  # of ami, cher, adien, tache
    assert reading["accepted"] == {"share": 0.5, "word_recall": 0.25, "word_precision": 0.5}
    # right shares by rising confidence: .2 -> 0, .6 -> 1, .8 -> 1, .9 -> 0
    assert figures["confidence"]["ece"] == pytest.approx((0.2 + 0.4 + 0.2 + 0.9) / 4)
    assert figures["seconds_per_page"] == 2.0
    assert figures["collections"]["c"]["lines"] == 3


def test_search_by_hand() -> None:
    page = measured_page(
        "c",
        truth("lettre perdue", "autre lettre", "rien"),
        [line(1, "lettre", 10, 5), line(2, "lettre", 10, 25), line(3, "lettre", 10, 150), line(4, "rien", 10, 45)],
        1.0,
    )
    assert queries([page]) == ["autre", "lettre", "perdue", "rien"]
    hits = {"lettre": {3: 0.9, 1: 0.8, 2: 0.7}, "rien": {4: 0.5}}
    figures = report([page], {"way": found(hits, c=0.75, other=9.0)})["search"]["way"]
    # lettre: wrong, right, right of two: 1/2 (1/2 + 2/3); rien: 1; autre, perdue: 0
    assert figures["map"] == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1) / 4)
    # together: wrong .9, right .8, right .7, right .5 of five pairs
    assert figures["gap"] == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 5)
    assert figures["recall"] == pytest.approx(3 / 5)
    assert figures["precision"] == pytest.approx(3 / 4)
    assert (
        sum(row["pairs"] for row in report([page], {"way": found(hits, c=1.0)})["search"]["way"]["relevance"]["bins"])
        == 4
    )
    # two queries that say each that they miss .75 lines of this collection; of five pairs two are missed
    assert (figures["expected_missed"], figures["true_missed"]) == (pytest.approx(1.5), 2)
    assert figures["queries"] == 4


def test_ties_are_taken_together() -> None:
    assert average_precision([(1.0, True), (1.0, False)], 1) == pytest.approx(0.5)
    assert average_precision([(1.0, False), (1.0, True)], 1) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 5).map(float), st.booleans()), max_size=30))
def test_average_precision_is_a_fraction_and_ignores_order(ranking: list[tuple[float, bool]]) -> None:
    relevant = sum(right for _, right in ranking)
    value = average_precision(ranking, relevant)
    assert 0 <= value <= 1 + 1e-9
    assert value == pytest.approx(average_precision(ranking[::-1], relevant))


def test_curve_by_hand() -> None:
    ranking = [(0.2, True), (0.9, True), (0.5, False), (0.5, True), (0.1, False)]
    # down to .9: 1 of 1; the two of .5 together: 2 of 3; .2: 3 of 4; .1: 3 of 5; of four relevant ones
    assert curve(ranking, 4) == [(1 / 4, 1), (2 / 4, 2 / 3), (3 / 4, 3 / 4), (3 / 4, 3 / 5)]
    assert average_precision(ranking, 4) == pytest.approx((1 + 2 / 3 + 3 / 4) / 4)
    assert curve([], 4) == curve(ranking, 0) == []


@given(st.lists(st.tuples(st.integers(0, 5).map(float), st.booleans()), max_size=30), st.integers(1, 9))
def test_the_area_below_a_curve_is_the_average_precision(ranking: list[tuple[float, bool]], missed: int) -> None:
    relevant = sum(right for _, right in ranking) + missed
    points = curve(ranking, relevant)
    starts = [0.0, *(recall for recall, _ in points)]
    area = sum(precision * (recall - start) for start, (recall, precision) in zip(starts, points, strict=False))
    assert area == pytest.approx(average_precision(ranking, relevant))


def test_curves_are_those_of_gap() -> None:
    page = measured_page("c", truth("lettre perdue", "lettre"), [line(1, "", 10, 5), line(2, "", 10, 25)], 1.0)
    searchers = {"way": found({"lettre": {1: 0.9, 2: 0.7}, "perdue": {2: 0.8}})}
    # right .9, wrong .8, right .7 of three pairs
    assert curves([page], searchers) == {"way": [(1 / 3, 1), (1 / 3, 1 / 2), (2 / 3, 2 / 3)]}
    assert report([page], searchers)["search"]["way"]["gap"] == pytest.approx((1 + 2 / 3) / 3)


def test_bins_of_relevance_hold_as_much_relevance_each() -> None:
    ranking = [(0.0625, n < 4) for n in range(16)] + [(0.5, n < 9) for n in range(18)]  # a whole 1 and 9, 4 and 9 right
    figures = relevance(ranking)
    assert [row["pairs"] for row in figures["bins"]] == [16, *[2] * 9]
    assert [row["relevance"] for row in figures["bins"]] == pytest.approx([0.0625, *[0.5] * 9])
    assert [row["right"] for row in figures["bins"]] == pytest.approx([0.25, *[0.5] * 9])
    assert figures["ece"] == pytest.approx(16 * (0.25 - 0.0625) / 34)
    assert relevance([]) == {"ece": None, "bins": []}
    assert relevance([(0.0, True)]) == {"ece": 1, "bins": [{"pairs": 1, "relevance": 0, "right": 1}]}


def test_a_perfect_reading_is_perfect() -> None:
    page = measured_page("c", truth("une ligne"), [line(1, "une ligne", 10, 5, 1.0)], 1.0)
    figures = report([page], {"way": found({"ligne": {1: 1.0}})})
    assert figures["reading"]["cer"] == 0
    assert figures["confidence"]["ece"] == 0
    assert figures["search"]["way"]["map"] == 1


def test_nothing_to_measure_gives_no_rates() -> None:
    figures = report([measured_page("c", truth(), [], 1.0)], {"way": {}})
    assert figures["reading"]["cer"] is None
    assert figures["confidence"] == {"ece": None, "bins": []}
    assert figures["search"]["way"]["gap"] is None


def test_lines_of_one_confidence_share_what_is_right_whatever_their_order() -> None:
    lines = [line(n, "right" if n < 10 else "wrong", 10, 5, 0.5) for n in range(20)]
    figures = [confidence([measured_page("c", truth("right"), each, 1.0)]) for each in (lines, lines[::-1])]
    assert figures[0] == figures[1]
    assert figures[0]["ece"] == 0  # half of all words are right
    assert [row["lines"] for row in figures[0]["bins"]] == [2] * 10


def test_lines_without_a_confidence_or_a_word_say_nothing_of_confidence() -> None:
    lines = [line(1, "right", 10, 5, None), line(2, "—!", 10, 5, 0.9), line(3, "right", 10, 5, 0.75)]
    figures = confidence([measured_page("c", truth("right"), lines, 1.0)])
    assert figures == {"ece": 0.25, "bins": [{"lines": 1, "confidence": 0.75, "right": 1.0}]}


def test_where_regions_overlap_the_vertically_nearest_line_has_it() -> None:
    long = TruthLine("long", ((0, 0), (1000, 0), (1000, 40), (0, 40)))  # its centre is far to the right, but level
    short = TruthLine("short", ((0, 20), (100, 20), (100, 60), (0, 60)))
    both = TruthPage(1000, 100, (long, short))
    assert measured_page("c", both, [line(1, "x", 40, 18), line(2, "x", 40, 34)], 1.0).pairs == (0, 1)


def test_collections_have_their_own_queries_and_hits() -> None:
    pages = [
        measured_page("one", truth("seul mot"), [line(1, "seul", 10, 5)], 1.0),
        measured_page("two", truth("seul"), [line(2, "seul", 10, 5)], 3.0),
        measured_page("two", truth("perdu"), [], None),  # could not be read
    ]
    figures = report(pages, {"way": found({"seul": {1: 0.9, 2: 0.8}})})
    assert (figures["pages"], figures["lines"], figures["seconds_per_page"]) == (3, 3, 2.0)
    assert figures["search"]["way"] == {
        "map": 0.5,
        "gap": pytest.approx(2 / 3),
        "precision": 1,
        "recall": pytest.approx(2 / 3),
        "queries": 2,
    }
    one, two = figures["collections"]["one"], figures["collections"]["two"]
    assert one["search"]["way"] == {"map": 1.0, "gap": 1.0, "precision": 1.0, "recall": 1.0, "queries": 1}
    assert two["search"]["way"] == {"map": 0.5, "gap": 0.5, "precision": 1.0, "recall": 0.5, "queries": 2}
    assert (two["pages"], two["seconds_per_page"], two["reading"]["cer"]) == (2, 3.0, pytest.approx(5 / 9))
    assert set(one) == {"pages", "lines", "reading", "confidence", "search", "seconds_per_page"}
    assert set(figures) == {"schema", *one, "collections"}


def test_a_file_in_two_places_is_found_in_both() -> None:
    pages = [measured_page("c", truth("seul"), [line(1, "seul", 10, 5)], 1.0) for _ in range(2)]
    assert report(pages, {"way": found({"seul": {1: 0.9}})})["search"]["way"]["recall"] == 1


TEXTS = st.text("ab é'-œ", min_size=1, max_size=12).filter(str.strip)


@given(st.lists(st.tuples(TEXTS, TEXTS, st.none() | st.floats(0, 1), st.integers(0, 220)), max_size=8))
def test_rates_keep_to_their_range(rows: list[tuple[str, str, float | None, int]]) -> None:
    lines = [line(n, read, 10, y, sure) for n, (_, read, sure, y) in enumerate(rows)]
    page = measured_page("c", truth(*(there for there, *_ in rows)), lines, 1.0)
    figures = report([page], {"way": found({word: dict.fromkeys(range(len(rows)), 1.0) for word in queries([page])})})
    assert figures["reading"]["spurious_lines"] <= len(rows)
    rates = [figures["reading"]["word_recall"], figures["reading"]["word_precision"], figures["confidence"]["ece"]]
    rates += [figures["search"]["way"][name] for name in ("map", "gap", "precision", "recall")]
    assert all(rate is None or 0 <= rate <= 1 + 1e-9 for rate in rates)
    assert sum(row["lines"] for row in figures["confidence"]["bins"]) <= len(rows)


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_reading_what_is_there_makes_no_error_and_reading_nothing_deletes_all(texts: list[str]) -> None:
    lines = [line(n, text, 10, 20 * n + 5) for n, text in enumerate(texts)]
    assert report([measured_page("c", truth(*texts), lines, 1.0)], {})["reading"]["cer_folded"] == 0
    nothing = report([measured_page("c", truth(*texts), [], 1.0)], {})["reading"]
    assert (nothing["cer"], nothing["cer_folded"]) == (1, 1)


def test_alto_and_page_are_read_and_scaled() -> None:
    (alto,) = truth_for(ARCHIVE / "copiste" / "copiste-06.jpg") or ()
    assert len(alto.lines) == 23
    assert alto.lines[1].text == "comprends que mon manuscrit sera anonymisé et utilisé"
    (page,) = truth_for(ARCHIVE / "hooker" / "hooker-01.jpg") or ()
    assert page.lines[1].text == "I shall go up & down to Sunningdale"
    assert len(page.lines[1].polygon) > 3
    assert len(truth_for(ARCHIVE / "mss19" / "manuscripts.pdf") or ()) == 2
    half = fitted(page, page.width // 2, page.height // 2)
    assert half.lines[0].polygon[0][0] == pytest.approx(page.lines[0].polygon[0][0] / 2, rel=0.01)


@pytest.mark.parametrize("text", ["<alto", "<svg/>", "<!DOCTYPE x><alto/>"])
def test_ground_truth_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(UsageError, match=r"a\.xml"):
        truth_for(tmp_path / "a.jpg")
    assert truth_for(tmp_path / "b.jpg") is None


def test_folders_may_be_named_by_way_of_others(notes: Any, make_page: Any) -> None:
    notes.fake_engine()
    for page in (notes.home / "box" / "one.png", notes.home / "box" / "letters" / "two.png"):
        make_page(page)
        page.with_suffix(".xml").write_text(
            '<alto><Page WIDTH="200" HEIGHT="100"><TextLine HPOS="0" VPOS="0" WIDTH="200" HEIGHT="30">'
            '<String CONTENT="alpha"/><String CONTENT="page200"/></TextLine></Page></alto>'
        )
    figures = notes.json("evaluate", "plugins/../box")
    assert list(figures["collections"]) == ["box", "letters"]
    assert (figures["pages"], figures["reading"]["cer"], figures["reading"]["spurious_lines"]) == (2, 0, 2)
    assert figures["search"]["accepted"] == {"map": 1, "gap": 1, "precision": 1, "recall": 1, "queries": 2}


def test_broken_ground_truth_is_named_and_the_rest_is_measured(notes: Any, make_page: Any) -> None:
    notes.fake_engine()
    for name, text in (("one", "<alto"), ("two", "<html/>")):
        make_page(notes.home / "box" / f"{name}.png").with_suffix(".xml").write_text(text)
    notes.run("evaluate", "box", rc=2)
    make_page(notes.home / "box" / "three.png").with_suffix(".xml").write_text(
        '<alto><Page WIDTH="200" HEIGHT="100"><TextLine HPOS="0" VPOS="0" WIDTH="200" HEIGHT="30">'
        '<String CONTENT="alpha"/></TextLine></Page></alto>'
    )
    done = notes.run("evaluate", "box", "--json", rc=3)
    assert json.loads(done.stdout)["pages"] == 1
    assert "one.png" in done.stderr
    assert "two.png" in done.stderr
    assert "three.png" not in done.stderr


def test_in_writing_without_blanks_letters_are_words_and_pairs_of_them_are_asked_for() -> None:
    page = measured_page("c", truth("我在北京。大学", "東京 Tokyo2024"), [line(1, "我在北亰。大学", 10, 5)], 1.0)
    assert queries([page]) == sorted(["我在", "在北", "北京", "大学", "東京", "tokyo2024"])
    figures = report([page], {"ink": found({"北京": {1: 0.8}, "在北": {1: 0.9}})})
    assert figures["reading"]["word_recall"] == pytest.approx(5 / 9)
    assert figures["search"]["ink"]["recall"] == pytest.approx(2 / 6)


def test_what_comes_of_words_that_were_read_before_by_hand() -> None:
    there = truth("Cher Hopkins", "mon testament")
    before = measured_page("c", there, [line(1, "Cher Nopkins", 10, 5), line(2, "mon testament", 10, 25)], 1.0)
    page = measured_page("c", there, [line(1, "Cher Hopkins", 10, 5), line(2, "mon tatement", 10, 25)], 1.0)
    assert replaced_words([before], [page]) == {"nopkins", "testament"}
    hits = found({"nopkins": {1: 0.2, 2: 0.9}, "testament": {2: 0.6}, "cher": {1: 0.9}})
    figures = replaced([before], [page], hits)
    assert figures == {"words": 2, "shown": 2, "precision": 0.5, "promised": pytest.approx(0.4)}
    assert replaced([before], [page], {})["precision"] is None
    assert replaced_words([], [page]) == set()


def test_order_by_hand() -> None:
    page = measured_page(
        "c",
        truth("Cher ami", "Adieu", "perdu", "Paul", "Fin"),
        [
            line(1, "Cher", 10, 5),
            line(2, "ami", 60, 5),  # the same line goes on: both are one
            line(3, "tache", 10, 150),  # in no line: parts no neighbours
            line(4, "Adieu", 10, 25),
            line(5, "Fin", 10, 85),
            line(6, "Paul", 10, 65),
        ],
        2.0,
    )
    reading = report([page], {})["reading"]
    # neighbours of which both were read: 0-1 kept, 3-4 turned round; 1-2 and 2-3 miss a line
    assert reading["order"] == 1 / 2
    # "cher ami adieu perdu paul fin", read "cher ami tache adieu fin paul": 6 letters put in, and "perdu paul fin" made
    # "fin paul" by 5 (perdu, fin) and 4 (" fin" left out)
    assert reading["page_cer"] == pytest.approx(15 / 29)


@pytest.mark.parametrize(
    ("order", "kept", "both"),
    [
        ([0, 1, 2], 2, 2),
        ([2, 1, 0], 0, 2),
        ([0, 2, 1, 3], 0, 3),  # two columns row by row
        ([0, None, 1], 1, 1),
        ([0, 0, 1, 1], 1, 1),
        ([0, 1, 0, 2], 0, 2),  # the first line in two pieces around the second one
        ([0, 2], 0, 0),
        ([], 0, 0),
        ([None], 0, 0),
    ],
)
def test_neighbours(order: list[int | None], kept: int, both: int) -> None:
    assert neighbours(order) == (kept, both)


def test_the_text_of_a_page_is_that_of_all_its_lines() -> None:
    assert text_errors(["Été", "fin"], ["ete fin"]) == (0, 7)  # as one line or as two
    assert text_errors(["ab", "cd"], ["cd", "ab"]) == (4, 5)
    assert text_errors([], ["ab"]) == (2, 0)


def test_order_of_nothing_is_no_rate() -> None:
    reading = report([measured_page("c", truth("one"), [], None)], {})["reading"]
    assert (reading["order"], reading["page_cer"]) == (None, 1.0)


@pytest.mark.parametrize(
    ("regions", "blocks", "expected"),
    [
        ("aaabbb", "xxxyyy", 1.0),
        ("aabb", "xyxy", pytest.approx(-0.5)),  # 0 pairs together in both, 2 x 2 / 6 expected of (2 + 2) / 2 at most
        ("aaab", "xxyy", 0.0),  # 1 pair of 3 and of 2; 3 x 2 / 6 = 1 expected
        ("aaaa", "xxyy", 0.0),
        ("aaaa", "xxxx", 1.0),
        ("ab", "xy", 1.0),
        ("a", "x", None),
    ],
)
def test_agreement_of_groups(regions: str, blocks: str, expected: float | None) -> None:
    assert agreement(list(zip(regions, blocks, strict=True))) == expected


def test_regions_by_hand() -> None:
    lines = truth("a", "b", "c", "d", "e").lines
    regions = (0, 0, 1, 1, None)
    told = TruthPage(100, 200, tuple(replace(line, region=at) for line, at in zip(lines, regions, strict=True)))
    left, right = Block(1, "main", Box(0, 0, 100, 40)), Block(2, "main", Box(0, 40, 100, 100))
    read = [line(at + 1, "x", 10, 5 + 20 * at) for at in range(5)]
    blocks = (left, left, right, right, left)  # the last line stands in no region

    def agreed(*blocks: Block | None) -> float | None:
        page = [replace(each, block=block) for each, block in zip(read, blocks, strict=False)]
        figure: float | None = report([measured_page("c", told, page, 1.0)], {})["reading"]["region_agreement"]
        return figure

    assert agreed(*blocks) == 1.0
    assert agreed(left, right, left, right, left) == pytest.approx(-0.5)
    assert agreed(None, None, None, None, None) == 0.0
    assert agreed(left) is None
