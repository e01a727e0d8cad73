"""Reading on other machines: what comes of it is what this machine reads, whatever happens to the others."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import submitit
from PIL import Image

from indexer.archive.library import Archive
from indexer.archive.opening import Voice
from indexer.cluster import hand, opening
from indexer.cluster.order import read_order, refusal_of
from indexer.cluster.over_slurm import jobs
from indexer.recognition.bundle import Head, Said, sealed
from indexer.system.settings import load
from indexer.values.errors import UnavailableError

LINES = """
SELECT files.sha256, pages.number AS page, pages.width, pages.recipe, lines.number, lines.x, lines.y, lines.width,
    lines.status, readings.text, readings.confidence, origins.engine, origins.version, origins.settings
FROM readings JOIN lines ON lines.id = line_id JOIN pages ON pages.id = lines.page_id
JOIN files ON files.id = pages.file_id JOIN origins ON origins.id = origin_id
ORDER BY files.sha256, page, lines.number, readings.id
"""


def lines_of(index: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(index / "catalog.sqlite")) as db:
        return db.execute(LINES).fetchall()


@pytest.fixture
def box(notes, make_page) -> Path:
    """Some pages, six of them in one file, one that no engine can read, and one file that is none."""
    folder = notes.home / "box"
    for n in range(4):
        make_page(folder / f"{n}.png", 200 + n)
    frames = [Image.new("L", (300 + n, 100), 255) for n in range(6)]
    frames[0].save(folder / "frames.tif", save_all=True, append_images=frames[1:])
    make_page(folder / "bad.png", 400)
    (folder / "broken.png").write_text("no image")
    notes.fake_engine(raise_at=400)
    notes.environ["NOTES_WORKERS"] = "1"
    return folder


@contextmanager
def started(*args: str, env: Mapping[str, str], cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of Dask, and what it says first of its address."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{args[0]}", *args[1:]]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(env), cwd=cwd)
    try:
        assert process.stderr
        for line in process.stderr:
            if address := re.search(r"(?:Scheduler|worker) at: +(tcp://\S+)", line):
                break
        else:
            raise AssertionError("it did not begin")
        yield process, address[1]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def cluster(notes, tmp_path) -> Iterator[Callable[..., Any]]:
    """Begins a process of a scheduler, or of a worker with plugins, that stands in a folder of its own."""
    from contextlib import ExitStack

    away = tmp_path / "away"
    away.mkdir()
    with ExitStack() as stack:

        def begin(kind: str, *args: str, plugins: Path | None = None) -> tuple[subprocess.Popen[str], str]:
            env = {**notes.environ, "NOTES_PLUGIN_PATH": str(plugins or notes.plugins)}
            env["DASK_DISTRIBUTED__LOGGING__DISTRIBUTED"] = "info"
            options = ("--no-dashboard", "--host", "127.0.0.1", *(["--port", "0"] if kind == "scheduler" else []))
            more = ("--no-nanny", "--nthreads", "2") if kind == "worker" else ()
            return stack.enter_context(started(kind, *args, *options, *more, env=env, cwd=away))

        yield begin


def test_workers_read_what_this_machine_reads_and_one_of_another_version_is_named(notes, box, cluster) -> None:
    other = notes.home / "other-plugins"
    shutil.copytree(notes.plugins, other)
    fake = other / "fake.py"
    fake.write_text(fake.read_text().replace('version="1"', 'version="2"'))
    _, address = cluster("scheduler")
    _, wrong = cluster("worker", address, plugins=other)
    cluster("worker", address)
    here = notes.json("index", "--index", "here", box, rc=3)
    there = notes.run("index", "--index", "there", "--cluster", address, box, rc=3)
    assert f"the worker {wrong} is not used: it would read otherwise: version 2, here 1" in there.stderr
    assert "10 pages" in there.stderr
    assert "broken.png" in there.stderr
    assert "bad.png, page 1: the engine fake failed" in there.stderr
    assert lines_of(notes.home / "here") == lines_of(notes.home / "there") != []
    # Under this path each process finds another folder: the pages have to be sent.
    sent = notes.json("index", "--index", "sent", "--cluster", address, "/proc/self/cwd/box", rc=3)
    assert (sent["pages"], len(sent["failures"])) == (here["pages"], len(here["failures"])) == (10, 2)
    assert lines_of(notes.home / "sent") == lines_of(notes.home / "here")
    assert not list((notes.home / "away").glob("**/*.png"))


def test_a_scheduler_that_dies_loses_nothing_and_the_same_command_goes_on(notes, box, cluster, until) -> None:
    told = notes.home / "told"
    notes.fake_engine(seconds=0.2, tell=str(told))
    scheduler, address = cluster("scheduler")
    cluster("worker", address)
    with notes.begin("index", "--cluster", address, box, stderr=subprocess.PIPE) as process:
        until(lambda: told.exists() and len(told.read_text().split()) > 3)
        scheduler.kill()
        said = process.communicate(timeout=100)[1]
    assert process.returncode == 4, said
    assert f"the scheduler {address} is gone\nWhat was read is kept; the same command goes on" in said
    kept = len(lines_of(notes.index)) // 2
    assert 0 < kept < 11
    again = notes.json("index", "--cluster", "local:1", box, rc=(0, 3))
    assert again["pages"] == 11 - kept
    assert len({line[:2] for line in lines_of(notes.index)}) == 11


class Told:
    """A way to one worker, whose answers a test makes from those of a real one."""

    name = "the tested cluster"

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer
        self.sent: list[bytes] = []
        self.most = 0
        self._waiting: list[tuple[int, bytes]] = []

    def workers(self) -> Mapping[str, int]:
        return {"one": 1}

    def is_coming(self) -> bool:
        return False

    def send(self, worker: str, order: bytes) -> int:
        self.sent.append(order)
        self._waiting.append((len(self.sent), order))
        self.most = max(self.most, len(self._waiting))
        return len(self.sent)

    def answers(self) -> list[tuple[int, bytes | None]]:
        waiting, self._waiting = self._waiting[:1], self._waiting[1:]
        return [(number, self._answer(order)) for number, order in waiting]

    def drop(self, number: int) -> None:
        self._waiting = [each for each in self._waiting if each[0] != number]

    def wait(self, seconds: float) -> None:
        time.sleep(0.01)


@pytest.fixture
def told(notes, box, monkeypatch) -> Callable[..., Any]:
    """Index the box, or a page in it, over a way of one's own; gives the way, the report and the warnings."""

    def index(
        answer: Callable[[bytes], bytes | None], page: str = "", *, stops: bool = False
    ) -> tuple[Told, Any, list[str]]:
        for name, value in notes.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(notes.home)
        way, warned = Told(answer), list[str]()
        monkeypatch.setattr(opening, "_way", lambda *_: lambda: nullcontext(way))
        with Archive(load({}), Voice(warn=warned.append)) as archive:
            report = archive.index(box / page, cluster="told", stopping=lambda: stops and bool(way.sent))
        return way, report, warned

    return index


def test_pages_that_are_lost_again_and_again_are_read_here(told) -> None:
    way, report, warned = told(lambda _order: None)
    assert (report.pages, warned) == (10, [])
    assert way.most <= 2
    assert len(way.sent) == 3 * 7, "seven orders of at most four pages, each sent three times"


def bundle(order: bytes, **other: Any) -> bytes:
    """What answers an order and has none of its pages, with another head."""
    asked, _ = read_order(order)
    return sealed(replace(Head(asked.file.sha256, "", asked.how.recipe, "", ""), **other), Said())


HOSTILE = {
    "no bundle": lambda _order: b"\x80\x04junk",
    "a false refusal": lambda _order: b'notes-refusal\n{"kind":"run this","message":""}',
    "another content": lambda order: bundle(order, sha256="0" * 64),
    "another recipe": lambda order: bundle(order, recipe="{}"),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_what_no_worker_of_ours_would_send_is_refused(told, answer) -> None:
    with pytest.raises(UnavailableError, match=r"no worker of the tested cluster can read\. one: what it sends is not"):
        told(answer, "0.png")


def test_pages_that_a_worker_leaves_out_are_read_here(told) -> None:
    _, report, warned = told(bundle)
    assert (report.pages, len(report.failures), warned) == (10, 2, [])


def test_a_stop_waits_for_what_is_begun_and_sends_nothing_more(told) -> None:
    way, report, warned = told(hand.perform, stops=True)
    assert (report.interrupted, warned) == (True, [])
    assert 1 <= len(way.sent) <= 2
    assert 1 <= report.pages < 9
    assert report.unreached or report.files["unreached"]


def test_without_the_extra_it_says_how_to_install_it(monkeypatch) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda _name: None)
    with pytest.raises(UnavailableError) as caught:
        opening.cluster_readers("tcp://scheduler:8786", Path(), print)
    assert "needs distributed" in caught.value.message
    assert 'pip install ".[cluster]"' in caught.value.hint


@pytest.mark.parametrize("name", ["scheduler:8786", "local:0", "local:many", "tcp://", "http://scheduler", "slurm"])
def test_what_names_no_cluster_is_refused(notes, make_page, name) -> None:
    notes.fake_engine()
    page = make_page(notes.home / "a.png")
    said = notes.run("index", "--cluster", name, page, rc=2).stderr
    assert "names no cluster\nIt is tcp://host:8786" in said
    assert not notes.index.exists()


SBATCH = """#!/bin/bash
# stands for Slurm: begins each job of the array at once
for job in 0 1; do
    export SLURM_JOB_ID=7 SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=$job SLURM_NTASKS=1 SLURM_JOB_NUM_NODES=1
    SLURM_NODEID=0 SLURM_PROCID=0 SLURM_LOCALID=0 setsid bash "${!#}" >/dev/null 2>&1 </dev/null &
done
echo "Submitted batch job 7"
"""
SRUN = '#!/bin/bash\nwhile [[ $1 == --* ]]; do case $1 in --output | --error) shift ;; esac; shift; done\nexec "$@"\n'


@pytest.fixture
def slurm(notes) -> Path:
    """Programs with the names of Slurm's, in a folder where they are found; gives what scancel is told."""
    folder = notes.home / "bin"
    folder.mkdir()
    told = folder / "cancelled"
    programs = {"sbatch": SBATCH, "srun": SRUN, "sacct": "#!/bin/sh\nexit 1\n"}
    for name, text in {**programs, "scancel": f'#!/bin/sh\necho "$@" >> {told}\n'}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    notes.environ["PATH"] = f"{folder}:{notes.environ['PATH']}"
    return told


def test_jobs_of_slurm_read_what_this_machine_reads(notes, box, slurm) -> None:
    here = notes.json("index", "--index", "here", box, rc=3)
    there = notes.run("index", "--index", "there", "--cluster", "slurm:2", "--json", box, rc=3)
    assert json.loads(there.stdout)["pages"] == here["pages"] == 10
    assert "is not used" not in there.stderr
    assert lines_of(notes.home / "there") == lines_of(notes.home / "here") != []
    assert slurm.read_text().split() == ["7_0", "7_1"]
    assert not list((notes.home / "there").glob("cluster-jobs*"))


def test_a_dry_run_shows_the_script_of_the_jobs_and_submits_none(notes, box, slurm) -> None:
    planned = notes.json("index", "--cluster", "slurm:20", "--dry-run", box)
    assert planned["would_read"]
    assert "#SBATCH --array=0-19%20" in planned["job_script"]
    assert f"cd {notes.index}/cluster-jobs" in planned["job_script"]
    assert "#SBATCH --job-name=notes" in notes.run("index", "--cluster", "slurm:1", "--dry-run", box).stderr
    assert not notes.index.exists()
    notes.environ["PATH"] = "/nowhere"
    assert "there is no Slurm here" in notes.run("index", "--cluster", "slurm:1", "--dry-run", box, rc=4).stderr


def test_jobs_of_submitits_own_executor_take_orders_too(notes, monkeypatch, until) -> None:
    """What no notes of this version has written is refused by the job, and the jobs end with the command."""
    with jobs(1, notes.home, submitit.LocalExecutor) as way:
        until(way.workers)
        number = way.send("job-1", b"notes-order 9\n{}\n")
        answers: list[tuple[int, bytes | None]] = []
        until(lambda: answers.extend(way.answers()) or answers)
        ((answered, answer),) = answers
        assert answered == number
        refusal = refusal_of(answer or b"")
        assert refusal
        assert "it is an order of another version of notes" in refusal.message
        assert (notes.home / "cluster-jobs").stat().st_mode & 0o077 == 0
        submitted = way._submitted
    until(lambda: all(job.done() for job in submitted))
