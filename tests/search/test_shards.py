"""An index whose ink is searched in shards: what is found is the same; a shard that does not answer is named."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indexer.catalog import Catalog
from indexer.search import Finder, SearchIndex, find_in_column
from indexer.values import SearchOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = "tcp://127.0.0.1:1"
QUERIES = (
    "wheeler",
    "camarades",
    "berk*",
    "wheelr~",
    "unversity~2",
    "Sta__ord",
    "/d[ea]+r/",
    '"the academic senate"',  # over a line end
    "sympathy berkeley",
    "university NEAR/3 california",
    "dear OR (sympathy NOT death)",
    "name:wheeler",
    'name:"Benjamin Wheeler"',
)
REACHES = [SearchOptions(reach=reach, limit=None) for reach in ("normal", "high")]


@pytest.fixture(scope="module")
def parted(with_pages, notes_factory, tmp_path_factory) -> Path:
    """An index of real pages whose ink lies in several segments."""
    notes = with_pages(notes_factory(tmp_path_factory.mktemp("shards")))
    with pytest.MonkeyPatch.context() as patched, Catalog(notes.index) as catalog:
        patched.setattr("indexer.search.changes._PAGES_A_COMMIT", 1)
        patched.setattr("indexer.search.spotting.probabilistic_index.to_merge", lambda _sizes: [])
        SearchIndex(notes.home / "parts").sync(catalog)
    return notes.home


@pytest.fixture
def shard(notes) -> Iterator[Callable[..., str]]:
    """Begin ``notes shard``: its address."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*options: str | Path) -> str:
        begun.append(notes.begin("shard", "--port", "0", *options, stderr=subprocess.PIPE))
        said = begun[-1].stderr.readline()
        found = re.search(r"tcp://[\d.:]+", said)
        assert found, said
        return found[0]

    yield begin
    for each in begun:
        each.terminate()
        each.communicate(timeout=20)


@pytest.mark.parametrize("large", [False, True])
def test_hits_order_and_relevances_are_those_of_one_index(parted: Path, large: bool, monkeypatch) -> None:
    if large:  # few lines are chosen to be aligned, as in a large archive
        for name, value in {"ALL": 10, "_FEW": 40, "_SHARE": 0.01, "_MOST": 0.5}.items():
            monkeypatch.setattr(f"indexer.search.spotting.how_many.{name}", value)
        monkeypatch.setattr("indexer.search.spotting.gathering._YARDSTICK", 50)
    with (
        Catalog(parted / "index-folder") as catalog,
        closing(SearchIndex(parted / "parts", shards="3")) as shards,
        Finder(SearchIndex(parted / "parts"), catalog) as one,
        Finder(shards, catalog) as several,
    ):
        for query in QUERIES:
            for options in REACHES if large else REACHES[1:]:
                whole, found = one.find(query, options), several.find(query, options)
                assert (found.shards, found.silent_shards) == (3, ())
                assert replace(found, shards=0) == whole, query
                assert whole.total or large or options.reach == "normal", query
            assert [each.ids.tolist() for each in several.rank(query, *REACHES)] == [
                each.ids.tolist() for each in one.rank(query, *REACHES)
            ]


def test_somebody_who_may_see_a_part_finds_the_same_in_shards(parted: Path) -> None:
    with Catalog(parted / "index-folder") as catalog, closing(SearchIndex(parted / "parts", shards="3")) as shards:
        seen = frozenset(catalog.page_order()[::2])
        options = [replace(each, pages=seen) for each in REACHES]
        with (
            Finder(SearchIndex(parted / "parts"), catalog, None, seen) as one,
            Finder(shards, catalog, None, seen) as several,
        ):
            for query in QUERIES[2::3]:
                for each in options:
                    assert replace(several.find(query, each), shards=0) == one.find(query, each), query


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_a_shard_that_is_paused_or_killed_is_named_and_comes_back(parted: Path, serve, notes, until) -> None:
    shutil.copytree(parted / "index-folder", notes.index)
    shutil.rmtree(notes.index / "search")
    shutil.copytree(parted / "parts", notes.index / "search")
    notes.fresh = True  # so that the shards are its children
    server = serve(notes, "--shards", "3")
    until(lambda: answer(server, "wheeler")["silent_shards"] == [])
    whole = answer(server, "wheeler")
    assert (whole["shards"], whole["total"]) == (3, 2)

    shard = a_shard(server)  # it is paused
    page = server.client.get("/", params={"q": "berkeley"}).text
    assert "1 of 3 shards did not answer: their ink was not looked at, ask again" in page
    os.kill(shard, signal.SIGCONT)
    until(lambda: answer(server, "berkeley")["silent_shards"] == [])

    os.kill(shard, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{shard}/maps").exists() or not Path(f"/proc/{shard}/maps").read_text())
    assert len(answer(server, "university")["silent_shards"]) == 1
    until(lambda: answer(server, "university")["silent_shards"] == [])
    assert answer(server, "wheeler") == whole


def test_shards_on_other_machines_need_the_ink_alone_and_one_that_is_not_there_is_named(
    parted: Path, tmp_path: Path, shard
) -> None:
    copy = tmp_path / "copy" / "search"
    copy.mkdir(parents=True)
    shutil.copytree(parted / "parts" / "ink", copy / "ink")
    address = shard("--index", copy.parent)
    key = (copy / "ink" / "shards.key").read_bytes()
    (parted / "parts" / "ink" / "shards.key").write_bytes(key)
    with (
        Catalog(parted / "index-folder") as catalog,
        closing(SearchIndex(parted / "parts", shards=f"{address},{address}")) as near,
        closing(SearchIndex(parted / "parts", shards=f"{address},{NOBODY}")) as half,
        Finder(SearchIndex(parted / "parts"), catalog) as one,
        Finder(near, catalog) as several,
        Finder(half, catalog) as some,
    ):
        for query in QUERIES[5:9]:
            assert replace(several.find(query, REACHES[0]), shards=0) == one.find(query, REACHES[0])
        assert some.find("wheeler", REACHES[0]).silent_shards == (2,)
        (ranking,) = some.rank("wheeler", REACHES[0])
        assert ranking.silent_shards == (2,)
        likely = find_in_column(some, "in:name wheeler", REACHES[0], lambda _column, _pages: frozenset())
        assert likely.silent_shards == (2,)
        for file in (copy / "ink").glob("*.ink"):
            file.unlink()
        with closing(SearchIndex(parted / "parts", shards=address)) as without, Finder(without, catalog) as finder:
            assert finder.find("wheeler", REACHES[0]).silent_shards == (1,)


def test_the_command_line_names_shards_that_do_not_answer(parted: Path, notes) -> None:
    for part, folder in (("index-folder", notes.index), ("parts", notes.index / "search")):
        shutil.copytree(parted / part, folder, ignore=shutil.ignore_patterns("search"))
    notes.environ["NOTES_SHARDS"] = f"{NOBODY},{NOBODY}"
    found = notes.json("search", "wheeler", rc=1)
    assert (found["shards"], found["silent_shards"]) == (2, [1, 2])
    told = notes.run("search", "wheeler", rc=1).stderr
    assert "2 of 2 shards did not answer: their ink was not looked at, ask again" in told
    (notes.home / "asked.txt").write_text("wheeler\nberkeley\n")
    told = notes.run("search", "--list", notes.home / "asked.txt", rc=(0, 1)).stderr
    assert "2 of the queries were not answered by all shards: ask again" in told
    notes.environ["NOTES_SHARDS"] = "4 shards"
    assert "'4 shards' names no shards" in notes.run("search", "wheeler", rc=2).stderr


def answer(server, query: str) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get("/api/v1/search", params={"q": query}).json()
    return found


def a_shard(server) -> int:
    """Pause one of the shards of a server, which has children for other things too."""
    for number, child in enumerate(children(server.process.pid)):
        os.kill(child, signal.SIGSTOP)
        if len(answer(server, f"nobody{number * 'x'}")["silent_shards"]) == 1:
            return child
        os.kill(child, signal.SIGCONT)
    raise AssertionError("no child is a shard")


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == process:
                found.append(int(stat.parent.name))
    return sorted(found)
