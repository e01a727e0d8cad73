"""Has the pictures and sheets of exported pages made in a process of its own: a page that hangs is given up.

The process is begun for the first page, and anew after one that was given up.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.archive.opening import source_options
from indexer.system.children import OPENING, Child, begin
from indexer.values.errors import NotesError, PluginError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from indexer.api.registry import Registry
    from indexer.catalog import DocumentPage
    from indexer.system.settings import Settings
    from indexer.values import SourceFile, SourceOptions


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page that is to be drawn: the files that hold it, how many pages these have, and whether it is wanted as it
    lies in them (``sheet``)."""

    page: DocumentPage
    files: tuple[SourceFile, ...]
    pages: int | None
    sheet: bool


class PageDrawer:
    """Draws pages for exports; a context manager, which ends its process. A page may take as long as
    ``page_timeout``."""

    def __init__(self, settings: Settings) -> None:
        self._setup = (settings.plugin_folder, source_options(settings))
        self._seconds = settings.page_timeout
        self._child: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def draw(self, wanted: Wanted) -> bytes:
        """The picture of a page as JPEG, or a PDF of it. Raises a ``NotesError`` if it cannot be had in time."""
        begun = self._child is None
        child = self._child = self._child or begin(answer, *self._setup)
        try:
            if begun:
                child.connection.recv()  # what it does before that is no work at the page
            child.connection.send(wanted)
            if child.answers(self._seconds, self._seconds * OPENING):
                made: bytes | NotesError = child.connection.recv()
                if isinstance(made, NotesError):
                    raise made
                return made
            why, kind = f"opening it took longer than {self._seconds:g} s and was given up", "timeout"
        except (EOFError, OSError):
            why, kind = "what opens it crashed", "crashed"
        except BaseException as error:
            if not isinstance(error, NotesError):
                self._end()  # it still works at a page that nobody waits for
            raise
        self._end()
        hint = "The setting page_timeout says how long it may take." if kind == "timeout" else ""
        raise PluginError(f"the page cannot be drawn: {why}", hint, kind=kind)

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def answer(connection: Connection, plugin_folder: Path, options: SourceOptions) -> None:
    """What runs in the process: answer each ``Wanted`` with a picture or a ``NotesError``, until nobody asks."""
    from indexer.api.registry import load_registry

    os.dup2(2, 1)  # what a plugin prints must not mix with data
    registry = load_registry(plugin_folder)
    connection.send(None)
    while True:
        try:
            wanted: Wanted = connection.recv()
        except EOFError:
            return
        connection.send(_answer(wanted, registry, options))


def _answer(wanted: Wanted, registry: Registry, options: SourceOptions) -> bytes | NotesError:
    try:
        return _drawn(wanted, registry, options)
    except NotesError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it only loses its page
        return PluginError(f"the page cannot be drawn: {type(error).__name__}: {error}", kind="source")


def _drawn(wanted: Wanted, registry: Registry, options: SourceOptions) -> bytes:
    from indexer.archive.export_pictures import kept, page_jpeg
    from indexer.recognition.page_images import page_image

    page, files = wanted.page, wanted.files
    whole = kept(files, page, sheet=wanted.sheet)
    return whole or page_jpeg(files, wanted.pages, page_image(files, page.number, registry, options, page.turned))
