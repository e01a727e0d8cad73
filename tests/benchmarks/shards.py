"""What a search in shards takes: the time of each part, bytes that are sent, memory, and what more shards would need.

    python tests/benchmarks/shards.py [--lines 1000000] [--shards 4] [--made FOLDER] [--folder FOLDER] [--network]

MADE has an archive of so many lines by ``scale.py`` (made if it is not there). Its ink index is copied once for each
shard, under other ids of pages and lines. Each shard is a process; with ``--network`` it is one of ``notes shard``,
reached over TCP on this machine. Every word is asked for once in all shards, and then in the same index as a whole by
one process: relevances have to be equal, line for line, or the measurement ends.

Each row has seconds by the clock and of the processor, in the server and in all shards: other work on the machine
lengthens the clock's time and hardly the processor's. Linux.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from made_archive import make, vocabulary

from indexer.posteriors.alignment import Term
from indexer.search.spotting import wire
from indexer.search.spotting.many_terms import relevances
from indexer.search.spotting.outlook import Parting, Promising
from indexer.search.spotting.probabilistic_index import ProbabilisticIndex
from indexer.search.spotting.scattered import Scattered
from indexer.search.spotting.segment import load, save
from indexer.search.time_limit import TimeLimit

FLOOR = 0.5
WORDS, PHRASES = 12, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of each shard")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--made", type=Path, default=Path(tempfile.gettempdir()) / "notes-scale")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "notes-shards")
    parser.add_argument("--network", action="store_true")
    given = parser.parse_args()
    made, folder = given.made / str(given.lines), given.folder / f"{given.shards}x{given.lines}"
    if not (made / "made").exists():
        make(made, given.lines)
    if not (folder / "search" / "ink" / "manifest.json").exists():
        began = time.perf_counter()
        copied(made / "search" / "ink", folder / "search" / "ink", given.shards)
        print(f"copied {given.shards} times in {time.perf_counter() - began:.0f} s: {folder}", flush=True)
    with ExitStack() as stack:
        who = stack.enter_context(listening(folder, given.shards)) if given.network else str(given.shards)
        measure(folder / "search" / "ink", who, given.shards)


# The archive.


def copied(source: Path, target: Path, shards: int) -> None:
    """Copy an index of ink several times into another one, each time with ids of its own."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    manifest = json.loads((source / "manifest.json").read_text())
    files = [(part, load(source / part["file"])) for part in manifest["parts"]]
    lines = max(int(segment.lines.max()) for _, segments in files for segment in segments)
    pages, parts = manifest["last_page"], []
    for shard in range(shards):
        for part, segments in files:
            moved = [
                replace(
                    each,
                    lines=each.lines + shard * lines,
                    pages=each.pages + shard * pages,
                    next=np.where(each.next > 0, each.next + shard * lines, 0),
                )
                for each in segments
            ]
            file = target / f"{shard:x}{part['file'][1:]}"
            save(moved, file)
            dead = [[page + shard * pages for page in own] for own in part["dead"]]
            parts.append({**part, "file": file.name, "size": file.stat().st_size, "dead": dead})
    made = {**manifest, "last_page": pages * shards, "parts": parts}
    (target / "manifest.json").write_text(json.dumps(made))


@contextmanager
def listening(folder: Path, shards: int) -> Iterator[str]:
    """So many of ``notes shard``: their addresses."""
    command = [sys.executable, "-m", "indexer", "shard", "--port", "0", "--index", str(folder)]
    begun = []
    try:
        for _ in range(shards):  # one after the other: the first makes the key
            begun.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
            said = begun[-1].stderr.readline()  # type: ignore[union-attr]
            begun[-1].address = re.search(r"tcp://\S+", said)[0]  # type: ignore[attr-defined, index]
        yield ",".join(each.address for each in begun)  # type: ignore[attr-defined]
    finally:
        for each in begun:
            each.terminate()
            each.wait()


# What is measured.


@dataclass(slots=True)
class Spent:
    """Seconds by the clock, of the processor in this process and in the shards, and bytes to and from these."""

    clock: float = 0
    server: float = 0
    shards: float = 0
    out: int = 0
    back: int = 0

    @classmethod
    def now(cls, ink: Ink) -> Spent:
        own = resource.getrusage(resource.RUSAGE_SELF)
        shards = sum(map(processor, ink.processes))
        return cls(time.perf_counter(), own.ru_utime + own.ru_stime, shards, ink.out, ink.back)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(*(getattr(self, each) - getattr(other, each) for each in Spent.__slots__))

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(getattr(self, each) + getattr(other, each) for each in Spent.__slots__))


@dataclass
class Ink:
    """The processes of the shards, bytes that went there and came back, and what each part of a search took."""

    processes: list[int] = field(default_factory=list)
    out: int = 0
    back: int = 0
    parts: dict[str, Spent] = field(default_factory=dict)
    within: str = ""


def processor(process: int) -> float:
    """Seconds of the processor that a process has used, to the nanosecond."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def memory(process: int) -> dict[str, float]:
    """MiB that a process keeps for itself, and its share of the files that it has mapped."""
    rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    found = {row.split(":")[0]: int(row.split()[1]) / 1024 for row in rows[1:]}
    return {"own": found["Pss_Anon"], "files": found["Pss_File"], "resident": found["Rss"]}


PARTS: dict[str, Sequence[tuple[type, str]]] = {
    "the archive's statistics: what the term costs in the sample": [(Scattered, "_in_sample")],
    "which lines may have it, by pairs and places": [(Scattered, "of_rows")],
    "the choice of lines, here": [(Promising, "best"), (Promising, "of"), (Parting, "worth")],
    "alignment of the chosen lines": [(Scattered, "aligned"), (Scattered, "tree_costs")],
    "alignment over line ends": [(Scattered, "over_line_ends")],
    "relevances, here": [(Scattered, "_weighed")],
}


def watch(ink: Ink) -> None:
    """Note what each part takes. A part within another one counts there."""

    def noted(part: str, what: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **options: Any) -> Any:
            if ink.within:
                return what(*given, **options)
            ink.within, before = part, Spent.now(ink)
            try:
                found = what(*given, **options)
                return found if not isinstance(found, Iterator) else iter(list(found))
            finally:
                ink.parts[part] = ink.parts.get(part, Spent()) + (Spent.now(ink) - before)
                ink.within = ""

        return called

    for part, methods in PARTS.items():
        for kind, name in methods:
            found = kind.__dict__.get(name) or getattr(kind, name)
            if isinstance(found, classmethod):
                setattr(kind, name, classmethod(noted(part, found.__func__)))
            else:
                setattr(kind, name, noted(part, found))

    from indexer.search.spotting import shards

    def packed(number: int, said: object) -> bytes:
        made = wire.packed(number, said)
        ink.out += len(made)
        return made

    def unpacked(message: bytes) -> tuple[int, Any]:
        ink.back += len(message)
        return wire.unpacked(message)

    shards.packed, shards.unpacked = packed, unpacked  # type: ignore[assignment]


def measure(folder: Path, who: str, shards: int) -> None:
    ink, words = Ink(), vocabulary()
    watch(ink)
    several = ProbabilisticIndex(folder, who)
    bare, began = memory(os.getpid())["own"], Spent.now(ink)
    spotter = several.finder()
    ink.processes = processes(who)
    took = Spent.now(ink) - began
    lines = len(spotter)
    print(f"{lines} lines in {spotter.shards} of {shards} shards ({'TCP' if ':' in who else 'pipes'})")
    print(f"opened in {took.clock:.1f} s ({took.server:.1f} s of processor here, {took.shards:.1f} s in the shards)")
    assert isinstance(spotter, Scattered)
    print("lines of each shard:", ", ".join(str(len(share.numbers)) for share in spotter._shares))

    asked: dict[str, list[Callable[[Any, TimeLimit], Any]]] = {
        "a word": [single(Term(word)) for word in words[300 : 300 + WORDS]],
        "a phrase of frequent words": [single(Term(f"{words[9]} {word}")) for word in words[15 : 15 + PHRASES]],
        "a word with two letters wrong": [single(Term(word, wrong=2)) for word in words[800:803]],
        "40 spellings of a word at once": [several_terms(words[start : start + 40]) for start in (900, 1000, 1100)],
    }
    single(Term(words[299]))(spotter, TimeLimit())  # what is opened late is open now
    found: dict[str, list[Any]] = {}
    for kind, searches in asked.items():
        found[kind] = table(kind, searches, spotter, ink, lines)
    told(ink, lines, bare)
    compare(folder, asked, found)
    several.close()


def single(term: Term) -> Callable[[Any, TimeLimit], Any]:
    return lambda spotter, limit: spotter.relevance(term, floor=FLOOR, limit=limit)


def several_terms(words: Sequence[str]) -> Callable[[Any, TimeLimit], Any]:
    return lambda spotter, limit: list(relevances(spotter, [Term(word) for word in words], None, FLOOR, limit))


def processes(who: str) -> list[int]:
    """The processes of the shards: children of this one."""
    words = "indexer shard" if ":" in who else "indexer.system.children"
    tasks = Path("/proc/self/task").iterdir()  # a process is the child of the thread that began it
    children = [each for task in tasks for each in (task / "children").read_text().split()]
    return [int(each) for each in children if words in Path(f"/proc/{each}/cmdline").read_text().replace("\0", " ")]


def table(kind: str, searches: Sequence[Any], spotter: Scattered, ink: Ink, lines: int) -> list[Any]:
    """Ask, and print what each part took in the middle of all searches of this kind."""
    rows: list[dict[str, Spent]] = []
    found = []
    for search in searches:
        ink.parts = {}
        limit, before = TimeLimit(), Spent.now(ink)
        now = search(spotter, limit)
        whole = Spent.now(ink) - before
        found.append(digest(now))
        assert not limit.missed, f"shards {limit.missed} did not answer"
        rows.append({**ink.parts, "all of it": whole})
    print(f"\n{kind}, the middle of {len(searches)}{'':<20} clock   here  shards      sent  received")
    for part in [*PARTS, "all of it"]:
        mine = [row[part] for row in rows if part in row]
        if mine:
            middle = Spent(*(statistics.median(getattr(each, name) for each in mine) for name in Spent.__slots__))  # type: ignore[arg-type]
            print(
                f"  {part:<62}{middle.clock:>7.3f}{middle.server:>7.3f}{middle.shards:>8.3f}"
                f"{middle.out / 1e6:>7.2f} MB{middle.back / 1e6:>7.2f} MB",
                flush=True,
            )
    return found


def told(ink: Ink, lines: int, bare: float) -> None:
    here, there = memory(os.getpid()), [memory(each) for each in ink.processes]
    grown = here["own"] - bare
    print(
        f"\nmemory: the server {grown:.0f} MiB more of its own than before ({grown * 2**20 / lines:.0f} bytes a line)"
    )
    print(f"  and {here['files']:.0f} MiB of mapped files")
    for each in there:
        print(f"  a shard {each['own']:.0f} MiB of its own, {each['files']:.0f} MiB of mapped files")


def compare(folder: Path, asked: dict[str, list[Any]], found: dict[str, list[Any]]) -> None:
    """The same by one process, which has to find the same."""
    one = ProbabilisticIndex(folder).finder()
    single(Term(vocabulary()[299]))(one, TimeLimit())
    print("\nthe same index by one process: relevances are equal, line for line")
    for kind, searches in asked.items():
        clock, spent = [], []
        for search, before in zip(searches, found[kind], strict=True):
            began, own = time.perf_counter(), time.process_time()
            now = search(one, TimeLimit())
            clock.append(time.perf_counter() - began)
            spent.append(time.process_time() - own)
            assert digest(now) == before, f"{kind}: shards find something else"
        print(
            f"  {kind:<40}{statistics.median(clock):.3f} s ({statistics.median(spent):.3f} s of processor)", flush=True
        )


def digest(found: Any) -> str:
    """What was found, in few bytes: memory is measured beside it."""
    arrays = (
        [found] if isinstance(found, np.ndarray) else [row for each in found for row in (each.numbers, each.relevances)]
    )
    made = hashlib.sha256()
    for array in arrays:
        made.update(array.tobytes())
    return made.hexdigest()


if __name__ == "__main__":
    main()
