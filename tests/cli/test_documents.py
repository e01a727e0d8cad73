"""The list of documents at the command line, and the names of what was added in the browser."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"


@pytest.fixture
def added(notes, make_page, serve):
    """A ledger of three pages that was added in the browser; a line of each waits for review."""
    notes.fake_engine()
    with pymupdf.open() as made:
        for width in (300, 310, 320):
            made.new_page(width=width, height=100).insert_image(
                pymupdf.Rect(0, 0, width, 100), filename=make_page(notes.home / f"{width}.png", width)
            )
        ledger = made.tobytes()
    server = serve(notes)
    server.client.post("/api/v1/documents", files=[("files", ("ledger.pdf", ledger))])
    server.wait()
    return notes


def test_documents_are_listed_with_what_waits_and_what_is_probably_wrong(notes, with_pages) -> None:
    with_pages(notes, "poilus", "mss19")
    listed = notes.json("documents")["documents"]
    assert [each["name"] for each in listed] == ["manuscripts.pdf", "poilus-06.jpg", "poilus-19.jpg"]
    manuscripts, poilus, _ = listed
    assert (manuscripts["pages"], manuscripts["read"]) == (2, 2)
    assert poilus["waiting"] <= poilus["lines"] == len(notes.json("show", poilus["path"])["lines"])
    assert all(0 < each["words_wrong"] < 0.9 for each in listed)
    done = notes.run("documents", "poilus")
    assert "manuscripts" not in done.stdout
    assert f"about {poilus['words_wrong']:.0%}".replace("%", " %") in done.stdout
    assert "2 documents, 2 pages" in done.stderr
    missing = notes.run("documents", "polius", rc=2)
    assert "no folder or file in the index matches polius" in missing.stderr
    assert "Did you mean poilus?" in missing.stderr
    for line in notes.json("show", poilus["path"])["lines"]:
        notes.run("review", "accept", line["id"])
    assert notes.json("documents", "poilus-06.jpg")["documents"][0]["words_wrong"] == 0


def test_what_was_added_is_known_by_its_name(added) -> None:
    (document,) = added.json("documents", "ledger.pdf")["documents"]
    assert document["name"] == "ledger.pdf"
    assert document["path"].endswith(f"{document['sha256']}.pdf")
    assert "ledger.pdf (added in the browser)" in added.run("documents").stdout
    shown = added.run("show", "ledger.pdf")
    assert "ledger.pdf (added in the browser), page 1 of 3" in shown.stderr
    assert "page 2 of 3" in added.run("show", "ledger.pdf:2").stderr
    assert added.json("show", "ledger.pdf")["pages"] == 3
    for words in (("search", "alpha"), ("review",), ("search", "alpha", "--in", "ledger*")):
        done = added.run(*words)
        assert "ledger.pdf (added in the browser)" in done.stdout
        assert document["sha256"] not in done.stdout
    assert "alpha" in added.run("export", "ledger.pdf:3", "--as", "text").stdout
    assert "notes documents lists" in added.run("show", "ledger.pdf:9", rc=2).stderr


def test_a_file_is_shown_by_the_end_of_its_path_if_only_one_ends_so(notes, make_page) -> None:
    notes.fake_engine()
    for place, width in (("spring/a.png", 300), ("autumn/a.png", 310), ("autumn/b.png", 320)):
        make_page(notes.home / "letters" / place, width)
    notes.run("index", "letters")
    assert "page320" in notes.run("show", "b.png").stdout
    assert "page310" in notes.run("show", "autumn/a.png").stdout
    assert "page320" in notes.run("show", "b.png:1").stdout
    both = notes.run("show", "a.png", rc=2).stderr
    assert "2 documents are called a.png" in both
    assert "spring/a.png" in both
    assert "neither the id of a line" in notes.run("show", "ring/a.png", rc=2).stderr
