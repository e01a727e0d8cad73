"""PDF pages: rendered within a budget, their text where their ink is, damage and locks told apart."""

from __future__ import annotations

import os
import random
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from indexer.plugins import pdf
from indexer.system.originals import source_file
from indexer.values import Page, SourceFile, SourceOptions, TextLayer
from indexer.values.errors import PluginError

OPTIONS = SourceOptions()
SENTENCE = "The council met on the ninth of January"


def document(*texts: str, width: float = 400, height: float = 300) -> pymupdf.Document:
    made = pymupdf.open()
    for text in texts:
        made.new_page(width=width, height=height).insert_text((40, 80), text, fontsize=14)
    return made


def read(path: Path, options: SourceOptions = OPTIONS) -> list[tuple[tuple[int, int], TextLayer | None]]:
    """The size of each page's image, and its text."""
    return [(page.image().size, text_of(page)) for page in pdf.pages(source_file(path, None), options)]


def text_of(page: Page) -> TextLayer | None:
    assert page.text is not None
    return page.text()


def refusal(path: Path, options: SourceOptions = OPTIONS) -> PluginError:
    with pytest.raises(PluginError) as caught:
        read(path, options)
    return caught.value


def raw(*objects: str) -> bytes:
    """A PDF of these objects, the first its catalogue, with right cross-references."""
    data, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj{text}endobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Root 1 0 R/Size {size}>>\nstartxref\n{len(data)}\n%%EOF"
    )
    return data + end.encode()


def test_text_of_a_page_may_be_checked_against_its_ink(notes) -> None:
    document(SENTENCE).save(notes.home / "typed.pdf")
    notes.run("index", "--pdf-text", "check", "typed.pdf")
    (hit,) = notes.json("search", "council")["hits"]
    assert (hit["text"], hit["status"]) == (SENTENCE, "accepted")
    assert hit["confidence"] > 0.75
    readings = notes.json("show", hit["id"])["lines"][0]["readings"]
    assert {reading["origin"] for reading in readings} == {"text-layer", "embedded"}


def test_pages_are_numbered_and_rendered_at_300_dpi(tmp_path: Path) -> None:
    document("one", "two", "three", width=144, height=72).save(tmp_path / "a.pdf")
    found = [(page.number, page.image()) for page in pdf.pages(source_file(tmp_path / "a.pdf", None), OPTIONS)]
    assert [(number, image.size) for number, image in found] == [(number, (600, 300)) for number in (1, 2, 3)]
    assert all(image.mode in ("L", "RGB") for _, image in found)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("cropped", [False, True])
def test_words_lie_on_their_ink(tmp_path: Path, rotation: int, cropped: bool) -> None:
    made = document(SENTENCE)
    if cropped:
        made[0].set_cropbox(pymupdf.Rect(20, 30, 390, 280))
    made[0].set_rotation(rotation)
    made.save(tmp_path / "a.pdf")
    page = next(pages := pdf.pages(source_file(tmp_path / "a.pdf", None), OPTIONS))
    image, layer = page.image(), text_of(page)
    pages.close()
    assert layer is not None
    assert (layer.width, layer.height) == image.size
    assert [line.text for line in layer.lines] == [SENTENCE]
    ink = np.asarray(image.convert("L")) < 128
    everywhere = int(ink.sum())
    words = layer.lines[0].words
    assert " ".join(word.text for word in words) == SENTENCE
    inks = [ink[w.box.y : w.box.y + w.box.height, w.box.x : w.box.x + w.box.width].sum() for w in words]
    assert min(inks) > 20
    assert sum(inks) > 0.98 * everywhere


def test_lines_keep_the_order_of_the_file(tmp_path: Path) -> None:
    made = pymupdf.open()
    page = made.new_page()
    for top, text in ((700, "written first, at the foot"), (100, "written last, at the head")):
        page.insert_text((72, top), text)
    made.save(tmp_path / "a.pdf")
    ((_, layer),) = read(tmp_path / "a.pdf")
    assert layer is not None
    assert [line.text[:13] for line in layer.lines] == ["written first", "written last,"]
    assert all(line.confidence is None and word.confidence is None for line in layer.lines for word in line.words)


def test_text_beyond_the_edge_is_cut_or_left_out(tmp_path: Path) -> None:
    made = document(SENTENCE)
    made[0].insert_text((380, 200), "running off", fontsize=14)
    made[0].insert_text((600, 250), "outside", fontsize=14)
    made.save(tmp_path / "a.pdf")
    ((size, layer),) = read(tmp_path / "a.pdf")
    assert layer is not None
    boxes = [word.box for line in layer.lines for word in line.words] + [line.box for line in layer.lines]
    assert all(b.x >= 0 and b.y >= 0 and b.x + b.width <= size[0] and b.y + b.height <= size[1] for b in boxes)
    assert "outside" not in " ".join(line.text for line in layer.lines)


@pytest.mark.parametrize("text", ["- 17 -", "Archives no 12345678", SENTENCE])
def test_however_short_text_is_taken_unless_it_is_to_be_ignored(tmp_path: Path, text: str) -> None:
    document(text).save(tmp_path / "a.pdf")
    ((_, layer),) = read(tmp_path / "a.pdf")
    assert layer is not None
    assert [line.text for line in layer.lines] == [text]
    ((_, ignored),) = read(tmp_path / "a.pdf", SourceOptions(pdf_text="ignore"))
    assert ignored is None


@pytest.mark.parametrize("size", [(14_400, 14_400), (200_000, 3), (3, 200_000), (0.5, 0.5), (600, 800)])
@pytest.mark.parametrize("budget", [1_000_000, 2_345_678])
def test_an_absurd_page_is_rendered_within_the_budget(tmp_path: Path, size: tuple[float, float], budget: int) -> None:
    width, height = size
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]>>"
    (tmp_path / "a.pdf").write_bytes(raw("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", page))
    ((rendered, _),) = read(tmp_path / "a.pdf", SourceOptions(max_pixels=budget))
    assert 1 <= rendered[0] * rendered[1] <= budget


def test_however_much_is_allowed_a_page_stays_below_40_megapixels(tmp_path: Path) -> None:
    document("", width=14_400, height=7_200).save(tmp_path / "a.pdf")
    ((size, _),) = read(tmp_path / "a.pdf", SourceOptions(max_pixels=10**9))
    assert 38_000_000 < size[0] * size[1] <= 40_000_000


def test_a_locked_file_needs_one_of_its_passwords(tmp_path: Path) -> None:
    document(SENTENCE).save(tmp_path / "a.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="geheim", owner_pw="x")
    none = refusal(tmp_path / "a.pdf")
    wrong = refusal(tmp_path / "a.pdf", SourceOptions(passwords=("falsch", "")))
    assert none.kind == wrong.kind == "encrypted"
    assert "--password-file" in none.hint
    assert none.message != wrong.message
    ((_, layer),) = read(tmp_path / "a.pdf", SourceOptions(passwords=("falsch", "geheim")))
    assert layer is not None


def test_a_file_locked_against_changes_alone_is_open(tmp_path: Path) -> None:
    document(SENTENCE).save(tmp_path / "a.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="x")
    assert len(read(tmp_path / "a.pdf")) == 1


def test_broken_cross_references_are_mended_without_a_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = document(SENTENCE, SENTENCE).tobytes()
    (tmp_path / "a.pdf").write_bytes(data[: data.rindex(b"startxref")] + b"startxref\n99\n%%EOF")
    assert [layer is not None for _, layer in read(tmp_path / "a.pdf")] == [True, True]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("data", [b"", b"just some text", b"%PDF-1.7\nnothing of the kind\n", bytes(500)])
def test_what_cannot_be_mended_is_broken(tmp_path: Path, data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.pdf").write_bytes(data)
    assert refusal(tmp_path / "a.pdf").kind == "broken"
    assert capfd.readouterr() == ("", "")


def test_pages_of_a_pdf_that_broke_off_are_read_or_named_and_none_is_taken_for_empty(tmp_path: Path) -> None:
    made, chance = pymupdf.open(), random.Random(19)
    for _ in range(4):
        picture = pymupdf.Pixmap(pymupdf.csGRAY, 60, 80, chance.randbytes(4800), False)
        made.new_page(width=60, height=80).insert_image((0, 0, 60, 80), pixmap=picture)
    whole = made.tobytes()
    seen = set()
    for length in range(len(whole) // 9, len(whole), len(whole) // 9):
        (tmp_path / "a.pdf").write_bytes(whole[:length])
        with suppress(PluginError):  # nothing of it is left
            for page in pdf.pages(source_file(tmp_path / "a.pdf", None), OPTIONS):
                try:
                    seen.add("white" if page.image().getextrema()[0] == (255, 255) else "shown")
                except PluginError as error:
                    seen.add("lost" if "is lost" in error.message else "damaged")
    assert {"shown", "lost"} <= seen
    assert "white" not in seen


def test_a_page_as_small_as_a_stamp_is_rendered_as_fine_as_its_picture(tmp_path: Path) -> None:
    made = pymupdf.open()
    for side in (10, 300):
        picture = pymupdf.Pixmap(pymupdf.csGRAY, 2000, 2000, bytes(4_000_000), False)
        made.new_page(width=side, height=side).insert_image((0, 0, side, side), pixmap=picture)
    made.save(tmp_path / "a.pdf")
    assert [size for size, _ in read(tmp_path / "a.pdf")] == [(2000, 2000), (1250, 1250)]


def test_no_pages(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(raw("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"))
    assert refusal(tmp_path / "a.pdf").kind == "empty"


def test_damage_is_a_plugin_error_and_nothing_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data, chance, path = document(SENTENCE, SENTENCE, SENTENCE).tobytes(), random.Random(5), tmp_path / "a.pdf"
    whole = 0
    for n in range(150):
        damaged = bytearray(data if n % 3 else data[: chance.randrange(len(data))])
        for _ in range(chance.choice((1, 5, 30))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            whole += len(read(path, SourceOptions(max_pixels=10_000))) == 3
        except PluginError as error:
            assert error.kind in ("broken", "empty", "encrypted")  # noqa: PT017
    assert whole > 20
    assert capfd.readouterr() == ("", "")


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.pdf").mkdir()
    for name in ("folder.pdf", "gone.pdf"):
        with pytest.raises(PluginError) as caught:
            next(pdf.pages(SourceFile(tmp_path / name, "", 0, 0.0), OPTIONS))
        assert caught.value.kind == "unreadable"


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
@pytest.mark.parametrize("name", [b"two words.pdf", b"new\nline.pdf", b"\xff\xe9.pdf"])
def test_odd_names(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(document(SENTENCE).tobytes())
    assert len(read(path)) == 1
