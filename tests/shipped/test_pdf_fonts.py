"""Fonts that name their letters wrongly: such text is not what the page shows, and the ink is read."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from indexer.plugins import pdf
from indexer.system.originals import source_file
from indexer.values import SourceOptions, TextLayer

TEXT = "Lettre de ma tante Emma a Versailles, juin"


def mapped(folder: Path, table: dict[str, str], text: str = TEXT, font: str = "Helvetica") -> Path:
    """A page that draws a text, and says of some of its letters that they are others (UTF-16, in hex)."""
    rows = "".join(f"<{code:02X}> <{table.get(chr(code), f'{code:04X}')}>\n" for code in range(32, 127))
    head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def 1 "
    names = f"{head}begincodespacerange <00> <FF> endcodespacerange\n95 beginbfchar\n{rows}endbfchar endcmap end end"
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((40, 60), text, fontsize=10)
    named = document.get_new_xref()
    document.update_object(named, "<<>>")
    document.update_stream(named, names.encode())
    head = f"<</Type/Font/Subtype/Type1/BaseFont/{font}/Encoding/WinAnsiEncoding/ToUnicode {named} 0 R>>"
    document.update_object(page.get_fonts()[0][0], head)
    document.save(folder / "mapped.pdf")
    return folder / "mapped.pdf"


def layer_at(path: Path) -> TextLayer:
    page = next(pages := pdf.pages(source_file(path, None), SourceOptions()))
    assert page.text is not None
    layer = page.text()
    pages.close()
    assert layer is not None
    return layer


def letters(text: str, by: int) -> dict[str, str]:
    """Each letter said to be the one so many places on."""
    return {char: f"{ord('a') + (ord(char) - ord('a') + by) % 26:04X}" for char in set(text) if char.islower()}


BROKEN = {
    **{name: {"a": code} for name, code in (("noncharacter", "FFFF"), ("private", "E001"), ("surrogate", "D835"))},
    **{name: {"a": code} for name, code in (("soft hyphen", "00AD"), ("space", "0020"), ("another", "0065"))},
    **{f"shifted by {by}": letters(TEXT, by) for by in (1, 3, 13, 25)},
    "digits": {char: f"{ord('0') + at % 10:04X}" for at, char in enumerate(sorted(set(TEXT) - {" "}))},
    "Cyrillic": {char: f"{0x430 + at % 32:04X}" for at, char in enumerate(sorted(set(TEXT) - {" "}))},
    "Chinese": {char: f"{0x4E00 + 7 * at:04X}" for at, char in enumerate(sorted(set(TEXT) - {" "}))},
    "Arabic": {char: f"{0x628 + at:04X}" for at, char in enumerate(sorted(set(TEXT) - {" "}))},
}
FACES = ("Helvetica", "Times-Roman", "Courier", "Times-BoldItalic", "Helvetica-Bold")


@pytest.mark.parametrize("table", BROKEN)
@pytest.mark.parametrize("font", FACES)
def test_letters_that_are_not_those_drawn_are_noticed(tmp_path: Path, table: str, font: str) -> None:
    layer = layer_at(mapped(tmp_path, BROKEN[table], font=font))
    assert layer.lines == ()
    assert not layer.complete


@pytest.mark.parametrize("font", [*FACES, "Courier-BoldOblique", "Helvetica-Oblique"])
def test_letters_that_are_those_drawn_are_text(tmp_path: Path, font: str) -> None:
    text = "Sphinx of quartz: judge my 23 vows, 4567 (or 890), Jack & Quentin? FLEXIBLE"
    layer = layer_at(mapped(tmp_path, {}, text=text, font=font))
    assert [line.text for line in layer.lines] == [text]
    assert layer.complete


def test_letters_that_are_not_those_drawn_are_read_from_the_ink(notes) -> None:
    mapped(notes.home, BROKEN["shifted by 1"])
    notes.run("index", "mapped.pdf")
    (line,) = notes.json("show", "mapped.pdf")["lines"]
    assert (line["text"], line["status"]) == (TEXT, "accepted")
    assert len(notes.json("search", "tante")["hits"]) == 1


def test_lines_that_are_drawn_in_one_piece_are_looked_at_each(tmp_path: Path) -> None:
    texts = ["Sphinx of quartz, judge my vow", "The five boxing wizards jump quickly", "Jackdaws love my big sphinx"]
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    writer = pymupdf.TextWriter(page.rect)
    for row, text in enumerate(texts):
        writer.append((40, 60 + 18 * row), text, font=pymupdf.Font("tiro"), fontsize=12)
    writer.write_text(page)
    document.save(tmp_path / "a.pdf")
    layer = layer_at(tmp_path / "a.pdf")
    assert [line.text for line in layer.lines] == texts
    assert layer.complete


SPOKEN = {
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
    "Russian": "Съешь же ещё этих мягких булок",
    "Chinese": "我昨天在北京图书馆里读了一本关于历史的书",
    "Japanese": "これは日本語の文章です漢字とカタカナ",
}


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("by", [0, 7])
def test_letters_of_other_scripts_are_compared_too(tmp_path: Path, language: str, by: int) -> None:
    text = SPOKEN[language]
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    writer = pymupdf.TextWriter(page.rect)
    writer.append((20, 60), text, font=pymupdf.Font("cjk"), fontsize=14)
    writer.write_text(page)
    if by:  # every letter is said to be another one of its script
        rows = [f"<{glyph:04X}> <{code + by:04X}>" for code, glyph, *_ in page.get_texttrace()[0]["chars"]]
        head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def 1 "
        head += f"begincodespacerange <0000> <FFFF> endcodespacerange {len(rows)} beginbfchar "
        names = int(document.xref_get_key(page.get_fonts()[0][0], "ToUnicode")[1].split()[0])
        document.update_stream(names, f"{head}{' '.join(rows)} endbfchar endcmap end end".encode())
    document.save(tmp_path / "a.pdf")
    layer = layer_at(tmp_path / "a.pdf")
    assert layer.complete is not bool(by)
    if not by:
        assert [line.text for line in layer.lines] == [text]
