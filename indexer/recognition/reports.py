"""The reports of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from indexer.text.folding import clean
from indexer.values import SIDECAR
from indexer.values.thresholds import judge

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.catalog import KnownFile
    from indexer.recognition.sidecars import Beside
    from indexer.values import Failure, PageReading, SourceFile, Status
    from indexer.values.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: pages read or failed, of about how many."""

    done: int
    expected: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The search index lacks some of what was read, and why. The next command updates it."""

    reason: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of a file: ``lines`` counts the lines read in this run by status, ``incomplete`` pages by reason.

    On ``empty`` pages nothing was read, ``turned`` ones stood on their head or side. ``unreached`` pages (with that
    state the whole file) were left because the run was interrupted. ``repeated`` failures were in the
    catalogue already. ``sidecar`` counts the pages that text from beside them was taken for.
    """

    path: Path
    state: Literal["read", "skipped", "failed", "unreached"]
    pages: int = 0
    unreached: int = 0
    lines: Counter[Status] = field(default_factory=Counter)
    incomplete: Counter[str] = field(default_factory=Counter)
    empty: tuple[int, ...] = ()
    turned: tuple[int, ...] = ()
    failures: tuple[Failure, ...] = ()
    repeated: frozenset[Failure] = frozenset()
    sidecar: int = 0


@dataclass(slots=True)
class OpenFile:
    """A file in work: how many of its tasks are under way, and their results so far.

    ``left`` are the pages that are still to be read; ``None`` until they are counted. ``before`` has the failures of
    the same content in earlier runs. ``beside`` are the files of text beside it, ``weighed`` those of them that pages
    were read with, and ``refused`` says why text was not taken.
    """

    file: SourceFile
    known: KnownFile | None
    before: frozenset[Failure]
    beside: Beside
    tasks: int = 1
    pages: int = 0
    left: set[int] | None = None
    lines: Counter[Status] = field(default_factory=Counter)
    incomplete: Counter[str] = field(default_factory=Counter)
    empty: list[int] = field(default_factory=list)
    turned: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    weighed: set[Path] = field(default_factory=set)
    refused: list[Failure] = field(default_factory=list)
    taken: int = 0

    def report(self) -> FileReport:
        """The report so far."""
        failures = (*self.failures, *self.refused)
        unreached = len(self.left or ()) if self.tasks else 0
        repeated = frozenset(failures) & self.before
        return FileReport(
            self.file.path,
            self._state(unreached),
            self.pages,
            unreached,
            self.lines,
            self.incomplete,
            tuple(sorted(self.empty)),
            tuple(sorted(self.turned)),
            failures,
            repeated,
            self.taken,
        )

    def took(self, reading: PageReading, thresholds: Thresholds) -> None:
        """Count a page that was read; its lines by what becomes of them with these thresholds."""
        self.pages += 1
        self.reached(reading.number)
        if reading.sidecar is not None:
            self.weighed.add(reading.sidecar.path)
        if reading.incomplete:
            self.incomplete[reading.incomplete] += 1
        if any(each.origin.engine == SIDECAR for readings in reading.lines for each in readings):
            self.taken += 1
        if reading.turned:
            self.turned.append(reading.number)
        counting = [counts for counts, *_ in reading.lines if clean(counts.line.text)]
        if not counting:
            self.empty.append(reading.number)
        self.lines.update(judge(each.line.confidence, each.origin, thresholds) for each in counting)

    def reached(self, page: int) -> None:
        """Note that a page was read, or cannot be."""
        if self.left is not None:
            self.left.discard(page)

    def standing(self) -> list[Failure]:
        """The failures of the file as they stand now: those of this run, and earlier ones of pages it did not reach."""
        left = self.left or ()
        earlier = [each for each in self.before if each.path == self.file.path and each.page in left]
        return [*self.failures, *sorted(earlier, key=lambda each: each.page or 0)]

    def _state(self, unreached: int) -> Literal["read", "skipped", "failed", "unreached"]:
        if self.pages:
            return "read"
        if self.failures:
            return "failed"
        if unreached or self.left is None:
            return "unreached"
        return "read" if self.known is None or self.known.pages is None else "skipped"  # a new one has no page to read
