"""What people said of single words, and the order in which they put lines, go with a page as verdicts on lines do."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.catalog import Catalog, PageOrder, SaidWord, revision_of
from indexer.values import Box, Line, Origin, PageReading, Picture, Reading, SourceFile

OLD, NEW, COPY = (SourceFile(Path(f"/box/{name}.png"), sha256, 10, 1000.0) for name, sha256 in
                  (("a", "aa"), ("a", "a2"), ("copy", "cc")))  # fmt: skip
NUMBERS = ("one", "two", "three", "four", "five")
TEXTS = tuple(f"the line that has the number {number}" for number in NUMBERS)
SAID = ["five", "one", "two", "tree", "four"]


def put(catalog: Catalog, file: SourceFile, picture: Picture | None = None) -> None:
    """A page of five lines."""
    boxes = [Box(10, 100 * number, 600, 40) for number in range(1, 6)]
    lines = tuple(
        (Reading(Line(text, 0.4, box), Origin("engine", "1")),) for text, box in zip(TEXTS, boxes, strict=True)
    )
    catalog.place(file)
    catalog.counted(file.sha256, 1)
    catalog.store([(file, PageReading(1, 1800, 1200, lines, 1.0, picture=picture), "{}")])


def say(catalog: Catalog, *files: SourceFile, order: bool = True) -> int:
    """Say that the third line ends with another word, and put the last line first; the number of the batch."""
    said = []
    for file in files:
        third = catalog.page_lines(file.path, 1)[2]
        said.append(SaidWord(third.id, Box(520, 300, 90, 40), True, revision_of(third.text, 0), 0.5))
    batch = catalog.say_words("tree", said).batch
    for file in files if order else ():
        lines = catalog.page_lines(file.path, 1)
        document = catalog.document_of(file.sha256)
        assert document
        catalog.order(catalog.document_page(document.id, 1), PageOrder((lines[-1].id, lines[0].id)))
    return batch


def last_words(catalog: Catalog, file: SourceFile) -> list[str]:
    return [line.text.split()[-1] for line in catalog.page_lines(file.path, 1)]


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog(tmp_path, create=True) as catalog:
        put(catalog, OLD)
        yield catalog


def test_they_are_found_again_when_a_file_is_written_anew(catalog: Catalog) -> None:
    say(catalog, OLD)
    put(catalog, NEW)
    assert last_words(catalog, NEW) == SAID


def test_they_are_found_again_when_a_file_has_another_name_and_is_written_anew(catalog: Catalog) -> None:
    say(catalog, OLD)
    put(catalog, COPY)
    catalog.forget([OLD.path])
    assert last_words(catalog, COPY) == SAID


@pytest.mark.parametrize("said", ["nothing", "a line", "the same"])
def test_they_go_to_a_page_with_the_same_picture_when_theirs_goes(tmp_path: Path, said: str) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        for file in (OLD, COPY):
            put(catalog, file, Picture("same", b""))
        if said == "a line":
            catalog.say(catalog.page_lines(COPY.path, 1)[1].id, "correct", "the line that has the number zwei")
        say(catalog, OLD)
        if said == "the same":
            put(catalog, COPY, Picture("same", b""))
        catalog.forget([OLD.path])
        assert last_words(catalog, COPY) == [
            {"two": "zwei"}.get(each, each) if said == "a line" else each for each in SAID
        ]
        assert [each.right for each in catalog.word_batches(9)] == [1]


def test_a_batch_that_is_taken_back_stays_so_for_a_document_that_is_brought_back(catalog: Catalog) -> None:
    put(catalog, COPY)
    batch = say(catalog, OLD, COPY, order=False)
    document = catalog.document_of(OLD.sha256)
    assert document
    catalog.set_aside([document])
    catalog.undo_words(batch)
    for each in catalog.forgotten():
        catalog.bring_back(each, catalog.thresholds)
    assert last_words(catalog, OLD) == list(NUMBERS)
