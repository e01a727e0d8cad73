"""Bundles that answer in place of workers: what was read elsewhere is given for the pages that are asked for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from indexer.recognition.bundle import SUFFIX, head_of, opened, read_bundle
from indexer.recognition.messages import Failed, Finished, Read, as_text
from indexer.translation import _
from indexer.values import Failure
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from indexer.recognition.bundle import Bundle, Head
    from indexer.recognition.messages import Message, Task
    from indexer.recognition.pool import Readers
    from indexer.values import PageReading


@dataclass(frozen=True, slots=True)
class Entry:
    """A bundle file, what its head says, and the pages that are to be taken from it."""

    path: Path
    head: Head
    pages: frozenset[int]


def look_for_bundles(paths: Iterable[Path]) -> Iterator[Entry | Failure]:
    """The bundles in folders and files, each with a right checksum; the newest first. What is none is a failure."""
    entries: dict[Path, Entry] = {}
    for path in paths:
        files = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not files:
            yield Failure(path, None, "missing", f"there is no bundle (*{SUFFIX}) in it")
        for file in files:
            try:
                head = head_of(read_bundle(file))
                entries[file] = Entry(file, head, frozenset((*head.pages, *head.failed)))
            except UsageError as error:
                yield unusable(file, error)
    yield from sorted(entries.values(), key=lambda each: (each.head.made, each.path), reverse=True)


def by_recipe(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Bundles, the newest first, by recipe. A page that was read in several ways is taken from the newest of them."""
    chosen: dict[tuple[str, int], str] = {}
    parts: dict[str, list[Entry]] = {}
    for each in entries:
        head = each.head
        for page in each.pages:
            chosen.setdefault((head.sha256, page), head.recipe)
        own = frozenset(page for page in each.pages if chosen[head.sha256, page] == head.recipe)
        if own or not each.pages:
            parts.setdefault(head.recipe, []).append(replace(each, pages=own))
    return parts


def unusable(path: Path, error: UsageError) -> Failure:
    """A bundle that is not taken, and why."""
    return Failure(path, None, "bundle", error.whole)


@dataclass(slots=True)
class Taken:
    """Which bundles were not taken, and how many pages since another text lay beside them or they stand another way."""

    refused: list[Failure] = field(default_factory=list)
    otherwise: int = 0


class Shelf:
    """Answers tasks to read from bundles, the first that has a page; tasks to count go to ``counting``.

    What a bundle holds is looked into only now. One that is not what its head says is left out, and the next is asked.
    """

    def __init__(self, entries: Sequence[Entry], counting: Readers, taken: Taken) -> None:
        self._counting = counting
        self._taken = taken
        self._entries: dict[str, list[Entry]] = {}
        self._queue: deque[Task] = deque()
        self._bad: set[Path] = set()
        for entry in entries:
            self._entries.setdefault(entry.head.sha256, []).append(entry)

    def __enter__(self) -> Shelf:
        self._counting.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._counting.__exit__(kind, error, trace)

    @property
    def backlog(self) -> int:
        """Tasks that nobody has begun yet."""
        return self._counting.backlog + len(self._queue)

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task, in front of all others if ``first``."""
        if task.pages is None:
            self._counting.submit(task, first=first)
        elif first:
            self._queue.appendleft(task)
        else:
            self._queue.append(task)

    def messages(self, stopping: Callable[[], bool]) -> Iterator[tuple[Task, Message] | None]:
        """As ``Pool.messages``."""
        for said in self._counting.messages(stopping):
            yield said
            while self._queue and not stopping():
                task = self._queue.popleft()
                for message in self._answers(task):
                    yield task, as_text(message)

    def _answers(self, task: Task) -> Iterator[Message]:
        wanted = set(task.pages or ())
        failed: dict[int | None, Failed] = {}
        missed: set[int] = set()
        for entry in self._entries.get(task.file.sha256, ()):
            about = wanted & entry.pages
            if not about and entry.pages:
                continue
            bundle = self._opened(entry)
            if bundle is None:
                continue
            failed = {each.page: each for each in bundle.said.failed} | failed
            yield from self._refused(bundle, task)
            for read in bundle.said.read:
                number = read.reading.number
                if number not in about:
                    continue
                if not is_alike(read.reading, bundle.head.text_of[number], task):
                    missed.add(number)
                    continue
                wanted.discard(number)
                yield Read(replace(read.reading, sidecar=task.beside.of(number)))
        yield from (each for number, each in failed.items() if number is None or number in wanted)
        self._taken.otherwise += len(wanted & missed)
        yield Finished()

    def _refused(self, bundle: Bundle, task: Task) -> Iterator[Message]:
        """What a bundle says of text that was not taken, of the file of text that lies beside the page here."""
        for each in bundle.said.refused:
            about = each.page or next(iter((*bundle.head.pages, *bundle.head.failed)), 0)
            beside = task.beside.of(about)
            if beside is not None and bundle.head.text_of.get(about, "") == beside.sha256:
                yield replace(each, path=beside.path)

    def _opened(self, entry: Entry) -> Bundle | None:
        if entry.path in self._bad:
            return None
        try:
            bundle = opened(read_bundle(entry.path))
            if bundle.head != entry.head:
                raise UsageError(_("it was changed while it was read"), _("Merge it again."))
        except UsageError as error:
            self._bad.add(entry.path)
            self._taken.refused.append(unusable(entry.path, error))
            return None
        return bundle


def is_alike(page: PageReading, text: str, task: Task) -> bool:
    """Whether a page was read with the text that lies beside it here, and the way up that a person said."""
    beside = task.beside.of(page.number)
    return text == (beside.sha256 if beside else "") and task.turns.get(page.number, page.turned) == page.turned
