"""Text of a PDF page and its ink: text stands for a page only where it is all that the page shows, and is shown."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageDraw

from indexer.catalog import schema
from indexer.plugins import pdf
from indexer.system.originals import source_file
from indexer.values import SourceOptions, TextLayer

PAGE = Path(__file__).parents[1] / "data" / "archive" / "poilus" / "poilus-06.jpg"
SENTENCE = "The council met on the ninth of January"
Draw = Callable[[pymupdf.Page], None]


def strip() -> bytes:
    """Four lines by hand; the first says "Ceci est mon testament"."""
    buffer = io.BytesIO()
    with Image.open(PAGE) as image:
        image.convert("RGB").crop((0, 60, 1532, 720)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def scribble(mode: str = "L") -> bytes:
    """A small picture of a few strokes; with transparent paper in mode LA."""
    image = Image.new("L", (200, 60), 255)
    ImageDraw.Draw(image).line([(10, 50), (40, 10), (60, 50), (90, 10), (150, 50), (190, 5)], fill=0, width=4)
    if mode == "LA":
        ink = Image.new("L", image.size, 0)
        ink = Image.merge("LA", (ink, Image.eval(image, lambda value: 255 - value)))
        image = ink
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def page_with(*drawn: Draw, text: str = SENTENCE, rotation: int = 0) -> pymupdf.Document:
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    if text:
        page.insert_text((40, 80), text, fontsize=14)
    for each in drawn:
        each(page)
    page.set_rotation(rotation)
    return document


def layer_of(document: pymupdf.Document, folder: Path, page: int = 0) -> TextLayer | None:
    """The text of a page of a saved document."""
    document.save(folder / "a.pdf")
    for number, each in enumerate(pdf.pages(source_file(folder / "a.pdf", None), SourceOptions())):
        if number == page:
            assert each.text is not None
            return each.text()
    raise AssertionError(page)


def content(document: pymupdf.Document, more: str, **resources: str) -> None:
    """Draw on the first page in PDF's own language, after what is there."""
    page = document[0]
    stream = document.get_new_xref()
    document.update_object(stream, "<<>>")
    document.update_stream(stream, more.encode())
    before = " ".join(f"{xref} 0 R" for xref in page.get_contents())
    document.xref_set_key(page.xref, "Contents", f"[{before} {stream} 0 R]")
    owner = int(document.xref_get_key(page.xref, "Resources")[1].split()[0])
    for name, value in resources.items():
        document.xref_set_key(owner, name.replace("_", "/"), value)


def held(document: pymupdf.Document, head: str, body: bytes) -> int:
    """An object with a stream."""
    xref = document.get_new_xref()
    document.update_object(xref, head)
    document.update_stream(xref, body)
    return int(xref)


STROKES = "2 w 60 100 m 90 160 100 40 130 100 c 160 160 170 40 200 100 c S"


def in_a_form(document: pymupdf.Document) -> None:
    form = held(document, "<</Type/XObject/Subtype/Form/BBox[0 0 400 300]>>", STROKES.encode())
    content(document, "q /Fm Do Q", XObject_Fm=f"{form} 0 R")


def in_a_pattern(document: pymupdf.Document) -> None:
    head = "<</PatternType 1/PaintType 1/TilingType 1/BBox[0 0 400 300]/XStep 400/YStep 300/Resources<<>>>>"
    pattern = held(document, head, STROKES.encode())
    content(document, "/Pattern cs /P scn 40 40 300 150 re f", Pattern_P=f"{pattern} 0 R")


def in_line(document: pymupdf.Document) -> None:
    rows = "".join("AA00FF" if at % 3 else "00AA0F" for at in range(24))
    content(document, f"q 120 0 0 40 60 80 cm BI /W 24 /H 24 /BPC 1 /CS /G /F /AHx ID {rows}> EI Q")


def in_a_glyph(document: pymupdf.Document) -> None:
    glyph = held(document, "<<>>", b"900 0 d0 60 w 50 100 m 300 900 400 -200 600 400 c 700 900 800 -100 850 300 c S")
    font = held(
        document,
        f"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 97/LastChar 99"
        f"/Widths[900 900 900]/Encoding<</Differences[97/a/b/c]>>/Resources<<>>"
        f"/CharProcs<</a {glyph} 0 R/b {glyph} 0 R/c {glyph} 0 R>>>>",
        b"",
    )
    content(document, "BT /T3 40 Tf 60 100 Td (abcabc) Tj ET", Font_T3=f"{font} 0 R")


def of_runs(document: pymupdf.Document) -> None:
    """Strokes cut into little boxes, as some programs write what they scan."""
    content(document, " ".join(f"{60 + at} {100 + (at * at) % 17} 1.2 1.2 re f" for at in range(120)))


def of_pieces(document: pymupdf.Document) -> None:
    """A line of handwriting, each short piece a path of its own."""
    points = [(60 + 3 * at, 100 + 12 * ((at // 2) % 2)) for at in range(40)]
    pieces = itertools.pairwise(points)
    content(document, " ".join(f"{a} {b} m {c} {d} l S" for (a, b), (c, d) in pieces))


def added(*drawn: Draw) -> Callable[[pymupdf.Document], None]:
    def draw(document: pymupdf.Document) -> None:
        for each in drawn:
            each(document[0])

    return draw


MORE = {
    "picture": added(lambda page: page.insert_image(pymupdf.Rect(50, 150, 250, 210), stream=scribble())),
    "soft mask": added(lambda page: page.insert_image(pymupdf.Rect(50, 150, 250, 210), stream=scribble("LA"))),
    "strokes": added(lambda page: page.draw_bezier((50, 200), (80, 120), (120, 260), (200, 180))),
    "ink": added(lambda page: page.add_ink_annot([[(50, 200), (80, 150), (120, 220), (200, 180)]])),
    "stamp": added(lambda page: page.add_stamp_annot(pymupdf.Rect(50, 150, 250, 210), 0)),
    "polygon": added(lambda page: page.add_polyline_annot([(50, 200), (80, 150), (120, 220), (200, 180)])),
    "picture in strips": added(
        *(
            lambda page, at=at: page.insert_image(pymupdf.Rect(50, 150 + at, 250, 151 + at), stream=scribble())
            for at in range(40)
        )
    ),
    "form": in_a_form,
    "pattern": in_a_pattern,
    "inline picture": in_line,
    "Type 3": in_a_glyph,
    "runs": of_runs,
    "pieces": of_pieces,
    "faint": lambda document: content(document, f"0.75 G {STROKES}"),
    "hair": lambda document: content(document, f"0.8 G {STROKES.replace('2 w', '0.2 w')}"),
    "colour": lambda document: content(document, f"0.5 0.6 1 RG {STROKES}"),
}


@pytest.mark.parametrize("kind", MORE)
@pytest.mark.parametrize("rotation", [0, 90])
def test_a_page_shows_more_than_its_text(tmp_path: Path, kind: str, rotation: int) -> None:
    document = page_with()
    MORE[kind](document)
    document[0].set_rotation(rotation)
    layer = layer_of(document, tmp_path)
    assert layer is not None
    assert SENTENCE in [line.text for line in layer.lines]
    assert not layer.complete


def banner(page: pymupdf.Page) -> None:
    page.draw_rect(pymupdf.Rect(0, 0, 400, 40), fill=(0.1, 0.2, 0.5), color=None)
    page.insert_text((40, 26), "White on a dark ground", fontsize=16, color=(1, 1, 1))


def table(page: pymupdf.Page) -> None:
    for row in range(5):
        page.draw_line((40, 120 + 20 * row), (340, 120 + 20 * row), width=0.7)
        page.insert_text((50, 134 + 20 * row), f"Row {row}", fontsize=10)
    for column in range(4):
        page.draw_line((40 + 100 * column, 120), (40 + 100 * column, 200), width=0.7)


def bullets(page: pymupdf.Page) -> None:
    for row in range(3):
        page.draw_circle((44, 130 + 20 * row), 2, fill=(0, 0, 0))
        page.insert_text((54, 134 + 20 * row), f"Item number {row}", fontsize=10)


def widget(page: pymupdf.Page) -> None:
    field = pymupdf.Widget()
    field.rect, field.field_name = pymupdf.Rect(40, 120, 300, 140), "name"
    field.field_type, field.field_value = pymupdf.PDF_WIDGET_TYPE_TEXT, "Anna Huber"
    page.add_widget(field)


PLAIN = {
    "text": lambda page: None,
    "underlined": lambda page: page.draw_line((40, 84), (290, 84), width=1),
    "in a frame": lambda page: page.draw_rect(pymupdf.Rect(30, 50, 350, 100)),
    "on colour": banner,
    "in a table": table,
    "bullets": bullets,
    "highlighted": lambda page: page.add_highlight_annot(pymupdf.Rect(40, 66, 140, 84)),
    "typed note": lambda page: page.add_freetext_annot(pymupdf.Rect(40, 150, 300, 170), "A note typed upon it"),
    "filled form": widget,
    "aslant": lambda page: page.insert_text(
        (60, 250),
        "CONFIDENTIAL",
        fontsize=30,
        color=(0.7, 0.7, 0.7),
        morph=(pymupdf.Point(60, 250), pymupdf.Matrix(25)),
    ),
    "small": lambda page: page.insert_text((40, 200), "in small letters at the foot", fontsize=5),
}


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("rotation", [0, 90])
def test_a_page_of_type_is_all_text(tmp_path: Path, kind: str, rotation: int) -> None:
    layer = layer_of(page_with(PLAIN[kind], rotation=rotation), tmp_path)
    assert layer is not None
    assert SENTENCE in [line.text for line in layer.lines]
    assert layer.unproven == ()
    assert layer.complete


def covered(page: pymupdf.Page) -> None:
    page.insert_text((40, 200), "Words below a bar", fontsize=14)
    page.draw_rect(pymupdf.Rect(30, 180, 300, 210), fill=(0, 0, 0))


UNSEEN = {
    "hidden": added(lambda page: page.insert_text((40, 200), "Words that are hidden", fontsize=14, render_mode=3)),
    "white": added(lambda page: page.insert_text((40, 200), "Words in white", fontsize=14, color=(1, 1, 1))),
    "transparent": added(lambda page: page.insert_text((40, 200), "Words in the air", fontsize=14, fill_opacity=0.01)),
    "tiny": added(lambda page: page.insert_text((40, 200), "Words for ants", fontsize=0.8)),
    "covered": added(covered),
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_words_that_nobody_sees_are_no_text_of_the_page(tmp_path: Path, kind: str) -> None:
    document = page_with()
    UNSEEN[kind](document)
    layer = layer_of(document, tmp_path)
    assert layer is not None
    assert [line.text for line in layer.lines] == [SENTENCE]
    assert [line.text[:5] for line in layer.unproven] == ["Words"]
    assert not layer.complete


def test_words_that_are_cut_away_are_no_text_of_the_page(tmp_path: Path) -> None:
    document = page_with()
    content(document, "q 0 0 20 20 re W n BT /helv 14 Tf 40 100 Td (Words cut away) Tj ET Q")
    layer = layer_of(document, tmp_path)
    assert layer is not None
    assert [line.text for line in layer.lines] == [SENTENCE]


def test_text_under_or_on_a_picture_is_not_taken_for_seen(tmp_path: Path) -> None:
    document = page_with(lambda page: page.insert_image(pymupdf.Rect(0, 0, 400, 200), stream=strip()))
    document[0].insert_text((40, 250), "Below the picture", fontsize=14)
    layer = layer_of(document, tmp_path)
    assert layer is not None
    assert [line.text for line in layer.lines] == ["Below the picture"]
    assert [line.text for line in layer.unproven] == [SENTENCE]


def test_type_on_a_page_by_hand_hides_nothing(notes) -> None:
    width, height = 552, 238
    for name, text, at, top in (
        ("stamp.pdf", "Scanned with CamScanner", (10, height + 20), 0),
        ("letterhead.pdf", "Hotel Bellevue, Grindelwald, Telephon 12", (10, 25), 60),
    ):
        document = pymupdf.open()
        page = document.new_page(width=width, height=height + 80)
        page.insert_image(pymupdf.Rect(0, top, width, top + height), stream=strip())
        page.insert_text(at, text, fontsize=9)
        document.save(notes.home / name)
    notes.run("index", "stamp.pdf", "letterhead.pdf")
    found = {Path(hit["path"]).name for hit in notes.json("search", "testament")["hits"]}
    assert found == {"stamp.pdf", "letterhead.pdf"}
    (typed,) = notes.json("search", "grindelwald")["hits"]
    assert (typed["status"], typed["confidence"]) == ("accepted", None)  # as typed, not as read


def test_a_scan_with_text_below_it_is_read_and_the_better_text_counts(notes) -> None:
    document = pymupdf.open()
    page = document.new_page(width=552, height=238)
    page.insert_image(page.rect, stream=strip())
    for at, text in ((30, "Ceci est mon testament"), (90, "quuux blorp zzyzx wibble")):
        page.insert_text((60, at), text, fontsize=20, render_mode=3)
    document.save(notes.home / "a.pdf")
    notes.run("index", "a.pdf")
    lines = notes.json("show", "a.pdf")["lines"]
    assert not [line for line in lines if "quuux" in line["text"] and line["status"] == "accepted"]
    assert any("testament" in line["text"] and line["status"] == "accepted" for line in lines)
    readings = [reading for line in lines for reading in notes.json("show", line["id"])["lines"][0]["readings"]]
    assert {"hidden-text", "embedded"} <= {reading["origin"] for reading in readings}
    assert any("quuux" in reading["text"] for reading in readings)


def test_of_ink_that_is_left_out_pages_are_counted(notes) -> None:
    notes.fake_engine()
    document = page_with(lambda page: page.insert_image(pymupdf.Rect(50, 150, 250, 210), stream=scribble()))
    document.new_page().insert_text((40, 80), SENTENCE)
    document.save(notes.home / "a.pdf")
    document.set_metadata({"title": "the same again"})
    document.save(notes.home / "b.pdf")
    done = notes.run("index", "--pdf-text", "use", "a.pdf", "--json")
    reason = "only the text of the file was taken, and ink beside it not read (pdf_text = use)"
    assert json.loads(done.stdout)["pages_incomplete"] == {reason: 1}
    assert f"1 page incomplete: {reason}" in notes.run("index", "--pdf-text", "use", "b.pdf").stderr
    assert notes.json("status")["pages_incomplete"] == {reason: 2}
    assert "2 of them: only the text of the file was taken" in notes.run("status").stdout
    notes.run("index", "--reread", "a.pdf", "b.pdf")
    assert notes.json("status")["incomplete"] == 0
    assert len(notes.json("search", "alpha")["hits"]) == 2


def test_of_an_earlier_index_it_is_said_where_ink_was_not_looked_for(notes, monkeypatch: pytest.MonkeyPatch) -> None:
    notes.fake_engine()
    page_with().save(notes.home / "typed.pdf")
    Image.new("L", (200, 100), 255).save(notes.home / "a.png")
    before = next(n for n, script in enumerate(schema.MIGRATIONS) if "not looked for" in script)
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:before])
        db = schema.connect(notes.index, create=True)
    recipe = '{"engine": "fake", "pdf_text": "use"}'
    for number, engine in ((1, "fake"), (2, "text-layer")):
        sha256 = hashlib.sha256((notes.home / ("a.png", "typed.pdf")[number - 1]).read_bytes()).hexdigest()
        db.execute("INSERT INTO files VALUES (?, ?, 1, 1)", (number, sha256))
        db.execute("INSERT INTO readers VALUES (?, ?, '', '{}')", (number, engine))
        db.execute(
            """INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)
            VALUES (?1, ?1, 1, 9, 9, ?2, 1, '', 1)""",
            (number, recipe),
        )
        db.execute("INSERT INTO lines VALUES (?1, ?1, 1, 0, 0, 9, 9, '[]', 'accepted', NULL)", (number,))
        db.execute(
            """INSERT INTO readings (id, line_id, reader_id, text, words, chosen, replaced)
            VALUES (?1, ?1, ?1, 'words', '[]', 1, 0)""",
            (number,),
        )
    db.close()
    status = notes.run("status").stdout
    assert "1 of them: ink beside the text of the file was not looked for (notes index --reread)" in status
    notes.run("index", "--reread", "typed.pdf", "a.png")
    assert notes.json("status")["incomplete"] == 0
