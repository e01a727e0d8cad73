"""Which pages a search is narrowed down to by ``--in``, ``--since`` and ``--until``, and what is looked at for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.catalog import Catalog
from indexer.system.paths import matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATHS = (
    *(
        "/archive/Briefe/1847/a.jpg",
        "/archive/Briefe/1848/a[1].jpg",
        "/archive/Briefe.pdf",
        "/archive/B\u00fccher/c.tif",
    ),
    *("/archive/Bu\u0308cher/d.tif", "/archive/\u212aarten/k.png", "/archive/ Karten /!k.png", "/a", "/archive/[ab]/c"),
    *("C:\\Archive\\Briefe\\E.JPG", "\\\\server\\Karten\\f.jpg", "documents/0a.jpg", "/archive/\udcff/g.jpg"),
)
parts = st.sampled_from(
    [*"abckK*?[]!/.-", "Briefe", "briefe", "archive", "Karten", "B\u00fccher", "Bu\u0308cher", "jpg", "1847"]
)
patterns = st.lists(parts, min_size=1, max_size=5).map("".join)


def fill(catalog: Catalog, paths: Sequence[str], pages: int = 1) -> None:
    """Files at these places, dated by the second, with pages of which nothing was read."""
    files = range(1, len(paths) + 1)
    with catalog._writing() as db:
        db.executemany("INSERT INTO files VALUES (?, ?, 1, ?)", [(file, f"{file:064x}", pages) for file in files])
        places = [(os.fsencode(path), file, float(file)) for path, file in zip(paths, files, strict=True)]
        db.executemany("INSERT INTO places VALUES (?, ?, ?)", places)
        db.executemany(
            """INSERT INTO pages (file_id, number, width, height, recipe, seconds, read_at, revision)
            VALUES (?, ?, 9, 9, '', 1, '', ?)""",
            [(file, page, file) for file in files for page in range(1, pages + 1)],
        )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("odd")
    with Catalog(folder, create=True) as catalog:
        fill(catalog, PATHS)
        yield catalog


@given(patterns)
def test_a_pattern_is_held_against_every_place_as_if_each_were_looked_at(odd: Catalog, pattern: str) -> None:
    matches = matcher(pattern)
    wanted = {at for at, path in enumerate(PATHS, 1) if matches(str(odd.home / Path(path)))}
    assert odd.page_ids(pattern, None, None) == wanted
    assert odd.page_ids(pattern, 3.0, 8.0) == {at for at in wanted if 3 <= at < 8}


@pytest.mark.parametrize(
    "pattern", ["Karten", "\u212aarten", "B\u00fccher", "Bu\u0308cher/*", "Briefe/*", "a[[]1].jpg", "a[1].jpg"]
)
def test_names_that_can_be_written_in_several_ways_are_found(odd: Catalog, pattern: str) -> None:
    matches = matcher(pattern)
    found = odd.page_ids(pattern, None, None)
    assert found == {at for at, path in enumerate(PATHS, 1) if matches(str(odd.home / Path(path)))}
    assert found


def test_a_content_that_lies_in_several_places_is_found_by_each(tmp_path: Path) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        fill(catalog, ["/one/a.jpg"], pages=2)
        with catalog._writing() as db:
            db.execute("INSERT INTO places VALUES (?, 1, 900.0)", (b"/two/b.jpg",))
        assert len(catalog.page_ids("one", None, None)) == len(catalog.page_ids("b.jpg", None, None)) == 2
        assert len(catalog.page_ids(None, 900.0, None)) == 2
        assert catalog.page_ids("one", 900.0, None) == frozenset()


def test_among_many_pages_only_those_places_are_looked_at_that_may_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def counting(pattern: str) -> Callable[[str], bool]:
        matches = matcher(pattern)

        def look(path: str) -> bool:
            looked_at.append(path)
            return matches(path)

        return look

    monkeypatch.setattr("indexer.catalog.store.matcher", counting)
    folders = ["Briefe"] * 9 + ["Buecher"]
    with Catalog(tmp_path, create=True) as catalog:
        fill(catalog, [f"/archive/{folders[at % 10]}/{at // 100}/{at}.jpg" for at in range(10_000)], pages=5)
        for asked, pages, most in (  # the most paths and folders that are compared with the pattern, of 50,000 pages
            (("nosuch/*", None, None), 0, 0),
            (("/archive/Buecher/1", None, None), 50, 200),
            (("99??.jpg", None, None), 500, 11_000),
            (("*.jpg", None, None), 50_000, 11_000),
            ((None, 9_990.0, None), 55, 0),
        ):
            looked_at.clear()
            assert len(catalog.page_ids(*asked)) == pages
            assert len(looked_at) <= most, asked
