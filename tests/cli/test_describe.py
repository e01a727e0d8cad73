"""What documents are: said, shown, taken back, and kept whatever becomes of their files."""

from __future__ import annotations

import csv
import json
import random
from contextlib import suppress

import pymupdf
import pytest
from PIL import Image

import indexer
from indexer import Change
from indexer.archive.finding_aid import documents_of_units
from indexer.archive.name_pattern import name_patterns, read_name
from indexer.formats.ead import components


@pytest.fixture
def box(notes, make_page):
    """Three letters, read."""
    notes.fake_engine()
    for width in (300, 310, 320):
        make_page(notes.home / "box" / f"{width}.png", width)
    notes.run("index", "box")
    return notes


def said(notes, pattern: str, rc=(0, 1)) -> dict:
    """What is said of a document, without what comes with it."""
    (document,) = notes.json("describe", pattern, rc=rc)["documents"]
    return {
        key: value
        for key, value in document.items()
        if value and key not in ("id", "name", "path", "sha256", "revision", "said_by")
    }


LETTER = {
    "title": "To Joseph Hooker",
    "date": "1843-08?",
    "places": ["Kew", "Down House"],
    "people": ["Darwin, Charles"],
    "shelfmark": "MS 12",
    "tags": ["letters"],
    "note": "On orchids.",
}


def say_all(notes, pattern: str = "300.png") -> None:
    notes.run(
        *("describe", pattern, "--title", "To  Joseph Hooker", "--date", "1843-08 ?", "--place", "Kew"),
        *("--place", "Down House", "--person", "Darwin, Charles", "--shelfmark", "MS 12", "--tag", "letters"),
        *("--note", "On orchids."),
    )


def test_what_is_said_is_shown_wherever_the_document_is(box) -> None:
    assert "nothing was said of it yet" in box.run("describe", "300.png", rc=1).stderr
    say_all(box)
    assert said(box, "300.png") == LETTER
    assert said(box, "310.png") == {}
    shown = box.run("describe", "300.png").stdout
    assert "1843-08? = 1843-08 (not sure)" in shown
    assert "Darwin, Charles" in shown
    row = next(each for each in box.json("documents")["documents"] if each["name"] == "300.png")
    assert row["description"]["people"] == ["Darwin, Charles"]
    assert row["description"]["said_by"]["title"] == "person"
    assert "To Joseph Hooker · 1843-08 (not sure) · Kew" in box.run("documents").stdout
    assert box.json("show", "box/300.png")["description"]["shelfmark"] == "MS 12"
    assert "To Joseph Hooker" in box.run("show", "box/300.png").stderr


def test_fields_are_set_added_to_and_taken_away_of_several_documents_at_once(box) -> None:
    say_all(box)
    told = box.run("describe", "box", "--person", "Gray, Asa", "--tag", "letters", "--title", "A letter")
    assert "3 documents changed" in told.stderr
    assert said(box, "310.png") == {"title": "A letter", "people": ["Gray, Asa"], "tags": ["letters"]}
    assert said(box, "300.png") == LETTER | {"title": "A letter", "people": ["Darwin, Charles", "Gray, Asa"]}
    box.run("describe", "300.png", "--remove", "person:Darwin, Charles", "--remove", "place", "--remove", "date")
    left = {"title": "A letter", "people": ["Gray, Asa"], "shelfmark": "MS 12", "tags": ["letters"]}
    assert said(box, "300.png") == left | {"note": "On orchids."}
    assert "0 documents changed" in box.run("describe", "300.png", "--tag", "letters").stderr


def test_nothing_that_was_said_is_lost(box) -> None:
    say_all(box)
    box.run("describe", "box", "--title", "A letter")
    box.run("describe", "310.png", "--remove", "title")
    assert "1 document as before" in box.run("describe", "--undo").stderr
    assert said(box, "310.png") == {"title": "A letter"}
    box.run("describe", "300.png", "--undo")
    assert said(box, "300.png") == LETTER
    assert said(box, "320.png") == {"title": "A letter"}
    assert "2 documents as before" in box.run("describe", "--undo").stderr
    (document,) = box.json("describe", "300.png", "--history")["documents"]
    titles = [(each["values"], bool(each["undone_at"])) for each in document["history"] if each["field"] == "title"]
    assert titles == [(["A letter"], True), (["To Joseph Hooker"], False)]
    assert "(taken back" in box.run("describe", "300.png", "--history").stdout
    box.run("describe", "300.png", "--undo")
    assert said(box, "300.png") == {}
    assert "nothing was said of it that could be taken back" in box.run("describe", "--undo", rc=2).stderr


REFUSED = (
    (["--date", "August 1843"], "Did you mean 1843-08? Write: 1843"),
    (["--date", "some day"], "'some day' is no date"),
    (["--remove", "author:me"], "there is no field 'author'"),
    (["--title", "x" * 1001], "the title is too long: 1001 letters"),
    (["--undo", "--title", "x"], "say of what, and one thing"),
)


def test_what_makes_no_sense_changes_nothing(box) -> None:
    for options, told in REFUSED:
        assert told in box.run("describe", "300.png", "--tag", "good", *options, rc=2).stderr
    assert said(box, "300.png") == {}
    box.run("describe", rc=2)
    box.run("describe", "nosuch", rc=2)


def test_it_follows_a_file_that_is_moved_and_one_that_is_written_anew(box) -> None:
    say_all(box)
    box.run("describe", "310.png", "--title", "Left alone")
    (box.home / "box" / "new").mkdir()
    (box.home / "box" / "300.png").rename(box.home / "box" / "new" / "letter.png")
    box.run("index", "box", "--prune")
    assert said(box, "letter.png") == LETTER
    path = box.home / "box" / "new" / "letter.png"
    with Image.open(path) as image:  # the same picture in other bytes, at the same place
        image.save(path, compress_level=1)
    box.run("index", "box", "--prune")
    assert said(box, "letter.png") == LETTER
    with Image.open(path) as image:  # and at another place
        image.save(box.home / "box" / "copy.png", compress_level=2)
    path.unlink()
    box.run("index", "box", "--prune")
    assert said(box, "copy.png") == LETTER
    (document,) = box.json("describe", "copy.png", "--history")["documents"]
    assert len(document["history"]) == len(LETTER)
    assert said(box, "310.png") == {"title": "Left alone"}
    (box.home / "box" / "copy.png").rename(box.home / "away.png")
    box.run("index", "box", "--prune")
    (box.home / "away.png").rename(box.home / "box" / "back.png")
    box.run("index", "box")
    assert said(box, "back.png") == LETTER


def test_another_picture_at_the_same_place_is_another_document(box, make_page) -> None:
    say_all(box)
    Image.new("RGB", (500, 400), "black").save(box.home / "box" / "300.png")
    box.run("index", "box", "--prune")
    assert said(box, "300.png") == {}


def test_it_is_forgotten_and_brought_back_and_restored_with_the_document(box) -> None:
    say_all(box)
    before = box.json("describe", "300.png", "--history")
    box.run("forget", "300.png", "--yes")
    assert "nothing was said of it" in box.run("describe", "--undo", rc=2).stderr
    box.run("forget", "--undo")
    assert box.json("describe", "300.png", "--history") == before
    box.run("backup", "all.zip")
    box.run("describe", "300.png", "--remove", "title")
    box.run("restore", "all.zip", "--replace")
    assert box.json("describe", "300.png", "--history") == before


def test_the_library_says_it_too_and_sees_who_was_first(box) -> None:
    with indexer.open_archive(box.index) as archive:
        document = archive.documents()[0]
        seen = archive.descriptions([document])[document.sha256].revision
        said_first = Change("title", ("First",))
        assert archive.describe([document], said_first, seen={document.sha256: seen}) == [document.sha256]
        with pytest.raises(indexer.ConflictError, match="somebody else"):
            archive.describe([document], Change("title", ("Second",)), seen={document.sha256: seen})
        with pytest.raises(indexer.UsageError, match="at most 1 of these: date"):
            archive.describe([document], Change("date", ("1843", "1844")))
        assert archive.descriptions([document])[document.sha256].title == "First"
        assert [each.values for each in archive.statements(document)] == [("First",)]
        assert archive.undo_description([document]) == [document.sha256]
        assert not archive.descriptions([document])[document.sha256]


def test_the_note_keeps_its_lines_and_odd_letters_do_no_harm(box) -> None:
    box.run("describe", "300.png", "--note", "First line.\n\n  Second \x1b[31m line.  ", "--person", "Ærø; Ström")
    assert said(box, "300.png") == {"note": "First line.\n\nSecond [31m line.", "people": ["Ærø; Ström"]}
    shown = box.run("describe", "300.png").stdout
    assert "\x1b" not in shown
    assert json.loads(box.run("describe", "300.png", "--json").stdout)["schema"] == 1


TABLE = """File;Title;Date;Sender;Recipient;Schlagworte;Shelf
300.png;To Hooker;1843?;Darwin, Charles;Hooker;letters | orchids;12
box/310;Second;May 1844;;;;13
400.png;Nothing;;;;;
320.png;;;;;;
"""


def test_a_table_says_what_documents_are_and_no_word_of_a_person_is_lost(box) -> None:
    box.run("describe", "310.png", "--title", "Said by me")
    (box.home / "table.csv").write_bytes(b"\xef\xbb\xbf" + TABLE.encode())
    taken = box.run("describe", "--table", "table.csv", rc=3)
    assert "row 4, 400.png: no document is called so" in taken.stderr
    assert "row 3, box/310: 'May 1844' is no date. Did you mean 1844-05?" in taken.stderr
    assert "columns that are no field: Shelf" in taken.stderr
    assert "3 rows with a document, 2 documents changed" in taken.stderr
    letter = {"title": "To Hooker", "date": "1843?", "people": ["Darwin, Charles", "Hooker"]}
    assert said(box, "300.png") == letter | {"tags": ["letters", "orchids"]}
    assert said(box, "310.png") == {"title": "Said by me"}
    assert "(from a table)" in box.run("describe", "300.png").stdout
    again = box.json("describe", "--table", "table.csv", rc=3)
    assert (again["changed"], again["matched"], again["unmatched"]) == (
        [],
        3,
        [{"row": 4, "file": "400.png", "refused": []}],
    )
    assert "2 documents as before" in box.run("describe", "--undo").stderr
    assert (said(box, "300.png"), said(box, "310.png")) == ({}, {"title": "Said by me"})


def test_a_table_that_is_none_is_refused(box) -> None:
    (box.home / "table.csv").write_text("title,date\nx,1843\n")
    assert "no column that says which document" in box.run("describe", "--table", "table.csv", rc=2).stderr
    assert "cannot be read" in box.run("describe", "--table", "nosuch.csv", rc=2).stderr
    (box.home / "table.csv").write_bytes(b'file,title\n\x00\xff\xfe,"x\n')
    box.run("describe", "--table", "table.csv", rc=(1, 2, 3))


def test_exports_say_what_the_document_is(box) -> None:
    say_all(box)
    with indexer.open_archive(box.index) as archive:
        page = next(each for each in archive.pages() if each.name == "300.png")
        for form in ("tei", "markdown", "jsonl"):
            made = archive.export(page, form).decode()
            assert "To Joseph Hooker, page 1" in made
            assert "Darwin, Charles" in made
        (row, *_) = csv.DictReader(archive.export(page, "lines").decode().splitlines())
        assert (row["title"], row["date"], row["people"]) == ("To Joseph Hooker", "1843-08?", "Darwin, Charles")
        for form in ("pdf", "pdfa"):
            with pymupdf.open(stream=archive.export(page, form)) as made:
                told, same = made.metadata, made.get_xml_metadata()
            assert (told["author"], told["keywords"]) == ("Darwin, Charles", "letters")
            assert told["subject"] == "1843-08? · Kew · Down House · MS 12"
            assert form == "pdf" or "<pdf:Keywords>letters</pdf:Keywords>" in same
            assert form == "pdf" or "<dc:creator><rdf:Seq><rdf:li>Darwin, Charles<" in same


NAMES = ("1843-08-02 Darwin, Charles - To_Hooker.png", "18440301 Gray - Reply.png", "IMG_2041.png", "1843-99 x.png")
PATTERN = "{date} {person} - {title}"


def with_pattern(notes, pattern: str) -> None:
    settings = notes.home / "notes.toml"
    rest = [each for each in settings.read_text().splitlines() if not each.startswith("describe_from_names")]
    settings.write_text("\n".join([f"describe_from_names = {json.dumps(pattern)}", *rest]))


@pytest.fixture
def named(notes, make_page):
    """Four files, of which two have names that say something."""
    notes.fake_engine()
    for width, name in enumerate(NAMES, 300):
        make_page(notes.home / "home letters" / name, width)
    return notes


def test_names_say_what_documents_are_by_a_pattern_which_may_change(named) -> None:
    named.run("index", "home letters")
    assert said(named, NAMES[0]) == {}
    with_pattern(named, PATTERN)
    told = named.run("index", "home letters").stderr
    assert "the names of 2 documents say what these are" in told
    assert "2 documents with a name that is not written so: " in told
    assert "IMG_2041.png" in told
    hooker = {"title": "To Hooker", "date": "1843-08-02", "people": ["Darwin, Charles"]}
    assert (said(named, NAMES[0]), said(named, NAMES[2])) == (hooker, {})
    assert said(named, NAMES[1]) == {"title": "Reply", "date": "1844-03-01", "people": ["Gray"]}
    assert "Reply  (from its name)" in named.run("describe", NAMES[1]).stdout
    assert named.json("search", "person:gray")["described_documents"] == 1
    with_pattern(named, "{tag}/{date} {title} | */IMG_{shelfmark}")
    assert named.json("index", "home letters")["described_from_names"] == {"fitting": 3, "other": 1}
    letters = {"tags": ["home letters"]}
    assert said(named, NAMES[0]) == letters | {"date": "1843-08-02", "title": "Darwin, Charles - To Hooker"}
    assert said(named, NAMES[2]) == {"shelfmark": "2041"}
    history = named.json("describe", NAMES[2], "--history")["documents"][0]["history"]
    assert [(each["field"], each["said_by"]) for each in history] == [("shelfmark", "name")]
    with_pattern(named, "*")
    named.run("index", "home letters")
    assert said(named, NAMES[0]) == {}


def test_what_a_person_or_a_table_said_stays_whatever_names_say(named) -> None:
    with_pattern(named, PATTERN)
    named.run("index", "home letters")
    named.run("describe", NAMES[0], "--person", "Hooker", "--remove", "date")
    (named.home / "table.csv").write_text(f"file,title\n{NAMES[1]},By a table\n")
    named.run("describe", "--table", "table.csv")
    (named.home / "home letters" / NAMES[1]).rename(named.home / "home letters" / "1850 Bentham - Later.png")
    named.run("index", "home letters", "--prune")
    assert said(named, NAMES[0]) == {"title": "To Hooker", "people": ["Darwin, Charles", "Hooker"]}
    assert said(named, "1850 *") == {"title": "By a table", "date": "1850", "people": ["Bentham"]}
    named.run("describe", NAMES[0], "--undo")
    assert said(named, NAMES[0])["date"] == "1843-08-02"
    named.run("describe", "--undo")
    assert said(named, "1850 *")["title"] == "Later"
    (named.home / "empty").mkdir()
    with_pattern(named, "{title}")
    named.run("index", "empty")  # names elsewhere are not looked at
    assert said(named, "1850 *")["title"] == "Later"


READ = (
    ("{title}{date}", "Brief 2.8.1843.jpg", {"title": ["Brief"], "date": ["1843-08-02"]}),
    ("{date}-{title}", "1843-1845-On-ink.tif", {"date": ["1843/1845"], "title": ["On-ink"]}),
    ("{date}_{title}", "1843~_Ink.tif", {"date": ["1843~"], "title": ["Ink"]}),
    ("{date} *", "18xx a.tif", {"date": ["18XX"]}),
    ("*_{shelfmark}_*", "a_Ms 12_004.tif", {"shelfmark": ["Ms 12"]}),
    ("{person}, {person} - *", "A, B - c.tif", {"person": ["A", "B"]}),
    ("{date} *", "20410 a.tif", None),
    ("{tag}/{title}", "a.tif", None),
    (" ".join(["{tag}"] * 40) + "x", "a " * 125, None),
)
NO_PATTERNS = ("{author}", "{", "{title}{tag}", "{title}/{title}", "a//b", "{title}|", "*{tag}", "{}", "x" * 501)


def test_patterns_are_read_as_they_are_described() -> None:
    for pattern, name, found in READ:
        assert read_name(name_patterns(pattern), [name]) == found, pattern
    for pattern in NO_PATTERNS:
        with pytest.raises(indexer.UsageError, match="describe_from_names makes no sense"):
            name_patterns(pattern)


def test_a_pattern_that_makes_no_sense_is_refused_before_anything_is_read(named) -> None:
    with_pattern(named, "{author} {title}")
    told = named.run("index", "home letters", rc=2).stderr
    assert "describe_from_names makes no sense: {author} is no field" in told
    assert not named.index.exists()


AID = """<?xml version="1.0"?>
<!DOCTYPE ead PUBLIC "+//ISBN 1-931666-00-8//DTD ead.dtd (Encoded Archival Description (EAD) Version 2002)//EN"
  "ead.dtd">
<ead xmlns:xlink="http://www.w3.org/1999/xlink"><archdesc level="fonds">
<did><unitid>MS</unitid><unittitle>Papers</unittitle></did><dsc>
<c01><did><unitid>MS 12</unitid><unittitle>Letters</unittitle></did>
<c02><did><unitid>MS 12/3</unitid>
  <unittitle>To Hooker, <unitdate normal="1843-08/1844">1843 to 1844</unitdate></unittitle>
  <origination><persname>Darwin, Charles</persname></origination></did>
  <controlaccess><persname><part>Gray</part><part>Asa</part></persname><geogname>Kew</geogname></controlaccess>
  <scopecontent><p>On orchids.</p></scopecontent></c02>
<c02><did><unitid>MS 12/4</unitid><unittitle>To Bentham</unittitle><unitdate certainty="circa">1850</unitdate>
  <dao xlink:href="https://example.org/files/scan%20one.png"/></did></c02>
<c02><did><unitid>MS 12/5</unitid><unittitle>Lost</unittitle><unitdate>Michaelmas</unitdate>
  <daogrp><daoloc xlink:href="gone.png"/></daogrp></did></c02>
<c02><did><unitid>MS 12/30</unitid><unittitle>Not scanned</unittitle></did></c02>
</c01></dsc></archdesc></ead>"""


def test_a_finding_aid_says_what_the_documents_of_its_units_are(notes, make_page) -> None:
    notes.fake_engine()
    for width, name in enumerate(("ms-012_03_001.png", "MS 12 3 002.png", "scan one.png", "MS_12_99.png"), 300):
        make_page(notes.home / "box" / name, width)
    notes.run("index", "box")
    (notes.home / "aid.xml").write_text(AID)
    taken = notes.run("describe", "--table", "aid.xml", rc=3)
    assert "gone.png: no document is called so" in taken.stderr
    assert "'Michaelmas' is no date" in taken.stderr
    assert "3 components of the finding aid without a document here" in taken.stderr
    assert "2 rows with a document, 3 documents changed" in taken.stderr
    hooker = {"title": "To Hooker, 1843 to 1844", "date": "1843-08/1844", "people": ["Darwin, Charles", "Gray, Asa"]}
    hooker |= {"places": ["Kew"], "shelfmark": "MS 12/3", "note": "On orchids."}
    assert said(notes, "ms-012_03_001.png") == said(notes, "MS 12 3 002.png") == hooker
    assert said(notes, "scan one.png") == {"title": "To Bentham", "date": "1850~", "shelfmark": "MS 12/4"}
    assert said(notes, "MS_12_99.png") == {}
    assert "3 documents as before" in notes.run("describe", "--undo").stderr


def test_a_finding_aid_that_does_harm_is_refused(box) -> None:
    for odd, why in (
        ('<!DOCTYPE ead [<!ENTITY a "b">]><ead/>', "document type"),
        ("<ead>" + "<c>" * 5000, "deep in one another"),
        ("<ead><c>", "no element found"),
        ("<mets/>", "it has no components"),
    ):
        (box.home / "aid.xml").write_text(odd)
        assert why in box.run("describe", "--table", "aid.xml", rc=2).stderr


def test_components_that_lie_in_one_another_are_looked_at_within_bounds() -> None:
    many = "".join(f"<persname>{each}</persname>" for each in range(6_000))
    found = components(f"<ead>{'<c><did>' * 20}{many}{'</did></c>' * 20}</ead>".encode())
    assert len(found) == 20
    assert all(4_900 < len(each.said["person"]) < 5_000 for each in found)


def test_a_damaged_finding_aid_is_said_in_a_sentence() -> None:
    chance, whole = random.Random(7), AID.encode()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(indexer.UsageError):
            documents_of_units(bytes(data), [])
