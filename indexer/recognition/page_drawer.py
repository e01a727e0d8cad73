"""Opens pages outside the workers, in a process of its own: a page that hangs, or crashes what opens it, is given up.

The process is begun for the first page, and anew after one that was given up.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from indexer.system.children import OPENING, Child, begin
from indexer.translation import _
from indexer.values.errors import NotesError, PluginError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path
    from types import TracebackType

    from PIL.Image import Image
    from typing_extensions import Self

    from indexer.api.registry import Registry
    from indexer.values import SourceFile, SourceOptions

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of a content: the files that have it, its number there, and by how many degrees clockwise it is turned.

    ``options`` say how a file is opened.
    """

    files: tuple[SourceFile, ...]
    number: int
    turned: int
    options: SourceOptions


@dataclass(frozen=True, slots=True)
class Opening:
    """A page that can be opened here, for what is to be made of it."""

    wanted: Wanted
    registry: Registry

    def image(self) -> Image:
        """Its image. Raises as ``page_image``."""
        from indexer.recognition.page_images import page_image

        wanted = self.wanted
        return page_image(wanted.files, wanted.number, self.registry, wanted.options, wanted.turned)

    def pages(self) -> int:
        """How many pages the file has. Raises as ``pages_of``."""
        from indexer.recognition.contents import pages_of
        from indexer.system.originals import original

        return sum(1 for _ in pages_of(self.registry, original(self.wanted.files), self.wanted.options))

    def orientation(self) -> int:
        """The EXIF orientation (1-8) of the file with its image. Raises as ``opened_page``."""
        from indexer.image.decoding import orientation_of
        from indexer.recognition.page_images import opened_page

        with opened_page(self.wanted.files, self.wanted.number, self.registry, self.wanted.options) as found:
            file, page = found
            return orientation_of(page.file or file.path)


@dataclass(frozen=True, slots=True)
class _Sent:
    """An image whose pixels come next."""

    mode: str
    size: tuple[int, int]


class PageDrawer:
    """Opens pages; a context manager, which ends its process. A page may take as long as ``seconds``.

    One thread asks it.
    """

    def __init__(self, plugin_folder: Path, seconds: float) -> None:
        self._plugin_folder = plugin_folder
        self._seconds = seconds
        self._child: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def image(self, wanted: Wanted) -> Image:
        """The image of a page. Raises a ``NotesError`` if it cannot be had in time."""
        return self.made(wanted, Opening.image)

    def made(self, wanted: Wanted, make: Callable[[Opening], Made]) -> Made:
        """What a function makes of a page in that process: an image, or what can be pickled, as the function can.

        Raises a ``NotesError`` if it cannot be had in time.
        """
        begun = self._child is None
        child = self._child = self._child or begin(answer, self._plugin_folder)
        try:
            if begun:
                child.connection.recv()  # what it does before that is no work at the page
            child.connection.send((wanted, make))
            if child.answers(self._seconds, self._seconds * OPENING):
                made: Made = _received(child.connection)
                return made
            why, kind = f"opening it took longer than {self._seconds:g} s and was given up", "timeout"
        except (EOFError, OSError):
            why, kind = "what opens it crashed", "crashed"
        except BaseException as error:
            if not isinstance(error, NotesError):
                self._end()  # it still works at a page that nobody waits for
            raise
        self._end()
        hint = _("The setting page_timeout says how long it may take.") if kind == "timeout" else ""
        raise PluginError(_("the page cannot be drawn: %(why)s", why=why), hint, kind=kind)

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _received(connection: Connection) -> Any:
    made = connection.recv()
    if isinstance(made, NotesError):
        raise made
    if isinstance(made, _Sent):
        from PIL import Image

        made = Image.frombytes(made.mode, made.size, connection.recv_bytes())
    return made


def answer(connection: Connection, plugin_folder: Path) -> None:
    """What runs in the process: make what is asked for of each page, until nobody asks."""
    from PIL.Image import Image

    from indexer.api.registry import load_registry

    os.dup2(2, 1)  # what a plugin prints must not mix with data
    registry = load_registry(plugin_folder)
    connection.send(None)
    while True:
        try:
            wanted, make = connection.recv()
        except EOFError:
            return
        made = _made(Opening(wanted, registry), make)
        if isinstance(made, Image):
            plain = made.convert("RGB") if made.mode == "P" else made
            connection.send(_Sent(plain.mode, plain.size))
            connection.send_bytes(plain.tobytes())
        else:
            connection.send(made)


def _made(opening: Opening, make: Callable[[Opening], Made]) -> Made | NotesError:
    try:
        return make(opening)
    except NotesError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it only loses its page
        return PluginError(
            _("the page cannot be drawn: %(name)s: %(why)s", name=type(error).__name__, why=error), kind="source"
        )
