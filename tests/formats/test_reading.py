"""A file of text becomes a document, whoever wrote it, or a sentence that names it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from indexer.formats import markup
from indexer.formats.document import TextDocument, TextReading
from indexer.formats.reading import read_document
from indexer.text import xml_tree
from indexer.values.errors import UsageError

TESSERACT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title></title>
<meta name='ocr-system' content='tesseract 5.3.0' /></head><body>
<div class='ocr_page' id='page_1' title='image "letters/my \\"best\\".png"; bbox 0 0 600 400; ppageno 2'>
<div class='ocr_carea' id='block_1_1' title="bbox 10 10 500 90">
<p class='ocr_par' id='par_1_1' title="bbox 10 10 500 90">
<span class='ocr_header' id='line_1_1' title="bbox 10 10 310 40; baseline 0.01 -5; x_size 30">
<span class='ocrx_word' id='word_1_1' title='bbox 10 10 90 40; x_wconf 96'>Dear</span>
<span class='ocrx_word' id='word_1_2' title='bbox 100 10 310 40; x_wconf 40'><strong>Emma&amp;&nbsp;Jo</strong></span>
</span>
<span class='ocr_line' id='line_1_2' title="bbox 10 50 500 90; baseline 0 -7"><span class='ocrx_word'
 id='word_1_3' title='bbox 10 50 500 90; x_wconf 12'>caf&eacute;</span></span></p></div></div></body></html>"""


def read(folder: Path, name: str, text: str | bytes) -> TextDocument:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(folder / name)


@pytest.mark.parametrize("name", ["a.hocr", "a.html", "a.xml"])
def test_hocr_of_other_programs(tmp_path: Path, name: str) -> None:
    (page,) = read(tmp_path, name, TESSERACT).pages
    assert (page.width, page.height, page.image, page.number, page.upright) == (
        *(600, 400, 'letters/my "best".png', 3, False),
    )
    assert [line.text for line in page.lines] == ["Dear Emma& Jo", "café"]
    first, second = page.lines
    assert [(word.text, word.confidence, word.box.xywh) for word in first.words] == [
        ("Dear", 0.96, (10, 10, 80, 30)),
        ("Emma& Jo", 0.4, (100, 10, 210, 30)),
    ]
    assert first.baseline == ((10, 35), (310, 38))
    assert (second.block, second.box.xywh, second.id) == (0, (10, 50, 490, 40), "line_1_2")
    assert [(block.kind, block.box.xywh) for block in page.blocks] == [("main", (10, 10, 490, 80))]


def test_hocr_that_is_not_well_formed_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    broken = "<html><body><div class=ocr_page title='bbox 0 0 9 9'><span class=ocr_line>one<br>and</b></p> more"
    (page,) = read(tmp_path, "a.html", broken).pages
    assert [line.text for line in page.lines] == ["oneand more"]


TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt><title>Letters</title></titleStmt>
</fileDesc></teiHeader><facsimile><surface ulx="0" uly="0" lrx="600" lry="400" xml:id="f1"><graphic url="a%20b.png"/>
<zone xml:id="z1" ulx="10" uly="10" lrx="500" lry="40"/></surface><surface xml:id="f2" lrx="9" lry="9" ulx="0" uly="0"/>
</facsimile><text><body><p>{text}</p></body></text></TEI>"""


def test_tei_of_other_programs(tmp_path: Path) -> None:
    text = """<pb n="1r" facs="#f1"/><lb facs="#z1"/>Dear <choice><orig>Frend</orig><reg>Friend</reg></choice>, I
      have re<lb break="no"/>ceived <note>in May</note>it<pb n="1v"/><lb/>on the next page"""
    document = read(tmp_path, "a.xml", TEI.format(text=text))
    assert document.title == "Letters"
    first, second = document.pages
    assert (first.width, first.height, first.image, first.label) == (600, 400, "a b.png", "1r")
    assert [(line.text, line.goes_on, line.box.xywh) for line in first.lines] == [
        ("Dear Frend, I have re", True, (10, 10, 490, 30)),
        ("ceived it", False, (0, 0, 0, 0)),
    ]
    assert (second.label, second.width, [line.text for line in second.lines]) == ("1v", 9, ["on the next page"])


def test_xml_is_known_by_what_is_in_it_whatever_its_suffix(tmp_path: Path) -> None:
    assert read(tmp_path, "a.tei", TEI.format(text="<lb/>one")).title == "Letters"


def test_readings_of_tei(tmp_path: Path) -> None:
    text = '<lb/><app><lem cert="high">one</lem><rdg cert="0.4">two</rdg></app>'
    ((line,),) = (page.lines for page in read(tmp_path, "a.xml", TEI.format(text=text)).pages)
    assert line.readings == (TextReading("one"), TextReading("two", 0.4))


def test_a_transcription_in_the_facsimile_of_tei(tmp_path: Path) -> None:
    source = """<TEI><sourceDoc><surface ulx="0" uly="0" lrx="60" lry="40" n="3"><zone><line points="1,1 9,1 9,9">a
    line</line><line>and one</line></zone></surface></sourceDoc></TEI>"""
    (page,) = read(tmp_path, "a.xml", source).pages
    assert (page.number, page.width, [line.text for line in page.lines]) == (3, 60, ["a line", "and one"])
    assert page.lines[0].polygon == ((1, 1), (9, 1), (9, 9))


def test_plain_text_has_a_block_for_what_stands_apart(tmp_path: Path) -> None:
    first, second = read(tmp_path, "a.txt", "one\ntwo\n\n\n  three\n\fnext page\n").pages
    assert [(line.text, line.block) for line in first.lines] == [("one", 0), ("two", 0), ("three", 1)]
    assert [(line.text, line.block) for line in second.lines] == [("next page", None)]


TABLES: dict[str, tuple[str, str]] = {
    "PAGE XML of Transkribus": (
        "a.xml",
        """<PcGts><Page imageWidth="9" imageHeight="9"><TableRegion id="t">
        <TableCell id="c1" row="0" col="0"><Coords points="0,0 4,0 4,4"/><TextLine id="l1"><TextEquiv>
        <Unicode>No</Unicode></TextEquiv></TextLine></TableCell><TableCell row="0" col="1"><TextLine><TextEquiv>
        <Unicode>Fee</Unicode>
        </TextEquiv></TextLine></TableCell><TableCell row="1" col="1"><TextLine><TextEquiv><Unicode>3.75</Unicode>
        </TextEquiv></TextLine></TableCell></TableRegion></Page></PcGts>""",
    ),
    "TEI without places": (
        "a.xml",
        TEI.format(
            text="""before<table><head>above</head><row role="label"><cell>No</cell><cell><p>Fee</p></cell></row>
            <row><cell/><cell>3.75</cell></row></table>"""
        ),
    ),
    "hOCR with a table of HTML": (
        "a.hocr",
        """<html><body><div class="ocr_page"><table class="ocr_table"><caption><span class="ocr_line">above
        </span></caption>
        <thead><tr><th><span class="ocr_line">No</span></th><th><span class="ocr_line">Fee</span></th></tr></thead>
        <tbody><tr><td></td><td class="ocr_carea"><span class="ocr_line">3.75</span></td></tr></tbody></table></div>
        </body></html>""",
    ),
    "Markdown with a head": ("a.md", "before\n\n| No | Fee |\n|:--|--:|\n|  | 3.75 |\n"),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_other_programs(tmp_path: Path, name: str) -> None:
    (page,) = read(tmp_path, *TABLES[name]).pages
    cells = {line.text: page.blocks[line.block].cell for line in page.lines if line.block is not None}
    assert {text: cell for text, cell in cells.items() if cell} == {"No": (0, 0), "Fee": (0, 1), "3.75": (1, 1)}


MERGED = {
    "hOCR": (
        "a.hocr",
        """<html><body><div class="ocr_page"><table class="ocr_table">
        <tr><td rowspan="2" class="ocr_carea"><span class="ocr_line">year</span></td>
        <td colspan="2" class="ocr_carea"><span class="ocr_line">fees</span></td></tr>
        <tr><td class="ocr_carea"><span class="ocr_line">in</span></td><td class="ocr_carea">
        <span class="ocr_line">out</span></td></tr></table></div></body></html>""",
    ),
    "TEI": (
        "a.xml",
        TEI.format(
            text="""<table><row><cell rows="2">year</cell><cell cols="2">fees</cell></row>
            <row><cell>in</cell><cell>out</cell></row></table>"""
        ),
    ),
}


@pytest.mark.parametrize("name", MERGED)
def test_merged_cells_of_other_programs(tmp_path: Path, name: str) -> None:
    (page,) = read(tmp_path, *MERGED[name]).pages
    cells = {
        line.text: (page.blocks[line.block].cell, page.blocks[line.block].span)
        for line in page.lines
        if line.block is not None
    }
    assert cells == {
        "year": ((0, 0), (2, 1)),
        "fees": ((0, 1), (1, 2)),
        "in": ((1, 1), (1, 1)),
        "out": ((1, 2), (1, 1)),
    }


def test_merged_cells_that_lie_over_others_or_go_on_for_ever_do_no_harm(tmp_path: Path) -> None:
    name, text = MERGED["hOCR"]
    (page,) = read(tmp_path, name, text.replace('rowspan="2"', 'rowspan="999999999" colspan="2"')).pages
    assert [block.cell for block in page.blocks] == [(0, 0), (0, 2), (1, 2), (1, 3)]
    with pytest.raises(UsageError, match="at most 10,000 rows and 1,000 columns"):
        read(tmp_path, name, text.replace('rowspan="2"', 'colspan="999999999"'))


def test_a_table_of_too_many_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a table has at most 10,000 rows and 1,000 columns"):
        read(tmp_path, "a.xml", TABLES["PAGE XML of Transkribus"][1].replace('row="1"', 'row="99999999"'))


LINE = '<alto><Layout><Page><TextLine {}><String CONTENT="a"/></TextLine></Page></Layout></alto>'
BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 50 + '">]>'
HOCR = "<html><body><div class='ocr_page' title='{}'><span class='ocr_line' title='{}'>a</span></div></body></html>"
METS = """<mets xmlns="http://www.loc.gov/METS/" xmlns:l="http://www.w3.org/1999/xlink"><fileSec><fileGrp><file ID="f">
<FLocat l:href="{}"/></file></fileGrp></fileSec><structMap TYPE="PHYSICAL"><div TYPE="page"><fptr FILEID="f"/></div>
</structMap></mets>"""
BAD: dict[str, tuple[str, str | bytes]] = {
    "nothing in it": ("a.xml", b""),
    "cut off": ("a.xml", TEI[:300]),
    "no text": ("a.xml", bytes(range(256)) * 20),
    "another XML": ("a.xml", "<svg/>"),
    "no hOCR": ("a.html", "<html><body><p>a home page</p></body></html>"),
    "entities": ("a.xml", BOMB + "<alto>&b;</alto>"),
    "unknown encoding": ("a.xml", '<?xml version="1.0" encoding="klingon"?><TEI/>'),
    "encoding of no text": ("a.html", '<meta charset="rot13"><div class="ocr_page">'),
    "another encoding than it says": ("a.txt", "é".encode("latin-1")),
    "half a UTF-16": ("a.txt", b"\xff\xfea\x00b"),
    "huge place": ("a.xml", LINE.format('HPOS="1e300" VPOS="0" WIDTH="1" HEIGHT="1"')),
    "infinite place": ("a.xml", LINE.format('HPOS="inf" VPOS="0" WIDTH="1" HEIGHT="1"')),
    "place that is no number": ("a.hocr", HOCR.format("bbox 0 0 9 9", "bbox 0 0 a b")),
    "huge page": ("a.hocr", HOCR.format("bbox 0 0 99999999999 9", "bbox 0 0 1 1")),
    "deep in one another": ("a.xml", "<TEI><text>" + "<seg>" * 5000 + "</seg>" * 5000 + "</text></TEI>"),
    "deep in one another, in HTML": ("a.hocr", "<div class=ocr_page>" + "<b>" * 100_000),
    "HTML that ends within an element": ("a.hocr", "<div class=ocr_page>" + "</" * 100_000),
    "no columns": ("a.csv", "word,number\none,2\n"),
    "a quote that does not end": ("a.csv", 'file,"image\n'),
    "no JSON": ("a.jsonl", "{"),
    "JSON of something else": ("a.jsonl", '{"schema": 1, "title": []}'),
    "another schema": ("a.jsonl", '{"schema": 9}'),
    "JSON that is no manifest": ("a.json", "[1]"),
    "a manifest that lies": ("a.json", '{"type": "Manifest", "items": [3]}'),
    "a canvas that is huge": ("a.json", '{"type": "Manifest", "items": [{"width": 1e300}]}'),
    "JSON deep in one another": ("a.json", "[" * 100_000),
    "Tropy without items": ("a.json", '{"@graph": []}'),
    "METS that names a file elsewhere": ("a.xml", METS.format("../../etc/passwd.xml")),
    "METS that names another machine": ("a.xml", METS.format("http://example.org/a.xml")),
    "METS that names what is not there": ("a.xml", METS.format("b.xml")),
    "METS that names itself": ("a.xml", METS.format("a.xml")),
    "METS without texts": ("a.xml", METS.format("a.jpg")),
    "numbers with too many digits": ("a.xml", f'<PcGts><Page imageWidth="{"9" * 5000}" imageHeight="1"/></PcGts>'),
}


@pytest.mark.parametrize(("name", "data"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_named_with_a_next_step(tmp_path: Path, name: str, data: str | bytes) -> None:
    began = time.monotonic()
    with pytest.raises(UsageError, match=rf"the text .*{name} cannot be read: .") as caught:
        read(tmp_path, name, data)
    assert caught.value.hint
    assert time.monotonic() - began < 10


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.xml"):
        read_document(tmp_path / "none.xml")


def test_entities_in_html_are_not_expanded(tmp_path: Path) -> None:
    (page,) = read(tmp_path, "a.hocr", BOMB + HOCR.format("bbox 0 0 9 9", "").replace(">a<", ">&b;<")).pages
    assert [line.text for line in page.lines] == ["&b;"]


@pytest.mark.parametrize("name", ["a.xml", "a.hocr"])
def test_elements_without_number_are_refused_before_they_fill_the_memory(
    tmp_path: Path, name: str, monkeypatch
) -> None:
    for module in (xml_tree, markup):
        monkeypatch.setattr(module, "MOST", 50)
    with pytest.raises(UsageError, match="more than 50 elements and attributes"):
        read(tmp_path, name, f"<TEI>{'<p/>' * 100}</TEI>")


def test_html_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(markup, "_SECONDS", -1)
    with pytest.raises(UsageError, match="takes longer than"):
        read(tmp_path, "a.hocr", HOCR.format("bbox 0 0 9 9", ""))


def test_a_mets_that_names_itself_or_goes_round_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.xml").write_text(METS.format("a.xml"))
    for other in ("a.xml", "b.xml"):
        with pytest.raises(UsageError, match="<mets> is the root of no format that is read"):
            read(tmp_path, "a.xml", METS.format(other))
