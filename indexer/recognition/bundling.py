"""Reading files into bundles, without an index: some of the parts of an archive, and what is not there yet."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from indexer.recognition.bundle import SUFFIX, Head, Said, head_of, head_pages, read_bundle, sealed
from indexer.recognition.due import held_file, opened_file
from indexer.recognition.listing import listed
from indexer.recognition.messages import NO_PAGES, Counted, Failed, Finished, Read, Refused, Setup, Task, Unusable
from indexer.recognition.pool import local_pool
from indexer.recognition.reports import Progress
from indexer.recognition.sidecars import Sidecars
from indexer.system.files import make_folder, move
from indexer.system.logs import Log
from indexer.system.paths import MACOS, named, place_key
from indexer.text.folding import printable
from indexer.translation import _
from indexer.values import Failure, SourceFile
from indexer.values.errors import UnavailableError, UnwritableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from indexer.api.registry import Registry
    from indexer.recognition.discovery import PassedOver
    from indexer.recognition.messages import Message
    from indexer.recognition.pool import Readers
    from indexer.recognition.run_plan import RunPlan
    from indexer.recognition.sidecars import Beside
    from indexer.values import Sidecar

_PAGES = 16
"""The most pages of a task, and about the most of a bundle."""
_SECONDS = 60.0
"""A bundle is written so long after its first page, so that a cut loses little."""
_SHARED_FROM = 64 << 20
"""Bytes of a file whose pages are shared among the parts. Who has a part of it has to read it whole for its hash."""
_LEFT = 86_400
"""Seconds after which a half-written bundle is deleted: whoever wrote it is gone."""


@dataclass(frozen=True, slots=True)
class Part:
    """The ``number``-th of so many parts of an archive: the same on every machine, whatever the archive lies in.

    Parts have no page in common, and all together have every page.
    """

    number: int = 1
    of: int = 1

    @classmethod
    def named(cls, text: str) -> Part:
        """The part that ``3/40`` names; raises ``UsageError`` for what names none."""
        number, __, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and len(text) < 20 and 1 <= int(number) <= int(of)):
            raise UsageError(_("%(text)s names no part", text=repr(text)), _("The third of 40 is 3/40."))
        return cls(int(number), int(of))

    def has(self, place: str, chunk: int = 0) -> bool:
        """Whether it has some pages of the file at a place, which is told from the folder that was named."""
        digest = hashlib.sha256(os.fsencode(place_key(place, MACOS))).digest()
        return (int.from_bytes(digest[:8], "big") + chunk) % self.of == self.number - 1


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle was written, with so many pages that were read."""

    path: Path
    pages: int


@dataclass(frozen=True, slots=True)
class There:
    """Pages of a file that the bundles have already."""

    path: Path
    pages: int


Event: TypeAlias = "Progress | Failure | PassedOver | Written | There"
"""What happens while bundles are made."""


@dataclass(slots=True)
class _Open:
    """A content in work: how many of its tasks are under way, and what was said of it since the last bundle."""

    file: SourceFile
    place: str
    shared: bool
    beside: Beside
    tasks: int = 1
    read: list[Read] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    since: float = 0.0


def read_into(
    folder: Path, run_plan: RunPlan, part: Part, registry: Registry, log: Log, stopping: Callable[[], bool]
) -> Generator[Event, None, None]:
    """Read what is in a part of the paths of a plan, and not in the bundles of a folder, into more bundles there.

    Once ``stopping()`` is true the pages in hand are finished and kept. Raises ``UnavailableError`` if the engine
    cannot be opened, ``UnwritableError`` if the folder cannot be written; what was read before is kept.
    """
    making = _Making(folder, run_plan, part, registry, stopping)
    setup = Setup.of(run_plan.plugin_folder, run_plan.engines, run_plan.source_options, log)
    with local_pool(setup, run_plan) as pool:
        yield from making.go(pool)


class _Making:
    """The state of one run that makes bundles."""

    def __init__(
        self, folder: Path, run_plan: RunPlan, part: Part, registry: Registry, stopping: Callable[[], bool]
    ) -> None:
        self._folder, self._plan, self._part, self._registry = folder, run_plan, part, registry
        self._stopping = stopping
        _prepare(folder)
        self._there = _pages_there(folder, run_plan.recipe)
        self._given = [named(path) for path in run_plan.paths]
        self._sidecars = Sidecars.of(registry, run_plan.source_options)
        self._open: dict[str, _Open] = {}
        self._begun: set[str] = set()
        self._done, self._expected = 0, 0

    def go(self, pool: Readers) -> Iterator[Event]:
        """The whole run."""
        found, passed_over = listed(self._given, self._registry, [self._folder], self._sidecars)
        yield from passed_over
        waiting = iter(found)
        yield from self._feed(pool, waiting)
        try:
            for said in pool.messages(self._stopping):
                if said is not None:
                    yield from self._hear(pool, *said)
                if not self._stopping():
                    yield from self._feed(pool, waiting)
        finally:
            for opened in self._open.values():  # whatever ends it, what was read is kept
                self._write(opened)

    def _feed(self, pool: Readers, waiting: Iterator[Path | Failure]) -> Iterator[Event]:
        """Take files from the list until the workers have enough to do."""
        while pool.backlog < 2 * self._plan.workers:
            found = next(waiting, None)
            if found is None:
                return
            yield from self._take(pool, found)

    def _take(self, pool: Readers, found: Path | Failure) -> Iterator[Failure]:
        path = found.path if isinstance(found, Failure) else found
        place, shared = self._place(path), _is_large(path)
        if not (self._part.has(place) or shared):
            return
        file = opened_file(found, None, afresh=True) if isinstance(found, Path) else found
        if isinstance(file, SourceFile):
            self._begin(pool, file, place, shared=shared)
        elif self._part.has(place):
            yield file

    def _place(self, path: Path) -> str:
        """Where a file lies in the path that was named and leads to it."""
        for given in self._given:
            if path != given and path.is_relative_to(given):
                return path.relative_to(given).as_posix()
        return path.name

    def _begin(self, pool: Readers, file: SourceFile, place: str, *, shared: bool) -> None:
        """Send a content to be counted, once however often it lies there."""
        if file.sha256 in self._begun:
            return
        self._begun.add(file.sha256)
        self._open[file.sha256] = _Open(file, place, shared, self._sidecars.beside([file.path]))
        self._expected += 1
        pool.submit(Task(file))

    def _hear(self, pool: Readers, task: Task, message: Message) -> Iterator[Event]:
        opened = self._open[task.file.sha256]
        if isinstance(message, Unusable):
            raise UnavailableError(message.message, message.hint)
        if isinstance(message, Counted):
            yield from self._counted(pool, opened, message)
        elif isinstance(message, Refused):
            refused = replace(message, path=None)  # it is found again from the page
            if refused not in opened.refused:  # each part of a file finds that its text cannot be read
                opened.refused.append(refused)
        elif isinstance(message, Read | Failed):
            yield from self._said(opened, message, is_counting=task.pages is None)
        elif isinstance(message, Finished):
            opened.tasks -= 1
            yield from self._write(opened)
            if opened.tasks == 0:
                del self._open[opened.file.sha256]

    def _counted(self, pool: Readers, opened: _Open, counted: Counted) -> Iterator[Event]:
        """Send the pages that are due, and what lies in the file, to be read."""
        own = [
            page
            for start in range(0, len(counted.pages), _PAGES)
            if not opened.shared or self._part.has(opened.place, start // _PAGES)
            for page in counted.pages[start : start + _PAGES]
        ]
        due = [page for page in own if (opened.file.sha256, page, _text(opened.beside.of(page))) not in self._there]
        self._expected += len(due) - 1
        if len(own) > len(due):
            yield There(opened.file.path, len(own) - len(due))
        if counted.is_empty:
            yield Failure(opened.file.path, None, *NO_PAGES)
        share = max(1, min(_PAGES, -(-len(due) // self._plan.workers)))
        for start in range(0, len(due), share):
            opened.tasks += 1
            pool.submit(Task(opened.file, tuple(due[start : start + share]), beside=opened.beside), first=True)
        self._sidecars.hold(opened.file, [each for each in counted.inside or () if each.is_text])
        for each in counted.inside or ():
            file = held_file(opened.file, each)
            if each.trouble:
                yield Failure(file.path, None, *each.trouble)
            elif each.sha256 and not each.is_text:
                self._begin(pool, file, "/".join((opened.place, *each.names)), shared=opened.shared)

    def _said(self, opened: _Open, message: Read | Failed, *, is_counting: bool) -> Iterator[Event]:
        """Keep what was said of a page for the next bundle. That a file cannot be opened, an index finds out itself."""
        opened.since = opened.since or time.monotonic()
        if isinstance(message, Read):
            opened.read.append(Read(replace(message.reading, sidecar=None)))  # the head has its hash
        else:
            yield Failure(opened.file.path, message.page, message.kind, message.message)
            if not is_counting:
                opened.failed.append(message)
        self._done += isinstance(message, Read) or message.page is not None
        yield Progress(self._done, self._expected)
        if len(opened.read) >= _PAGES or time.monotonic() - opened.since > _SECONDS:
            yield from self._write(opened)

    def _write(self, opened: _Open) -> list[Event]:
        """Write what was said of a content since the last bundle into one more."""
        said = Said(tuple(opened.read), tuple(opened.failed), tuple(opened.refused))
        opened.read, opened.failed, opened.since = [], [], 0.0
        if not (said.read or said.failed):
            return []
        pages, failed = head_pages(said)
        file, holder = opened.file, opened.file.holder
        made = datetime.now(timezone.utc).isoformat(timespec="seconds")
        head = Head(
            *(file.sha256, printable(opened.place), self._plan.recipe, made, version("notes"), pages, failed),
            texts=tuple(_text(opened.beside.of(page)) for page in pages),
            holder=None if holder is None else holder.sha256,
        )
        try:
            data = sealed(head, said)
        except UsageError as error:
            return [Failure(file.path, page, "unsealed", error.message) for page in pages]
        return [Written(_put(self._folder, _name(head), data), len(pages))]


def _text(sidecar: Sidecar | None) -> str:
    """The hash of the text beside a page; empty if there is none."""
    return "" if sidecar is None else sidecar.sha256


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size >= _SHARED_FROM
    except (OSError, ValueError):
        return False


def _name(head: Head) -> str:
    """The name of a bundle: the same for the same pages of a content that are read in the same way."""
    pages = (*head.pages, *head.failed)
    what = repr((head.recipe, head.texts, head.pages, head.failed)).encode("utf-8", "surrogatepass")
    return f"{head.sha256[:16]}-{min(pages, default=0):05d}-{hashlib.sha256(what).hexdigest()[:8]}{SUFFIX}"


def _prepare(folder: Path) -> None:
    """Make the folder, and delete what killed runs left half-written in it."""
    with _told(folder):
        make_folder(folder)
        for left in folder.glob(f".*{SUFFIX}.partial"):
            if time.time() - left.stat().st_mtime > _LEFT:
                left.unlink(missing_ok=True)


def _pages_there(folder: Path, recipe: str) -> set[tuple[str, int, str]]:
    """The pages that the bundles of a folder have, by content, number and the text beside them. What is no whole bundle
    has none: its pages are read again."""
    there: set[tuple[str, int, str]] = set()
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(UsageError):
            head = head_of(read_bundle(path))
            if head.recipe == recipe:
                there.update((head.sha256, page, text) for page, text in head.text_of.items())
    return there


def _put(folder: Path, name: str, data: bytes) -> Path:
    """Write a file in one step: it is there whole, or not at all, even after a power cut."""
    with _told(folder):
        handle, partial = tempfile.mkstemp(f"{SUFFIX}.partial", ".", folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(partial).chmod(0o644)
            move(Path(partial), folder / name)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    return folder / name


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnwritableError(
            _(
                "no bundle can be written to %(folder)s: %(why)s",
                folder=folder,
                why=(error.strerror or str(error)).lower(),
            ),
            _("Once that is mended, the same command goes on where it was."),
        ) from error
