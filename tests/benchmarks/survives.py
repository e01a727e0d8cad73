"""What survives: faults that are tried on a small archive with everything in it that people may lose.

    python tests/benchmarks/survives.py [FAULT ...] [--deed WORDS] [--commands N] [--moments N] [--seed N]

A row of the table for each fault and each command that writes: how often it was tried, and how often anything was not
as it has to be afterwards. It has to be so: all that people said is there, the catalogue is whole, the search index is
what the catalogue says after the next run, what is forgotten comes back, and the command ended with a sentence and a
code of ours. ``power`` cuts the power after each call that makes something certain; what was not synced is gone, or is
there in part. The other faults meet the n-th call in the folder, for every n. With ``--commands`` and
``--moments`` so many of these are tried with each fault, chosen by chance. ``strace`` is needed, and Linux.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from survives_disk import CALLS, Disk, calls
from survives_world import DEEDS, Deed, Done, Said, World, trouble

Some = TypeVar("Some")
Tried = Iterator[tuple[str, list[str]]]
"""When a fault was met, and what was not as it has to be afterwards."""
WRITES = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,unlink,mkdir"
"""The calls that fail on a disk that is full, shut or broken."""
KINDS = {
    "full": ("ENOSPC", "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,mkdir"),
    "broken": ("EIO", f"{WRITES},pread64,read"),
    "shut": ("EACCES", "openat,rename,unlink,mkdir"),
    "handles": ("EMFILE", "openat"),
    "killed": ("", WRITES),
    "locks": ("ENOLCK", "flock"),
    "no-locks": ("ENOSYS", "flock"),
    "network": ("ENOLCK", "fcntl"),
}
"""For each fault the error that calls give; ``killed`` ends the process instead."""
EVERY_TIME = ("locks", "no-locks", "network")
"""Faults that meet every call, not a single one."""
DECIDES = ("fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "rmdir")
"""After these calls a power cut can leave something else than before."""


def power_cut(world: World, deed: Deed, given: argparse.Namespace) -> Tried:
    """The power is cut after each call that changes the disk; what was not synced is gone, or is there in part."""
    chance = random.Random(given.seed)
    world.reset(deed)
    disk, counted, said = Disk(world.home), Disk(world.home), world.said
    done = world.traced(deed.words, "-y", "-xx", "-s", "100000000", "-e", f"trace={CALLS}")
    assert done.code in deed.codes, done
    seen: set[str] = set()
    told = list(calls(world.trace))
    decided = [number for number, call in enumerate(told) if counted.happens(call) and call.name in DECIDES]
    wanted = set(chosen(decided, given.moments, f"{given.seed} {deed.name}"))
    for number, call in enumerate(told):
        if disk.happens(call) and number in wanted:
            yield from _after(world, disk, f"after {call.name} {call.paths[0]}", said, None, chance, seen)
    yield from _after(world, disk, "at the end", said | deed.says, 0 if "index" in deed.name else None, chance, set())
    assert not disk.unknown, disk.unknown


def _after(
    world: World, disk: Disk, when: str, said: Said, reads: int | None, chance: random.Random, seen: set[str]
) -> Tried:
    for left in ("nothing", "names", "some"):
        shutil.rmtree(world.home)
        disk.after_cut(world.home, left, chance)
        state = digest(world.home)
        if state not in seen:
            seen.add(state)
            yield f"{when}, {left} left", trouble(world, said, reads=reads)


def failing(kind: str) -> Callable[[World, Deed, argparse.Namespace], Tried]:
    """A fault that meets the n-th call in the folder, for every n."""
    error, names = KINDS[kind]

    def tried(world: World, deed: Deed, given: argparse.Namespace) -> Tried:
        if kind in EVERY_TIME:
            places = [(name, "1+", "all") for name in names.split(",")]
        else:
            world.reset(deed)
            world.traced(deed.words, "-y", "-e", f"trace={names}")
            places = list(_places(world, opening=kind == "handles"))
        for name, number, line in chosen(places, given.moments, f"{given.seed} {kind} {deed.name}"):
            world.reset(deed)
            what = "signal=KILL" if kind == "killed" else f"error={error}"
            options = ["-e", f"trace={names}", "-e", f"inject={name}:{what}:when={number}"]
            done = world.traced(deed.words, "-y", *options)
            wrong = _said_wrong(done, killed=kind == "killed")
            left = [each.name for each in world.temporary.iterdir()] if kind != "killed" else []
            wrong += [f"left in the temporary folder: {left}"] if left else []
            must = world.said | deed.says if done.code == 0 else world.said
            wrong += trouble(world, must)
            yield f"{name} {number} ({line[-150:]})", wrong

    return tried


def chosen(every: list[Some], most: int | None, seed: str) -> list[Some]:
    """At most so many of some, by chance, in their order; all without a number."""
    if most is None or len(every) <= most:
        return every
    return [every[each] for each in sorted(random.Random(seed).sample(range(len(every)), most))]


def _places(world: World, *, opening: bool) -> Iterator[tuple[str, str, str]]:
    """The calls in the folder: the name of each, which of its kind it is, and how it was told.

    Files that are opened for reading alone count only if ``opening``.
    """
    count: dict[str, int] = {}
    first = ""
    for line in world.trace.read_text(errors="replace").splitlines():
        process, _, rest = line.partition(" ")
        first = first or process
        name = rest.strip().partition("(")[0]
        if process != first or not name.isalnum():
            continue
        count[name] = count.get(name, 0) + 1
        if str(world.home) in rest and "notes.log" not in rest and (opening or "O_RDONLY" not in rest):
            yield name, str(count[name]), rest.strip()


def _said_wrong(done: Done, *, killed: bool) -> list[str]:
    """What is wrong with how a command ended."""
    if killed or (done.code in (0, 1, 2, 3, 4, 5) and "Traceback" not in done.said):
        return []
    return [f"ended with {done.code}: {done.said.strip()[-500:]}"]


def digest(folder: Path) -> str:
    """A value for all that lies in a folder but the log."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("notes.log"):
            found.update(os.fsencode(path) + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


FAULTS: dict[str, Callable[[World, Deed, argparse.Namespace], Tried]] = {
    "power": power_cut,
    **{kind: failing(kind) for kind in KINDS},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faults", nargs="*", help="all without one")
    parser.add_argument("--commands", type=int, help="try each fault with so many commands, chosen by chance")
    parser.add_argument("--moments", type=int, help="try at most so many moments of each command, chosen by chance")
    parser.add_argument("--deed", default="", help="only the commands with this in their names")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if shutil.which("strace") is None:
        parser.error("strace is not there")
    if not set(given.faults) <= FAULTS.keys():
        parser.error(f"there are: {', '.join(FAULTS)}")
    print("| fault | command | tried | wrong |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="survives-") as place:
        world = World(Path(place) / "world")
        for fault in given.faults or FAULTS:
            deeds = [each for each in DEEDS if given.deed in each.name]
            for deed in chosen(deeds, given.commands, f"{given.seed} {fault}"):
                found = list(FAULTS[fault](world, deed, given))
                wrong = [(when, each) for when, each in found if each]
                print(f"| {fault} | {deed.name} | {len(found)} | {len(wrong)} |", flush=True)
                for when, each in wrong:
                    print(f"{fault}, {deed.name}, {when}: {'; '.join(each)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
