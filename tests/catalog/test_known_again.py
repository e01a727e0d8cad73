"""Pages of which no picture was kept, and files that were encoded anew and renamed, are known again by their lines."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from indexer.catalog import Catalog
from indexer.cli._orphans import print_orphans
from indexer.image.geometry import bounding_box
from indexer.values import Line, Origin, PageReading, Picture, Reading, SourceFile

TEXTS = (
    "Ceci est mon testament",
    "fait a Nesles la Vallee",
    "le dix aout Mille neuf",
    "cent quatorze. Je donne",
    "et legue a ma femme tout",
    "ce que je possede en bien",
)
OTHERS = (
    "Dear Miss Hopkins, I have",
    "your letter of the tenth",
    "and hasten to reply that",
    "the books were sent on to",
    "Mr. Wheeler by express and",
    "should be with him by now",
)
HERE, THERE = Path("/archive/a.jpg"), Path("/archive/b.jpg")
MISREAD = str.maketrans("aeou", "eaoo")
"""What another engine makes of a text: about a fifth of its letters."""


def reading(
    texts: tuple[str, ...] = TEXTS,
    version: str = "1",
    picture: Picture | None = None,
    shift: int = 0,
    factor: int = 1,
) -> PageReading:
    lines = []
    for at, text in enumerate(texts):
        top = 100 + 80 * at + shift
        level = ((100.0, top), (1100.0, top + 4.0), (1100.0, top + 50.0), (100.0, top + 46.0))
        outline = tuple((factor * x, factor * y) for x, y in level)
        lines.append((Reading(Line(text, 0.5, bounding_box(outline), outline), Origin("engine", version)),))
    return PageReading(1, factor * 1300, factor * 900, tuple(lines), 1.0, picture=picture)


def look(tone: int) -> Picture:
    """A picture that is not that of any other encoding, and its tones."""
    return Picture(f"picture {tone}", zlib.compress(bytes([tone]) * 64 * 64))


def put(catalog: Catalog, path: Path, content: str, page: PageReading) -> None:
    file = SourceFile(path, content, 10, 1000.0)
    catalog.place(file)
    catalog.counted(content, 1)
    catalog.store([(file, page, "{}")])


@pytest.fixture
def catalog(tmp_path: Path):
    """A page of which a line is corrected and another one is none."""
    with Catalog(tmp_path, create=True) as catalog:
        put(catalog, HERE, "first", reading())
        first, *_, last = catalog.page_lines(HERE, 1)
        catalog.say(first.id, "correct", "Ceci est bien mon testament")
        catalog.say(last.id, "reject")
        yield catalog


def said(catalog: Catalog, path: Path) -> bool:
    """Whether both verdicts lie on the page, and nowhere else."""
    texts = [line.text for line in catalog.page_lines(path, 1) if line.origin.engine == "human"]
    counts = catalog.counts()
    return (texts, counts.verdicts, counts.orphans) == (["Ceci est bien mon testament"], 2, 0)


@pytest.mark.parametrize(
    "page",
    [
        reading(picture=look(200)),
        reading(shift=9, picture=look(200)),
        reading(tuple(text.translate(MISREAD) for text in TEXTS), version="2", picture=look(200)),
    ],
    ids=["the same", "outlined otherwise", "by another engine"],
)
def test_a_file_with_other_bytes_keeps_what_was_said_before_pictures_were_kept(
    catalog: Catalog, page: PageReading
) -> None:
    put(catalog, HERE, "second", page)
    assert said(catalog, HERE)


def test_a_file_with_other_bytes_and_another_name_is_known_when_the_old_one_is_forgotten_first(
    catalog: Catalog,
) -> None:
    catalog.forget([HERE])
    assert catalog.counts().orphans == 2
    put(catalog, THERE, "second", reading(shift=4, picture=look(200)))
    assert said(catalog, THERE)


@pytest.mark.parametrize("copies", [0, 2])
def test_a_file_with_other_bytes_and_another_name_is_known_when_the_old_one_is_forgotten_last(
    catalog: Catalog, copies: int
) -> None:
    put(catalog, Path("/archive/other.jpg"), "other", reading(OTHERS, picture=look(200)))
    for copy in range(1 + copies):  # of one picture: it is one page, wherever it lies
        put(catalog, THERE if not copy else Path(f"/archive/{copy}.jpg"), f"second {copy}", reading(picture=look(200)))
    catalog.forget([HERE])
    assert said(catalog, THERE)


def test_pictures_that_were_kept_are_looked_at_as_well(tmp_path: Path) -> None:
    for tone, same in ((201, True), (90, False)):
        with Catalog(tmp_path / str(tone), create=True) as catalog:
            put(catalog, HERE, "first", reading(picture=look(200)))
            catalog.say(catalog.page_lines(HERE, 1)[0].id, "correct", "Ceci est bien mon testament")
            catalog.forget([HERE])
            put(catalog, THERE, "second", reading(picture=look(tone)))
            assert catalog.counts().orphans == (not same)


@pytest.mark.parametrize("path", [HERE, THERE])
@pytest.mark.parametrize("factor", [1, 2])
def test_a_line_that_may_be_the_one_is_named_and_nothing_said_of_it(catalog: Catalog, path: Path, factor: int) -> None:
    """Of a page that is not the same for certain: a form with other entries, a scan of another size."""
    entries = reading((*TEXTS[:3], *OTHERS[3:5], TEXTS[5]), picture=look(200), factor=factor)
    catalog.forget([HERE])
    put(catalog, path, "second", entries)
    first, *_, last = catalog.page_lines(path, 1)
    orphans = catalog.orphans()
    suggested = {orphan: line.id for orphan, line in catalog.suggestions(orphans).items()}
    assert suggested == {orphans[0].line: first.id, orphans[1].line: last.id}
    put(catalog, Path("/archive/c.jpg"), "third", entries)
    assert catalog.suggestions(orphans) == {}  # two that fit are not chosen between
    catalog.forget([Path("/archive/c.jpg")])
    catalog.attach(orphans[0].line, first.id)
    (left,) = catalog.orphans()
    assert left.line == orphans[1].line


def test_the_command_line_names_the_line_that_may_be_the_one(
    catalog: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog.forget([HERE])
    put(catalog, HERE, "second", reading((*TEXTS[:3], *OTHERS[3:]), picture=look(200)))
    first, orphans = catalog.page_lines(HERE, 1)[0], catalog.orphans()
    print_orphans(orphans, catalog.suggestions(orphans), {}, as_json=False)
    said = capsys.readouterr()
    assert f"perhaps of [{first.id}] {HERE} page 1: Ceci est mon testament" in said.out
    assert f"notes show {first.id} --crop line.png shows its ink" in said.err
    print_orphans(orphans, catalog.suggestions(orphans), {}, as_json=True)
    listed = json.loads(capsys.readouterr().out)["orphans"]
    assert [each["suggestion"] and each["suggestion"]["id"] for each in listed] == [first.id, None]


def test_a_line_of_which_something_was_said_already_is_not_suggested(catalog: Catalog) -> None:
    catalog.forget([HERE])
    put(catalog, HERE, "second", reading((*TEXTS[:3], *OTHERS[3:]), picture=look(200)))
    first, *_ = catalog.page_lines(HERE, 1)
    catalog.say(first.id, "accept")
    assert catalog.suggestions(catalog.orphans()) == {}


@pytest.mark.parametrize("path", [HERE, THERE])
def test_another_page_is_not_taken_for_it(catalog: Catalog, path: Path) -> None:
    """Another letter in the same lines; a form with other entries; a page with little on it."""
    catalog.forget([HERE])
    put(catalog, path, "second", reading(OTHERS, picture=look(200)))
    assert catalog.counts().orphans == 2
    put(catalog, path, "third", reading((*TEXTS[:3], *OTHERS[3:]), picture=look(200)))
    assert catalog.counts().orphans == 2
    put(catalog, path, "fourth", reading(TEXTS[:1], picture=look(200)))
    assert catalog.counts().orphans == 2


def test_two_pages_that_fit_are_not_chosen_between(catalog: Catalog) -> None:
    for at in (1, 2):
        put(catalog, Path(f"/archive/{at}.jpg"), f"second {at}", reading(picture=look(100 * at)))
    catalog.forget([HERE])
    assert catalog.counts().orphans == 2


def test_of_a_page_that_is_known_again_a_line_that_was_written_over_keeps_its_own_text(catalog: Catalog) -> None:
    put(catalog, HERE, "second", reading(("Quite another matter", *TEXTS[1:]), picture=look(200)))
    assert catalog.page_lines(HERE, 1)[0].text == "Quite another matter"
    assert (catalog.counts().verdicts, catalog.counts().orphans) == (1, 1)


def test_what_is_at_another_size_is_not_known_by_its_lines(catalog: Catalog) -> None:
    catalog.forget([HERE])
    put(catalog, THERE, "second", reading(factor=2))
    assert catalog.counts().orphans == 2
