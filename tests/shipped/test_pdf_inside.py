"""Files inside a PDF: documents of their own, or said to be left out; no harm comes of any of them."""

from __future__ import annotations

import io
import random
import tracemalloc
import unicodedata
from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer.catalog import Catalog
from indexer.plugins import pdf
from indexer.system.originals import source_file
from indexer.values import Inside, SourceFile, SourceOptions

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


def held(path: Path, options: SourceOptions = OPTIONS) -> list[Inside]:
    """What is found inside a file."""
    return list(pdf.held(source_file(path, None), options))


def seen(path: Path, options: SourceOptions = OPTIONS) -> dict[str, list[tuple[int, str | None]]]:
    """Number and what is missing of each page, of which each is also drawn, by the names of its document."""
    holder = source_file(path, None)
    inside = [SourceFile(path.joinpath(*each.names), each.sha256, each.size, 0, holder.stamp, holder)
              for each in held(path, options) if each.sha256]  # fmt: skip
    found = {}
    for file in (holder, *inside):
        pages = found.setdefault("/".join(file.names), [])
        for page in pdf.pages(file, options):
            pages.append((page.number, page.missing))
            assert page.image().size[0] > 100
    return found


def test_files_inside_are_documents_of_their_own(tmp_path: Path) -> None:
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
    one, both = [(1, None)], [(1, None), (2, None)]
    assert seen(path) == {
        "": one,
        "brief.pdf": one,
        "both.pdf": both,
        "letter1.jpg": one,
        "scans.tif": both,
        "without a suffix": one,
        "on the page.pdf": one,
    }


def test_what_is_neither_pdf_nor_image_is_counted(tmp_path: Path) -> None:
    path = album(tmp_path / "a.pdf", ("a.docx", b"PK\3\4" + bytes(99)), ("b.txt", b"text"), ("c.txt", b""))
    assert seen(path) == {"": [(1, "3 files inside it were not read (1 .docx, 2 .txt)")]}
    assert [each.sha256 or each.trouble for each in held(path)] == [None, None, None]


def test_each_has_a_name_of_its_own_that_no_system_takes_for_another(tmp_path: Path) -> None:
    names = ("a.jpg", "A.JPG", "\u00e4.jpg", "a\u0308.jpg", "..", "x\0\n.jpg")
    path = album(tmp_path / "a.pdf", *((name, picture() + bytes(at)) for at, name in enumerate(names)))
    found = [each.names for each in held(path)]
    assert found[:5] == [("a.jpg",), ("A (2).JPG",), ("\u00e4.jpg",), ("a\u0308 (2).jpg",), ("file",)]
    assert found == [each.names for each in held(path)]


def test_files_inside_are_found_shown_and_counted(notes) -> None:
    album(
        notes.home / "album.pdf",
        ("brief.pdf", letter("Eingebettetes Schriftstueck aus Bern")),
        ("letter1.jpg", picture()),
        ("a.docx", b"PK\3\4"),
    )
    done = notes.json("index", "album.pdf")
    assert (done["files"]["read"], done["pages"], done["passed_over"]) == (3, 3, {".docx": 1})
    assert notes.json("status")["incomplete"] == 1
    (typed,) = notes.json("search", "eingebettetes")["hits"]
    (drawn,) = notes.json("search", "kartoffelernte", "--in", "album.pdf")["hits"]
    assert (typed["path"], typed["page"]) == (str(notes.home / "album.pdf" / "brief.pdf"), 1)
    assert (drawn["path"], drawn["page"]) == (str(notes.home / "album.pdf" / "letter1.jpg"), 1)
    assert notes.json("search", "kartoffelernte", "--in", "brief.pdf", rc=1)["total"] == 0
    notes.run("show", "album.pdf/letter1.jpg", "--crop", "line.png")
    with Image.open(notes.home / "line.png") as crop:
        assert crop.width > 200
    assert notes.json("index", "--prune", "album.pdf")["files"]["skipped"] == 3
    assert "index " in notes.run("index", "album.pdf/letter1.jpg", rc=3).stderr


def test_what_lies_in_a_file_comes_and_goes_with_it(notes) -> None:
    notes.fake_engine()
    folder = notes.home / "box"
    folder.mkdir()
    album(folder / "a.pdf", ("one.jpg", picture()), ("two.jpg", picture("PNG")), ("torn.jpg", picture()[:300]))
    assert notes.json("index", "box", rc=3)["files"]["read"] == 3
    assert [Path(each["path"]).name for each in notes.json("status")["failures"]] == ["torn.jpg"]
    again = notes.json("index", "box")
    assert ([each["new"] for each in again["failures"]], again["files"]["skipped"]) == ([False], 3)
    (folder / "a.pdf").rename(folder / "b.pdf")
    moved = notes.json("index", "box", rc=3)
    assert (moved["files"]["read"], moved["files"]["skipped"]) == (0, 3)
    paths = {Path(hit["path"]).relative_to(folder) for hit in notes.json("search", "alpha")["hits"]}
    assert paths == {Path("b.pdf/one.jpg"), Path("b.pdf/two.jpg")}
    album(folder / "b.pdf", ("two.jpg", picture("PNG")))
    notes.run("index", "box")
    assert [Path(hit["path"]).name for hit in notes.json("search", "alpha")["hits"]] == ["two.jpg"]
    assert notes.json("status")["failures"] == []
    (folder / "b.pdf").unlink()
    (folder / "c.png").write_bytes(picture("PNG", 1))
    notes.run("index", "--prune", "box")
    assert {Path(hit["path"]).name for hit in notes.json("search", "alpha")["hits"]} == {"c.png"}


def test_corrections_under_the_page_numbers_of_before_are_kept(notes) -> None:
    notes.fake_engine()
    path = album(notes.home / "a.pdf", ("one.jpg", picture()), ("two.jpg", picture("PNG")))
    notes.run("index", "a.pdf")
    with Catalog(notes.index) as catalog:
        first, _ = catalog.page_lines(path / "one.jpg", 1)
        catalog.say(first.id, "correct", "Zwetschgenernte")
        as_an_earlier_version_left_it(catalog, path)
        assert "Zwetschgenernte" in [line.text for number in (2, 3) for line in catalog.page_lines(path, number)]
    notes.run("index", "a.pdf")
    (found,) = notes.json("search", "zwetschgenernte")["hits"]
    assert (found["path"], found["page"]) == (str(path / "one.jpg"), 1)
    with Catalog(notes.index) as catalog:
        assert catalog.orphans() == []
        assert [page.number for page in catalog.document_pages(catalog.documents()[0].id)] == [1]


def as_an_earlier_version_left_it(catalog: Catalog, path: Path) -> None:
    """Let the pages of the files inside one be further pages of it."""
    sha256 = source_file(path).sha256
    with catalog._writing() as db:
        (holder,) = db.execute("SELECT id FROM files WHERE sha256 = ?", (sha256,)).fetchone()
        inner = db.execute("SELECT id, sha256 FROM files WHERE id <> ?", (holder,)).fetchall()
        for number, (file, content) in enumerate(inner, 2):
            db.execute("UPDATE pages SET file_id = ?, number = ? WHERE file_id = ?", (holder, number, file))
            for table in ("pictures", "verdicts"):
                db.execute(f"UPDATE {table} SET sha256 = ?, page = ? WHERE sha256 = ?", (sha256, number, content))
            db.execute("DELETE FROM places WHERE file_id = ?", (file,))
            db.execute("DELETE FROM files WHERE id = ?", (file,))
        db.execute("UPDATE files SET pages = ?", (1 + len(inner),))
        db.execute("DELETE FROM held")
        db.execute("INSERT INTO unopened VALUES (?)", (sha256,))


def test_a_pdf_in_a_pdf_in_a_pdf_is_read_so_deep_and_no_deeper(tmp_path: Path) -> None:
    data = letter("the innermost")
    for depth in range(6):
        album(tmp_path / "a.pdf", (f"in{depth}.pdf", data))
        data = (tmp_path / "a.pdf").read_bytes()
    found = seen(tmp_path / "a.pdf")
    assert list(found) == ["", "in5.pdf", "in5.pdf/in4.pdf", "in5.pdf/in4.pdf/in3.pdf"]
    assert found["in5.pdf/in4.pdf/in3.pdf"] == [(1, "1 file inside it was not read (.pdf)")]
    assert [each.sha256 for each in held(tmp_path / "a.pdf")][-1] == ""


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "/etc/x.pdf", "C:\\windows\\x.pdf", "\\\\host\\x.pdf", "", "a" * 999]
)
def test_a_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    ((own,),) = [each.names for each in held(album(tmp_path / "a.pdf", (name, letter("text"))))]
    assert own
    assert not {"/", "\\"} & set(own)
    assert len(own) < 200
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.pdf"]


def test_damaged_and_locked_files_inside_are_failures_with_their_names(notes) -> None:
    notes.fake_engine()
    locked = pymupdf.open(stream=letter("text")).tobytes(
        encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="geheim", owner_pw="x"
    )
    path = album(notes.home / "b.pdf", ("torn.jpg", picture()[:300]), ("locked.pdf", locked))
    failed = {each["path"]: each["kind"] for each in notes.json("index", "b.pdf", rc=3)["failures"]}
    assert failed == {str(path / "torn.jpg"): "truncated", str(path / "locked.pdf"): "encrypted"}
    (notes.home / "passwords").write_text("geheim")
    opened = notes.json("index", "b.pdf", "--password-file", "passwords")
    assert ([each["path"] for each in opened["failures"]], opened["files"]["read"]) == ([str(path / "torn.jpg")], 1)


def test_what_would_fill_the_memory_is_not_unpacked(tmp_path: Path, monkeypatch) -> None:
    from indexer.plugins.pdf import inside

    monkeypatch.setattr(inside, "_MOST_BYTES", 2_000_000)
    bombs = [("bomb.pdf", b"%PDF-1.7\n" + bytes(40_000_000)), ("bomb.bin", bytes(40_000_000))]
    plain = ("plain.pdf", b"%PDF-1.7\n" + random.Random(1).randbytes(3_000_000))
    path = album(tmp_path / "a.pdf", *bombs, plain)
    tracemalloc.start()
    found = held(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [each.trouble and each.trouble[0] for each in found] == ["too-large", None, "too-large"]
    assert most < 12_000_000


def test_a_list_in_parts_is_read_whole_and_a_loop_ends(tmp_path: Path) -> None:
    document = pymupdf.open(album(tmp_path / "a.pdf", ("one.pdf", letter("one")), ("two.pdf", letter("two"))))
    kids = []
    names = document.xref_get_key(document.pdf_catalog(), "Names/EmbeddedFiles")[1]
    kid = document.get_new_xref()
    document.update_object(kid, names)
    kids.append(kid)
    document.xref_set_key(document.pdf_catalog(), "Names/EmbeddedFiles", f"<</Kids[{kid} 0 R {kid} 0 R]>>")
    document.save(tmp_path / "b.pdf")
    assert [each.names for each in held(tmp_path / "b.pdf")] == [("one.pdf",), ("two.pdf",)]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("given", ["NFC", "NFD"])
def test_a_password_is_tried_however_its_accents_are_written(tmp_path: Path, form: str, given: str) -> None:
    own, typed = (unicodedata.normalize(each, "geheimnüß é") for each in (form, given))
    document = pymupdf.open(stream=letter("text"))
    document.save(tmp_path / "a.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=own, owner_pw="x")
    assert list(seen(tmp_path / "a.pdf", SourceOptions((typed,)))) == [""]


def test_what_is_inside_is_listed_shown_and_counted_in_the_browser(notes, serve) -> None:
    notes.fake_engine()
    files = (("photo.jpg", picture()), ("torn.jpg", picture()[:300]))
    data = album(notes.home / "box.pdf", *files).read_bytes()
    server = serve(notes)
    client = server.client
    assert client.post("/api/v1/documents", files=[("files", ("letters.pdf", data))]).status_code == 202
    server.wait()
    (job,) = client.get("/api/v1/jobs").json()["jobs"]
    assert (job["name"], job["state"]) == ("letters.pdf", "failed")
    assert job["error"].startswith("torn.jpg: ")
    listed = {each["name"]: each for each in client.get("/api/v1/documents").json()}
    assert {"letters.pdf", "letters.pdf/photo.jpg"} <= listed.keys()
    assert "letters.pdf/photo.jpg" in client.get("/documents").text
    page = f"/documents/{listed['letters.pdf/photo.jpg']['id']}"
    assert "alpha page600" in client.get(f"{page}/1", follow_redirects=True).text
    assert "torn.jpg" in client.get("/failures").text
    (hit,) = client.get("/api/v1/search", params={"q": "alpha"}).json()["hits"]
    assert client.get(f"/api/v1/lines/{hit['id']}.png").status_code == 200
