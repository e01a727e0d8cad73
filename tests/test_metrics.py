"""The measures, against examples worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import UsageError
from indexer.groundtruth import TruthLine, TruthPage, scaled, truth_for
from indexer.metrics import average_precision, measured_page, queries, report
from indexer.model import Box, Origin, Status, StoredLine

ARCHIVE = Path(__file__).parent / "data" / "archive"


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
    found = report([page], {"way": hits})["search"]["way"]
    # lettre: wrong, right, right of two: 1/2 (1/2 + 2/3); rien: 1; autre, perdue: 0
    assert found["map"] == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1) / 4)
    # together: wrong .9, right .8, right .7, right .5 of five pairs
    assert found["gap"] == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 5)
    assert found["recall"] == pytest.approx(3 / 5)
    assert found["queries"] == 4


def test_ties_are_taken_together() -> None:
    assert average_precision([(1.0, True), (1.0, False)], 1) == pytest.approx(0.5)
    assert average_precision([(1.0, False), (1.0, True)], 1) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 5).map(float), st.booleans()), max_size=30))
def test_average_precision_is_a_fraction_and_ignores_order(ranking: list[tuple[float, bool]]) -> None:
    relevant = sum(right for _, right in ranking)
    value = average_precision(ranking, relevant)
    assert 0 <= value <= 1 + 1e-9
    assert value == pytest.approx(average_precision(ranking[::-1], relevant))


def test_a_perfect_reading_is_perfect() -> None:
    page = measured_page("c", truth("une ligne"), [line(1, "une ligne", 10, 5, 1.0)], 1.0)
    figures = report([page], {"way": {"ligne": {1: 1.0}}})
    assert figures["reading"]["cer"] == 0
    assert figures["confidence"]["ece"] == 0
    assert figures["search"]["way"]["map"] == 1


def test_nothing_to_measure_gives_no_rates() -> None:
    figures = report([measured_page("c", truth(), [], 1.0)], {"way": {}})
    assert figures["reading"]["cer"] is None
    assert figures["confidence"] == {"ece": None, "bins": []}
    assert figures["search"]["way"]["gap"] is None


def test_alto_and_page_are_read_and_scaled() -> None:
    (alto,) = truth_for(ARCHIVE / "copiste" / "copiste-06.jpg") or ()
    assert len(alto.lines) == 23
    assert alto.lines[1].text == "comprends que mon manuscrit sera anonymisé et utilisé"
    (page,) = truth_for(ARCHIVE / "hooker" / "hooker-01.jpg") or ()
    assert page.lines[1].text == "I shall go up & down to Sunningdale"
    assert len(page.lines[1].polygon) > 3
    assert len(truth_for(ARCHIVE / "mss19" / "manuscripts.pdf") or ()) == 2
    half = scaled(page, page.width // 2, page.height // 2)
    assert half.lines[0].polygon[0][0] == pytest.approx(page.lines[0].polygon[0][0] / 2, rel=0.01)


@pytest.mark.parametrize("text", ["<alto", "<svg/>", "<!DOCTYPE x><alto/>"])
def test_ground_truth_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(UsageError, match=r"a\.xml"):
        truth_for(tmp_path / "a.jpg")
    assert truth_for(tmp_path / "b.jpg") is None
