"""Two weeks of a small archive in some minutes: an index run every hour, and a server and ``notes watch`` beside it.

    python tests/benchmarks/survives_weeks.py [--hours 336]

Every hour pages come, change, go and get other names; people search, correct, forget and bring back, add pages in the
browser and make a backup every day. As many pages come as go. Each day a row tells what there is: files in the index
folder and in the temporary one, bytes of the catalogue, the search index and the log, and memory, open files, threads
and processes of those that run all the time. The last row is how much more the least of the second week is than that
of the first: logs and segments grow until they are put together. An engine that is a plugin file reads.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from conftest import Notes, Served, wait_until
from PIL import Image

PAGES, DAY = 24, 24
WIDTHS = range(200, 1400)


class Fortnight:
    """The archive, what happens in it, and what there is of everything."""

    def __init__(self, place: Path) -> None:
        self.chance = random.Random(7)
        self.notes = Notes(place)
        self.temporary = place / "tmp"
        self.notes.environ |= {"TMPDIR": str(self.temporary), "XDG_CACHE_HOME": str(place / "cache")}
        self.notes.fake_engine()
        self.box, self.inbox = place / "box", place / "inbox"
        self.backup = place / "backup.zip"
        for folder in (self.temporary, self.box, self.inbox):
            folder.mkdir()
        for _ in range(PAGES):
            self.new_page(self.box)
        self.new_page(self.inbox)
        self.notes.run("index", self.box)

    def new_page(self, folder: Path, name: str = "") -> Path:
        path = folder / f"{name or f'{self.chance.random():.12f}'}.png"
        partial = path.with_suffix(".part")
        image = Image.new("L", (self.chance.choice(WIDTHS), 100), 255)
        image.putpixel((self.chance.randrange(200), self.chance.randrange(100)), self.chance.randrange(200))
        image.save(partial, "PNG")
        partial.rename(path)
        return path

    def any_page(self, folder: Path) -> Path:
        return self.chance.choice(sorted(folder.glob("*.png")))

    def hour(self, number: int, server: Served) -> None:
        """What happens in an hour."""
        run = self.notes.run
        self.any_page(self.box).unlink()
        self.new_page(self.box)
        self.new_page(self.box, self.any_page(self.box).stem)  # it changes
        page = self.any_page(self.box)
        page.rename(page.with_stem(f"renamed-{number}"))
        self.any_page(self.inbox).unlink()
        self.new_page(self.inbox)
        run("index", self.box, "--prune", rc=(0, 5))  # 5: what is watched is being read
        assert server.hits("alpha", limit=1)
        if number % 4 == 0:
            waiting = self.notes.json("review", rc=(0, 1)).get("lines") or []
            for line in waiting[:1]:
                run("review", "correct", line["id"], f"said in hour {number}", "--sure")
        if number % 8 == 0:
            run("forget", self.any_page(self.box), "--yes", rc=(0, 1, 2))
            run("forget", "--undo", rc=(0, 1, 2))
        if number % DAY == 0:
            self.backup.unlink(missing_ok=True)
            run("backup", self.backup)

    def sizes(self, watched: tuple[int, ...]) -> dict[str, int]:
        """What there is of everything."""
        index = self.notes.index
        files = [each for each in index.rglob("*") if each.is_file()]
        return {
            "files": len(files),
            "temporary": sum(1 for _ in self.temporary.rglob("*")),
            "catalogue kB": sum(each.stat().st_size for each in index.glob("catalog.sqlite*")) // 1000,
            "search kB": sum(each.stat().st_size for each in files if "search" in each.parts) // 1000,
            "segments": sum(1 for each in files if each.suffix in (".seg", ".ink", ".words")),
            "log kB": sum(each.stat().st_size for each in index.glob("notes.log*")) // 1000,
            "spare copies": sum(1 for each in files if "before" in each.name),
            "processes": len(list(_below(watched))),
            "memory MB": sum(_memory(each) for each in watched),
            "open files": sum(len(list(Path(f"/proc/{each}/fd").iterdir())) for each in watched),
            "threads": sum(len(list(Path(f"/proc/{each}/task").iterdir())) for each in watched),
        }


def _memory(process: int) -> int:
    """The memory of a process that no other one shares, in megabytes."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")) // 1000


def _below(processes: tuple[int, ...]) -> Iterator[int]:
    """Processes and all that they began."""
    for each in processes:
        yield each
        for task in Path(f"/proc/{each}/task").iterdir():
            yield from _below(tuple(map(int, (task / "children").read_text().split())))


@contextmanager
def running(fortnight: Fortnight) -> Iterator[tuple[Served, tuple[int, ...]]]:
    """A server and ``notes watch``, and their process numbers."""
    notes = fortnight.notes
    with Path(os.devnull).open("w") as nowhere:
        watch = notes.begin("watch", fortnight.inbox, "--prune", stdout=nowhere, stderr=nowhere, stdin=subprocess.PIPE)
        server = Served(notes)
        try:
            wait_until(lambda: server.hits("alpha", limit=1))
            yield server, (server.process.pid, watch.pid)
        finally:
            server.close()
            watch.terminate()
            watch.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=14 * DAY)
    hours = parser.parse_args().hours
    days: list[dict[str, int]] = []
    with tempfile.TemporaryDirectory(prefix="weeks-") as place:
        fortnight = Fortnight(Path(place))
        with running(fortnight) as (server, watched):
            for number in range(1, hours + 1):
                fortnight.hour(number, server)
                if number % DAY == 0:
                    days.append(fortnight.sizes(watched))
                    if number == DAY:
                        print(f"| day | {' | '.join(days[0])} |\n|{'---|' * (len(days[0]) + 1)}", flush=True)
                    print(f"| {number // DAY} | {' | '.join(map(str, days[-1].values()))} |", flush=True)
    if len(days) > 1:
        first, second = days[: len(days) // 2], days[len(days) // 2 :]
        more = [min(day[name] for day in second) - min(day[name] for day in first) for name in days[0]]
        print(f"| more in the second half | {' | '.join(f'{each:+}' for each in more)} |")


if __name__ == "__main__":
    main()
