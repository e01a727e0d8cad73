"""Lines that are drawn by a program, on a real page and with the engine that ships."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import pytest

import indexer
from indexer import Box, ConflictError, UsageError

PAGE = Path(__file__).parents[1] / "data" / "archive" / "stanford" / "stanford-04.jpg"


@pytest.fixture
def archive(with_pages, notes):
    """An archive with one page that was read by the engine that ships."""
    with indexer.open_archive(with_pages(notes, "stanford").index) as opened:
        yield opened


def roomy(box: Box) -> Box:
    """A box as a hand draws it around a line."""
    more = box.height * 2 // 5
    return Box(max(0, box.x - more), max(0, box.y - more), box.width + 2 * more, box.height + 2 * more)


def test_a_roughly_drawn_line_is_read_as_if_it_had_been_found(archive) -> None:
    page = next(page for page in archive.pages() if page.name == PAGE.name)
    lines = [each for each in archive.lines(page) if len(each.text) > 20][:4]
    alike, tighter = [], []
    for line in lines:
        read = archive.read_place(page, roomy(line.box))
        assert read is not None
        tighter.append(read.box.area < roomy(line.box).area)
        alike.append(SequenceMatcher(a=line.text, b=read.text, autojunk=False).ratio())
    assert sum(alike) / len(alike) > 0.85, alike
    assert any(tighter)
    assert archive.read_place(page, Box(page.width + 50, 0, 30, 30)) is None


def test_a_drawn_line_takes_the_place_of_others(archive) -> None:
    page = next(page for page in archive.pages() if page.name == PAGE.name)
    first, second, *_ = archive.lines(page)
    place = Box(first.box.x, first.box.y, first.box.width, second.box.y + second.box.height - first.box.y)
    joined = archive.draw(page, place, "both in one", [first, second])
    assert (joined.id, joined.text, joined.box) == (first.id, "both in one", place)
    with pytest.raises(ConflictError):
        archive.draw(page, place, "again", [first])
    with pytest.raises(UsageError):
        archive.draw(page, Box(0, 0, 1, 40), "too narrow")
    assert archive.lines(page)[0].text == "both in one"
    assert len(archive.search("both in one").hits) == 1
