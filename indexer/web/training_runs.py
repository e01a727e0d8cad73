"""Models are trained by ``notes train`` and ``notes adapt`` in a process of their own, one after the other, and pages
are read again with what came of it. Each run can be followed and stopped."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from indexer.catalog import Catalog
from indexer.system.paths import is_there
from indexer.translation import _, english
from indexer.values.errors import Exit, MissingError, NotesError
from indexer.web.background import Background

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.web.running import Ending

RunKind = Literal["train", "adapt", "reread"]
RunState = Literal["waiting", "running", "done", "worse", "stopped", "failed"]
_ENDED = ("done", "worse", "stopped", "failed")
_KEPT = 20
"""Runs that are remembered."""
_FILES = 500
"""Files that are read again by one command."""
_AT = re.compile(r"at (\d+) of (\d+) s: (.*)")


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A model that is trained, adapted, or that pages are read again with.

    ``done`` is the share (0-1) of it, ``said`` how far it is or why it failed. ``before`` and ``after`` are shares
    (0-1) of what is read wrong, ``others_before`` and ``others_after`` of lines of other hands; ``None`` until they are
    measured. The state is ``worse`` when the model is not kept, since it reads no better.
    """

    number: int
    kind: RunKind
    name: str
    minutes: float
    state: RunState = "waiting"
    done: float = 0.0
    said: str = ""
    before: float | None = None
    after: float | None = None
    others_before: float | None = None
    others_after: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing comes of it any more."""
        return self.state in _ENDED


class TrainingInBackground:
    """Trains models of an index, one after the other. It is safe to use from many threads."""

    def __init__(self, index: Path, ending: Ending) -> None:
        self._index = index
        self._ending = ending
        self._lock = threading.Lock()
        self._runs: dict[int, TrainingRun] = {}
        self._numbers = count(1)
        self._stopped: set[int] = set()
        self._background = Background("training", ending, self._work)

    def close(self) -> None:
        """Stop. A run that is begun again goes on where it was: what was learned is kept now and then."""
        self._background.close(at_once=True)

    @property
    def runs(self) -> list[TrainingRun]:
        """The runs since the server began, the newest first."""
        with self._lock:
            return sorted(self._runs.values(), key=lambda run: -run.number)

    def begin(self, kind: RunKind, name: str, minutes: float) -> TrainingRun:
        """Have it done, after what was begun before."""
        with self._lock:
            number = next(self._numbers)
            run = self._runs[number] = TrainingRun(number, kind, name, minutes)
            too_many = max(0, len(self._runs) - _KEPT)
            for old in [each.number for each in self._runs.values() if each.has_ended][:too_many]:
                del self._runs[old]
        self._background.wake()
        return run

    def stop(self, number: int) -> None:
        """Stop a run. Raises ``MissingError`` if there is none, or it has ended."""
        with self._lock:
            run = self._runs.get(number)
            if run is None or run.has_ended:
                raise MissingError(_("run %(number)s is not under way", number=number), _("It may have ended."))
            if run.state == "waiting":
                self._runs[number] = replace(run, state="stopped")
                return
            is_again = number in self._stopped
            self._stopped.add(number)
        if is_again:
            self._background.child.kill()
        self._background.child.let_go()

    def _work(self) -> None:
        while not self._ending.asked.is_set():
            waiting = [each for each in reversed(self.runs) if each.state == "waiting"]
            if not waiting:
                return
            run = waiting[0]
            self._change(run.number, state="running")
            try:
                (self._reread if run.kind == "reread" else self._learn)(run)
            except (NotesError, OSError, LookupError, ValueError) as error:  # the last two: it said something else
                self._change(run.number, state="failed", said=str(error))

    def _change(self, number: int, **values: Any) -> None:
        with self._lock:
            self._runs[number] = replace(self._runs[number], **values)

    def _learn(self, run: TrainingRun) -> None:
        printed: list[str] = []

        def hear(line: str) -> None:
            at = _AT.fullmatch(line)
            if at is None:
                printed.append(line)
            else:
                self._change(run.number, done=min(1.0, int(at[1]) / max(1, int(at[2]))), said=at[3])

        source = ("--from-index",) if run.kind == "train" else ()
        asked = (run.kind, run.name, *source, "--minutes", str(run.minutes))
        code, said = self._background.child.run(*asked, "--as-child", "--json", "--index", str(self._index), hear=hear)
        if code == Exit.DONE:
            self._change(run.number, **_outcome("\n".join(printed)))
        else:
            self._ended(run.number, code, said)

    def _ended(self, number: int, code: int, said: str) -> None:
        stopped = number in self._stopped or self._ending.asked.is_set() or code == Exit.INTERRUPTED
        self._change(number, state="stopped" if stopped else "failed", said="" if stopped else said)

    def _reread(self, run: TrainingRun) -> None:
        """Read the pages of all files that are there again with a model."""
        with Catalog(self._index) as catalog:
            files = [str(path) for path in catalog.places() if is_there(path)]
        seen = count(1)

        def hear(line: str) -> None:
            self._change(run.number, done=min(1.0, next(seen) / max(1, len(files))), said=line)

        asked = ("index", "--as-child", "--index", str(self._index), "--model", run.name, "--reread")
        for start in range(0, len(files), _FILES):
            code, said = self._background.child.run(*asked, *files[start : start + _FILES], hear=hear)
            if code not in (Exit.DONE, Exit.SOME_FAILED) or run.number in self._stopped:
                self._ended(run.number, code, said)
                return
        self._change(run.number, state="done", done=1.0, said="")


def _outcome(printed: str) -> dict[str, Any]:
    """What came of it, from what the command printed."""
    told = json.loads(printed)
    start = "estimated_" if "estimated_before" in told else ""
    figures = {
        "before": told[f"{start}before"],
        "after": told[f"{start}after"],
        "others_before": told["others_before"],
        "others_after": told["others_after"],
    }
    if told.get("measured") == 0:
        said = english(_("nothing was learned: the minutes were too few, or no word was read surely"))
        return {"state": "failed", "said": said}
    return {"state": "done" if told["model"] else "worse", "done": 1.0, "said": "", **figures}
