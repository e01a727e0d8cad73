"""The search index is derived: while it is locked, reading goes on, and so does whoever searches."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from whoosh.util.filelock import FileLock as WordsLock

from indexer.catalog import Catalog
from indexer.search import SearchIndex
from indexer.values import IndexLine, IndexPage, Status
from indexer.values.errors import IndexBusyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Notes


def lock(folder: Path, which: str) -> FileLock | WordsLock:
    return FileLock(folder / "search/ink/lock") if which == "ink" else WordsLock(str(folder / "search/MAIN_WRITELOCK"))


@pytest.mark.parametrize("which", ["ink", "words"])
def test_a_run_reads_everything_and_ends_well_while_the_search_index_is_locked(
    notes: Notes, make_page: Callable[..., Path], which: str
) -> None:
    notes.fake_engine()
    notes.run("index", make_page(notes.home / "a" / "100.png", 100))
    held = lock(notes.index, which)
    held.acquire()
    try:
        said = notes.run("index", make_page(notes.home / "b" / "101.png", 101)).stderr
    finally:
        held.release()
    assert "what was read is kept" in said
    assert notes.json("status")["pages"] == 2
    assert notes.json("search", "page101")["total"] == 1


class Far:
    """A catalogue that is far ahead of the search index."""

    uuid, revision = "far", 1000

    def __init__(self, holding: Callable[[], None]) -> None:
        self.holding = holding

    def changed_pages(self, since: int):
        for number in range(since + 1, self.revision + 1):
            if number % 50 == 0:
                self.holding()
            yield IndexPage(number, number, (IndexLine(number, "word", 0.9, Status.ACCEPTED),))

    def removed_pages(self, since: int):
        return iter(())


def test_who_is_far_behind_lets_others_write_between_two_batches(tmp_path: Path) -> None:
    """Whoever catches up pauses in each batch, as if it had much to do; the others wait for a batch, not for all."""
    took = []
    far, index = threading.Event(), SearchIndex(tmp_path / "search")

    def other() -> None:
        far.wait()
        for _ in range(5):
            began = time.monotonic()
            with FileLock(tmp_path / "search/ink/lock", timeout=20):
                took.append(time.monotonic() - began)
            time.sleep(0.05)  # whoever catches up has its turn

    thread = threading.Thread(target=other)
    thread.start()

    def reading() -> None:
        if (tmp_path / "search/ink").is_dir():
            far.set()
            time.sleep(0.1)

    index.sync(Far(reading))
    thread.join()
    assert max(took) < 0.5
    assert index.agrees(Far(reading))


def test_catching_up_ends_in_time_and_goes_on_the_next_time(tmp_path: Path) -> None:
    index, feed = SearchIndex(tmp_path / "search"), Far(lambda: None)
    index.sync(feed, until=time.monotonic())
    assert not index.agrees(feed)
    for _ in range(15):
        index.sync(feed, until=time.monotonic() + 0.001)
    index.sync(feed)
    assert index.agrees(feed)


def test_who_finds_it_locked_is_told_so(tmp_path: Path) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        index = SearchIndex(tmp_path / "search")
        index.sync(catalog)
        catalog._db.execute("UPDATE meta SET value = 7 WHERE key = 'revision'")
        with lock(tmp_path, "ink"), pytest.raises(IndexBusyError, match="another notes"):
            index.sync(catalog, patience=0.1)
