"""Carries orders to jobs of Slurm as files in a folder that they share, which only their user may open.

Each job is a worker with an inbox. No port is opened, and what submitit pickles as the result of a job is never read.
"""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import submitit

from indexer.cluster import hand
from indexer.cluster.ordering import LARGEST
from indexer.system.links import remove_link
from indexer.translation import _
from indexer.values.errors import UnavailableError, UnwritableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MakeExecutor: TypeAlias = "Callable[[Path], Any]"
"""Makes what submits jobs, with a folder for its scripts and logs."""
FOLDER = "cluster-jobs"
"""The folder in the index folder."""
_HOURS = 12
"""How long a job may last: SBATCH_TIMELIMIT changes it."""
_BEAT = 2.0
"""Seconds between signs of life."""
_SILENT = 30.0
"""Seconds without a sign of life after which a job counts as gone."""
_ALONE = 600.0
"""Seconds without a sign of life from the command after which a job ends."""
_LOOK = 5.0
"""Seconds between looks at whether jobs may still begin."""
_STOP, _ALIVE, _ORDERS, _ANSWERS, _COMMAND = "stop", "alive", "orders", "answers", "command"


@contextmanager
def jobs(number: int, index: Path, make_executor: MakeExecutor | None = None) -> Iterator[OverSlurm]:
    """A way to so many jobs, which are submitted now and end with the block."""
    folder = index.absolute() / FOLDER
    logging.getLogger("submitit").disabled = True  # it warns on the terminal when Slurm keeps no accounts
    names = [f"job-{each}" for each in range(1, number + 1)]
    _make(folder, names)
    submitted: Sequence[Any] = ()
    try:
        try:
            executor = (make_executor or slurm)(folder)
            with executor.batch():
                submitted = [executor.submit(serve, str(folder), name) for name in names]
        except UnavailableError:
            raise
        except Exception as error:
            raise UnavailableError(
                _("the jobs cannot be submitted: %(why)s", why=error),
                _("notes index --cluster slurm:N --dry-run shows their script."),
            ) from error
        yield OverSlurm(folder, names, submitted)
    finally:
        with suppress(OSError):
            (folder / _STOP).touch()
        for job in submitted:
            with suppress(Exception):  # it may have ended by itself
                job.cancel(check=False)
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove the folder. Jobs that have not ended yet would go on writing into it: under another name they find it no
    more."""
    ended = folder.with_name(f"{folder.name}-ended")
    shutil.rmtree(ended, ignore_errors=True)
    with suppress(OSError):
        folder.rename(ended)
    shutil.rmtree(ended, ignore_errors=True)


def _make(folder: Path, names: Sequence[str]) -> None:
    """Make the folder anew. What is there is of a command that was killed: there is one at a time for an index."""
    remove_link(folder)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
        for part in (_ALIVE, _ANSWERS, *(f"{_ORDERS}/{name}" for name in names)):
            (folder / part).mkdir(parents=True)
    except OSError as error:
        raise UnwritableError(
            _("%(folder)s cannot be made: %(why)s", folder=folder, why=(error.strerror or str(error)).lower()),
            _("Jobs of Slurm need it."),
        ) from error


def slurm(folder: Path) -> submitit.SlurmExecutor:
    """What submits jobs to Slurm; raises ``UnavailableError`` where there is none."""
    try:
        executor = submitit.SlurmExecutor(folder)
    except RuntimeError as error:
        raise UnavailableError(
            _("there is no Slurm here: srun is not found"), _("Run it where jobs are submitted.")
        ) from error
    setup = [f"cd {shlex.quote(str(folder))}"]  # Python takes modules from the folder it begins in
    executor.update_parameters(
        job_name="notes", time=_HOURS * 60, cpus_per_task=1, setup=setup, wckey=None, stderr_to_stdout=True
    )
    return executor


def script(number: int, index: Path) -> str:
    """The script of the jobs that would be submitted. Nothing is written."""
    executor = slurm(index.absolute() / FOLDER)
    if number > 1:
        executor.parameters["map_count"] = number
    return str(executor._make_submission_file_text(executor._submitit_command_str, ""))


class OverSlurm:
    """Jobs that share a folder (``carrier.Carrier``)."""

    name = "Slurm"

    def __init__(self, folder: Path, names: Sequence[str], submitted: Sequence[Any]) -> None:
        self._folder, self._submitted = folder, submitted
        self._numbers = count(1)
        self._sent: dict[int, Path] = {}
        self._beats: dict[str, tuple[bytes, float]] = dict.fromkeys(names, (b"", -_SILENT))
        self._looked, self._is_coming, self._beaten = -_LOOK, True, -_BEAT

    def workers(self) -> Mapping[str, int]:
        """The jobs that show signs of life. Clocks of machines differ: it counts that a sign changes."""
        now = time.monotonic()
        if now - self._beaten > _BEAT:
            self._beaten = now
            with suppress(OSError):
                _put(self._folder / _ALIVE / _COMMAND, str(now).encode())
            for name, (before, _) in self._beats.items():
                sign = _read(self._folder / _ALIVE / name)
                if sign and sign != before:
                    self._beats[name] = (sign, now)
        return {name: 1 for name, (sign, at) in self._beats.items() if sign and now - at < _SILENT}

    def is_coming(self) -> bool:
        """Whether jobs wait for their turn, or have only just begun."""
        now = time.monotonic()
        if now - self._looked > _LOOK:
            self._looked, self._is_coming = now, not all(job.done() for job in self._submitted)
        return self._is_coming

    def send(self, worker: str, order: bytes) -> int:
        """Put an order into the inbox of a job."""
        number = next(self._numbers)
        self._sent[number] = self._folder / _ORDERS / worker / f"{number:09}"
        with suppress(OSError):  # then no answer comes, and it is sent again
            _put(self._sent[number], order)
        return number

    def answers(self) -> list[tuple[int, bytes | None]]:
        """What was answered since the last call."""
        found: list[tuple[int, bytes | None]] = []
        with suppress(OSError):
            for name in sorted(os.listdir(self._folder / _ANSWERS)):  # noqa: PTH208 - names are all we want
                number = int(name) if name.isdecimal() else 0
                if number in self._sent:
                    del self._sent[number]
                    found.append((number, _read(self._folder / _ANSWERS / name)))
                if number:
                    (self._folder / _ANSWERS / name).unlink(missing_ok=True)
        return found

    def drop(self, number: int) -> None:
        """Take an order out of its inbox, if it is still there."""
        path = self._sent.pop(number, None)
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def wait(self, seconds: float) -> None:
        """Wait: files tell nobody that they are there."""
        time.sleep(seconds)


def serve(folder: str, name: str) -> None:
    """What a job does: orders from its inbox, until the command ends, or shows no sign of life."""
    base, alone = Path(folder), threading.Event()
    threading.Thread(target=_beat, args=(base, name, alone), daemon=True).start()
    while not (alone.is_set() or (base / _STOP).exists()):
        try:
            waiting = sorted(each for each in os.listdir(base / _ORDERS / name) if each.isdecimal())  # noqa: PTH208
        except OSError:  # the command has ended, and removed the folder
            return
        for each in waiting[:1]:
            order = _read(base / _ORDERS / name / each)
            if order is not None:
                with suppress(OSError):  # no room, or the folder is gone: the command waits no longer than it must
                    _put(base / _ANSWERS / each, hand.perform(order))
                    (base / _ORDERS / name / each).unlink(missing_ok=True)
        if not waiting:
            time.sleep(0.2)


def _beat(base: Path, name: str, alone: threading.Event) -> None:
    """Show signs of life, and look for those of the command."""
    theirs, at = b"", time.monotonic()
    for number in count():
        with suppress(OSError):
            _put(base / _ALIVE / name, str(number).encode())
        sign = _read(base / _ALIVE / _COMMAND)
        if sign and sign != theirs:
            theirs, at = sign, time.monotonic()
        if time.monotonic() - at > _ALONE:
            alone.set()
        time.sleep(_BEAT)


def _put(path: Path, data: bytes) -> None:
    """Write a file in one step."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(data)
    partial.replace(path)


def _read(path: Path) -> bytes | None:
    """A file, unless it is longer than an order or an answer may be."""
    try:
        with path.open("rb") as stream:
            data = stream.read(2 * LARGEST + 1)
    except OSError:
        return None
    return data if len(data) <= 2 * LARGEST else None
