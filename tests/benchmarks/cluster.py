"""A cluster that is disturbed at random: the index it makes is that of an undisturbed run on this machine.

``python tests/benchmarks/cluster.py [--times 30] [--seed 1]`` (Linux, as root: it makes network namespaces, and file
systems in memory). A scheduler, three workers and ``notes index`` run in five namespaces. One worker sees the pages on
shared storage, the others get them sent. Again and again one of them is killed, paused, cut off, or its disk filled;
sometimes it is the scheduler, and then the same command is run again. Every line of the index is compared.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
PREFIX = f"notes{os.getpid()}"
SCHEDULER = "10.97.0.10"
PORT = 8786
WORKERS = ("worker0", "worker1", "worker2")
SERVING = ("scheduler", *WORKERS)
MOST_RUNS = 12
"""How often the same command may be needed until it ends well."""
LINES = """
SELECT files.sha256, pages.number AS page, pages.label, pages.width, pages.height, pages.turned, pages.recipe,
    pages.incomplete, lines.number, lines.x, lines.y, lines.width AS wide, lines.height AS high, lines.polygon,
    lines.baseline, lines.status, readings.text, readings.confidence, readings.words, readings.posteriorgram,
    readings.chosen, origins.engine, origins.version, origins.settings, blocks.number AS block, blocks.kind
FROM readings JOIN lines ON lines.id = line_id JOIN pages ON pages.id = lines.page_id
JOIN files ON files.id = pages.file_id JOIN origins ON origins.id = origin_id
LEFT JOIN blocks ON blocks.id = lines.block_id ORDER BY files.sha256, page, lines.number, readings.id
"""
FAILURES = "SELECT path, page, kind, message FROM failures ORDER BY path, page"


def run(*command: object) -> None:
    subprocess.run([str(each) for each in command], check=True)


@dataclass
class World:
    """The folder of a trial, its environment, and the processes that can be disturbed."""

    folder: Path
    environ: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def inside(self, name: str, *command: object) -> list[str]:
        return ["ip", "netns", "exec", f"{PREFIX}-{name}", *map(str, command)]

    def begin(self, name: str) -> None:
        """Begin the scheduler, or a worker; of the workers only the first sees the pages."""
        python = [sys.executable, "-m"]
        log = (self.folder / f"{name}.log").open("ab")
        if name == "scheduler":
            command = [*python, "distributed.cli.dask_scheduler", "--host", SCHEDULER, "--port", str(PORT)]
        else:
            command = [*python, "distributed.cli.dask_worker", f"tcp://{SCHEDULER}:{PORT}", "--no-nanny"]
            command += ["--nthreads", "1", "--host", address(name)]
            if name != "worker0":
                hide = f'mount --bind {self.folder}/nothing {self.folder}/pages && exec "$@"'
                command = ["unshare", "-m", "sh", "-c", hide, "sh", *command]
        environ = {**self.environ, "TMPDIR": str(self.folder / f"disk-{name}")}
        command = self.inside(name, *command, "--no-dashboard")
        self.processes[name] = subprocess.Popen(
            command, stdout=log, stderr=log, env=environ, cwd=self.folder / "nothing"
        )
        log.close()


def address(name: str) -> str:
    return SCHEDULER if name == "scheduler" else f"10.97.0.{20 + int(name.removeprefix('worker') or 0)}"


def network(stack: ExitStack) -> None:
    """A namespace for each, joined by a bridge in one of their own: nothing leaves them."""
    hub = f"{PREFIX}-hub"
    names = {"client": "10.97.0.2", **{each: address(each) for each in SERVING}}
    for name in ("hub", *names):
        run("ip", "netns", "add", f"{PREFIX}-{name}")
        stack.callback(run, "ip", "netns", "del", f"{PREFIX}-{name}")
        run("ip", "-n", f"{PREFIX}-{name}", "link", "set", "lo", "up")
    run("ip", "-n", hub, "link", "add", "bridge", "type", "bridge")
    run("ip", "-n", hub, "link", "set", "bridge", "up")
    for number, (name, where) in enumerate(names.items()):
        own = f"{PREFIX}-{name}"
        run("ip", "-n", hub, "link", "add", f"to{number}", "type", "veth", "peer", "name", "net", "netns", own)
        run("ip", "-n", hub, "link", "set", f"to{number}", "master", "bridge", "up")
        run("ip", "-n", own, "addr", "add", f"{where}/24", "dev", "net")
        run("ip", "-n", own, "link", "set", "net", "up")


def disks(folder: Path, stack: ExitStack) -> None:
    for name in SERVING:
        disk = folder / f"disk-{name}"
        disk.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk)
        stack.callback(run, "umount", "-l", disk)


def kill(world: World, name: str, chance: random.Random, stop: threading.Event) -> None:
    world.processes[name].kill()
    world.processes[name].wait()
    stop.wait(chance.uniform(0.2, 3))
    world.begin(name)


def pause(world: World, name: str, chance: random.Random, stop: threading.Event) -> None:
    world.processes[name].send_signal(signal.SIGSTOP)
    stop.wait(chance.choice((2, 4, 6, 35)))
    world.processes[name].send_signal(signal.SIGCONT)


def cut_off(world: World, name: str, chance: random.Random, stop: threading.Event) -> None:
    run("ip", "-n", f"{PREFIX}-{name}", "link", "set", "net", "down")
    stop.wait(chance.uniform(1, 6))
    run("ip", "-n", f"{PREFIX}-{name}", "link", "set", "net", "up")


def fill(world: World, name: str, chance: random.Random, stop: threading.Event) -> None:
    large = world.folder / f"disk-{name}" / "large"
    with suppress(OSError), large.open("wb") as stream:
        while True:
            stream.write(bytes(1 << 20))
            stream.flush()
    stop.wait(chance.uniform(2, 8))
    large.unlink()


FAULTS = {"killed": kill, "paused": pause, "cut off": cut_off, "disk full": fill}


def disturb(world: World, chance: random.Random, done: Counter[str], stop: threading.Event) -> None:
    """One fault after the other until the trial ends; each is over before the next."""
    while not stop.wait(chance.uniform(0.5, 4)):
        name = chance.choice(["scheduler", *WORKERS * 3])
        what = chance.choice(list(FAULTS) if name != "scheduler" else ["killed", "paused", "cut off"])
        FAULTS[what](world, name, chance, stop)
        done[f"{'scheduler' if name == 'scheduler' else 'worker'} {what}"] += 1


def index(world: World, name: str, *more: str) -> int:
    """Index the pages; the exit code."""
    command = [sys.executable, "-m", "indexer", "index", "--index", str(world.folder / name), *more, "pages"]
    if more:
        command = world.inside("client", *command)
    with (world.folder / f"{name}.log").open("ab") as log:
        done = subprocess.run(
            command, check=False, env=world.environ, cwd=world.folder, stdout=log, stderr=log, timeout=900
        )
    return done.returncode


def rows(world: World, name: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    with closing(sqlite3.connect(world.folder / name / "catalog.sqlite")) as db:
        return db.execute(LINES).fetchall(), db.execute(FAILURES).fetchall()


def make_pages(folder: Path) -> None:
    """Files of one page and of many, one that no engine reads, and one that is no image."""
    folder.mkdir()
    for n in range(40):
        Image.new("L", (200 + n, 100), 255).save(folder / f"{n}.png")
    for n in range(4):
        frames = [Image.new("L", (300 + 30 * n + each, 100), 255) for each in range(24)]
        frames[0].save(folder / f"frames{n}.tif", save_all=True, append_images=frames[1:])
    Image.new("L", (900, 100), 255).save(folder / "bad.png")
    (folder / "broken.png").write_text("no image")


def made_world(folder: Path, stack: ExitStack) -> World:
    spec = spec_from_file_location("conftest", ROOT / "tests" / "conftest.py")
    assert spec
    assert spec.loader
    conftest = module_from_spec(spec)
    spec.loader.exec_module(conftest)
    home = folder / "home"
    home.mkdir()
    notes = conftest.Notes(home)
    notes.fake_engine(seconds=0.15, raise_at=900)
    (folder / "notes.toml").write_text((home / "notes.toml").read_text())
    make_pages(folder / "pages")
    (folder / "nothing").mkdir()
    network(stack)
    disks(folder, stack)
    environ = {**notes.environ, "PYTHONPATH": str(ROOT), "NOTES_WORKERS": "2"}
    return World(folder, environ)


def trial(world: World, number: int, seed: int) -> tuple[bool, Counter[str], int]:
    """Index while things happen; whether the index is what it should be, what happened, and how many runs it took."""
    for name in SERVING:
        world.begin(name)
    done, stop, name = Counter[str](), threading.Event(), f"trial{number}"
    faults = threading.Thread(target=disturb, args=(world, random.Random(seed * 1000 + number), done, stop))
    faults.start()
    runs, code = 0, 4
    try:
        while code == 4 and runs < MOST_RUNS:
            code, runs = index(world, name, "--cluster", f"tcp://{SCHEDULER}:{PORT}"), runs + 1
    finally:
        stop.set()
        faults.join()
        for process in world.processes.values():
            process.kill()
            process.wait()
    return code in (0, 3) and rows(world, name) == rows(world, "here"), done, runs


def told(done: Counter[str]) -> str:
    return ", ".join(f"{what} {times}x" for what, times in sorted(done.items())) or "nothing happened"


def main() -> None:
    """Run the trials and print a line for each; the exit code is 1 if an index differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--first", type=int, default=1, help="the number of the first trial")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave it")
    asked = parser.parse_args()
    wrong, total, all_runs = 0, Counter[str](), 0
    with ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX)))
        folder.mkdir(exist_ok=True)
        world = made_world(folder, stack)
        index(world, "here")
        print(f"undisturbed, on this machine: {len(rows(world, 'here')[0])} lines", flush=True)
        for number in range(asked.first, asked.first + asked.times):
            began = time.monotonic()
            same, done, runs = trial(world, number, asked.seed)
            wrong, all_runs, total = wrong + (not same), all_runs + runs, total + done
            what = "the same" if same else "ANOTHER INDEX"
            print(f"{number}: {what} after {time.monotonic() - began:.0f} s, runs: {runs}; {told(done)}", flush=True)
    print(f"{asked.times - wrong} of {asked.times} the same; runs: {all_runs}; {told(total)}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
