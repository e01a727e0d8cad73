"""What people say of lines stays with the line and with the ink they saw, whatever is said of others and read later."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexer.catalog import Catalog, Said, revision_of, schema
from indexer.image.geometry import bounding_box
from indexer.values import Box, Line, Origin, PageReading, Reading, SourceFile, Status
from indexer.values.errors import ConflictError, MissingError, UsageError

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
FILE = SourceFile(Path("/archive/a.png"), "aa", 10, 1000.0)

OTHER = SourceFile(Path("/archive/b.png"), "bb", 10, 1000.0)


def slanted(y: float, shift: float = 0, thick: float = 60):
    """Five degrees: the upright boxes of neighbours share a third of their area."""
    y += shift
    return ((100.0, y + 140), (1700.0, y), (1700.0, y + thick), (100.0, y + thick + 140))


def flat(x: float, y: float, width: float, height: float = 60):
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def read(*lines: tuple[str, tuple], version: str = "1", size: tuple[int, int] = (1800, 1200)) -> PageReading:
    made = [Line(text, 0.4, bounding_box(outline), outline) for text, outline in lines]
    readings = tuple((Reading(line, Origin("engine", version)),) for line in made)
    return PageReading(1, *size, readings, 1.0)


def keep(catalog: Catalog, reading: PageReading) -> None:
    catalog.store([(FILE, reading, "{}")])


def lines(catalog: Catalog) -> dict[str, int]:
    return {line.text: line.id for line in catalog.page_lines(FILE.path, 1)}


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog(tmp_path, create=True) as catalog:
        catalog.place(FILE)
        yield catalog


def three(shift: float = 0, **more) -> PageReading:
    texts = ("first lime", "second lime", "third lime")
    return read(*((text, slanted(100 * at + 20, shift)) for at, text in enumerate(texts)), **more)


def test_what_is_said_of_a_line_leaves_what_was_said_of_its_neighbours(catalog: Catalog) -> None:
    keep(catalog, three())
    for line, text in zip(lines(catalog).values(), ("eins", "zwei", "drei"), strict=True):
        catalog.say(line, "correct", text)
    before = lines(catalog)
    assert list(before) == ["eins", "zwei", "drei"]
    for shift in (6, -25, 0):
        keep(catalog, three(shift, version=str(shift)))
        assert lines(catalog) == before
    assert catalog.counts().verdicts == 3


def test_lines_whose_boxes_are_the_same_are_told_apart_by_their_ink(catalog: Catalog) -> None:
    falling = ((100.0, 100.0), (900.0, 500.0), (900.0, 540.0), (100.0, 140.0))
    rising = ((100.0, 500.0), (900.0, 100.0), (900.0, 140.0), (100.0, 540.0))
    keep(catalog, read(("falling", falling), ("rising", rising)))
    ids = lines(catalog)
    catalog.say(ids["falling"], "correct", "down")
    catalog.say(ids["rising"], "correct", "up")
    keep(catalog, read(("rising", rising), ("falling", falling), version="2"))
    assert lines(catalog) == {"up": ids["rising"], "down": ids["falling"]}


def test_a_word_above_a_line_and_the_line_keep_what_was_said_of_each(catalog: Catalog) -> None:
    line, word = flat(100, 300, 1500, 90), flat(600, 275, 200, 50)
    keep(catalog, read(("word", word), ("the lime", line)))
    ids = lines(catalog)
    catalog.say(ids["word"], "correct", "Wort")
    catalog.say(ids["the lime"], "correct", "die Zeile")
    keep(catalog, read(("the lime", flat(90, 290, 1530, 100)), version="2"))
    assert lines(catalog) == {"Wort": ids["word"], "die Zeile": ids["the lime"]}
    keep(catalog, read(("the lime", line), ("wort", flat(590, 270, 220, 60)), version="3"))
    assert lines(catalog) == {"die Zeile": ids["the lime"], "Wort": ids["word"]}


def test_a_verdict_follows_its_ink_when_a_line_is_gone_or_new(catalog: Catalog) -> None:
    keep(catalog, three())
    ids = lines(catalog)
    catalog.say(ids["second lime"], "correct", "zwei")
    keep(catalog, read(("third lime", slanted(220, 10)), ("fourth", slanted(320, 10)), version="2"))
    assert lines(catalog) == {"zwei": ids["second lime"], "third lime": ids["third lime"]} | {
        "fourth": lines(catalog)["fourth"]
    }
    assert lines(catalog)["fourth"] not in ids.values()


def test_a_verdict_does_not_hide_the_writing_beside_its_ink(catalog: Catalog) -> None:
    keep(catalog, read(("left", flat(100, 100, 700)), ("right", flat(820, 100, 700))))
    catalog.say(lines(catalog)["left"], "correct", "links")
    keep(catalog, read(("left right", flat(100, 95, 1420, 70)), version="2"))
    assert set(lines(catalog)) == {"links", "left right"}


def test_a_line_shows_the_ink_that_the_person_saw_until_they_take_it_back(catalog: Catalog) -> None:
    keep(catalog, three())
    line = lines(catalog)["second lime"]
    catalog.say(line, "correct", "zwei")
    keep(catalog, three(20, version="2"))
    assert catalog.line(line).polygon == slanted(120)
    back = catalog.take_back(line)
    assert back is not None
    assert back.polygon == slanted(120, 20)
    assert back.box == bounding_box(slanted(120, 20))


def test_a_line_stands_on_its_baseline_and_on_that_of_the_person_while_that_one_counts(catalog: Catalog) -> None:
    def stands(shift: float, times: float = 1) -> tuple:
        return tuple((times * x, times * (y + shift)) for x, y in ((100, 180), (900, 90), (1700, 60)))

    def page(shift: float, size: tuple[int, int] = (1800, 1200), times: float = 1) -> PageReading:
        outline = tuple((times * x, times * y) for x, y in slanted(20, shift))
        line = Line("first lime", 0.4, bounding_box(outline), outline, baseline=stands(shift, times))
        return PageReading(1, *size, ((Reading(line, Origin("engine", str(shift))),),), 1.0)

    keep(catalog, page(0))
    (line,) = lines(catalog).values()
    assert catalog.line(line).baseline == stands(0)
    catalog.say(line, "correct", "eins")
    keep(catalog, page(20))
    assert catalog.line(line).baseline == stands(0)
    keep(catalog, page(20, (3600, 2400), 2))
    assert catalog.line(line).baseline == stands(0, 2)
    back = catalog.take_back(line)
    assert back is not None
    assert back.baseline == stands(20, 2)


def test_verdicts_stay_on_their_ink_when_a_page_is_rendered_larger(catalog: Catalog) -> None:
    keep(catalog, three())
    ids = list(lines(catalog).values())
    catalog.say(ids[2], "correct", "drei")
    large = [tuple((2 * x, 2 * y) for x, y in slanted(y)) for y in (20, 120)]
    keep(catalog, read(("first", large[0]), ("second", large[1]), version="2", size=(3600, 2400)))
    assert list(lines(catalog).values()) == ids
    assert catalog.line(ids[2]).polygon == tuple((2 * x, 2 * y) for x, y in slanted(220))


def test_a_rejection_whose_line_is_gone_is_kept_counted_and_laid_over_the_line_when_it_comes_back(
    catalog: Catalog,
) -> None:
    keep(catalog, three())
    stain = lines(catalog)["third lime"]
    catalog.say(stain, "reject")
    assert (catalog.counts().verdicts, catalog.counts().orphans) == (1, 0)
    keep(catalog, read(("first", slanted(20)), ("second", slanted(120)), version="2"))
    assert stain not in lines(catalog).values()
    assert (catalog.counts().verdicts, catalog.counts().orphans) == (0, 1)
    keep(catalog, three(5, version="3"))
    assert catalog.line(stain).status is Status.REJECTED
    assert (catalog.counts().verdicts, catalog.counts().orphans) == (1, 0)


def test_a_forgotten_file_brings_all_its_verdicts_back_with_the_ids_of_their_lines(catalog: Catalog) -> None:
    keep(catalog, three())
    ids = list(lines(catalog).values())
    catalog.say(ids[0], "accept")
    catalog.say(ids[1], "correct", "zwo")
    catalog.say(ids[1], "correct", "zwei")
    catalog.say(ids[2], "reject")
    catalog.forget([FILE.path])
    assert catalog.counts().orphans == 3
    catalog.place(FILE)
    keep(catalog, three(4, version="2"))
    assert list(lines(catalog).values()) == ids
    assert [catalog.line(each).status for each in ids] == [Status.ACCEPTED, Status.ACCEPTED, Status.REJECTED]
    back = catalog.take_back(ids[1])
    assert back is not None
    assert back.text == "zwo"


def test_a_rejected_line_that_only_a_correction_had_kept_comes_back_when_that_is_taken_back(catalog: Catalog) -> None:
    keep(catalog, three())
    line = lines(catalog)["third lime"]
    catalog.say(line, "correct", "drei")
    keep(catalog, read(("first", slanted(20)), ("second", slanted(120)), version="2"))
    assert catalog.line(line).text == "drei"
    assert catalog.say(line, "reject").status is Status.REJECTED
    back = catalog.take_back(line)
    assert back is not None
    assert (back.text, back.status) == ("drei", Status.ACCEPTED)


def test_a_catalogue_in_which_neighbours_superseded_each_other_gives_every_correction_back(
    tmp_path: Path, monkeypatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:3])
        db = schema.connect(tmp_path, create=True)
    db.execute("INSERT INTO files VALUES (1, 'aa', 1, 1)")
    db.execute("INSERT INTO places VALUES (?, 1, 0)", (b"/archive/a.png",))
    db.execute(
        "INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)"
        " VALUES (1, 1, 1, 1800, 1200, '{}', 1.0, 'then', 1)"
    )
    db.execute("INSERT INTO readers VALUES (1, 'engine', '1', '{}'), (2, 'human', '', '{}')")
    for line, y in enumerate((20, 120), 1):
        box = bounding_box(slanted(y)).xywh
        db.execute(
            "INSERT INTO lines VALUES (?, 1, ?, ?, ?, ?, ?, ?, 'review')", (line, line, *box, json.dumps(slanted(y)))
        )
        db.execute("INSERT INTO readings VALUES (?, ?, 1, 'read', .4, '[]', NULL, ?)", (line, line, line == 1))
    db.execute("INSERT INTO readings VALUES (3, 2, 2, 'zwei', NULL, '[]', NULL, 1)")
    said = "INSERT INTO verdicts VALUES (?, 'aa', 1, ?, ?, ?, ?, 'correct', ?, 'read', ?, 'then', NULL)"
    db.execute(said, (1, *bounding_box(slanted(20)).xywh, "eins", 1))
    db.execute(said, (2, *bounding_box(slanted(120)).xywh, "zwei", 2))
    # Line 9 was lost in an earlier reading; of two corrections of one place only the newer one went along with it.
    db.execute(said, (3, 100, 900, 400, 60, "drey", 8))
    db.execute(said, (4, 100, 900, 400, 60, "drei", 9))
    db.close()
    with Catalog(tmp_path) as catalog:
        assert lines(catalog) == {"eins": 1, "zwei": 2, "drei": 9}
        assert catalog.counts().verdicts == 3
        back = catalog.take_back(9)
        assert back is not None
        assert back.text == "drey"
        keep(catalog, three(6, version="2"))
        assert {text: lines(catalog)[text] for text in ("eins", "zwei", "drey")} == {"eins": 1, "zwei": 2, "drey": 9}


@pytest.mark.sqlite_alone
def test_only_the_newest_verdict_on_one_line_counts(catalog: Catalog) -> None:
    keep(catalog, three())
    line = lines(catalog)["first lime"]
    for text in ("eins", "Eins", "EINS"):
        catalog.say(line, "correct", text)
    assert catalog.line(line).text == "EINS"
    assert catalog.counts().verdicts == 1
    db = sqlite3.connect(catalog.folder / "catalog.sqlite")
    assert db.execute("SELECT count(*) FROM verdicts").fetchone() == (3,)
    db.close()


def test_a_line_without_an_outline_stays_without_one_when_only_a_verdict_keeps_it(catalog: Catalog) -> None:
    upwards = Line("upwards", 0.4, Box(50, 100, 60, 900))
    keep(catalog, PageReading(1, 1800, 1200, ((Reading(upwards, Origin("engine")),),), 1.0))
    line = lines(catalog)["upwards"]
    catalog.say(line, "correct", "aufwärts")
    keep(catalog, read(("another", flat(300, 100, 900)), version="2"))
    assert (catalog.line(line).polygon, catalog.line(line).box) == ((), upwards.box)


def test_a_line_that_only_a_verdict_keeps_stays_behind_the_one_it_followed(catalog: Catalog) -> None:
    left = [(f"left {at}", flat(100, 100 + 100 * at, 700)) for at in range(4)]
    right = [(f"right {at}", flat(1000, 130 + 100 * at, 700)) for at in range(4)]
    keep(catalog, read(*left, *right))
    catalog.say(lines(catalog)["left 2"], "correct", "links 2")
    catalog.say(lines(catalog)["left 0"], "correct", "links 0")
    for version in "23":
        keep(catalog, read(left[1], left[3], *right, version=version))
        assert list(lines(catalog))[:4] == ["links 0", "left 1", "links 2", "left 3"]


# What is kept is what was seen.


def test_a_verdict_on_a_line_that_was_read_again_or_settled_meanwhile_is_not_kept(catalog: Catalog) -> None:
    keep(catalog, three())
    line = catalog.line(lines(catalog)["first lime"])
    seen = catalog.revision_on(line)
    keep(catalog, three(version="same text"))
    assert catalog.revision_on(catalog.line(line.id)) == seen
    keep(catalog, read(("first crime", slanted(20)), version="2"))
    for kind, text in (("accept", "first lime"), ("accept", None), ("correct", "eins"), ("reject", None)):
        with pytest.raises(ConflictError, match="first crime"):
            catalog.say(line.id, kind, text, seen)
    with pytest.raises(ConflictError, match="first crime"):
        catalog.say(line.id, "accept", "first lime")
    assert catalog.verdict_on(line.id) == 0
    now = catalog.revision_on(catalog.line(line.id))
    assert catalog.say(line.id, "accept", " first  crime ", now).text == "first crime"
    with pytest.raises(ConflictError, match="somebody else"):
        catalog.say(line.id, "reject", None, now)


def test_verdicts_on_several_lines_are_kept_all_or_none(catalog: Catalog) -> None:
    keep(catalog, three())
    ids = list(lines(catalog).values())
    with pytest.raises(ConflictError):
        catalog.say_all([Said(ids[0], "accept", "first lime"), Said(ids[1], "accept", "what nobody saw")])
    assert catalog.counts().verdicts == 0


def test_of_many_who_settle_a_line_as_they_saw_it_one_wins(catalog: Catalog) -> None:
    keep(catalog, three())
    line = lines(catalog)["first lime"]
    seen = catalog.revision_on(catalog.line(line))

    def settled(text: str) -> bool:
        with Catalog(catalog.folder) as mine:
            try:
                mine.say(line, "correct", text, seen)
            except ConflictError:
                return False
            return True

    with ThreadPoolExecutor(6) as people:
        won = list(people.map(settled, "abcdef"))
    assert won.count(True) == 1
    assert catalog.line(line).text == "abcdef"[won.index(True)]


def test_what_is_said_of_a_line_that_was_just_forgotten_is_refused(catalog: Catalog) -> None:
    keep(catalog, three())
    line = catalog.line(lines(catalog)["first lime"])
    with Catalog(catalog.folder) as other:
        other.forget([FILE.path])
    for kind in ("accept", "correct", "reject"):
        with pytest.raises(MissingError, match=f"there is no line {line.id}"):
            catalog.say(line.id, kind, line.text)
    with pytest.raises(MissingError):
        catalog.page_of(line.id)


@pytest.mark.parametrize("text", ["", "  ", "M\udcfcller", "M\ud800"])
def test_a_correction_that_is_no_text_is_refused(catalog: Catalog, text: str) -> None:
    keep(catalog, three())
    with pytest.raises(UsageError):
        catalog.say(lines(catalog)["first lime"], "correct", text)
    assert catalog.counts().verdicts == 0


# What lies on no line.


def test_what_lies_on_no_line_is_listed_and_can_be_said_of_another_line(catalog: Catalog) -> None:
    keep(catalog, three())
    _, second, third = lines(catalog).values()
    catalog.say(third, "reject")
    catalog.say(second, "correct", "zwo")
    catalog.say(second, "correct", "zwei")
    assert catalog.orphans() == []
    catalog.forget([FILE.path])
    lost = catalog.orphans()
    assert [(each.line, each.kind, each.text) for each in lost] == [
        (second, "correct", "zwei"),
        (third, "reject", "third lime"),
    ]
    assert {(each.path, each.page, each.is_read) for each in lost} == {(FILE.path, 1, False)}
    catalog.place(OTHER)
    catalog.store([(OTHER, three(), "{}")])
    line = next(each.id for each in catalog.page_lines(OTHER.path, 1) if each.text == "second lime")
    with pytest.raises(ConflictError):
        catalog.attach(second, line, revision_of("what nobody saw", 0))
    assert len(catalog.orphans()) == 2
    assert catalog.attach(second, line).text == "zwei"
    assert [each.line for each in catalog.orphans()] == [third]
    for number in (second, line, 999):
        with pytest.raises(MissingError):
            catalog.orphan(number)
        with pytest.raises(MissingError):
            catalog.attach(number, line)
    assert catalog.take_back(third) is None
    assert catalog.orphans() == []
    assert catalog.counts().orphans == 0


def test_a_rejection_on_no_line_of_a_page_says_that_the_page_is_read(catalog: Catalog) -> None:
    keep(catalog, three())
    stain = lines(catalog)["third lime"]
    catalog.say(stain, "reject")
    keep(catalog, read(("first", slanted(20)), ("second", slanted(120)), version="2"))
    (lost,) = catalog.orphans()
    assert (lost.line, lost.is_read) == (stain, True)
    assert catalog.attach(stain, lines(catalog)["first"]).status is Status.REJECTED
