"""Documents that are forgotten at the command line, and how they come back."""

from __future__ import annotations

import zipfile
from contextlib import closing
from pathlib import Path

import pymupdf
import pytest

import indexer
from indexer.catalog import Catalog
from indexer.system.originals import source_file


@pytest.fixture
def box(notes, make_page):
    """Three letters; a line of the first is corrected."""
    notes.fake_engine(tell=str(notes.home / "told"))
    for width in (300, 310, 320):
        make_page(notes.home / "box" / f"{width}.png", width)
    notes.run("index", "box")
    (line,) = (hit["id"] for hit in notes.json("search", "page300")["hits"])
    notes.run("review", "correct", line, "Dear Mother")
    return notes


def stands(notes) -> dict:
    """All that people see of the archive."""
    status = {key: value for key, value in notes.json("status").items() if key != "gone"}
    documents = notes.json("documents")["documents"]
    return {
        "status": status,
        "documents": documents,
        "lines": [notes.json("show", each["path"])["lines"] for each in documents],
        "found": [hit["id"] for hit in notes.json("search", "mother", rc=(0, 1))["hits"]],
    }


def test_what_is_forgotten_comes_back_whole_and_is_not_read_meanwhile(box) -> None:
    before, files = stands(box), {path: path.read_bytes() for path in (box.home / "box").iterdir()}
    refused = box.run("forget", "box/300.png", rc=2)
    assert "300.png, 1 page" in refused.stderr
    assert "--yes" in refused.stderr
    assert stands(box) == before
    (document,) = box.json("forget", "300.png", "--yes")["documents"]
    assert (document["name"], document["verdicts"]) == ("300.png", 1)
    assert box.json("status")["pages"] == 2
    assert box.json("status")["orphans"] == 0
    box.run("search", "mother", rc=1)
    box.run("show", "box/300.png", rc=2)
    told = (box.home / "told").read_text()
    again = box.run("index", "box", "box/300.png")
    assert "1 forgotten" in again.stderr
    assert "notes forget --undo" in again.stderr
    assert (box.home / "told").read_text() == told
    assert box.json("index", "box", "--dry-run")["would_read"] == []
    assert "300.png, 1 page, forgotten" in box.run("forget", "--list").stdout
    box.run("forget", "--undo", "nosuch", rc=2)
    box.run("forget", "--undo")
    assert stands(box) == before
    assert files == {path: path.read_bytes() for path in (box.home / "box").iterdir()}
    assert not list((box.index / "forgotten").iterdir())
    box.run("forget", "--undo", rc=2)


def test_what_is_deleted_for_good_is_read_anew_only_when_it_is_brought_back(box) -> None:
    box.run("forget", "box", "--yes")
    assert box.json("status")["pages"] == 0
    assert box.json("forget", "--delete-before", "2000-01-01", "--yes")["documents"] == []
    assert "1 line" in box.run("forget", "--delete-before", "2999-01-01", "--yes").stderr
    assert not list((box.index / "forgotten").iterdir())
    assert "deleted for good" in box.run("forget", "--list").stdout
    assert box.json("index", "box")["pages"] == 0
    assert "reads them anew" in box.run("forget", "--undo", "box").stderr
    assert box.json("index", "box")["pages"] == 3
    box.run("forget", "--delete-before", "yesterday", rc=2)
    box.run("forget", rc=2)
    box.run("forget", "nosuch", rc=2)


def test_what_was_added_is_set_aside_with_its_file_and_in_the_backup(notes, make_page, serve) -> None:
    notes.fake_engine()
    with pymupdf.open() as made:
        for width in (300, 310):
            page = made.new_page(width=width, height=100)
            page.insert_image(page.rect, filename=make_page(notes.home / f"{width}.png", width))
        ledger = {"files": ("ledger.pdf", made.tobytes())}
    server = serve(notes)
    server.client.post("/api/v1/documents", files=ledger)
    server.wait()
    before = stands(notes)
    (file,) = (notes.index / "documents").iterdir()
    notes.run("forget", "ledger.pdf", "--yes")
    assert not file.exists()
    assert server.client.get("/api/v1/documents").json() == []
    assert server.client.get("/api/v1/jobs").json()["total"] == 0
    server.close()
    notes.run("backup", "kept.zip")
    notes.run("restore", "kept.zip", "--index", "other")
    for each in (notes.index, notes.home / "other"):
        notes.environ["NOTES_INDEX"] = str(each)
        notes.run("forget", "--undo", "ledger.pdf")
        assert len(list((each / "documents").iterdir())) == 1
        assert notes.json("show", "ledger.pdf:2")["pages"] == 2
    notes.environ["NOTES_INDEX"] = str(notes.index)
    assert stands(notes) == before
    notes.run("forget", "ledger.pdf", "--yes")
    server = serve(notes)
    server.client.post("/api/v1/documents", files=ledger)  # who adds it again wants it back
    server.wait()
    assert stands(notes)["documents"] == before["documents"]


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture
def interrupted(notes, make_page, monkeypatch) -> Path:
    """The file of an added document that was forgotten, in an index whose process was killed before it was moved."""
    notes.fake_engine()
    page = make_page(notes.home / "a.png")
    added = notes.index / "documents" / f"{source_file(page).sha256}.png"
    added.parent.mkdir(parents=True)
    page.rename(added)
    notes.run("index", added)

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched, indexer.open_archive(notes.index) as archive:
        patched.setattr("indexer.catalog.forgetting.move", killed)
        documents = list(archive.documents())
        with pytest.raises(KilledError):
            archive.forget(documents)
    assert added.exists()
    return added


def test_an_added_file_that_was_not_set_aside_in_time_is_deleted_with_the_rest(notes, interrupted) -> None:
    notes.run("forget", "--delete-before", "2999-01-01", "--yes")
    assert not interrupted.exists()
    assert not list((notes.index / "forgotten").iterdir())


def test_an_added_file_that_was_not_set_aside_in_time_comes_back(notes, interrupted) -> None:
    notes.run("forget", "--undo")
    assert interrupted.exists()
    assert notes.json("show", interrupted)["lines"]


def test_an_added_file_that_was_not_set_aside_in_time_is_by_the_server(notes, interrupted, serve) -> None:
    server = serve(notes)
    assert server.client.get("/api/v1/jobs").json()["total"] == 0
    assert not interrupted.exists()
    assert list((notes.index / "forgotten").glob(f"*/documents/{interrupted.name}"))


def test_documents_are_forgotten_and_brought_back_in_the_browser(box, serve) -> None:
    server = serve(box)
    (document,) = (each for each in server.client.get("/api/v1/documents").json() if each["name"] == "300.png")
    assert f'href="/documents/{document["id"]}/forget"' in server.client.get("/documents").text
    asked = server.client.get(f"/documents/{document['id']}/forget").text
    assert "Forget 300.png?" in asked
    assert str(box.home / "box") in asked
    shown = server.client.post(f"/documents/{document['id']}/forget", follow_redirects=True).text
    assert "300.png" in shown
    assert "people said something of 1 line" in shown
    assert server.hits("mother") == []
    assert "1 forgotten document" in server.client.get("/documents").text
    back = f"/forgotten/{document['sha256']}"
    assert f'action="{back}"' in shown
    assert "300.png" in server.client.post(back, follow_redirects=True).text
    assert len(server.hits("mother")) == 1
    assert server.client.post(back).status_code == 404
    assert server.client.post("/documents/77/forget").status_code == 404


def test_what_was_said_of_a_page_comes_back_when_another_file_lies_in_its_place(box, serve, make_page) -> None:
    page = box.home / "box" / "300.png"
    before = page.read_bytes()
    box.run("forget", page, "--yes")
    make_page(page, 350)
    box.run("index", "box")
    assert "review --orphans" in box.run("forget", "--undo").stderr
    assert "Dear Mother" in box.run("review", "--orphans").stdout
    assert box.run("forget", "--list", rc=1).stdout == ""
    server = serve(box)
    server.client.post("/api/v1/documents", files={"files": ("again.png", before)})
    server.wait()
    assert len(server.hits("mother")) == 1


def test_what_is_inside_of_a_file_is_named_before_it_is_forgotten_with_it(box, serve) -> None:
    with zipfile.ZipFile(box.home / "two.zip", "w") as packed:
        for name in ("300.png", "310.png"):
            packed.write(box.home / "box" / name, name)
    box.run("index", "two.zip")
    asked = box.run("forget", "two.zip", rc=2).stderr
    assert all(name in asked for name in ("two.zip", "300.png, 1 page", "310.png, 1 page"))
    with Catalog(box.index) as catalog:
        number = next(each.id for each in catalog.documents() if each.name == "two.zip")
    shown = serve(box).client.get(f"/documents/{number}/forget").text
    assert "So are the 2 documents inside of it" in shown


def test_every_table_that_tells_of_a_document_is_set_aside(tmp_path) -> None:
    from indexer.catalog import forgetting, schema

    with closing(schema.connect(tmp_path, create=True)) as db:
        tables = {row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    derived = {"totals", "document_totals", "said", "waiting", "sqlite_sequence"}
    of_all = {
        "meta",
        "runs",
        "origins",
        "removed_pages",
        "forgotten",
        "forgotten_places",
        "users",
        "tokens",
        "sessions",
        "log",
        "log_left_out",
        "subjects",
        "saved_searches",
        "word_batches",  # each is of words in many documents
    }
    assert tables - derived - of_all == forgetting.PARTS.keys()
