"""A plugin to copy: a source and an engine of your own.

Copy this file to your plugin folder (``notes config`` names it) under a name without the leading underscore, keep
the half you need, and look at ``notes plugins``. Test it with ``indexer.api.testing``.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from indexer.api import Box, Engine, Line, Page, PluginError, Source, decode_image, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from PIL.Image import Image

    from indexer.api import EngineOptions, Recogniser, SourceFile, SourceOptions


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """A page a line of a list of image files: ``scans.list`` holds names of images beside it."""
    try:
        names = file.path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        # The message is for people; kind is a short word for programs. The file is named by whoever reports it.
        raise PluginError("it is not a list of file names", kind="broken") from error
    for number, name in enumerate(names, 1):
        # Nothing is decoded here: pages are also counted by iterating. image() is called when the page is read.
        yield Page(number, partial(decode_image, file.path.parent / name, options), label=name)


@hookimpl
def notes_sources() -> Iterable[Source]:
    """Give your sources: a name, the suffixes, and the function above."""
    yield Source("image lists", (".list",), pages)


class BlankRecogniser:
    """Reads one line over the whole page: replace it with the real thing."""

    def read(self, image: Image) -> Sequence[Line]:
        """The lines of an upright page (mode L or RGB) in any order, boxes in its pixels."""
        # Confidence is a fraction 0-1, or None when you have none: unknown is not low.
        return [Line("something is written here", None, Box(0, 0, image.width, image.height))]


@contextmanager
def open_recogniser(options: EngineOptions) -> Iterator[Recogniser]:
    """Load models here, once a worker; import heavy packages here and not above. Clean up after the yield."""
    if options.settings:
        raise PluginError(f"there is no option {next(iter(options.settings))!r}", kind="settings")
    yield BlankRecogniser()


@hookimpl
def notes_engines() -> Iterable[Engine]:
    """Give your engines: change the version whenever the same page may read differently."""
    yield Engine("blank", "a template that reads nothing", open_recogniser, version="1")
