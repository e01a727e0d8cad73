"""Reads places that people draw, with the engine in a process of its own, which ends when nobody draws any more."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.api.registry import load_registry
from indexer.archive.opening import source_options
from indexer.recognition.choice import decide
from indexer.recognition.messages import Setup
from indexer.system.children import OPENING, Child, begin
from indexer.translation import _
from indexer.values.errors import NotesError, PluginError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings
    from indexer.values import Box, Line, LineReader, SourceFile

_IDLE = 120.0
"""Seconds without a drawn place after which the process ends: the engine takes some 300 MB of memory."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place on a page that is to be read, in pixels of the page as it was read in this size."""

    files: tuple[SourceFile, ...]
    number: int
    turned: int
    size: tuple[int, int]
    place: Box


class PlaceReader:
    """Reads places one after the other. It is safe to use from many threads."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry
        self._one = threading.Lock()
        self._child: Child | None = None
        self._idle: threading.Timer | None = None
        self._closed = False

    def close(self) -> None:
        """End the process at once."""
        self._closed = True
        self._end(self._child)

    def read(self, wanted: Wanted) -> Line | None:
        """What stands in a place, ``None`` for nothing. Raises a ``NotesError`` if it cannot be read in time."""
        with self._one:
            if self._idle is not None:
                self._idle.cancel()
            answer = self._asked(wanted)
            self._idle = threading.Timer(_IDLE, self._leave)
            self._idle.daemon = True
            self._idle.start()
        if isinstance(answer, NotesError):
            raise answer
        return answer

    def _asked(self, wanted: Wanted) -> Line | NotesError | None:
        if self._closed:
            return PluginError(_("the server is ending"), kind="ended")
        if self._child is None:
            engines = decide(self._settings, self._registry).engines
            options = source_options(self._settings)
            self._child = begin(answer_places, Setup.of(self._settings.plugin_folder, engines, options, None))
        child, seconds = self._child, self._settings.page_timeout
        try:
            child.connection.send(wanted)
            if child.answers(seconds, seconds * OPENING * 2):
                answer: Line | NotesError | None = child.connection.recv()
                return answer
            error = PluginError(
                _("reading the place took longer than %(seconds)s s and was given up", seconds=format(seconds, "g")),
                kind="timeout",
            )
        except (EOFError, OSError):
            error = PluginError(_("the place cannot be read: what reads it crashed"), kind="crashed")
        _log.warning("page %d of %s: %s", wanted.number, wanted.files[0].path if wanted.files else "?", error.message)
        self._end(child)
        return error

    def _leave(self) -> None:
        """End a process that nobody has asked anything for a while."""
        with self._one:
            self._end(self._child)

    def _end(self, child: Child | None) -> None:
        if child is not None:
            self._child = None
            child.end()


def answer_places(connection: Connection, setup: Setup) -> None:
    """Answer what is wanted through the connection, each with a line, nothing or a ``NotesError``, until it closes."""
    os.dup2(2, 1)  # what a plugin prints must not mix with data
    registry = load_registry(setup.plugin_folder)
    with ExitStack() as stack:
        recogniser: LineReader | None = None
        while True:
            try:
                wanted: Wanted = connection.recv()
            except EOFError:
                return
            try:
                from indexer.recognition.place import line_reader

                recogniser = recogniser or line_reader(registry, setup.engines, stack)
                answer = _read(wanted, recogniser, registry, setup)
            except NotesError as error:
                answer = error
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it only loses its place
                answer = PluginError(
                    _("the place cannot be read: %(name)s: %(why)s", name=type(error).__name__, why=error),
                    kind="engine",
                )
            connection.send(answer)


def _read(wanted: Wanted, recogniser: LineReader, registry: Registry, setup: Setup) -> Line | NotesError | None:
    from indexer.recognition.page_images import page_image
    from indexer.recognition.place import read_place

    image = page_image(wanted.files, wanted.number, registry, setup.source_options, wanted.turned)
    return read_place(recogniser, image, wanted.size, wanted.place)
