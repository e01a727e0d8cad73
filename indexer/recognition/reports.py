"""What a run says of the files on their way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.catalog import KnownFile
    from indexer.values import Failure, SourceFile, Status


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: pages read or failed, of about so many."""

    done: int
    expected: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The search index has not taken over everything that was read, and why; it does so with the next command."""

    reason: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of a file: ``lines`` counts the lines read in this run by status, ``incomplete`` pages by reason.

    On ``empty`` pages nothing was read. ``unreached`` pages, or with that state the whole file, were left because the
    run was interrupted. ``repeated`` are those of the failures that the catalogue knew already.
    """

    path: Path
    state: Literal["read", "skipped", "failed", "unreached"]
    pages: int = 0
    unreached: int = 0
    lines: Counter[Status] = field(default_factory=Counter)
    incomplete: Counter[str] = field(default_factory=Counter)
    empty: tuple[int, ...] = ()
    failures: tuple[Failure, ...] = ()
    repeated: frozenset[Failure] = frozenset()


@dataclass(slots=True)
class OpenFile:
    """A file on its way: how many of its tasks are under way and what has come of them.

    ``due`` pages are to be read, ``None`` as long as they are not counted; ``before`` is what failed of the same
    content in earlier runs.
    """

    file: SourceFile
    known: KnownFile | None
    before: frozenset[Failure]
    tasks: int = 1
    pages: int = 0
    due: int | None = None
    lines: Counter[Status] = field(default_factory=Counter)
    incomplete: Counter[str] = field(default_factory=Counter)
    empty: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def report(self) -> FileReport:
        """What has become of it so far."""
        failures = tuple(self.failures)
        failed_pages = sum(each.page is not None for each in failures)
        unreached = max(0, (self.due or 0) - self.pages - failed_pages) if self.tasks else 0
        repeated = frozenset(failures) & self.before
        return FileReport(
            self.file.path,
            self._state(unreached),
            self.pages,
            unreached,
            self.lines,
            self.incomplete,
            tuple(sorted(self.empty)),
            failures,
            repeated,
        )

    def _state(self, unreached: int) -> Literal["read", "skipped", "failed", "unreached"]:
        if self.pages:
            return "read"
        if self.failures:
            return "failed"
        return "unreached" if unreached or self.due is None else "skipped"
