"""The index folder can be moved, and what is said to be known was read and is still there."""

from __future__ import annotations

import io
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indexer.catalog import Catalog, schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Notes, Served


def send(served: Served, data: bytes, name: str) -> dict[str, Any]:
    """Add a document and wait until nothing waits any more."""
    (added,) = served.client.post("/api/v1/documents", files={"files": (name, data)}).json()["added"]
    served.wait()
    return dict(added)


def test_an_index_folder_that_is_moved_works_at_once(
    notes: Notes, make_page: Callable[..., Path], serve: Callable[..., Served]
) -> None:
    notes.fake_engine()
    page = make_page(notes.home / "photo.png", 300)
    digest = sha256(page.read_bytes()).hexdigest()
    with closing(serve(notes)) as served:
        assert not send(served, page.read_bytes(), "photo.png")["known"]
    notes.index = notes.index.rename(notes.home / "elsewhere")
    notes.environ["NOTES_INDEX"] = str(notes.index)
    with closing(serve(notes)) as served:
        assert served.client.get(f"/scan/{digest}/1/320.jpg").status_code == 200
        assert served.client.get("/documents/1/1/pdf").status_code == 200
        assert send(served, page.read_bytes(), "photo.png")["known"]
    notes.run("show", 1, "--crop", "line.png")
    assert notes.json("index", notes.index / "documents")["files"]["skipped"] == 1
    (notes.home / "link").symlink_to(notes.index)
    assert notes.json("index", "--index", "link", "link/documents")["files"]["skipped"] == 1
    with Catalog(notes.index) as catalog:
        assert catalog.places() == [notes.index / "documents" / f"{digest}.png"]


def test_places_that_an_earlier_version_kept_whole_are_found_after_a_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = "ab" * 32
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:3])
        db = schema.connect(tmp_path, create=True)
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / f"{digest}.png").touch()
    db.executemany("INSERT INTO files VALUES (?, ?, 1, 1)", [(1, digest), (2, "cd")])
    former, outside = f"/gone/documents/{digest}.png", "/archive/documents/letter.png"
    db.executemany("INSERT INTO places VALUES (?, ?, 0)", [(former.encode(), 1), (outside.encode(), 2)])
    db.execute("INSERT INTO failures VALUES (?, NULL, 'broken', 'why')", (former.encode(),))
    db.close()
    with Catalog(tmp_path) as catalog:
        assert set(catalog.places()) == {Path(outside), tmp_path / "documents" / f"{digest}.png"}
        assert catalog.failures()[0].path == tmp_path / "documents" / f"{digest}.png"


def test_what_failed_is_read_when_it_comes_by_its_right_name(
    notes: Notes, make_page: Callable[..., Path], serve: Callable[..., Served]
) -> None:
    import pymupdf

    notes.fake_engine()
    buffer = io.BytesIO()
    with pymupdf.open() as document:
        document.new_page(width=100, height=50)
        document.save(buffer)
    with closing(serve(notes)) as served:
        send(served, buffer.getvalue(), "letter.png")
        assert [each["kind"] for each in served.client.get("/api/v1/failures").json()] == ["not-an-image"]
        digest = sha256(buffer.getvalue()).hexdigest()
        assert served.client.get(f"/api/v1/documents/by-content/{digest}").status_code == 404
        assert not send(served, buffer.getvalue(), "letter.pdf")["known"]
        assert served.client.get("/api/v1/failures").json() == []
        (document,) = served.client.get("/api/v1/documents").json()
        assert (document["name"], document["read"]) == ("letter.pdf", 1)
        assert served.client.get(f"/api/v1/documents/by-content/{digest}").status_code == 200
    assert [file.suffix for file in (notes.index / "documents").iterdir()] == [".pdf"]


def test_what_was_read_from_a_drive_that_is_gone_is_kept_when_it_is_sent(
    notes: Notes, make_page: Callable[..., Path], serve: Callable[..., Served]
) -> None:
    notes.fake_engine()
    page = make_page(notes.home / "stick" / "photo.png", 300)
    data, digest = page.read_bytes(), sha256(page.read_bytes()).hexdigest()
    notes.run("index", "stick")
    with closing(serve(notes)) as served:
        known = f"/api/v1/documents/by-content/{digest}"
        assert served.client.get(known).status_code == 200
        assert send(served, data, "mine.png")["known"]
        make_page(page, 310)
        assert served.client.get(known).status_code == 404
        page.unlink()
        page.parent.rmdir()
        assert served.client.get(known).status_code == 404
        assert not send(served, data, "mine.png")["known"]
        assert (notes.index / "documents" / f"{digest}.png").read_bytes() == data
        assert served.client.get(f"/scan/{digest}/1/320.jpg").status_code == 200
        assert served.client.get(known).status_code == 200
