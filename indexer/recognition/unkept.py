"""Reading files page by page without keeping anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.recognition.discovery import find_files
from indexer.recognition.due import held_file, opened_file
from indexer.recognition.messages import NO_PAGES, Counted, Failed, Read, Setup, Task, Unusable
from indexer.recognition.pool import Pool
from indexer.recognition.run_plan import joined_names
from indexer.system.logs import Log
from indexer.values import TEXT_LAYER, Failure
from indexer.values.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from indexer.api.registry import Registry
    from indexer.recognition.messages import Message
    from indexer.system.settings import Settings
    from indexer.values import EngineChoice, PageReading, SourceFile, SourceOptions


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page read by ``read``: ``engine`` names who read it, ``pages`` is how many the ``file`` has."""

    file: SourceFile
    engine: str
    reading: PageReading
    pages: int

    @property
    def path(self) -> Path:
        """The file it is in."""
        return self.file.path


def read(
    paths: Iterable[Path],
    engines: tuple[EngineChoice, ...],
    options: SourceOptions,
    settings: Settings,
    registry: Registry,
) -> Generator[ReadPage | Failure, None, None]:
    """Read the pages of the files one after the other; the engines are opened once. Each path is
    asked for when all pages before it were given."""
    setup = Setup.of(settings.plugin_folder, engines, options, Log(settings.index))
    with Pool(setup, 1, settings.page_timeout) as pool:
        for found in find_files(paths, lambda path: registry.source_for(path) is not None, beside=registry.beside):
            file = found if isinstance(found, Failure) else opened_file(found, None, afresh=True)
            if isinstance(file, Failure):
                yield file
                continue
            pool.submit(Task(file))
            for task, message in filter(None, pool.messages(lambda: False)):
                yield from _heard(pool, task, message, joined_names(engines))


def _heard(pool: Pool, task: Task, message: Message, names: str) -> Iterator[ReadPage | Failure]:
    path = task.file.path
    if isinstance(message, Unusable):
        raise UnavailableError(message.message, message.hint)
    if isinstance(message, Counted):
        if message.pages:
            pool.submit(Task(task.file, message.pages))
        elif message.is_empty:
            yield Failure(path, None, *NO_PAGES)
        for each in message.inside or ():
            if each.trouble:
                yield Failure(path.joinpath(*each.names), None, *each.trouble)
            elif each.sha256:
                pool.submit(Task(held_file(task.file, each)))
    elif isinstance(message, Read):
        layer = message.reading.lines and all(line[0].origin.trusted for line in message.reading.lines)
        yield ReadPage(task.file, TEXT_LAYER if layer else names, message.reading, len(task.pages or ()))
    elif isinstance(message, Failed):
        yield Failure(path, message.page, message.kind, message.message)
