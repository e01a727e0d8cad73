"""``notes read``: the lines of any file on the screen, nothing kept."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

from indexer.image.tones import enhanced

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"


def test_each_line_is_printed_with_what_became_of_it(notes, make_page) -> None:
    notes.fake_engine()
    make_page(notes.home / "a page.png", 200)
    done = notes.run("read", "a page.png")
    assert done.stdout == "Accepted (90%): alpha page200\nLow-confidence line (50%): doubtful200 word\n"
    assert "a page.png, page 1" in done.stderr
    assert not notes.index.exists()
    lowered = notes.run("read", "a page.png", "--threshold", "40").stdout
    assert lowered.splitlines()[1] == "Accepted (50%): doubtful200 word"


def test_many_files_reuse_the_engine_and_a_bad_one_stops_nothing(notes, make_page) -> None:
    notes.fake_engine()
    make_page(notes.home / "box" / "1.png", 200)
    (notes.home / "box" / "2.png").write_text("no image")
    make_page(notes.home / "box" / "3.png", 300)
    done = notes.run("read", "box", "missing.png", "--json", rc=3)
    assert done.stderr.count("a plugin that prints") == 1
    assert "2.png" in done.stderr
    assert "missing.png" in done.stderr
    assert '"alpha page200"' in done.stdout
    assert '"alpha page300"' in done.stdout


def test_a_text_layer_is_named_as_what_it_is(notes) -> None:
    import pymupdf

    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "Typed by a program, long enough to count")
    document.save(notes.home / "typed.pdf")
    (page,) = notes.json("read", "typed.pdf")["pages"]
    assert page["engine"] == "text-layer"
    assert page["lines"][0]["status"] == "accepted"
    assert page["lines"][0]["confidence"] is None


def test_a_real_page_is_read_in_json(notes) -> None:
    shutil.copy(ARCHIVE / "stanford" / "stanford-04.jpg", notes.home)
    (page,) = notes.json("read", "stanford-04.jpg")["pages"]
    assert (page["page"], page["engine"], page["incomplete"]) == (1, "embedded", False)
    texts = [line["text"].casefold() for line in page["lines"] if line["status"] == "accepted"]
    assert any("university of california" in text for text in texts)
    assert all(set(line) == {"text", "confidence", "status", "box", "block"} for line in page["lines"])


def test_lines_that_are_hard_to_read_get_a_second_look(notes) -> None:
    shutil.copy(ARCHIVE / "poilus" / "poilus-06.jpg", notes.home)
    first, second = (notes.json("read", "poilus-06.jpg", *more)["pages"][0] for more in ((), ("--thorough",)))
    pairs = list(zip(first["lines"], second["lines"], strict=True))
    assert all(again["confidence"] >= line["confidence"] for line, again in pairs)
    changed = [line["confidence"] for line, again in pairs if again["text"] != line["text"]]
    assert changed
    assert all(sure < 0.75 for sure in changed)


def test_a_thorough_run_is_another_recipe_and_the_former_spelling_still_works(notes, make_page) -> None:
    notes.fake_engine()
    page = make_page(notes.home / "a.png")
    notes.run("index", page)
    assert notes.json("index", "--thorough", page)["files"]["read"] == 0
    planned = ("index", "--thorough", "--reread", "--dry-run", page)
    assert notes.json(*planned)["would_read"] == [str(page)]
    notes.run("index", "--thorough", "--reread", page)
    assert notes.json(*planned)["would_read"] == []
    notes.environ["NOTES_THOROUGH"] = "true"
    assert notes.json("index", "--reread", "--dry-run", page)["would_read"] == []
    assert "--enhance is called --thorough now" in notes.run("read", "--enhance", page).stderr


def test_enhancing_evens_out_the_paper_and_darkens_the_ink() -> None:
    page = Image.linear_gradient("L").resize((800, 600)).point(lambda value: 100 + value // 2)
    draw = ImageDraw.Draw(page)
    for x in (100, 400, 700):
        paper = page.getpixel((x, 300))
        draw.line((x, 250, x, 350), fill=int(paper * 0.6), width=4)
    made = enhanced(page)
    assert made.size == page.size
    assert all(made.getpixel((x, 300)) < 60 for x in (100, 400, 700))
    assert all(made.getpixel((250, y)) > 235 for y in (20, 300, 580))
    blank = Image.new("RGB", (40, 30), "white")
    assert ImageChops.difference(enhanced(blank), blank.convert("L")).getbbox() is None
