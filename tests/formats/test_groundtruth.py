"""Ground truth as transcription programs write it: ALTO 2 to 4 and PAGE, sound and broken."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from indexer.formats.groundtruth import TruthLine, TruthPage, fitted, truth_for
from indexer.image.decoding import orientation_of
from indexer.image.geometry import bounding_box
from indexer.values.errors import UsageError

ALTO = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v{version}#"><Layout>{pages}</Layout></alto>"""
ALTO_PAGE = """<Page WIDTH="100" HEIGHT="80"><PrintSpace><TextBlock>{lines}</TextBlock></PrintSpace></Page>"""
PLACE = 'HPOS="10" VPOS="20" WIDTH="30" HEIGHT="5"'
RECTANGLE = ((10, 20), (40, 20), (40, 25), (10, 25))
PAGE = """<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/{version}">
<Page imageWidth="100" imageHeight="80"><TextRegion><Coords points="0,0 99,0 99,79"/>{lines}
<TextEquiv><Unicode>all of the region</Unicode></TextEquiv></TextRegion></Page></PcGts>"""


def parse(folder: Path, xml: str | bytes) -> tuple[TruthPage, ...]:
    (folder / "a.xml").write_bytes(xml if isinstance(xml, bytes) else xml.encode())
    pages = truth_for(folder / "a.jpg")
    assert pages is not None
    return pages


def alto_line(folder: Path, line: str, version: int = 4) -> TruthLine:
    (page,) = parse(folder, ALTO.format(version=version, pages=ALTO_PAGE.format(lines=line)))
    (found,) = page.lines
    return found


def page_line(folder: Path, line: str, version: str = "2019-07-15") -> TruthLine:
    (page,) = parse(folder, PAGE.format(version=version, lines=line))
    (found,) = page.lines
    return found


@pytest.mark.parametrize("version", [2, 3, 4])
def test_words_of_alto_are_joined_and_hyphens_kept(tmp_path: Path, version: int) -> None:
    words = '<String CONTENT="Cher"/><SP/><String CONTENT="mon"/><HYP CONTENT="-"/>'
    line = alto_line(tmp_path, f"<TextLine {PLACE}>{words}</TextLine>", version)
    assert line == TruthLine("Cher mon-", RECTANGLE, 0)


@pytest.mark.parametrize("points", ["1,2 9,2 9,8", "1 2 9 2 9 8", " 1.0,2.0  9,2 9,8 "])
def test_alto_polygon_goes_before_the_rectangle(tmp_path: Path, points: str) -> None:
    line = f'<TextLine {PLACE}><Shape><Polygon POINTS="{points}"/></Shape><String CONTENT="a"/></TextLine>'
    assert alto_line(tmp_path, line).polygon == ((1, 2), (9, 2), (9, 8))


def test_the_shape_of_a_word_is_not_that_of_its_line(tmp_path: Path) -> None:
    word = '<String CONTENT="a"><Shape><Polygon POINTS="1,2 9,2 9,8"/></Shape></String>'
    assert alto_line(tmp_path, f"<TextLine {PLACE}>{word}</TextLine>").polygon == RECTANGLE


def test_an_alto_file_holds_several_pages_in_order(tmp_path: Path) -> None:
    line = '<TextLine {}><String CONTENT="{}"/></TextLine>'
    pages = parse(
        tmp_path,
        ALTO.format(version=4, pages="".join(ALTO_PAGE.format(lines=line.format(PLACE, text)) for text in "ab")),
    )
    assert [[line.text for line in page.lines] for page in pages] == [["a"], ["b"]]
    assert (pages[0].width, pages[0].height) == (100, 80)


@pytest.mark.parametrize("version", ["2010-03-19", "2013-07-15", "2019-07-15"])
def test_page_takes_the_line_and_its_first_reading(tmp_path: Path, version: str) -> None:
    line = """<TextLine><Coords points="1,2 9,2 9,8"/><Word><TextEquiv><Unicode>word</Unicode></TextEquiv></Word>
        <TextEquiv index="1"><Unicode>second</Unicode></TextEquiv>
        <TextEquiv index="0"><Unicode>first</Unicode></TextEquiv></TextLine>"""
    assert page_line(tmp_path, line, version) == TruthLine("first", ((1, 2), (9, 2), (9, 8)), 0)


def test_text_is_composed_and_its_white_space_collapsed(tmp_path: Path) -> None:
    reading = "<TextEquiv><Unicode> e\u0301te\u0301\n la </Unicode></TextEquiv>"
    line = f'<TextLine><Coords points="1,2 9,2 9,8"/>{reading}</TextLine>'
    assert page_line(tmp_path, line).text == "\u00e9t\u00e9 la"


def test_lines_without_text_are_left_out_wherever_they_are(tmp_path: Path) -> None:
    lines = '<TextLine/><TextLine><Coords points="1,2 9,2 9,8"/><TextEquiv><Unicode/></TextEquiv></TextLine>'
    silent = PAGE.format(version="2013-07-15", lines=lines).replace("all of the region", "")
    assert parse(tmp_path, silent)[0].lines == ()
    lines = f'<TextLine/><TextLine {PLACE}><String CONTENT=" "/></TextLine>'
    assert parse(tmp_path, ALTO.format(version=4, pages=ALTO_PAGE.format(lines=lines)))[0].lines == ()


COORDS = '<Coords points="1,2 9,2 9,8"/>'


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (f"{COORDS}<Word><TextEquiv><Unicode>mon</Unicode></TextEquiv></Word>"
         "<Word><TextEquiv><Unicode>testament</Unicode></TextEquiv></Word>", "mon testament"),
        (f"{COORDS}<Word><TextEquiv><Unicode>mon</Unicode></TextEquiv></Word><TextEquiv><Unicode/></TextEquiv>", "mon"),
        (f"{COORDS}<Word><Glyph><TextEquiv><Unicode>o</Unicode></TextEquiv></Glyph>"
         "<Glyph><TextEquiv><Unicode>n</Unicode></TextEquiv></Glyph></Word>", "on"),
        (f"{COORDS}<TextEquiv><PlainText>plain</PlainText><Unicode></Unicode></TextEquiv>", "plain"),
        (f'{COORDS}<TextEquiv index="0"><Unicode/></TextEquiv>'
         '<TextEquiv index="1"><Unicode>b</Unicode></TextEquiv>', "b"),
    ],
)  # fmt: skip
def test_page_says_what_a_line_says_at_any_level(tmp_path: Path, inside: str, text: str) -> None:
    assert page_line(tmp_path, f"<TextLine>{inside}</TextLine>").text == text


@pytest.mark.parametrize(
    "place",
    [
        COORDS,
        '<Coords points="1.0,2.0 9,2 9e0,8"/>',
        '<Coords><Point x="1" y="2"/><Point x="9" y="2"/><Point x="9" y="8"/></Coords>',
    ],
)
def test_page_writes_points_in_several_ways(tmp_path: Path, place: str) -> None:
    line = f"<TextLine>{place}<TextEquiv><Unicode>a</Unicode></TextEquiv></TextLine>"
    assert page_line(tmp_path, line).polygon == ((1, 2), (9, 2), (9, 8))


def test_a_line_lies_where_its_words_or_its_baseline_lie(tmp_path: Path) -> None:
    word = f"<Word>{COORDS}<TextEquiv><Unicode>a</Unicode></TextEquiv></Word>"
    assert page_line(tmp_path, f'<TextLine><Coords points="3,3 3,3"/>{word}</TextLine>').polygon == (
        (1, 2), (9, 2), (9, 8), (1, 8),
    )  # fmt: skip
    said = "<TextEquiv><Unicode>{}</Unicode></TextEquiv>"
    lines = "".join(f'<TextLine><Baseline points="0,{y} 50,{y}"/>{said.format(y)}</TextLine>' for y in (20, 40, 60))
    (page,) = parse(tmp_path, PAGE.format(version="2019-07-15", lines=lines))
    assert page.lines[0].polygon == ((0, 5), (50, 5), (50, 25), (0, 25))
    strings = '<String CONTENT="a" HPOS="10" VPOS="20" WIDTH="10" HEIGHT="5"/><SP/>'
    strings += '<String CONTENT="b" HPOS="30" VPOS="20" WIDTH="10" HEIGHT="5"/>'
    assert alto_line(tmp_path, f"<TextLine>{strings}</TextLine>") == TruthLine("a b", RECTANGLE, 0)


def test_the_text_of_a_region_goes_to_its_lines_or_is_refused(tmp_path: Path) -> None:
    lines = f"<TextLine>{COORDS}</TextLine>" * 2
    page = PAGE.format(version="2019-07-15", lines=lines)
    (found,) = parse(tmp_path, page.replace("all of the region", "first\nsecond"))
    assert [line.text for line in found.lines] == ["first", "second"]
    with pytest.raises(UsageError, match="1 lines, and 2 lines without text"):
        parse(tmp_path, page)
    with pytest.raises(UsageError, match="and 0 lines"):
        parse(tmp_path, PAGE.format(version="2019-07-15", lines=""))


def test_alto_measures_in_several_units(tmp_path: Path) -> None:
    unit = "<Description><MeasurementUnit>mm10</MeasurementUnit></Description>"
    line = f'<TextLine {PLACE}><String CONTENT="a"/></TextLine>'
    whole = ALTO.format(version=4, pages=ALTO_PAGE.format(lines=line))
    (page,) = parse(tmp_path, whole.replace("<Layout>", f"{unit}<Layout>"))
    assert fitted(page, 200, 160).lines[0].polygon == ((20, 40), (80, 40), (80, 50), (20, 50))
    sizeless = whole.replace('WIDTH="100" HEIGHT="80"', "")
    assert parse(tmp_path, sizeless)[0].lines[0].polygon == RECTANGLE
    with pytest.raises(UsageError, match="does not say how large its page is"):
        parse(tmp_path, sizeless.replace("<Layout>", f"{unit}<Layout>"))
    space = 'PrintSpace HPOS="0" VPOS="0" WIDTH="100" HEIGHT="80"'
    (page,) = parse(tmp_path, sizeless.replace("<Layout>", f"{unit}<Layout>").replace("PrintSpace>", f"{space}>", 1))
    assert (page.width, page.height) == (100, 80)
    with pytest.raises(UsageError, match="furlong"):
        parse(tmp_path, whole.replace("<Layout>", f"{unit.replace('mm10', 'furlong')}<Layout>"))


@pytest.mark.parametrize(
    "shape",
    ['<Ellipse HPOS="20" VPOS="30" HLENGTH="10" VLENGTH="5"/>', '<Circle HPOS="20" VPOS="30" RADIUS="10"/>'],
)
def test_alto_shapes_are_round_too(tmp_path: Path, shape: str) -> None:
    found = alto_line(tmp_path, f'<TextLine {PLACE}><Shape>{shape}</Shape><String CONTENT="a"/></TextLine>').polygon
    assert min(x for x, _ in found) == pytest.approx(10)
    assert max(x for x, _ in found) == pytest.approx(30)


def test_strings_without_a_blank_between_them_are_one_word(tmp_path: Path) -> None:
    words = '<String CONTENT="l"/><String CONTENT="ami"/><SP/><String CONTENT="vient"/>'
    assert alto_line(tmp_path, f"<TextLine {PLACE}>{words}</TextLine>").text == "lami vient"


ALTO_LINE = "<alto><Page><TextLine {}><String CONTENT='a'/>{}</TextLine></Page></alto>"
ENTITY = '<!DOCTYPE alto [<!ENTITY a "b">]><alto>&a;</alto>'
BROKEN: dict[str, str | bytes] = {
    "empty": "",
    "cut off": "<alto><Layout>",
    "another format": "<svg/>",
    "unknown encoding": '<?xml version="1.0" encoding="klingon"?><alto/>',
    "infinite page": '<alto><Page WIDTH="1e999" HEIGHT="1"/></alto>',
    "size that is no number": '<PcGts><Page imageWidth="wide" imageHeight="1"/></PcGts>',
    "line that is nowhere": ALTO_LINE.format("", ""),
    "odd number of numbers": ALTO_LINE.format("", "<Shape><Polygon POINTS='1,2 3'/></Shape>"),
    "point at infinity": ALTO_LINE.format("HPOS='inf' VPOS='0' WIDTH='1' HEIGHT='1'", ""),
    "document type": "<!DOCTYPE alto><alto/>",
    "entities": ENTITY,
    "entities in UTF-16": ENTITY.encode("utf-16"),
}


@pytest.mark.parametrize("xml", BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_be_taken_is_named_with_a_next_step(tmp_path: Path, xml: str | bytes) -> None:
    with pytest.raises(UsageError, match=r"a\.xml") as caught:
        parse(tmp_path, xml)
    assert caught.value.hint


def test_a_document_type_in_a_comment_is_none(tmp_path: Path) -> None:
    assert parse(tmp_path, "<alto><!-- <!DOCTYPE x> --></alto>") == ()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work differently there")
def test_ground_truth_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    truth = tmp_path / "a.xml"
    truth.write_text("<alto/>")
    truth.chmod(0)
    try:
        truth.read_bytes()
    except PermissionError:
        with pytest.raises(UsageError, match=r"a\.xml"):
            truth_for(tmp_path / "a.jpg")
    else:
        pytest.skip("this user may read everything")


def test_without_a_file_there_is_no_ground_truth(tmp_path: Path) -> None:
    (tmp_path / "a.xml").mkdir()
    assert truth_for(tmp_path / "a.jpg") is None
    assert truth_for(tmp_path / "b.jpg") is None


def test_a_page_without_a_size_is_in_pixels_of_the_image() -> None:
    page = TruthPage(0, 0, (TruthLine("a", RECTANGLE),))
    assert fitted(page, 50, 50).lines == page.lines
    with pytest.raises(UsageError, match="outside"):
        fitted(page, 20, 20)


def test_ground_truth_of_another_image_is_refused() -> None:
    with pytest.raises(UsageError, match="100 x 80"):
        fitted(TruthPage(100, 80, (TruthLine("a", RECTANGLE),)), 80, 100)


SIZES = st.integers(1, 5000)


@given(SIZES, SIZES, st.integers(1, 8), st.integers(1, 8), st.floats(0, 1), st.floats(0, 1))
def test_scaling_keeps_where_a_point_is_on_the_page(w: int, h: int, by: int, of: int, x: float, y: float) -> None:
    page = fitted(TruthPage(w * of, h * of, (TruthLine("a", ((x * w * of, y * h * of),)),)), w * by, h * by)
    assert (page.width, page.height) == (w * by, h * by)
    assert page.lines[0].polygon[0] == pytest.approx((x * w * by, y * h * by), abs=1e-6)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("stored", [True, False])
def test_places_follow_the_exif_orientation_of_the_image(tmp_path: Path, orientation: int, stored: bool) -> None:
    """Lines of an upright page of 200 x 100, written down in the pixels that the file stores or that people see."""
    upright = Image.new("L", (200, 100), 255)
    boxes = [(20, 10, 120, 20), (30, 40, 130, 50), (25, 70, 125, 80)]
    for number, box in enumerate(boxes):
        upright.paste(50 * number, box)
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # what EXIF undoes
    kept = upright if undo is None else upright.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[274] = orientation
    kept.save(tmp_path / "a.png", exif=exif)
    seen = kept if stored else upright
    lines = []
    for number in range(3):
        across, down = np.nonzero(np.equal(np.asarray(seen).T, 50 * number))
        left, top, right, bottom = map(int, (across.min(), down.min(), across.max() + 1, down.max() + 1))
        lines.append(TruthLine(str(number), ((left, top), (right, top), (right, bottom), (left, bottom))))
    assert orientation_of(tmp_path / "a.png") == orientation
    if not stored and orientation == 2:
        return  # a mirror image tells nothing apart: its places are taken for the stored ones
    page = fitted(TruthPage(*seen.size, tuple(lines)), 200, 100, orientation)
    for line, box in zip(page.lines, boxes, strict=True):
        found = bounding_box([(round(x, 6), round(y, 6)) for x, y in line.polygon])
        assert (found.x, found.y, found.x + found.width, found.y + found.height) == box


def test_what_notes_writes_itself_is_upright(tmp_path: Path) -> None:
    line = f'<TextLine {PLACE}><String CONTENT="a"/></TextLine>'
    ours = "<Description><softwareName>notes</softwareName></Description><Layout>"
    (page,) = parse(tmp_path, ALTO.format(version=4, pages=ALTO_PAGE.format(lines=line)).replace("<Layout>", ours))
    assert fitted(page, 100, 80, 3).lines[0].polygon == RECTANGLE


def test_evaluate_refuses_ground_truth_of_another_image(notes, make_page, tmp_path: Path) -> None:
    notes.fake_engine()
    for name in ("good", "bad"):
        make_page(tmp_path / "box" / f"{name}.png", width=300, height=240)
    said = '<TextLine HPOS="5" VPOS="5" WIDTH="80" HEIGHT="9"><String CONTENT="alpha page300"/></TextLine>'
    good = ALTO.format(version=4, pages=ALTO_PAGE.format(lines=said))
    (tmp_path / "box" / "good.xml").write_text(good)
    (tmp_path / "box" / "bad.xml").write_text(good.replace('HEIGHT="80"', 'HEIGHT="300"'))
    done = notes.run("evaluate", "box", "--json", rc=3)
    assert "bad.xml" in done.stderr
    assert "another image" in done.stderr
    assert json.loads(done.stdout)["pages"] == 1


def _told(page: TruthPage) -> list[tuple[str, int | None]]:
    return [(line.text, line.region) for line in page.lines]


BLOCK = '<TextBlock ID="{0}"><TextLine ID="{0}1" {1}><String CONTENT="{0}1"/></TextLine>{2}</TextBlock>'


def test_lines_stand_in_the_order_of_the_document(tmp_path: Path) -> None:
    blocks = "".join(BLOCK.format(name, PLACE, "") for name in "ab")
    (page,) = parse(tmp_path, ALTO.format(version=4, pages=f"<Page>{blocks}</Page>"))
    assert _told(page) == [("a1", 0), ("b1", 1)]


def test_a_reading_order_of_alto_goes_before_that_of_the_document(tmp_path: Path) -> None:
    second = f'<TextLine ID="b2" {PLACE}><String CONTENT="b2"/></TextLine>'
    blocks = BLOCK.format("a", PLACE, "") + BLOCK.format("b", PLACE, second) + BLOCK.format("c", PLACE, "")
    inner = '<UnorderedGroup><ElementRef REF="b2"/><ElementRef REF="a"/></UnorderedGroup>'
    order = f'<ReadingOrder><OrderedGroup><ElementRef REF="c"/>{inner}</OrderedGroup></ReadingOrder>'
    alto = ALTO.format(version=4, pages=f"<Page>{blocks}</Page>").replace("<Layout>", f"{order}<Layout>")
    (page,) = parse(tmp_path, alto)
    assert _told(page) == [("c1", 2), ("b2", 1), ("a1", 0), ("b1", 1)]  # b itself is not named: last


def test_the_reading_order_of_page_goes_by_its_indexes_and_groups(tmp_path: Path) -> None:
    line = '<TextLine><Coords points="1,2 9,2 9,8"/><TextEquiv><Unicode>{}</Unicode></TextEquiv></TextLine>'
    region = '<TextRegion id="{}">{}</TextRegion>'
    inside = region.format("a2", line.format("inside a"))
    regions = region.format("a", inside + line.format("a")) + "".join(region.format(x, line.format(x)) for x in "bcd")
    order = """<ReadingOrder><OrderedGroup><RegionRefIndexed index="2" regionRef="a"/>
        <UnorderedGroupIndexed index="1"><RegionRef regionRef="d"/><RegionRef regionRef="b"/></UnorderedGroupIndexed>
        </OrderedGroup></ReadingOrder>"""
    xml = f'<PcGts><Page imageWidth="100" imageHeight="80">{order}{regions}</Page></PcGts>'
    (page,) = parse(tmp_path, xml)
    assert _told(page) == [("d", 4), ("b", 2), ("a", 0), ("inside a", 1), ("c", 3)]
