"""Ground truth as transcription programs write it: ALTO 2 to 4 and PAGE, sound and broken."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import UsageError
from indexer.groundtruth import TruthLine, TruthPage, scaled, truth_for

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
    assert line == TruthLine("Cher mon-", RECTANGLE)


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
    assert page_line(tmp_path, line, version) == TruthLine("first", ((1, 2), (9, 2), (9, 8)))


def test_text_is_composed_and_its_white_space_collapsed(tmp_path: Path) -> None:
    reading = "<TextEquiv><Unicode> e\u0301te\u0301\n la </Unicode></TextEquiv>"
    line = f'<TextLine><Coords points="1,2 9,2 9,8"/>{reading}</TextLine>'
    assert page_line(tmp_path, line).text == "\u00e9t\u00e9 la"


def test_lines_without_text_are_left_out_wherever_they_are(tmp_path: Path) -> None:
    lines = '<TextLine/><TextLine><Coords points="1,2 9,2 9,8"/><TextEquiv><Unicode/></TextEquiv></TextLine>'
    assert parse(tmp_path, PAGE.format(version="2013-07-15", lines=lines))[0].lines == ()
    lines = f'<TextLine/><TextLine {PLACE}><String CONTENT=" "/></TextLine>'
    assert parse(tmp_path, ALTO.format(version=4, pages=ALTO_PAGE.format(lines=lines)))[0].lines == ()


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


def test_a_page_without_a_size_stays_as_it_is() -> None:
    page = TruthPage(0, 0, (TruthLine("a", RECTANGLE),))
    assert scaled(page, 50, 50) is page


SIZES = st.integers(1, 5000)


@given(SIZES, SIZES, SIZES, SIZES, st.floats(0, 1), st.floats(0, 1))
def test_scaling_keeps_where_a_point_is_on_the_page(w: int, h: int, to_w: int, to_h: int, x: float, y: float) -> None:
    page = scaled(TruthPage(w, h, (TruthLine("a", ((x * w, y * h),)),)), to_w, to_h)
    assert (page.width, page.height) == (to_w, to_h)
    assert page.lines[0].polygon[0] == pytest.approx((x * to_w, y * to_h), abs=1e-6)
