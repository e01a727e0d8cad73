"""Text beside a page that says nothing of places: plain text, TEI and Word files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from indexer.formats.groundtruth import truth_for
from indexer.formats.page_text import text_for
from indexer.values.errors import UsageError

TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><title>A letter</title></teiHeader><text><body><p>Dear
<choice><orig>Frend</orig><reg>Friend</reg></choice>, I <del>had</del> have re<lb break="no"/>ceived<lb/>your
letter<note>of 1859</note>.</p></body></text></TEI>"""
WORD = """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:r><w:t>Dear Friend,</w:t><w:br/><w:t>I have</w:t></w:r><w:del><w:r><w:delText>never</w:delText></w:r></w:del>
</w:p><w:p><w:r><w:t xml:space="preserve">received </w:t></w:r><w:r><w:t>it</w:t></w:r></w:p></w:body></w:document>"""


def word(path: Path, document: str) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("word/document.xml", document)


def test_plain_text_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffDear Sir\n".encode())
    assert text_for(tmp_path / "a.jpg") == "Dear Sir\n"
    (tmp_path / "a.txt").write_text("Dear Sir", encoding="utf-16")
    assert text_for(tmp_path / "a.jpg") == "Dear Sir"
    assert text_for(tmp_path / "b.jpg") is None


def test_of_tei_what_stands_on_the_page_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(TEI)
    lines = [" ".join(line.split()) for line in (text_for(tmp_path / "a.jpg") or "").splitlines() if line.strip()]
    assert lines == ["Dear Frend, I had have received", "your letter."]
    assert truth_for(tmp_path / "a.jpg") is None, "it has no places"


def test_the_paragraphs_of_a_word_file_are_taken(tmp_path: Path) -> None:
    word(tmp_path / "a.docx", WORD)
    assert text_for(tmp_path / "a.jpg") == "Dear Friend,\nI have\nreceived it\n"


@pytest.mark.parametrize("suffix", [".xml", ".docx"])
def test_a_file_that_declares_a_document_type_is_refused(tmp_path: Path, suffix: str) -> None:
    bomb = '<!DOCTYPE TEI [<!ENTITY a "aaaa">]>' + TEI.replace("Frend", "&a;")
    if suffix == ".docx":
        word(tmp_path / "a.docx", bomb)
    else:
        (tmp_path / "a.xml").write_text(bomb)
    with pytest.raises(UsageError, match="document type"):
        text_for(tmp_path / "a.jpg")


@pytest.mark.parametrize(("name", "data"), [("a.txt", b"\xe9t\xe9"), ("a.docx", b"no zip"), ("a.xml", b"<TEI>")])
def test_a_text_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=name):
        text_for(tmp_path / "a.jpg")
