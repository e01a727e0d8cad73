"""The embedded engine on real pages: what it reads, where, and how it says no."""

from __future__ import annotations

import socket
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from rapidfuzz.distance import Levenshtein

from indexer.api import NETWORK, models
from indexer.api.registry import load_registry
from indexer.api.testing import check_engine
from indexer.image.geometry import band
from indexer.plugins.embedded import languages_of, network_of, open_session
from indexer.plugins.embedded.detector import Detector
from indexer.plugins.embedded.recogniser import characters
from indexer.posteriors.posteriorgram import unpack
from indexer.recognition.page_layout import laid_out
from indexer.search.spotting import Spotter, Term
from indexer.search.spotting.segment import SegmentLine, packed
from indexer.values import EngineOptions, Line, LineReader, Origin, Reading
from indexer.values.errors import PluginError

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return load_registry(tmp_path_factory.mktemp("no plugins"), {}).engine("embedded")


@pytest.fixture(scope="module")
def recogniser(engine):
    with engine.open(EngineOptions()) as recogniser:
        yield recogniser


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """A typed letter, clear enough that its words are known to be read."""
    return Image.open(ARCHIVE / "stanford" / "stanford-04.jpg").convert("RGB")


@pytest.fixture(scope="module")
def lines(recogniser, page) -> list[Line]:
    return list(recogniser.read(page))


def in_order(lines: list[Line]) -> list[str]:
    return [reading.line.text.casefold() for reading, *_ in laid_out([(Reading(line, Origin("a")),) for line in lines])]


def test_a_clear_page_is_read_from_top_to_bottom(lines) -> None:
    text = " ".join(in_order(lines))
    assert text.index("university") < text.index("berkeley") < text.index("academic senate")
    assert all(line.text.strip() for line in lines)
    assert all(line.confidence is not None for line in lines)


def test_boxes_and_outlines_lie_on_the_page(lines, page) -> None:
    for line in lines:
        box = line.box
        assert 0 <= box.x < box.x + box.width <= page.width
        assert 0 <= box.y < box.y + box.height <= page.height
        assert all(0 <= x <= page.width and 0 <= y <= page.height for x, y in line.polygon)
        assert all(0 <= x <= page.width and 0 <= y <= page.height for x, y in line.baseline)


def bent(image: Image.Image, bulge: int) -> Image.Image:
    """A page that bulges so many pixels upwards in its middle."""
    grey = np.asarray(image.convert("L"))
    sinks = np.round(bulge * np.linspace(-1, 1, image.width) ** 2).astype(int)
    rows = np.arange(image.height)[:, None] - sinks
    return Image.fromarray(np.take_along_axis(grey, rows.clip(0, image.height - 1), axis=0))


def test_lines_that_bend_have_curved_baselines_and_are_read_along_them(recogniser, page) -> None:
    read = recogniser.read(bent(page, 70))
    curved = [line for line in read if len(line.baseline) > 2]
    assert len(curved) >= 3
    for line in curved:
        assert len(line.polygon) == 2 * len(line.baseline)
        level = [y - 70 * (2 * x / page.width - 1) ** 2 for x, y in line.baseline]
        assert max(level) - min(level) < 20
        for word in line.words:
            x, y = word.box.centre
            assert abs(y - 70 * (2 * x / page.width - 1) ** 2 - level[0]) < 30
    assert any("academic senate" in line.text.casefold() for line in read)


def test_a_large_sheet_of_small_writing_is_read_at_its_own_size(recogniser, page) -> None:
    part = page.convert("L").crop((0, 800, page.width, 1120))  # four lines
    sheet = Image.new("L", (4 * part.width, 25 * part.height), "white")
    for row in (0, 12):
        for column in range(4):
            sheet.paste(part, (column * part.width, row * part.height))
    text = " ".join(line.text.casefold() for line in recogniser.read(sheet))
    assert text.count("academic") >= 7  # of eight; none in pixels of the page made small


def test_words_stand_in_their_lines_from_left_to_right(lines) -> None:
    for line in lines:
        assert " ".join(word.text for word in line.words) == " ".join(line.text.split())
        assert all(0 <= word.confidence <= 1 for word in line.words)
        for word in line.words:
            assert line.box.x - 1 <= word.box.x < word.box.x + word.box.width <= line.box.x + line.box.width + 1
        lefts = [word.box.x for word in line.words]
        assert lefts == sorted(lefts)
    (head,) = [line for line in lines if line.text.startswith("OFFICE OF THE")]
    office, *_, president = head.words
    assert office.box.x + office.box.width < head.box.centre[0] < president.box.x


def test_the_frames_of_a_line_find_its_words_and_are_small(lines) -> None:
    posteriorgram = [line.posteriorgram for line in lines]
    assert sum(map(len, posteriorgram)) / len(posteriorgram) < 2048
    inked = [SegmentLine(number, 1, 0.5, True, unpack(each)) for number, each in enumerate(posteriorgram)]
    finder = Spotter([(packed(inked), np.ones(len(inked), bool))])
    costs = finder.costs(Term("university"), np.arange(len(inked)))[np.argsort(finder.lines)]
    best = [lines[at].text.casefold() for at in costs.argsort()[:3]]
    assert all("university" in text for text in best)
    assert costs.min() == 0


def test_boxes_are_in_pixels_of_the_page_however_large_it_is(recogniser, page, lines) -> None:
    large = recogniser.read(page.resize((page.width * 2, page.height * 2)))
    first, same = (next(each for each in read if each.text.startswith("OFFICE OF THE")) for read in (lines, large))
    for ours, theirs in ((same.box.x, first.box.x), (same.box.y, first.box.y), (same.box.width, first.box.width)):
        assert abs(ours / 2 - theirs) < 20


def test_a_grey_page_reads_like_a_coloured_one(recogniser, page) -> None:
    assert any("BERKELEY" in line.text.upper() for line in recogniser.read(page.convert("L")))


def test_lines_whose_place_is_known_are_read_again_as_they_were(recogniser, page, lines) -> None:
    assert isinstance(recogniser, LineReader)
    again = recogniser.reread(page, [band(line) for line in reversed(lines)])
    assert len(again) == len(lines)
    both = zip(reversed(again.lines), lines, strict=True)
    alike = [Levenshtein.normalized_similarity(one.text, other.text) for one, other in both]
    assert np.mean(alike) > 0.97  # their corners are whole pixels by now


def test_a_model_gets_used_to_the_words_of_lines(engine, tmp_path) -> None:
    base, words = engine.model(None), "Quxquix Zwvwz"
    engine.used_to(base, [f"{words} {words}"] * 3, tmp_path)
    assert (tmp_path / NETWORK).read_bytes() == (base / NETWORK).read_bytes()
    models.write_card(replace(models.load(base), folder=tmp_path))
    chances = []
    for folder in (base, tmp_path):
        package = models.load(folder)
        known = characters(open_session(network_of(package), 1).get_modelmeta().custom_metadata_map)
        spoken = languages_of(package, known, None)
        assert spoken is not None
        chances.append(sum(spoken.mixture({}).likelihoods([known.index(letter) for letter in words])))
    assert chances[1] > chances[0] + 20


@pytest.mark.parametrize("size", [(640, 480), (1, 1), (4000, 3), (3, 4000)])
def test_a_blank_page_has_no_lines(recogniser, size) -> None:
    assert list(recogniser.read(Image.new("L", size, 255))) == []


def test_it_reads_without_a_network(engine, page, monkeypatch) -> None:
    def no_network(*args: object, **options: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", no_network)
    monkeypatch.setattr(socket, "create_connection", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    with engine.open(EngineOptions()) as recogniser:
        assert recogniser.read(page)


def test_it_says_nothing_of_its_own(engine, page, capfd) -> None:
    with engine.open(EngineOptions()) as recogniser:
        recogniser.read(page)
        recogniser.read(Image.new("L", (640, 480), 255))
    assert capfd.readouterr() == ("", "")


def test_an_unknown_option_is_named(engine) -> None:
    with pytest.raises(PluginError, match="'colour'") as raised, engine.open(EngineOptions(settings={"colour": 1})):
        pass
    assert raised.value.kind == "settings"
    assert "threshold" in raised.value.hint


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_a_detector_that_is_not_there_or_damaged_is_named_on_opening(engine, damage, tmp_path, monkeypatch) -> None:
    model = tmp_path / "detector-int8.onnx"
    if damage == "damaged":
        model.write_bytes(b"no model")
    monkeypatch.setattr(sys.modules[engine.open.__module__], "DETECTOR", model)
    with pytest.raises(PluginError, match=model.name) as raised, engine.open(EngineOptions()):
        pass
    assert raised.value.kind == "engine"
    assert "pip install" in raised.value.hint


def test_other_scripts_are_read_with_the_original_recogniser(engine, page) -> None:
    with engine.open(EngineOptions(language="zh")) as recogniser:
        text = " ".join(line.text for line in recogniser.read(page))
    assert "university" in text.casefold()


def test_lines_side_by_side_are_read_from_left_to_right(recogniser) -> None:
    page = Image.new("RGB", (1400, 500), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=48)
    for x, y, text in ((80, 60, "first"), (800, 72, "second"), (80, 220, "third"), (800, 208, "fourth")):
        draw.text((x, y), text, fill="black", font=font)
    assert [text[:2] for text in in_order(recogniser.read(page))] == ["fi", "se", "th", "fo"]


class _Told:
    """A network that finds two columns of lines on a small page, and lines across both when it looks closer."""

    def run(self, _: object, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        height, width = given["x"].shape[2:]
        ink = np.zeros((1, 1, height, width), np.float32)
        for row in range(20):
            top = round((0.1 + 0.04 * row) * height)
            ink[..., top : top + round(0.008 * height), round(0.1 * width) : round(0.9 * width)] = 1
        if max(height, width) < 1100:
            ink[..., round(0.49 * width) : round(0.51 * width)] = 0
        return [ink]


def test_lines_that_run_together_in_the_closer_look_stay_apart() -> None:
    found = Detector(_Told()).find(np.full((2000, 1400, 3), 255, np.uint8))
    assert len(found) == 40
    assert max(float(np.ptp(outline[:, 0])) for outline in found) < 0.5 * 1400


def test_what_stands_close_to_both_sides_of_a_ruling_is_two_lines(recogniser) -> None:
    page = Image.new("RGB", (900, 1200), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=34)
    for x in (300, 600):
        draw.line((x, 60, x, 1150), fill="black", width=2)
    rows = [("notary", "twelve", "baptism"), ("garden", "window", "harbour"), ("market", "letter", "village")]
    for row, words in enumerate(rows):
        for x, word, anchor in zip((290, 310, 610), words, "rll", strict=True):
            draw.text((x, 150 + 180 * row), word, fill="black", font=font, anchor=f"{anchor}a")
    read = [line.text.casefold().strip("/| ") for line in recogniser.read(page)]
    assert sorted(read) == sorted(word for words in rows for word in words)


def test_short_pale_entries_of_a_table_are_lines(recogniser) -> None:
    page = Image.new("RGB", (900, 1200), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=18)
    for x in (100, 260, 420, 580, 740):
        draw.line((x, 60, x, 1150), fill="black", width=2)
    entries = ("7", "586", "13", "do.", "3.75", "id.")
    for y in range(150, 1110, 160):
        for x, entry in enumerate(entries):
            draw.text((20 + 160 * x, y), entry, fill=(160, 160, 160), font=font)
    middles = [(line.box.x + line.box.width / 2, line.box.y + line.box.height / 2) for line in recogniser.read(page)]
    assert {(int(x // 160), int((y - 100) // 160)) for x, y in middles} == {(x, y) for x in range(6) for y in range(6)}


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270])
def test_a_line_up_or_down_the_margin_is_turned_before_it_is_read(recogniser, turn) -> None:
    page = Image.new("RGB", (600, 1000), "white")
    ImageDraw.Draw(page).text((60, 60), "Wellington harbour", fill="black", font=ImageFont.load_default(size=48))
    (line,) = recogniser.read(page.transpose(turn))
    assert "wellington" in line.text.casefold()
    assert line.box.height > 3 * line.box.width
    first, second = line.words
    upwards = turn is Image.Transpose.ROTATE_90
    assert (first.box.y > second.box.y + second.box.height / 2) == upwards


def test_it_keeps_the_contract_of_engines(engine, page) -> None:
    check_engine(engine, page, EngineOptions(threads=1))
    assert engine.version
    assert {"en", "fr", "de"} <= engine.languages
