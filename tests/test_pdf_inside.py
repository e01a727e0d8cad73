"""Files inside a PDF: read as further pages of it, or said to be left out; no harm comes of any of them."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer.plugins import pdf
from indexer.system.originals import source_file
from indexer.values import Page, SourceOptions
from indexer.values.errors import PluginError

OPTIONS = SourceOptions(max_pixels=2_000_000)


def letter(text: str) -> bytes:
    """A PDF of one page."""
    document = pymupdf.open()
    document.new_page(width=400, height=300).insert_text((40, 60), text, fontsize=12)
    made: bytes = document.tobytes()
    return made


def picture(kind: str = "JPEG", frames: int = 1) -> bytes:
    image = Image.new("L", (600, 120), 255)
    ImageDraw.Draw(image).text((20, 20), "Kartoffelernte", fill=0, font=ImageFont.load_default(size=60))
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": [image] * (frames - 1)} if frames > 1 else {}
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def album(path: Path, *files: tuple[str, bytes], attached: tuple[str, bytes] | None = None) -> Path:
    """A PDF of one page with files inside."""
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    page.insert_text((40, 60), "For the best experience open this portfolio elsewhere", fontsize=12)
    for number, (name, data) in enumerate(files):
        document.embfile_add(f"{number}", data, filename=name, ufilename=name)
    if attached:
        page.add_file_annot((300, 200), attached[1], attached[0])
    document.save(path)
    return path


def seen(path: Path, options: SourceOptions = OPTIONS) -> list[tuple[int, str | None, str | None]]:
    """Number, label and what is missing of each page, of which each is also drawn."""
    found = []
    for page in pdf.pages(source_file(path, None), options):
        found.append((page.number, page.label, page.missing))
        assert page.image().size[0] > 100
    return found


def failing(path: Path, options: SourceOptions = OPTIONS) -> tuple[Page, PluginError]:
    """The last page, and what is wrong with it."""
    for page in pdf.pages(source_file(path, None), options):  # noqa: B007
        pass
    with pytest.raises(PluginError) as caught:
        page.image()
    return page, caught.value


def test_pages_of_the_files_inside_come_after_its_own(tmp_path: Path) -> None:
    two = pymupdf.open(stream=letter("one"))
    two.insert_pdf(pymupdf.open(stream=letter("two")))
    path = album(
        tmp_path / "a.pdf",
        ("brief.pdf", letter("Eingebettetes Schriftstueck")),
        ("both.pdf", two.tobytes()),
        ("letter1.jpg", picture()),
        ("scans.tif", picture("TIFF", 2)),
        ("without a suffix", picture("PNG")),
        attached=("on the page.pdf", letter("Angeheftet")),
    )
    assert seen(path) == [
        (1, None, None),
        (2, "brief.pdf", None),
        *((3, "both.pdf › 1", None), (4, "both.pdf › 2", None)),
        (5, "letter1.jpg", None),
        *((6, "scans.tif › 1", None), (7, "scans.tif › 2", None)),
        (8, "without a suffix", None),
        (9, "on the page.pdf", None),
    ]


def test_what_is_neither_pdf_nor_image_is_counted(tmp_path: Path) -> None:
    path = album(tmp_path / "a.pdf", ("a.docx", b"PK\3\4" + bytes(99)), ("b.txt", b"text"), ("c.txt", b""))
    ((_, _, missing),) = seen(path)
    assert missing == "3 files inside it were not read (1 .docx, 2 .txt)"


def test_files_inside_are_found_shown_and_counted(notes) -> None:
    album(
        notes.home / "album.pdf",
        ("brief.pdf", letter("Eingebettetes Schriftstueck aus Bern")),
        ("letter1.jpg", picture()),
        ("a.docx", b"PK\3\4"),
    )
    done = notes.run("index", "album.pdf")
    assert "1 page incomplete: 1 file inside it was not read (.docx)" in done.stderr
    assert notes.json("status")["incomplete"] == 1
    (typed,) = notes.json("search", "eingebettetes")["hits"]
    (drawn,) = notes.json("search", "kartoffelernte")["hits"]
    assert [Path(hit["path"]).name for hit in (typed, drawn)] == ["album.pdf", "album.pdf"]
    assert (typed["page"], drawn["page"]) == (2, 3)
    notes.run("show", drawn["id"], "--crop", "line.png")
    with Image.open(notes.home / "line.png") as crop:
        assert crop.width > 200


def test_a_pdf_in_a_pdf_in_a_pdf_is_read_so_deep_and_no_deeper(tmp_path: Path) -> None:
    data = letter("the innermost")
    for depth in range(6):
        album(tmp_path / "a.pdf", (f"in{depth}.pdf", data))
        data = (tmp_path / "a.pdf").read_bytes()
    pages = seen(tmp_path / "a.pdf")
    assert [label for _, label, _ in pages] == [None, "in5.pdf", "in5.pdf › in4.pdf", "in5.pdf › in4.pdf › in3.pdf"]
    assert [missing for *_, missing in pages][-1] == "1 file inside it was not read (.pdf)"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "/etc/x.pdf", "C:\\windows\\x.pdf", "\\\\host\\x.pdf", "", "a" * 999]
)
def test_a_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    (_, (_, label, _)) = seen(album(tmp_path / "a.pdf", (name, letter("text"))))
    assert label
    assert not {"/", "\\"} & set(label)
    assert len(label) < 200
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.pdf"]


def test_damaged_and_locked_files_inside_are_failures_with_their_names(tmp_path: Path) -> None:
    page, error = failing(album(tmp_path / "a.pdf", ("torn.jpg", picture()[:300])))
    assert (page.number, page.label, error.kind) == (2, "torn.jpg", "truncated")
    assert "torn.jpg" in error.message
    locked = pymupdf.open(stream=letter("text")).tobytes(
        encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="geheim", owner_pw="x"
    )
    page, error = failing(album(tmp_path / "b.pdf", ("locked.pdf", locked)))
    assert (page.label, error.kind) == ("locked.pdf", "encrypted")
    assert "locked.pdf" in error.message
    assert len(seen(tmp_path / "b.pdf", SourceOptions(("geheim",), max_pixels=100_000))) == 2


def test_what_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    path = album(tmp_path / "a.pdf", ("bomb.pdf", b"%PDF-1.7\n" + bytes(300_000_000)))
    assert path.stat().st_size < 1_000_000
    page, error = failing(path)
    assert (page.label, error.kind) == ("bomb.pdf", "too-large")
    assert "bomb.pdf" in error.message


def test_a_list_in_parts_is_read_whole_and_a_loop_ends(tmp_path: Path) -> None:
    document = pymupdf.open(album(tmp_path / "a.pdf", ("one.pdf", letter("one")), ("two.pdf", letter("two"))))
    kids = []
    names = document.xref_get_key(document.pdf_catalog(), "Names/EmbeddedFiles")[1]
    kid = document.get_new_xref()
    document.update_object(kid, names)
    kids.append(kid)
    document.xref_set_key(document.pdf_catalog(), "Names/EmbeddedFiles", f"<</Kids[{kid} 0 R {kid} 0 R]>>")
    document.save(tmp_path / "b.pdf")
    assert [label for _, label, _ in seen(tmp_path / "b.pdf")] == [None, "one.pdf", "two.pdf"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("given", ["NFC", "NFD"])
def test_a_password_is_tried_however_its_accents_are_written(tmp_path: Path, form: str, given: str) -> None:
    own, typed = (unicodedata.normalize(each, "geheimnüß é") for each in (form, given))
    document = pymupdf.open(stream=letter("text"))
    document.save(tmp_path / "a.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=own, owner_pw="x")
    assert len(seen(tmp_path / "a.pdf", SourceOptions((typed,)))) == 1
