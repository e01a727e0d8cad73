"""Folders in the browser: their documents, the folders in them, and images leafed through as pages."""

from __future__ import annotations

import re

import pytest

from indexer.text.natural import natural_key

ALL = {"notebook": "3", "other": "1"}


@pytest.fixture
def box(notes, make_page):
    """A notebook of photographs, a letter above it, and a folder beside it."""
    notes.fake_engine()
    for number, name in enumerate(("notebook/p1", "notebook/p2", "notebook/p10", "letter", "other/a")):
        make_page(notes.home / "box" / f"{name}.png", 200 + 10 * number)
    notes.run("index", "box")
    return notes


def addresses(server) -> dict[str, str]:
    listed = server.client.get("/api/v1/documents").json()
    return {each["name"]: f"/documents/{each['id']}/1" for each in listed}


def test_images_of_a_folder_are_leafed_through_in_natural_order(box, serve) -> None:
    server = serve(box)
    at = addresses(server)
    first, second, tenth = (server.client.get(at[f"{name}.png"]).text for name in ("p1", "p2", "p10"))
    assert "page 1 of 3" in first
    assert "page 2 of 3" in second
    assert "page 3 of 3" in tenth
    assert f'rel="next" href="{at["p2.png"]}"' in first
    assert f'rel="prev" href="{at["p1.png"]}"' in second
    assert f'rel="next" href="{at["p10.png"]}"' in second
    assert 'rel="next"' not in tenth
    assert "The whole folder as" in second
    assert f'href="{at["p10.png"]}?q=alpha"' in server.client.get(at["p2.png"], params={"q": "alpha"}).text
    assert "page 1 of 1" in server.client.get(at["letter.png"]).text
    box.run("forget", "p2.png", "--yes")
    assert "page 2 of 2" in server.client.get(at["p10.png"]).text
    server.close()
    (box.home / "notes.toml").write_text(f"leaf_through_folders = false\n{(box.home / 'notes.toml').read_text()}")
    server = serve(box)
    assert "page 1 of 1" in server.client.get(at["p10.png"]).text


def test_a_folder_has_a_view_of_its_own(box, serve) -> None:
    server = serve(box)
    folder = box.home / "box"
    whole = server.client.get("/documents").text
    shelves = re.findall(r'<li><a href="([^"]+)">([^<]+)</a> <span class="quiet">(\d+)</span>', whole)
    assert shelves == [(f"/documents?in={folder}/{name}", name, number) for name, number in ALL.items()]
    assert f"In {folder}</p>" in whole
    shown = server.client.get("/documents", params={"in": f"{folder}/notebook"}).text
    assert re.search(r"<h1>\s*notebook\s*</h1>", shown)
    assert "p10.png" in shown
    assert "letter.png" not in shown
    assert f'href="/documents?in={folder}">box</a>' in shown
    assert f'name="pattern" value="{folder}/notebook"' in shown
    missing = server.client.get("/documents", params={"in": "/nosuch"})
    assert missing.status_code == 404
    assert "no document lies in /nosuch" in missing.text.replace("No", "no", 1)


def test_the_view_of_a_folder_is_found_without_going_through_the_archive(put, tmp_path) -> None:
    from indexer.catalog import Catalog

    with Catalog(tmp_path, create=True) as catalog:
        for number in range(300):
            put(catalog, f"{number // 100}/{number}.png", [("alpha", 0.9)])
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        catalog._db.set_progress_handler(count, 100)
        from pathlib import Path

        assert [path.name for path in catalog.folders_in(Path("/box"), 9)] == ["0", "1", "2"]
        assert steps < 10
        catalog._db.set_progress_handler(None, 100)
        found = catalog.documents_in(Path("/box/1"), 5, 95)
        assert [each.path.name for each in found] == ["195.png", "196.png", "197.png", "198.png", "199.png"]
        assert catalog.count_in(Path("/box/1")) == 100


def test_names_are_in_natural_order() -> None:
    names = ["p10", "p2", "P1", "a", "p2b", "2", "10", "é"]
    assert sorted(names, key=natural_key) == ["2", "10", "a", "P1", "p2", "p2b", "p10", "é"]
